"""`python -m knowledge.check` passes on what is committed, and catches each kind of mistake a person makes in a fact file."""

import shutil
import subprocess
import sys
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from knowledge import catalog, check, fact_ages, hardware_check, token_check
from knowledge.errors import KnowledgeError
from knowledge.schemas import Accelerator, ModelArchitecture, TokenPrice

REAL = Path(str(files("knowledge").joinpath("data")))


@pytest.fixture
def facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the fact base that the look-ups and the check read instead of the real one."""
    root = tmp_path / "knowledge"
    shutil.copytree(REAL, root / "data")
    monkeypatch.setattr(catalog.shelf, "DATA", root / "data")
    return root / "data"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def errors(today: date = date(2026, 12, 31)) -> str:
    return "\n".join(check.run(today).errors)


def test_the_committed_facts_have_no_errors() -> None:
    done = subprocess.run([sys.executable, "-m", "knowledge.check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 errors" in done.stdout
    assert done.stdout.splitlines()[0].split()[:2] == ["facts", "kind"]
    assert f"{len(catalog.models().entries):>6}  models  " in done.stdout


def test_the_copy_is_clean_to_begin_with(facts: Path) -> None:
    assert errors() == ""


def test_an_unknown_key_is_refused(facts: Path) -> None:
    change(facts / "hardware/nvidia_datacentre.yaml", "tdp_w: 150", "tpd_w: 150")
    assert "tpd_w" in errors()


def test_broken_yaml_names_the_file_and_stops_the_look_up(facts: Path) -> None:
    change(facts / "prices/api/openai.yaml", "models:", "models: [")
    assert "openai.yaml" in errors()
    with pytest.raises(KnowledgeError) as caught:
        catalog.read_folder("prices/api")
    assert caught.value.code == "bad-fact-file"
    assert str(facts) not in caught.value.message


def test_two_entries_for_one_spelling_are_refused(facts: Path) -> None:
    change(facts / "hardware/nvidia_datacentre.yaml", "aliases: [nvidia a10,", "aliases: [nvidia l4,")
    assert "means both" in errors()


def test_spellings_that_only_look_different_are_refused(facts: Path) -> None:
    change(facts / "hardware/nvidia_datacentre.yaml", "aliases: [nvidia a10,", "aliases: [NVIDIA h-100,")
    assert "is written like" in errors()


def test_an_entry_out_of_order_is_refused(facts: Path) -> None:
    change(facts / "hardware/aws.yaml", "name: Inferentia2", "name: Zinferentia2")
    assert "not in name order" in errors()


def test_a_source_that_is_not_listed_or_not_used_is_refused(facts: Path) -> None:
    change(facts / "hardware/google.yaml", "  epoch:", "  epoque:")
    found = errors()
    assert "`epoch` is used but not listed" in found
    assert "`epoque` is listed but not used" in found


def test_a_machine_with_an_unknown_accelerator_is_refused(facts: Path) -> None:
    change(facts / "prices/instances/aws.yaml", "accelerator: H200 SXM", "accelerator: H201 SXM")
    assert "H201 SXM is not in the fact base" in errors()


def test_a_parameter_count_that_its_shape_contradicts_is_refused(facts: Path) -> None:
    change(facts / "models/llama.yaml", "params_b: 8.03", "params_b: 9.03")
    assert "the shape implies 8.03" in errors()


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"cached": "3"}, "cached 3 above input"),
        ({"cache_write": "1"}, "cache write 1 below input"),
        ({"batch_input": "3", "batch_source": "s"}, "batch input 3 above"),
        ({"batch_output": "9", "batch_source": "s"}, "batch output 9 above"),
        ({"batch_input": "1"}, "without its source"),
        ({"long_context": {"above_tokens": 1000, "input": "1"}}, "long-context input below"),
    ],
)
def test_token_prices_that_make_no_sense_are_refused(fields: dict[str, object], complaint: str) -> None:
    price = TokenPrice.model_validate({"input": "2", "output": "8", "source": "s", **fields})
    assert any(complaint in e for e in token_check.token_price_errors("x", price))


def test_a_datasheet_whose_narrow_format_is_slower_is_refused() -> None:
    chip = Accelerator(name="x", source="s", vendor="v", memory_gib=1, bandwidth_gb_s=1, tdp_w=1, tflops={"fp16": 400, "fp8": 200})
    assert any("fp16" in e and "fp8" in e for e in hardware_check.accelerator_errors(chip))


def test_a_shape_must_agree_with_itself() -> None:
    good = catalog.model("mistral-7b").model_dump()
    for change_ in ({"kv_heads": 5}, {"sliding_layers": 99}, {"active_params_b": 99.0}):
        with pytest.raises(ValueError, match=r"must be|needs|exceeds"):
            ModelArchitecture.model_validate({**good, **change_})


def test_old_prices_warn_until_acknowledged(facts: Path) -> None:
    day = date(2026, 11, 22)
    old = {key for key, _ in check.run(day).warnings if key.startswith("old:")}
    assert "old:prices/instances:gpuhunt" in old
    assert "old:prices/instances:gpuhunt" in check.acknowledgements(day, check.Findings())
    late = date(2027, 3, 1)
    assert "old:prices/instances:gpuhunt" not in check.acknowledgements(late, check.Findings())


def test_young_prices_do_not_warn(facts: Path) -> None:
    day = date(2026, 8, 21)
    keys = {key for key, _ in check.run(day).warnings}
    assert "old:prices/api:genai" not in keys
    assert "old:prices/api:genai" in {key for key, _ in check.run(day + timedelta(days=91)).warnings}


def test_a_source_from_the_future_is_an_error(facts: Path) -> None:
    assert "in the future" in errors(date(2026, 8, 1))


def test_every_kind_is_counted_with_its_oldest_and_newest_day(facts: Path) -> None:
    rows = {row.kind: row for row in check.run(date(2026, 11, 23)).kinds}
    assert rows["models"].count == len(catalog.models().entries)
    assert rows["prices/api"].count == len(catalog.api_models().entries)
    assert rows["prices/instances"].count == len(catalog.instances().entries)
    assert rows["prices/instances, region prices"].count == sum(len(i.listed) for i in catalog.instances().entries.values())
    assert rows["prices/instances"].oldest == date(2024, 1, 19)  # Oracle's list
    for row in rows.values():
        assert row.oldest is not None and row.newest is not None
        assert row.oldest <= row.newest and 0 <= row.past <= row.count
    aged = {row.kind: row.past for row in check.run(date(2030, 1, 1)).kinds}
    assert all(aged[kind] == row.count for kind, row in rows.items() if kind != "carbon")
    assert aged["carbon"] < rows["carbon"].count  # some regions have no reading of their own


def test_a_price_is_as_old_as_what_is_charged_now(facts: Path) -> None:
    """deepseek-v4-flash: read on 2026-08-21, changed since; a region read elsewhere has its own day."""
    before = {row.kind: row for row in check.run(date(2026, 12, 1)).kinds}
    change(facts / "prices/api/deepseek.yaml", "valid_from: 2026-09-10", "valid_from: 2027-09-10")
    after = {row.kind: row for row in check.run(date(2026, 12, 1)).kinds}
    assert after["prices/api"].past == before["prices/api"].past + 1
    assert after["prices/api"].count == before["prices/api"].count


def test_ages_by_hand() -> None:
    today = date(2026, 11, 23)
    row = fact_ages.ages("x", [today - timedelta(days=n) for n in (0, 90, 91)] + [None], today)
    assert (row.count, row.oldest, row.newest, row.past) == (4, date(2026, 8, 24), today, 1)
    none = fact_ages.ages("nothing", [], today)
    lines = fact_ages.table([row, none]).splitlines()
    assert lines[0].split() == ["facts", "kind", "oldest", "newest", "past", "90", "days"]
    assert lines[1].split() == ["4", "x", "2026-08-24", "2026-11-23", "1"]
    assert lines[2].split() == ["0", "nothing", "-", "-", "-"]


def test_a_broken_acknowledgement_is_an_error(facts: Path) -> None:
    (facts / "acknowledged.yaml").write_text("- {key: x, until: someday, reason: y}\n", encoding="utf-8")
    findings = check.Findings()
    check.acknowledgements(date(2026, 11, 22), findings)
    assert any("acknowledged.yaml" in e for e in findings.errors)
