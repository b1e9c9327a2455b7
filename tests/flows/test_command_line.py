"""The command line as a person meets it: exit codes, clear errors on stderr, JSON alone on stdout. Real tools, no Gradio."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "app" / "static" / "samples" / "acme_ai_bill.csv"
WORKLOAD = """\
name: support
task: chatbot
model: gpt-4o
provider: openai
requests_per_month: 500000
input_tokens: 1500
output_tokens: 400
monthly_cost_usd: 4000
"""


@pytest.fixture(scope="module")
def frugal(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")

    def run(*words: str, code: int = 0, **extra: str) -> subprocess.CompletedProcess[str]:
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("FRUGAL_", "GRADIO_"))}
        environ |= {"FRUGAL_DATA_DIR": str(folder / "data"), **extra}
        command = [sys.executable, "-m", "app", *words]
        done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=240, stdin=subprocess.DEVNULL)
        assert done.returncode == code, (done.returncode, done.stdout[-2000:], done.stderr[-3000:])
        assert "Traceback" not in done.stderr
        return done

    run.folder = folder
    return run


def test_tools_are_listed_with_their_argument_schemas(frugal):
    listed = json.loads(frugal("tools", "--json").stdout)["tools"]
    names = {entry["name"] for entry in listed}
    assert {"audit_costs", "price_api", "benchmark_model", "make_plan", "export_plan"} <= names
    assert all(entry["arguments"]["type"] == "object" and entry["summary"] for entry in listed)
    text = frugal("tools").stdout
    assert all(name in text for name in names) and "--requests-per-month" in text


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("run", "audit_cost"), "unknown-tool"),
        (("run", "price_api", "--modle", "x"), "argument-unknown"),
        (("run", "price_api", "--model", "gpt-4o"), "argument-missing"),
        (("run", "price_api", "--model"), "argument-missing"),
        (("run", "price_api", "gpt-4o"), "argument-without-name"),
        (("run", "estimate_memory", "--model", "x", "--batch", "none"), "argument-invalid"),
        (("--host", "0.0.0.0"), "bind-needs-auth"),
        (("--port", "70000"), "setting-invalid"),
        (("ask", "  "), "ask-empty"),
    ],
)
def test_wrong_usage_exits_2_with_the_mend(frugal, words, error):
    done = frugal(*words, code=2)
    assert f"error[{error}]" in done.stderr and "hint:" in done.stderr and done.stdout == ""


def test_an_unknown_command_and_help(frugal):
    assert "No such command" in frugal("florp", code=2).stderr
    assert "plan" in frugal("--help").stdout


def test_the_nearest_argument_and_setting_are_named(frugal):
    assert "--model" in frugal("run", "price_api", "--modle", "x", code=2).stderr
    assert "FRUGAL_PORT" in frugal("--check", code=2, FRUGAL_PROT="1").stderr


def test_check_prints_settings_with_secrets_masked(frugal):
    done = frugal("--check", FRUGAL_MODEL_KEY="sk-secret-secret")
    assert "port = 7860" in done.stdout and "model_key = ********" in done.stdout and "sk-secret" not in done.stdout + done.stderr


def test_gradios_switches_are_ignored_and_said(frugal):
    assert "GRADIO_SHARE" in frugal("--check", GRADIO_SHARE="1").stderr
    assert "bind-needs-auth" in frugal("--check", "--host", "0.0.0.0", code=2, GRADIO_SERVER_NAME="0.0.0.0").stderr


def test_a_port_in_use_is_said_and_nothing_moves(frugal):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = frugal("--port", str(taken.getsockname()[1]), code=1)
    assert "error[port-in-use]" in done.stderr and "--port" in done.stderr


def test_a_light_tool_prints_one_json_object(frugal):
    words = ("--model", "gpt-4o", "--requests-per-month", "1000", "--input-tokens", "1000", "--output_tokens", "200")
    out = json.loads(frugal("run", "price_api", *words, "--json").stdout)
    assert set(out) == {"tool", "result", "evidence"} and out["tool"] == "price_api"
    assert out["evidence"] and all(record["source"]["ref"] and record["tier"] for record in out["evidence"])


def test_an_audit_runs_in_a_worker_and_relative_names_work(frugal, monkeypatch):
    monkeypatch.chdir(SAMPLE.parent)
    out = json.loads(frugal("run", "audit_costs", "--file", SAMPLE.name, "--json", PYTHONPATH=str(SAMPLE.parents[3])).stdout)
    assert out["result"]["total"] > 0 and out["result"]["rows_read"] > 0
    assert str(SAMPLE.parent) not in json.dumps([record["source"] for record in out["evidence"]])


@pytest.mark.parametrize(
    ("name", "content"), [("empty.csv", b""), ("noise.csv", bytes(range(256)) * 20), ("head.csv", b"date,cost\n"), ("gone.csv", None)]
)
def test_a_bad_bill_exits_1_with_cause_and_remedy(frugal, name, content):
    path = frugal.folder / name
    if content is not None:
        path.write_bytes(content)
    done = frugal("run", "audit_costs", "--file", str(path), code=1)
    assert "error[" in done.stderr and "hint:" in done.stderr and done.stdout == ""


def test_a_missing_model_folder_exits_1(frugal):
    done = frugal("run", "benchmark_model", "--model", str(frugal.folder / "nowhere"), code=1)
    assert "error[" in done.stderr and "hint:" in done.stderr


@pytest.fixture(scope="module")
def plan_dir(frugal):
    workload = frugal.folder / "workload.yaml"
    workload.write_text(WORKLOAD)
    out = frugal.folder / "plan"
    frugal("plan", str(workload), "--bill", str(SAMPLE), "--out", str(out))
    return out


def test_a_plan_is_written_in_every_format(plan_dir):
    starts = {"md": b"#", "html": b"<!", "xlsx": b"PK", "json": b"{", "pdf": b"%PDF"}
    for form, start in starts.items():
        content = (plan_dir / f"plan.{form}").read_bytes()
        assert content.lstrip().startswith(start), form
    assert sorted(path.name for path in plan_dir.iterdir()) == [f"plan.{form}" for form in sorted(starts)]


def _timeless(path):
    """The plan file without the moments at which its evidence was recorded."""
    return [line for line in path.read_text().splitlines() if '"created_at"' not in line]


def test_the_same_input_gives_the_same_plan(frugal, plan_dir):
    again, workload = frugal.folder / "plan-again", str(frugal.folder / "workload.yaml")
    first = frugal("plan", workload, "--bill", str(SAMPLE), "--out", str(again), "--json").stdout
    assert _timeless(again / "plan.json") == _timeless(plan_dir / "plan.json")
    assert frugal("plan", workload, "--bill", str(SAMPLE), "--out", str(again), "--json").stdout == first
    ran = json.loads(frugal("run", "make_plan", "--workload", workload, "--bill", str(SAMPLE), "--json").stdout)
    assert ran["tool"] == "make_plan" and ran["evidence"]


@pytest.mark.parametrize("text", ["", "- 1\n", "requests_per_mounth: 3\n", "requests_per_month: many\n", "a: [1\n"])
def test_a_bad_workload_file_names_the_field_or_the_fault(frugal, text):
    path = frugal.folder / "bad.yaml"
    path.write_text(text)
    done = frugal("plan", str(path), "--out", str(frugal.folder / "x"), code=1)
    assert "error[workload-" in done.stderr or "error[unknown-field]" in done.stderr
    assert "hint:" in done.stderr


def _events(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_conversation_over_several_commands_ends_in_an_export(frugal):
    first = _events(frugal("ask", "Audit this bill", "--file", str(SAMPLE), "--model", "scripted", "--json"))
    session = first[0]["id"]
    assert first[0]["type"] == "session" and first[-1]["type"] == "end"
    assert any(event["type"] == "tool_finished" and event["tool"] == "audit_costs" for event in first)
    said = frugal("ask", "make the plan", "--session", session, "--model", "scripted")
    assert session in said.stderr
    out = frugal.folder / "exported.md"
    frugal("export", session, "--format", "md", "--out", str(out))
    assert out.read_text().startswith("#")
    assert "error[format-unknown]" in frugal("export", session, "--format", "docx", "--out", str(out), code=2).stderr


def test_an_unknown_session_and_one_without_a_plan(frugal):
    assert "not-found" in frugal("export", "conv-never", "--format", "md", "--out", "x.md", code=1).stderr
    session = _events(frugal("ask", "hello", "--model", "scripted", "--json"))[0]["id"]
    done = frugal("export", session, "--format", "md", "--out", str(frugal.folder / "x.md"), code=1)
    assert "error[no-plan]" in done.stderr and not (frugal.folder / "x.md").exists()
