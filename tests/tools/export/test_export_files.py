"""Promise to a meeting: one command gives a file whose totals equal the chat's, with the origin of every figure in it."""

import html as html_text
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from plan_fixture import CHAT, SUMMARIES, exported, planned

from knowledge.errors import ToolError, UserError
from tools.contracts.figures import range_text
from tools.contracts.plan import Plan
from tools.contracts.tool import Session, ToolContext
from tools.export.evidence_order import trace
from tools.export.tool import ExportPlan
from tools.export.work import run
from tools.registry import TOOLS

KINDS = ("md", "html", "pdf", "xlsx", "json")


def test_without_a_plan_it_says_what_to_do_first(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        run(ExportPlan(), ToolContext(out_dir=tmp_path))
    assert caught.value.code == "no-plan" and "plan" in caught.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_one_file_is_written_whole_and_described(kind: str, tmp_path: Path) -> None:
    session = planned()
    done, path = exported(session, kind, tmp_path / "fresh")
    assert [p.name for p in path.parent.iterdir()] == [f"frugal-plan.{kind}"]
    assert done.result["bytes"] == path.stat().st_size > 1000
    assert (done.result["format"], done.result["name"], done.result["currency"]) == (kind, path.name, "USD")
    assert done.result["total_saving"] == session.plan.total.saving.as_dict()
    assert done.artefacts[0].path == path.name and done.artefacts[0].label
    [said] = done.statements
    record = {e.id: e for e in session.evidence}[said.figures["total"]]
    assert record.value == session.plan.total.saving


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_refuses_leaves_no_half_file_and_a_clear_error(kind: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(ToolError) as caught:
        exported(planned(CHAT), kind, tmp_path / "taken")
    assert caught.value.code == "export-not-written" and str(tmp_path) not in caught.value.message


def texts_of(session: Session, folder: Path) -> dict[str, str]:
    """What a person can read in each text format."""
    page = html_text.unescape(re.sub(r"<[^>]+>", " ", exported(session, "html", folder)[1].read_text("utf-8")))
    found = {"md": exported(session, "md", folder)[1].read_text("utf-8"), "html": page}
    path = exported(session, "pdf", folder)[1]
    if shutil.which("pdftotext"):
        found["pdf"] = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout
    return {kind: " ".join(text.split()) for kind, text in found.items()}


def test_totals_read_the_same_in_every_format(tmp_path: Path) -> None:
    session = planned()
    total, texts = session.plan.total, texts_of(session, tmp_path)
    wanted = [
        range_text(total.saving, "USD/month"),
        range_text(total.one_time_cost, "USD"),
        range_text(total.payback_months, ""),
        range_text(total.baseline_cost, "USD/month"),
    ]
    for kind, text in texts.items():
        assert [w for w in wanted if w not in text] == [], kind
    page = load_workbook(exported(session, "xlsx", tmp_path)[1], data_only=True)["Summary"]
    assert page["B6"].value == pytest.approx(float(total.saving.likely))
    assert [page[f"{c}6"].value for c in "CDE"] == [float(total.saving.low), float(total.saving.likely), float(total.saving.high)]
    assert page["G6"].value == wanted[0] and page["G7"].value == wanted[1]
    saved = json.loads(exported(session, "json", tmp_path)[1].read_text("utf-8"))["plan"]["total"]["saving"]
    assert (saved["low"], saved["likely"], saved["high"]) == tuple(str(getattr(total.saving, k)) for k in ("low", "likely", "high"))


def test_every_action_row_shows_the_plans_own_figures(tmp_path: Path) -> None:
    session = planned()
    for kind, text in texts_of(session, tmp_path).items():
        for action in session.plan.actions:
            for value in (action.standalone_saving, action.incremental_saving, action.one_time_cost):
                assert range_text(value, "USD") in text, (kind, action.id)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_ids_and_commands_can_be_copied_from_the_pdf(tmp_path: Path) -> None:
    session = planned()
    text = texts_of(session, tmp_path)["pdf"]
    assert session.plan.actions[0].evidence_ids[-1] in text
    assert all(command in text for command in {e.reproduce for e in session.evidence if e.reproduce})


def test_the_headline_is_the_change_and_comes_first(tmp_path: Path) -> None:
    session = planned()
    lines = exported(session, "md", tmp_path)[1].read_text("utf-8").splitlines()
    assert lines[2].startswith(f"**This plan saves {range_text(session.plan.total.saving, 'USD/month')}")
    assert lines[4].startswith("Everything in scope costs") and lines[8] == "## Totals"


def test_a_cost_known_as_a_range_is_printed_as_a_range(tmp_path: Path) -> None:
    session = planned(SUMMARIES.model_copy(update={"monthly_cost_usd": None}))  # from list prices
    [line] = session.plan.lines
    cost = next(e.value for e in session.evidence if e.id == line["evidence_id"])
    assert not cost.is_exact
    assert f"| {range_text(cost, 'USD')} | estimated |" in exported(session, "md", tmp_path)[1].read_text("utf-8")


def test_a_stated_word_is_shown_as_the_value_of_its_record(tmp_path: Path) -> None:
    session = planned(SUMMARIES)
    record = next(e for e in session.evidence if e.inputs.get("field") == "hardware")
    row = next(x for x in exported(session, "md", tmp_path)[1].read_text("utf-8").splitlines() if x.startswith(f"| {record.id} |"))
    assert "| H100 |" in row


def test_every_technique_considered_is_in_the_file_with_its_reason(tmp_path: Path) -> None:
    session = planned()
    text = json.dumps(texts_of(session, tmp_path)["html"], ensure_ascii=False)
    assert len(session.plan.ledger) >= 25
    for entry in session.plan.ledger:
        assert entry.title in text and " ".join(entry.reason.split())[:60] in text, entry.technique


def test_every_figure_leads_to_its_record_with_source_and_date(tmp_path: Path) -> None:
    session = planned()
    text = exported(session, "html", tmp_path)[1].read_text("utf-8")
    links, targets = set(re.findall(r'href="#(ev-[0-9a-f]+)"', text)), set(re.findall(r'id="(ev-[0-9a-f]+)"', text))
    assert links and links <= targets
    for action in session.plan.actions:
        assert action.evidence_ids and set(action.evidence_ids) <= links
    held = {e.id: e for e in session.evidence}
    dated = [held[i] for i in targets if held[i].source.checked_on]
    assert dated
    for record in dated:
        assert record.source.checked_on.isoformat() in text and record.source.ref.split(";")[0][:40] in html_text.unescape(text)
    totals = text[text.index('id="section-totals"') : text.index('id="section-actions"')]
    rows = re.findall(r"<tr>.*?</tr>", totals[totals.index("<tbody>") :], re.DOTALL)
    assert len(rows) == 5 and all("href" in row for row in rows)


def test_evidence_is_the_plans_with_all_ancestors_and_nothing_else(tmp_path: Path) -> None:
    session = planned()
    foreign = planned(CHAT.model_copy(update={"name": "elsewhere"})).evidence
    mixed = replace(session, evidence=(*foreign, *session.evidence))
    saved = json.loads(exported(mixed, "json", tmp_path)[1].read_text("utf-8"))
    ids = [e["id"] for e in saved["evidence"]]
    assert ids == sorted(ids) and set(session.plan.evidence_ids) <= set(ids)
    assert all(set(e["parents"]) <= set(ids) for e in saved["evidence"])
    assert not [e for e in saved["evidence"] if "elsewhere" in e["claim"]]


def test_a_record_that_the_session_lost_is_named_not_invented(tmp_path: Path) -> None:
    session = planned()
    lost = session.plan.actions[0].evidence_ids[0]
    poorer = replace(session, evidence=tuple(e for e in session.evidence if e.id != lost))
    assert trace(poorer.plan, poorer.evidence).missing == (lost,)
    assert f"not held in this session: {lost}" in exported(poorer, "md", tmp_path)[1].read_text("utf-8")
    assert json.loads(exported(poorer, "json", tmp_path)[1].read_text("utf-8"))["evidence_missing"] == [lost]


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    session = planned()
    for kind in KINDS:
        first = exported(session, kind, tmp_path / "a")[1].read_bytes()
        assert first == exported(session, kind, tmp_path / "b")[1].read_bytes(), kind
    again = planned()
    plans = [json.loads(exported(s, "json", tmp_path)[1].read_text("utf-8"))["plan"] for s in (session, again)]
    assert json.dumps(plans[0]) == json.dumps(plans[1])


def test_the_json_is_the_whole_plan_and_reads_back(tmp_path: Path) -> None:
    session = planned()
    saved = json.loads(exported(session, "json", tmp_path)[1].read_text("utf-8"))
    assert saved["schema"] == "frugal-plan/1"
    assert Plan.model_validate(saved["plan"]) == Plan.model_validate(session.plan.model_dump(mode="json"))


def test_what_is_not_known_is_said_not_zero(tmp_path: Path) -> None:
    session = planned()
    assert all(a.energy_saving_kwh is None for a in session.plan.actions)
    text = exported(session, "md", tmp_path)[1].read_text("utf-8")
    energy = text[text.index("## Energy and carbon") :].split("## ")[1]
    rows = [line for line in energy.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == len(session.plan.actions) and all(row.endswith("| not known | not known |") for row in rows)
    assert "Nothing was measured on your models" in text


def test_what_the_user_left_out_is_shown_as_left_out(tmp_path: Path) -> None:
    session = planned(leave_out=("idle_shutdown",))
    text = exported(session, "md", tmp_path)[1].read_text("utf-8")
    assert "(you left it out)" in text and "| left out |" in text


def test_a_measured_comparison_is_printed_before_and_after(tmp_path: Path) -> None:
    session = planned(SUMMARIES)
    run_of = {
        "runtime": "openvino",
        "p50_ms": 12.5,
        "quality": None,
        "energy_j_per_request": None,
        "size_mib": {"low": 1, "likely": 2, "high": 3},
    }
    item = {
        "title": "int8",
        "baseline": run_of,
        "candidate": {**run_of, "p50_ms": 9.25, "quality": 0.91},
        "verdict": "do",
        "reason": "faster",
    }
    compared = replace(session, plan=session.plan.model_copy(update={"comparisons": (item,)}))
    text = exported(compared, "md", tmp_path)[1].read_text("utf-8")
    assert "| p50 ms | 12.5 | 9.25 |" in text and "| quality | not known | 0.91 |" in text and "| size mib | 2 (1 to 3) |" in text
    assert "energy j" not in text  # neither run knows it
    for kind in KINDS:
        exported(compared, kind, tmp_path)


def test_the_chart_says_its_numbers_in_words(tmp_path: Path) -> None:
    session = planned()
    text = html_text.unescape(exported(session, "html", tmp_path)[1].read_text("utf-8"))
    for action in session.plan.actions:
        assert f'aria-label="{action.title} · {action.workload}: {range_text(action.incremental_saving, "USD/month")}"' in text


def test_the_registry_finds_the_work() -> None:
    spec = next(t for t in TOOLS if t.name == "export_plan")
    assert spec.load() is run


def test_evidence_of_an_audit_that_was_read_again_is_marked_in_every_list(tmp_path: Path) -> None:
    session = planned()
    old = next(record for record in session.evidence if record.id in {i for a in session.plan.actions for i in a.evidence_ids})
    marked = replace(session, superseded=frozenset({old.id, "not-in-the-plan"}))
    _, file = exported(marked, "json", tmp_path)
    assert json.loads(file.read_text())["evidence_superseded"] == [old.id]
    for kind, again in ((marked, 1), (session, 0)):
        assert exported(kind, "md", tmp_path)[1].read_text().count("Superseded, the files were read again") == again
        page = load_workbook(exported(kind, "xlsx", tmp_path)[1])["Evidence"]
        found = [row[0].value for row in page.iter_rows() if str(row[2].value).startswith("Superseded")]
        assert found == [old.id] * again
