"""A price file named with --prices or FRUGAL_PRICES: in force for everything in that process, or refused before anything starts."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from app.__main__ import _command
from app.cli.planning import write_plan
from app.settings import load
from app.uploads import ACCEPTED, peek
from app.wiring import build
from knowledge.errors import UserError

PRICES = "models:\n  - {model: gpt-4o, input_per_million: 2.00, output_per_million: 8.00}\n"
WORKLOAD = "model: gpt-4o\nrequests_per_month: 1000\ninput_tokens: 1000\noutput_tokens: 1000\n"


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    file = tmp_path / "ours.yaml"
    file.write_text(PRICES)
    return file


def test_the_environment_names_it_and_the_option_wins(prices: Path) -> None:
    assert load({}, environ={}).prices is None
    assert load({}, environ={"FRUGAL_PRICES": str(prices)}).prices == prices
    assert load({"prices": Path("b.csv")}, environ={"FRUGAL_PRICES": str(prices)}).prices == Path("b.csv")


def test_every_conversation_of_the_process_has_its_prices(tmp_path: Path, prices: Path) -> None:
    house = build(load({"data_dir": tmp_path / "data", "prices": prices}, environ={}))
    try:
        own = house.store.session("ada", house.store.create_conversation("ada").id).own_prices
        assert [(e.model, e.output, e.source.ref) for e in own.tokens] == [("gpt-4o", Decimal("8.00"), "ours.yaml, line 2")]
    finally:
        house.close()


def test_a_plan_from_files_rests_on_them(tmp_path: Path, prices: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workload = tmp_path / "w.yaml"
    workload.write_text(WORKLOAD)
    write_plan(load({"data_dir": tmp_path / "data", "prices": prices}, environ={}), workload, (), tmp_path / "plan", json=True)
    plan = json.loads(capsys.readouterr().out)
    assert Decimal(plan["total"]["baseline_cost"]["likely"]) == 10
    assert "your own prices" in plan["baseline_basis"]


@pytest.mark.parametrize(
    ("text", "code"), [(None, "price-file-missing"), ("models: [", "price-file-invalid"), ("a" * 1_000_001, "price-file-too-large")]
)
def test_a_bad_one_stops_the_start_with_the_reason(tmp_path: Path, prices: Path, text: str | None, code: str) -> None:
    if text is None:
        prices.unlink()
    else:
        prices.write_text(text)
    with pytest.raises(UserError) as caught:
        build(load({"data_dir": tmp_path / "data", "prices": prices}, environ={}))
    assert caught.value.code == code and str(tmp_path) not in caught.value.message


def test_the_commands_take_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["run", "estimate_memory", "--model", "llama-3-8b"], ["ask", "hello"], ["plan", "w.yaml", "--out", "plan"]):
        monkeypatch.setattr("sys.argv", ["app", *words, "--data-dir", str(tmp_path / "data"), "--prices", str(tmp_path / "none.yaml")])
        assert _command(None) == 1
        assert "error[price-file-missing]" in capsys.readouterr().err


def test_yaml_is_taken_as_an_upload_and_its_beginning_is_shown_as_text(prices: Path) -> None:
    assert {".yaml", ".yml"} <= set(ACCEPTED)
    assert peek(prices).rows[1] == ("models:",)
