"""What is promised of a fact file that was parsed before: exactly what the YAML says now, kept or not."""

import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from knowledge import catalog
from knowledge.parsed import NotYaml, read_yaml

FACTS = sorted(catalog.DATA.rglob("*.yaml"))


@pytest.fixture(autouse=True)
def keeping(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Python writes its compiled files, below a folder of the test."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "compiled"))
    return tmp_path / "compiled"


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def same(one: object, other: object) -> bool:
    """Equal and of the same types all the way down: 1, 1.0 and True are equal to Python."""
    return repr(one) == repr(other)


def test_every_fact_file_comes_back_as_yaml_reads_it(keeping: Path) -> None:
    assert len(FACTS) > 50
    for path in FACTS:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert same(read_yaml(path), plain) and same(read_yaml(path), plain), path
    assert len(kept(keeping)) == len(FACTS)


def test_what_is_kept_is_what_is_used(keeping: Path, tmp_path: Path) -> None:
    fact = tmp_path / "fact.yaml"
    fact.write_text("price: '1.5'\nchecked_on: 2026-07-20\n")
    assert read_yaml(fact) == {"price": "1.5", "checked_on": date(2026, 7, 20)}
    (copy,) = kept(keeping)
    copy.write_text(copy.read_text().replace("1.5", "2.5"))
    assert read_yaml(fact) == {"price": "2.5", "checked_on": date(2026, 7, 20)}


def test_a_changed_file_is_parsed_anew(tmp_path: Path) -> None:
    fact = tmp_path / "fact.yaml"
    fact.write_text("price: '1.5'")
    read_yaml(fact)
    fact.write_text("price: '1.7'")  # same length, and maybe the same second
    assert read_yaml(fact) == {"price": "1.7"}


@pytest.mark.parametrize("damage", ["", "nonsense", "{mark}\n", "{mark}\n{{", "{mark}\n\udcff"])
def test_a_damaged_copy_is_not_believed(damage: str, keeping: Path, tmp_path: Path) -> None:
    fact = tmp_path / "fact.yaml"
    fact.write_text("price: '1.5'")
    read_yaml(fact)
    (copy,) = kept(keeping)
    mark = copy.read_text().partition("\n")[0]
    copy.write_bytes(damage.format(mark=mark).encode("utf-8", "surrogateescape"))
    assert read_yaml(fact) == {"price": "1.5"}


@pytest.mark.parametrize("text", ["1: a", "at: 2026-07-20 10:00:00", "x: .nan", "x: !!binary aGk="])
def test_what_json_would_change_is_parsed_each_time(text: str, keeping: Path, tmp_path: Path) -> None:
    fact = tmp_path / "fact.yaml"
    fact.write_text(text)
    assert same(read_yaml(fact), yaml.safe_load(text)) and same(read_yaml(fact), yaml.safe_load(text))
    assert kept(keeping) == []


def test_where_nothing_can_be_written_it_is_read_all_the_same(keeping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fact = tmp_path / "fact.yaml"
    fact.write_text("price: '1.5'")
    keeping.write_text("a file where the folder should be")
    assert read_yaml(fact) == {"price": "1.5"}
    keeping.unlink()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert read_yaml(fact) == {"price": "1.5"} and not keeping.exists()


@pytest.mark.parametrize("raw", [b"a: [1", b"a: \xff"])
def test_a_file_that_is_no_yaml_says_so(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes(raw)
    with pytest.raises(NotYaml):
        read_yaml(tmp_path / "bad.yaml")


def test_the_facts_stay_small() -> None:
    """What ships, without what was parsed: under 15 MB is promised, a tenth of it is in use."""
    shipped = sum(path.stat().st_size for path in catalog.DATA.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert shipped < 5_000_000
