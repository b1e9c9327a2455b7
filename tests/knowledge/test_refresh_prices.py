"""What is promised of `python -m knowledge.refresh`: shown before written, whole files or none, history kept, nothing believed."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml
from refresh_upstream import Answer, aws_go, azure_go, gcp_json, genai, offerings, ours, served

from knowledge import catalog, check, refresh, refresh_fetch
from knowledge.catalog import shelf
from knowledge.refresh_edit import EditFailed, FactText
from knowledge.refresh_fetch import NotFetched, fetch
from knowledge.refresh_gpu_clouds import offerings_json
from knowledge.refresh_sources import NotUnderstood, genai_json, go_map, upstreams
from knowledge.refresh_sources import gcp_json as read_gcp
from knowledge.schemas import ApiModel

TODAY = date(2026, 11, 23)
LOCAL = ("127.0.0.1",)
OLD = "karpenter_2026_07_20"


#: Files that each public file is the source of; few of the GPU clouds and sellers, so that a test is quick.
HELD = {
    "aws": ("instances/aws", "cpu_machines/aws"),
    "azure": ("instances/azure",),
    "gcp": ("instances/gcp",),
    "gpu-clouds": ("instances/akash", "instances/lambda", "instances/dataoorts", "instances/runpod"),
    "tokens": ("api/openai", "api/mistral"),
}
Facts = Callable[..., Path]


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """A part of the fact base that may be written: chips, and the prices that these public files are the source of."""

    def copied(*names: str) -> Path:
        folder = tmp_path / "data"
        for kind in ("hardware", "cpus"):
            shutil.copytree(catalog.DATA / kind, folder / kind, ignore=shutil.ignore_patterns("__pycache__"))
        for held in (one for name in names for one in HELD[name]):
            (folder / "prices" / held).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(catalog.DATA / "prices" / f"{held}.yaml", folder / "prices" / f"{held}.yaml")
        return folder

    return copied


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def run(folder: Path, answers: dict[str, Answer], *words: str, today: date = TODAY) -> int:
    """The command against a server that has these files; the others cannot be reached."""
    with served({f"/{name}": answer for name, answer in answers.items()}) as base:
        sources = [replace(one, url=f"{base}/{one.name}") for one in upstreams() if one.name in answers]
        return refresh.main(words, sources=sources, data=folder, today=today, plain_http=LOCAL)


def read(folder: Path, kind: str, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((folder / "prices" / kind / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def entry(content: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in (*content.get("instances", ()), *content.get("models", ())) if one["name"] == name)


def test_without_accept_the_change_is_shown_and_nothing_is_written(facts: Facts, capsys: pytest.CaptureFixture[str]) -> None:
    folder = facts("aws")
    prices, before = ours("aws"), snapshot(folder)
    prices["us-east-1"]["p5.48xlarge"] = (Decimal("49.99"), None)
    assert run(folder, {"aws": aws_go(prices)}) == 0
    said = capsys.readouterr().out
    assert "p5.48xlarge in us-east-1, on-demand: 55.04 -> 49.99 (-9.2 %)" in said and "--accept" in said
    assert snapshot(folder) == before


def test_accepted_the_price_its_source_and_its_day_change_and_all_else_stays(facts: Facts) -> None:
    folder = facts("aws")
    prices, before = ours("aws"), snapshot(folder)
    prices["us-east-1"]["p5.48xlarge"] = (Decimal("49.99"), None)
    assert run(folder, {"aws": aws_go(prices)}, "--accept") == 0
    changed = {name for name, content in snapshot(folder).items() if content != before.get(name)}
    assert changed == {"prices/instances/aws.yaml", "prices/cpu_machines/aws.yaml"}
    old = before["prices/instances/aws.yaml"].decode().splitlines()
    new = (folder / "prices/instances/aws.yaml").read_text().splitlines()
    ref = "github.com/aws/karpenter-provider-aws main pkg/providers/pricing/zz_generated.pricing_aws.go"
    assert [(a, b) for a, b in zip(old, new, strict=True) if a != b] == [
        (old[2], f"  karpenter: {{ref: {ref}, checked_on: 2026-11-20}}"),
        ("      us-east-1: ['55.04']", "      us-east-1: ['49.99']"),
    ]


def test_what_is_not_listed_any_more_keeps_its_old_source_and_comes_back_with_a_new_one(facts: Facts) -> None:
    folder = facts("aws")
    prices = ours("aws")
    kept = prices["us-east-1"].pop("g4dn.metal")
    assert run(folder, {"aws": aws_go(prices)}, "--accept") == 0
    content = read(folder, "instances", "aws")
    assert entry(content, "g4dn.metal")["source"] == OLD and entry(content, "g4dn.xlarge")["source"] == "karpenter"
    assert content["sources"][OLD]["checked_on"] == date(2026, 7, 20)
    prices["us-east-1"]["g4dn.metal"] = kept
    assert run(folder, {"aws": aws_go(prices, "2026-11-22")}, "--accept") == 0
    content = read(folder, "instances", "aws")
    assert entry(content, "g4dn.metal")["source"] == "karpenter" and OLD not in content["sources"]


def test_one_region_of_several_that_is_gone_keeps_its_source_alone(facts: Facts) -> None:
    folder = facts("azure")
    prices = ours("azure")
    del prices["westus3"]["Standard_NC6s_v3"]
    assert run(folder, {"azure": azure_go(prices)}, "--accept") == 0
    machine = entry(read(folder, "instances", "azure"), "Standard_NC6s_v3")
    assert machine["source"] == "karpenter" and machine["region_sources"] == {"westus3": "karpenter_2026_06_18"}


def test_a_machine_is_sold_in_another_region_by_now(facts: Facts) -> None:
    folder = facts("aws")
    prices = ours("aws")
    prices["eu-west-1"] = {
        "p5.48xlarge": (Decimal("60.1"), None),
        "g5.xlarge": (Decimal("1006"), None),
        "m7i.large": (Decimal("0.1"), None),
    }
    assert run(folder, {"aws": aws_go(prices)}, "--accept") == 0
    content = read(folder, "instances", "aws")
    assert entry(content, "p5.48xlarge")["prices"] == {"us-east-1": ["55.04"], "eu-west-1": ["60.1"]}
    assert "eu-west-1" not in entry(content, "g5.xlarge")["prices"], "a thousand times the price elsewhere"


def test_spot_prices_come_with_on_demand_and_digits_beyond_a_millionth_change_nothing(
    facts: Facts, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = facts("gcp")
    prices = ours("gcp")
    prices["us-central1"]["g2-standard-4"] = (prices["us-central1"]["g2-standard-4"][0], Decimal("0.3"))
    assert run(folder, {"gcp": gcp_json(prices)}, "--accept") == 0
    assert "\n  1 changes," in capsys.readouterr().out
    content = read(folder, "instances", "gcp")
    assert entry(content, "g2-standard-4")["prices"]["us-central1"][1] == "0.3"
    assert content["sources"]["karpenter"]["checked_on"] == TODAY and content["sources"]["gpuhunt"]["checked_on"] == date(2024, 12, 23)


def test_offers_of_gpu_clouds_are_found_under_the_sellers_names(facts: Facts) -> None:
    folder = facts("gpu-clouds")
    offers = offerings()
    for offer in offers:
        if (offer["provider_id"], offer["gpu_model"]) == ("lambda", "NVIDIA H100 SXM"):
            offer["price_usd_hour"] = 3.99
    assert run(folder, {"gpu-clouds": json.dumps(offers).encode()}, "--accept") == 0
    content = read(folder, "instances", "lambda")
    assert entry(content, "lambda-h100-sxm")["prices"] == {"any": ["3.99"]}
    assert content["sources"]["offers"]["ref"].endswith("; https://lambda.ai/pricing"), "the seller's page stays named"
    assert read(folder, "instances", "dataoorts") == yaml.safe_load((catalog.DATA / "prices/instances/dataoorts.yaml").read_text()), (
        "not in it"
    )


def test_a_token_price_becomes_a_new_dated_entry_and_its_history_stays(facts: Facts, capsys: pytest.CaptureFixture[str]) -> None:
    folder = facts("tokens")
    providers = genai()
    models = {f"{p['id']}/{m['id']}": m for p in providers for m in p["models"]}
    models["openai/gpt-4o-mini"]["prices"]["input_mtok"] = 0.12
    models["openai/gpt-4.1"]["prices"] = [
        {"prices": models["openai/gpt-4.1"]["prices"]},
        {"constraint": {"start_date": "2026-11-01"}, "prices": {"input_mtok": 1.5, "output_mtok": 6}},
        {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 1, "output_mtok": 4}},
    ]
    before = entry(read(folder, "api", "openai"), "gpt-4o-mini")
    assert run(folder, {"tokens": json.dumps(providers).encode()}, "--accept") == 0
    content = read(folder, "api", "openai")
    mini = entry(content, "gpt-4o-mini")
    assert mini["prices"][:-1] == [{**price, "source": "genai_2026_08_21"} for price in before["prices"]]
    assert (mini["prices"][-1]["valid_from"], mini["prices"][-1]["input"], mini["prices"][-1]["source"]) == (TODAY, "0.12", "genai")
    assert "batch_input" not in mini["prices"][-1] and "not known any more: batch_input" in capsys.readouterr().out
    assert entry(content, "gpt-4.1")["prices"][-1]["valid_from"] == date(2026, 11, 1)
    assert entry(content, "gpt-4.1")["prices"][-1]["input"] == "1.5", "the price of next year is not in force"
    model = ApiModel.model_validate(mini)
    assert (model.price_of("input", date(2026, 11, 22)), model.price_of("input", TODAY)) == (Decimal("0.15"), Decimal("0.12"))


def test_the_same_again_changes_nothing(facts: Facts, capsys: pytest.CaptureFixture[str]) -> None:
    folder = facts("aws", "tokens")
    answers: dict[str, Answer] = {"aws": aws_go(ours("aws")), "tokens": json.dumps(genai()).encode()}
    assert run(folder, answers, "--accept") == 0
    once = snapshot(folder)
    assert run(folder, answers, "--accept") == 0
    assert snapshot(folder) == once and "Nothing newer was found" in capsys.readouterr().out
    assert check_errors(folder) == []


def check_errors(folder: Path) -> list[str]:
    before, shelf.DATA = shelf.DATA, folder
    try:
        return check.run(TODAY).errors
    finally:
        shelf.DATA = before


@pytest.mark.parametrize("factor", [1000, Decimal("0.001"), 4])
def test_an_absurd_price_is_refused_by_name_and_the_others_are_taken(
    facts: Facts, factor: Decimal, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = facts("aws")
    prices = ours("aws")
    prices["us-east-1"]["p5.48xlarge"] = (Decimal("55.04") * factor, None)
    prices["us-east-1"]["g5.xlarge"] = (Decimal("0.95"), None)
    assert run(folder, {"aws": aws_go(prices)}, "--accept") == 0
    assert "refused: p5.48xlarge in us-east-1 would go 55.04 ->" in capsys.readouterr().out
    content = read(folder, "instances", "aws")
    assert entry(content, "p5.48xlarge")["prices"] == {"us-east-1": ["55.04"]} and entry(content, "p5.48xlarge")["source"] == OLD
    assert entry(content, "g5.xlarge")["prices"] == {"us-east-1": ["0.95"]}


def all_times_a_thousand() -> bytes:
    return aws_go({region: {name: (price[0] * 1000, None) for name, price in of.items() if price[0]} for region, of in ours("aws").items()})


def half_of(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def a_third_of_the_machines() -> bytes:
    return aws_go({region: dict(list(of.items())[::3]) for region, of in ours("aws").items()})


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("aws", lambda: all_times_a_thousand(), "cannot be meant"),
        ("aws", lambda: half_of(aws_go(ours("aws"))), "cut off"),
        ("aws", lambda: a_third_of_the_machines(), "its form may have changed"),
        ("aws", lambda: aws_go(ours("aws")).replace(b'": ', b'" = '), "form may have changed"),
        ("aws", lambda: b"<html>404</html>", "cut off"),
        ("aws", lambda: b"", "cut off"),
        ("aws", lambda: b"\xff\xfe\x00", "not UTF-8"),
        ("aws", lambda: aws_go(ours("aws"), "2027-01-01"), "not come yet"),
        ("aws", lambda: aws_go(ours("aws")).replace(b"0.5", b"9e99", 1), "not a possible price"),
        ("gcp", lambda: half_of(gcp_json(ours("gcp"))), "not whole JSON"),
        ("gcp", lambda: b"[" * 100_000, "not whole JSON"),
        ("gcp", lambda: b'{"prices": {"us-central1": {"on_demand": {"a2-highgpu-1g": NaN}}}}', "not a price"),
        ("gcp", lambda: b'{"prices": {"us-central1": {"on_demand": {"a2-highgpu-1g": -3}}}}', "not a possible price"),
        (
            "gcp",
            lambda: b'{"prices": {"us-central1": {"on_demand": {"a2-highgpu-1g": "3.6"}, "spot": {"a2-highgpu-1g": "1.9"}}}}',
            "only 1 of our",
        ),
        ("gcp", lambda: b'{"prices": {"us-central1": []}}', "no on-demand prices"),
        ("gcp", lambda: b'{"cost": {}}', 'no table "prices"'),
        ("gcp", lambda: b'{"prices": {"x\\u0000y": {"on_demand": {"a": 1}}}}', "is not a name"),
        ("gpu-clouds", lambda: b"{}", "not a list of offers"),
        ("gpu-clouds", lambda: b'[{"provider_id": "lambda"}]', "lacks one of"),
        ("gpu-clouds", lambda: json.dumps(offerings("someday")).encode(), "no day"),
        ("tokens", lambda: b'{"openai": []}', "not a list of providers"),
        ("tokens", lambda: b'[{"id": "openai"}]', "no list of models"),
        ("tokens", lambda: b'[{"id": "openai", "models": []}]', "no price could be read"),
        ("tokens", lambda: json.dumps(genai()[:1]).encode(), "its form may have changed"),
    ],
)
def test_a_file_that_cannot_be_meant_is_not_used_at_all(
    facts: Facts, name: str, content: Any, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = facts(name)
    before = snapshot(folder)
    assert run(folder, {name: content()}, "--accept") == 1
    said = capsys.readouterr().out
    assert f"{name} is not used: " in said and word in said, said
    assert snapshot(folder) == before


def test_one_file_that_cannot_be_had_does_not_hold_up_the_others(facts: Facts, capsys: pytest.CaptureFixture[str]) -> None:
    folder = facts("aws", "gcp")
    prices = ours("aws")
    prices["us-east-1"]["p5.48xlarge"] = (Decimal("49.99"), None)
    assert run(folder, {"aws": aws_go(prices), "gcp": lambda handler: handler.send_error(503)}, "--accept") == 1
    assert "gcp could not be reached: the server answered 503" in capsys.readouterr().out
    assert entry(read(folder, "instances", "aws"), "p5.48xlarge")["prices"] == {"us-east-1": ["49.99"]}


def test_without_a_network_it_says_so_and_fails(facts: Facts, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = facts("aws")

    def no_name(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    before = snapshot(folder)
    assert refresh.main(["--accept"], data=folder, today=TODAY) == 1
    said = capsys.readouterr().out
    assert all(f"{one.name} could not be reached: no connection (Name or service not known)" in said for one in upstreams())
    assert "nothing changes" in said and snapshot(folder) == before


def test_a_fact_base_that_would_not_pass_its_check_is_not_written(
    facts: Facts, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = facts("aws")
    prices, before = ours("aws"), snapshot(folder)
    prices["us-east-1"]["p5.48xlarge"] = (Decimal("49.99"), None)
    monkeypatch.setattr("knowledge.machine_check.ACCELERATOR_HOUR", (Decimal("0.02"), Decimal("6.5")))
    assert run(folder, {"aws": aws_go(prices)}, "--accept") == 1
    assert "would not pass its check" in capsys.readouterr().out and snapshot(folder) == before


def test_a_disk_that_fails_leaves_whole_files(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = facts("aws")
    prices, before = ours("aws"), snapshot(folder)
    prices["us-east-1"]["p5.48xlarge"] = (Decimal("49.99"), None)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        run(folder, {"aws": aws_go(prices)}, "--accept")
    assert snapshot(folder) == before


def elsewhere(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "http://localhost:1/aws")
    handler.end_headers()


def without_end(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(300):
        handler.wfile.write(b"x" * 65_536)


def too_short(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"x" * 10)


def packed(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.end_headers()


def round_and_round(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (elsewhere, "leads to another host"),
        (without_end, "is larger than 1 MB"),
        (too_short, "cut off on the way|connection broke"),
        (packed, "comes packed"),
        (round_and_round, "answered 302"),
    ],
)
def test_a_server_that_misbehaves_is_left(answer: Answer, word: str) -> None:
    with served({"/aws": answer}) as base, pytest.raises(NotFetched, match=word):
        fetch(f"{base}/aws", LOCAL, most_bytes=1_000_000)


def test_a_server_that_drips_is_left_after_its_time() -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x")
            handler.wfile.flush()

    with served({"/aws": drip}) as base, pytest.raises(NotFetched, match=r"took too long|larger"):
        fetch(f"{base}/aws", LOCAL, most_seconds=0.3)


@pytest.mark.parametrize("url", ["http://raw.githubusercontent.com/x", "file:///etc/passwd", "ftp://example.org/x", "http://127.0.0.1:1/x"])
def test_only_https_is_used(url: str) -> None:
    with pytest.raises(NotFetched, match="only https"):
        fetch(url)


def test_the_public_files_are_https_on_one_host_and_of_repositories_that_the_readme_names() -> None:
    readme = (Path(refresh.__file__).parent / "README.md").read_text(encoding="utf-8")
    for one in upstreams():
        assert one.url.startswith("https://raw.githubusercontent.com/")
        assert "/".join(one.ref.split()[0].split("/")[1:]) in readme, one.name
    assert refresh_fetch.MOST_BYTES < 10_000_000


def test_wrong_usage_is_refused() -> None:
    with pytest.raises(SystemExit) as caught:
        refresh.main(["--only", "nobody"])
    assert caught.value.code == 2


def test_it_is_a_command() -> None:
    done = subprocess.run([sys.executable, "-m", "knowledge.refresh", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "--accept" in done.stdout


@pytest.fixture
def text(tmp_path: Path) -> Iterator[FactText]:
    file = tmp_path / "x.yaml"
    file.write_text(
        "# a remark on top\nsources:\n  s: {ref: 'a, b', checked_on: 2026-01-01}  # beside\ninstances:\n  - name: a   # odd spaces\n"
        "    prices:\n      r: ['1']\n    aliases: [x,\n      y]\n    source: s\n  # between\n  - {name: b, prices: {r: ['2']}, source: s}",
        encoding="utf-8",
    )
    yield FactText(file)


def test_an_edit_leaves_all_else_as_it_was_written(text: FactText) -> None:
    before = text.text
    text.set(["9", None], "instances", 0, "prices", "r")
    text.set(["3"], "instances", 0, "prices", "q")
    text.set({"q": "t"}, "instances", 0, "region_sources")
    text.set({"ref": "c", "checked_on": date(2026, 2, 1)}, "sources", "t")
    assert text.changed() == (
        before.replace("['1']\n", "['9', null]\n      q: ['3']\n")
        .replace("    source: s\n", "    source: s\n    region_sources: {q: t}\n")
        .replace("# beside\n", "# beside\n  t: {ref: c, checked_on: 2026-02-01}\n")
        + "\n"
    )
    assert before == text.path.read_text(encoding="utf-8")


def test_a_key_is_dropped_with_its_line(text: FactText) -> None:
    text.set("t", "instances", 0, "source")
    text.drop("instances", 0, "aliases")
    assert "aliases" not in text.changed() and "    source: t\n" in text.changed()


def test_an_edit_that_would_say_something_else_is_refused(text: FactText) -> None:
    text.set(["9"], "instances", 0, "prices", "r")
    text.meant["instances"][0]["prices"]["r"] = ["8"]
    with pytest.raises(EditFailed, match="something else"):
        text.changed()
    with pytest.raises(EditFailed, match="has no"):
        text.append({}, "instances", 0, "history")


def test_prices_that_depend_on_the_hour_or_have_steps_are_not_guessed() -> None:
    def models(prices: object) -> bytes:
        plain = {"id": "b", "prices": {"input_mtok": 1}}
        return json.dumps([{"id": "x", "models": [{"id": "a", "prices": prices}, plain]}]).encode()

    by_hour = [{"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}, "prices": {"input_mtok": 1}}]
    steps = {"input_mtok": {"base": 1, "tiers": [{"start": 10, "price": 2}, {"start": 20, "price": 3}]}}
    only_output = {"input_mtok": 1, "output_mtok": {"base": 1, "tiers": [{"start": 10, "price": 2}]}}
    unreadable: tuple[object, ...] = (
        by_hour,
        steps,
        only_output,
        {"output_mtok": 1},
        "free",
        None,
        {"input_mtok": {"base": 1, "tiers": []}},
    )
    for prices in unreadable:
        assert genai_json(models(prices), TODAY).skipped == ("x/a",), prices
    wrong: tuple[object, ...] = ({"input_mtok": "free"}, {"input_mtok": -1}, {"input_mtok": None}, [{"constraint": {"start_date": "soon"}}])
    for prices in wrong:
        with pytest.raises(NotUnderstood):
            genai_json(models(prices), TODAY)
    longer = {
        "input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]},
        "output_mtok": {"base": 15, "tiers": [{"start": 200000, "price": 22.5}]},
    }
    row = genai_json(models(longer), TODAY).models["x/a"]
    assert row.amounts["input"] == 3 and row.long_context == {"above_tokens": 200000, "input": 6, "output": Decimal("22.5")}


def test_the_forms_are_read_with_their_day() -> None:
    aws = go_map(aws_go(ours("aws")), TODAY)
    assert aws.day == date(2026, 11, 20) and aws.machines["p5.48xlarge", "us-east-1"] == (Decimal("55.040000"), None)
    azure = go_map(azure_go(ours("azure")), TODAY)
    assert azure.machines["Standard_NC6s_v3", "eastus"] == (Decimal("3.06"), None) and ("Ddsv4_Type 1", "eastus") in azure.machines
    assert read_gcp(gcp_json(ours("gcp")), TODAY).machines["g2-standard-4", "us-central1"][1] is not None
    offers = offerings()
    offers[0] |= {"gpu_model": "RTX 4090 (48 GB mod)", "vram_gb": 48}
    assert offerings_json(json.dumps(offers).encode(), TODAY).skipped == ("akash RTX 4090 (48 GB mod)",)
