"""Promise to the analyst whose bill grows every day: only the new days are read again, and the answer is that of reading everything."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.bench.audit_data import Shape, Writer
from tools.audit import kept, known_files
from tools.audit.reading.detect import file_hash
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult

DAYS = 6


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """A made-up bill, one Parquet file a day."""
    folder = Writer(Shape(rows=8_000, days=DAYS), tmp_path_factory.mktemp("bill")).daily()
    return sorted(folder.glob("*.parquet"))


@pytest.fixture(autouse=True)
def small_bills_are_kept_too(monkeypatch):
    monkeypatch.setattr(kept, "_WORTH_KEEPING", 0)


def audit(files: list[Path], out: Path, keep: Path | None, **more: str) -> ToolResult:
    return run(AuditCosts(file=[str(file) for file in files], **more), ToolContext(out_dir=out, kept_dir=keep))


def told(result: ToolResult) -> tuple[str, str, str]:
    """Everything that it says, to be compared."""
    evidence = json.dumps([record.model_dump(mode="json", exclude={"created_at"}) for record in result.evidence], sort_keys=True)
    bill = result.bill.model_dump_json() if result.bill else ""
    return json.dumps(result.result, sort_keys=True), evidence, bill


@pytest.fixture(scope="module")
def of_all(days, tmp_path_factory):
    """What an audit of all days says that reads everything; made once for each way of asking."""
    known: dict[tuple[tuple[str, str], ...], tuple[str, str, str]] = {}

    def say(**more: str) -> tuple[str, str, str]:
        asked = tuple(sorted(more.items()))
        if asked not in known:
            known[asked] = told(audit(days, tmp_path_factory.mktemp("all"), None, **more))
        return known[asked]

    return say


@pytest.fixture(scope="module")
def kept_before(days, tmp_path_factory):
    """What is kept of an audit of all days but the last; tests take copies."""
    folder = tmp_path_factory.mktemp("before")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "_WORTH_KEEPING", 0)
        audit(days[:-1], folder / "out", folder / "kept")
    return folder / "kept"


def read_files(monkeypatch) -> list[int]:
    """For every question put to the files, how many of them it may read."""
    found: list[int] = []
    expose = kept.ParquetTable.expose

    def heard(self, name, positions, first=0):
        found.append(len(self.paths) - first)
        expose(self, name, positions, first)

    monkeypatch.setattr(kept.ParquetTable, "expose", heard)
    return found


@pytest.mark.parametrize("basis", ["billed", "effective"])
def test_a_new_day_gives_the_audit_of_all_days(days, of_all, tmp_path, monkeypatch, basis):
    keep = tmp_path / "kept"
    audit(days[:-1], tmp_path / "before", keep, basis=basis)
    read = read_files(monkeypatch)
    again = audit(days, tmp_path / "again", keep, basis=basis)
    assert read[-1] == 1
    assert told(again) == of_all(basis=basis)


def test_the_same_files_again_read_nothing_of_their_rows(days, tmp_path):
    keep = tmp_path / "kept"
    first = audit(days, tmp_path / "first", keep)
    held = [path.stat().st_mtime_ns for path in keep.rglob("*.parquet")]
    assert told(audit(days, tmp_path / "again", keep)) == told(first)
    assert [path.stat().st_mtime_ns for path in keep.rglob("*.parquet")] == held


def test_a_file_that_changed_is_read_again_with_all_others(days, tmp_path):
    keep = tmp_path / "kept"
    audit(days, tmp_path / "first", keep)
    changed = [Path(shutil.copy(file, tmp_path)) for file in days]
    duckdb.sql(f"copy (select * replace (BilledCost + 1 as BilledCost) from '{days[2]}') to '{changed[2]}' (format parquet)")
    assert told(audit(changed, tmp_path / "again", keep)) == told(audit(changed, tmp_path / "all", None))


def test_another_order_of_the_files_is_another_bill(days, of_all, tmp_path):
    keep = tmp_path / "kept"
    audit(days[1:], tmp_path / "first", keep)
    assert told(audit(days, tmp_path / "again", keep)) == of_all()


def test_a_new_mapping_folds_anew(days, tmp_path):
    keep = tmp_path / "kept"
    audit(days, tmp_path / "first", keep)
    mapped = "cost=ListCost"
    assert told(audit(days, tmp_path / "again", keep, mapping=mapped)) == told(audit(days, tmp_path / "all", None, mapping=mapped))


@pytest.mark.parametrize("harm", ["cut", "gone", "words"])
def test_what_is_damaged_there_is_passed_over(days, of_all, kept_before, tmp_path, harm):
    keep = Path(shutil.copytree(kept_before, tmp_path / "kept"))
    (amounts,) = keep.rglob("amounts-0.parquet")
    if harm == "cut":
        amounts.write_bytes(amounts.read_bytes()[:100])
    elif harm == "gone":
        amounts.unlink()
    else:
        (amounts.parent / "kept.json").write_text("[1, 2")
    assert told(audit(days, tmp_path / "again", keep)) == of_all()


def test_lines_told_apart_for_the_first_time_are_looked_for_in_all_files(days, of_all, kept_before, tmp_path):
    keep = Path(shutil.copytree(kept_before, tmp_path / "kept"))
    (asked,) = keep.rglob("asked-0.parquet")
    near = asked.with_name("near-0.parquet")
    for file in (asked, near):  # as if the rules of then had asked for half of the lines
        duckdb.sql(f"copy (select * from '{file}' where mark % 2 = 0) to '{file}.new' (format parquet)")
        shutil.move(f"{file}.new", file)
    note = asked.with_name("kept.json")
    manifest = json.loads(note.read_text())
    manifest["sizes"] |= {file.name: file.stat().st_size for file in (asked, near)}
    note.write_text(json.dumps(manifest))
    assert told(audit(days, tmp_path / "again", keep)) == of_all()


@pytest.mark.parametrize("most", [1, 2, 16])
def test_days_come_one_by_one_and_are_kept_in_parts_that_are_joined_in_time(days, of_all, tmp_path, monkeypatch, most):
    keep = tmp_path / "kept"
    monkeypatch.setattr(kept, "_MOST_PARTS", most)
    for at in range(2, DAYS):
        audit(days[:at], tmp_path / f"{at}", keep)
    assert 1 <= len(list(keep.rglob("days-*.parquet"))) <= most + 1
    assert len(list(keep.rglob("asked-*.parquet"))) == 1
    assert told(audit(days, tmp_path / "again", keep)) == of_all()


def test_a_big_file_is_hashed_once_while_it_stays_the_same(days, tmp_path, monkeypatch):
    monkeypatch.setattr(known_files, "_WORTH_KNOWING", 0)
    keep, mine = tmp_path / "kept", [Path(shutil.copy(file, tmp_path)) for file in days[:3]]
    hashed: list[Path] = []
    monkeypatch.setattr(known_files, "file_hash", lambda path: hashed.append(path) or file_hash(path))
    first = audit(mine, tmp_path / "first", keep)
    assert hashed == mine
    assert told(audit(mine, tmp_path / "again", keep)) == told(first)
    assert hashed == mine
    changed = duckdb.sql(f"select * replace (BilledCost + 1 as BilledCost) from '{days[1]}'")
    changed.write_parquet(str(mine[1]))
    assert told(audit(mine, tmp_path / "changed", keep)) == told(audit(mine, tmp_path / "all", None))
    assert hashed[3:] == [mine[1], *mine]  # the last three without a folder to remember in


@pytest.mark.parametrize("told_there", ["", "[1]", '{"a": 1}', '{"PATH": [1, 2, 3, 4]}', '{"PATH": []}'])
def test_hashes_that_nobody_wrote_so_are_passed_over(days, tmp_path, told_there):
    path, keep = days[0], tmp_path / "kept"
    keep.mkdir()
    (keep / "files.json").write_text(told_there.replace("PATH", str(path.resolve())))
    assert known_files.KnownFiles(keep).digest(path, (1, 2_000_000, 3)) == file_hash(path)


def test_only_the_newest_few_are_kept(days, tmp_path, monkeypatch):
    keep = tmp_path / "kept"
    monkeypatch.setattr(kept, "_MOST_KEPT", 2)
    for at in range(4):
        audit(days[at : at + 2], tmp_path / f"{at}", keep)
    assert len(list(keep.iterdir())) == 2
    audit(days[3:6], tmp_path / "more", keep)  # stands for the one it begins with
    assert len(list(keep.iterdir())) == 2
