"""Promise to the analyst whose cloud delivers the whole month again every few hours: it is counted once, and the rest is listed."""

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from knowledge.errors import UserError
from tools.audit import intake
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult

HEADER = (
    "BilledCost",
    "EffectiveCost",
    "BillingCurrency",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ServiceName",
    "ResourceId",
)


def audit(out: Path, *files: Path) -> ToolResult:
    return run(AuditCosts(file=[str(file) for file in files]), ToolContext(out_dir=out))


def month(days: int, account: str = "a") -> list[tuple[str, ...]]:
    """The bill of January up to a day, as it stands then: three resources a day."""
    services = ("Amazon EC2", "Amazon S3", "Amazon SageMaker")
    return [
        (cost, cost, "USD", f"2026-01-{day:02d}T00:00Z", f"2026-01-{day + 1:02d}T00:00Z", "Usage", service, f"{account}-{at}")
        for day in range(1, days + 1)
        for at, service in enumerate(services)
        for cost in (f"{day}.{at}5",)
    ]


def total(rows: list[tuple[str, ...]]) -> Decimal:
    return sum((Decimal(row[0]) for row in rows), Decimal(0))


def as_csv(path: Path, rows: list[tuple[str, ...]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def as_parquet(path: Path, rows: list[tuple[str, ...]]) -> Path:
    source = as_csv(path.with_suffix(".csv"), rows)
    duckdb.sql(f"copy (select * from read_csv('{source}', all_varchar=true)) to '{path}' (format parquet)")
    source.unlink()
    return path


@pytest.mark.parametrize("write", [as_csv, as_parquet])
def test_an_older_snapshot_is_listed_and_not_added_up(tmp_path, write):
    suffix = ".csv" if write is as_csv else ".parquet"
    files = [write(tmp_path / f"export-{days}{suffix}", month(days)) for days in (9, 16, 20)]
    found = audit(tmp_path / "out", *files).result
    assert Decimal(found["total_text"]) == total(month(20))
    assert found["rows_read"] == 60
    assert sorted(entry["file"] for entry in found["skipped"]) == sorted(file.name for file in files[:2])
    assert all("older snapshot" in entry["reason"] for entry in found["skipped"])


@pytest.mark.parametrize("write", [as_csv, as_parquet])
def test_months_accounts_and_days_side_by_side_are_added_up(tmp_path, write):
    suffix = ".csv" if write is as_csv else ".parquet"
    rows = month(20)
    parts = [rows[:30], rows[30:], month(20, "b")]
    files = [write(tmp_path / f"part-{at}{suffix}", part) for at, part in enumerate(parts)]
    found = audit(tmp_path / "out", *files).result
    assert Decimal(found["total_text"]) == 2 * total(rows)
    assert found["skipped"] == []


def test_executions_below_one_billing_period_are_one_delivery_each(tmp_path):
    """As AWS lays out its exports: even where every amount has been restated, only the newest execution counts."""
    root = tmp_path / "export" / "data"
    for period, last in (("2025-12", 5), ("2026-01", 9)):
        for at, execution in enumerate(("2026-01-05T00-00Z-aaa", "2026-01-09T00-00Z-bbb")):
            for part in (0, 1):
                rows = [(f"{at}{row[0]}", *row[1:]) for row in month(last)[part::2]]
                as_parquet(root / f"BILLING_PERIOD={period}" / execution / f"part-{part}.parquet", rows)
    newest = [(f"1{row[0]}", *row[1:]) for last in (5, 9) for row in month(last)]
    found = audit(tmp_path / "out", tmp_path / "export").result
    assert Decimal(found["total_text"]) == total(newest)
    assert len(found["skipped"]) == 4


def test_a_big_sheet_is_compared_too(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "_DIRECT_BYTES", dict.fromkeys(intake._DIRECT_BYTES, -1))
    files = [as_csv(tmp_path / f"{days}.csv", month(days)) for days in (12, 18)]
    found = audit(tmp_path / "out", *files).result
    assert Decimal(found["total_text"]) == total(month(18))


def test_few_rows_alike_are_asked_about_and_counted(tmp_path):
    files = [as_csv(tmp_path / "team-a.csv", month(2)), as_csv(tmp_path / "team-b.csv", month(3))]
    found = audit(tmp_path / "out", *files).result
    assert Decimal(found["total_text"]) == total(month(2)) + total(month(3))
    assert any("Is one a copy (ignore=team-a.csv leaves the first out)?" in question for question in found["questions"])


def revised(rows: list[tuple[str, ...]], every: int) -> list[tuple[str, ...]]:
    """The same lines, every so many of them with another amount."""
    return [(f"9{row[0]}", f"9{row[0]}", *row[2:]) if at % every == 0 else row for at, row in enumerate(rows)]


def asked(result: dict) -> list[str]:
    return [question for question in result["questions"] if "hold the same lines" in question]


@pytest.mark.parametrize("write", [as_csv, as_parquet])
@pytest.mark.parametrize(("first", "second", "every"), [("Jan", "Jan (rev2)", 1), ("Jan", "Jan (rev2)", 4), ("export-a", "bill-b", 4)])
def test_near_copies_are_both_counted_and_asked_about(tmp_path, write, first, second, every):
    suffix = ".csv" if write is as_csv else ".parquet"
    rows, changed = month(20), revised(month(20), every)
    files = [write(tmp_path / f"{name}{suffix}", part) for name, part in ((first, rows), (second, changed))]
    found = audit(tmp_path / "out", *files).result
    assert Decimal(found["total_text"]) == total(rows) + total(changed) and found["skipped"] == []
    [question] = asked(found)
    assert all(file.name in question for file in files)
    left_out = question.partition("(ignore=")[2].partition(" leaves the first out")[0]
    without = run(
        AuditCosts(file=[str(file) for file in files], mapping=f"ignore={left_out}"), ToolContext(out_dir=tmp_path / "two")
    ).result
    assert Decimal(without["total_text"]) in (total(rows), total(changed)) and not asked(without)
    assert [one["file"] for one in without["skipped"]] == [left_out] and [one["file"] for one in without["files"]] != [left_out]


@pytest.mark.parametrize("write", [as_csv, as_parquet])
@pytest.mark.parametrize(
    "others",
    [
        revised(month(20), 1),  # the same lines, every amount another: of another team, unless the names say otherwise
        revised(month(20, "b"), 4),  # other resources
        [(*row[:3], row[3].replace("-01-", "-02-"), row[4].replace("-01-", "-02-"), *row[5:]) for row in revised(month(20), 4)],
    ],
)
def test_other_bills_of_the_same_form_are_not_asked_about(tmp_path, write, others):
    suffix = ".csv" if write is as_csv else ".parquet"
    files = [write(tmp_path / f"team-a{suffix}", month(20)), write(tmp_path / f"team-b{suffix}", others)]
    found = audit(tmp_path / "out", *files).result
    assert not asked(found) and Decimal(found["total_text"]) == total(month(20)) + total(others)


@pytest.mark.parametrize(("names", "is_asked"), [(("Jan", "Jan (2)"), True), (("Jan", "Jan rev2"), True), (("Jan", "Feb"), False)])
def test_sheets_without_dates_are_asked_about_where_their_names_are_alike(tmp_path, names, is_asked):
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    for name, cost in zip((*names, "Mar"), (1, 2, 50), strict=True):
        sheet = book.add_worksheet(name)
        for at, row in enumerate([("Service", "Cost USD", "VAT"), ("API", 10, 1.9), ("GPU", 20 + cost, 3.8), ("S3", cost, cost * 0.19)]):
            sheet.write_row(at, 0, row)
    book.close()
    found = audit(tmp_path / "out", tmp_path / "a.xlsx").result
    assert Decimal(found["total_text"]) == 10 * 3 + 60 + 53 * 2
    if is_asked:
        [question] = asked(found)
        assert (
            f'sheet "{names[0]}" and a.xlsx sheet "{names[1]}"' in question and f"(sheet={names[1]}|Mar leaves the first out)" in question
        )
    else:
        assert not asked(found)


def test_to_leave_out_every_file_is_no_audit(tmp_path):
    file = as_csv(tmp_path / "a.csv", month(3))
    with pytest.raises(UserError) as caught:
        run(AuditCosts(file=[str(file)], mapping="ignore=a.csv"), ToolContext(out_dir=tmp_path / "out"))
    assert caught.value.code == "mapping-unreadable"


def test_rows_of_daily_files_say_which_file_they_stand_in(tmp_path):
    files = [as_parquet(tmp_path / f"day-{at}.parquet", month(20)[at * 3 : at * 3 + 3]) for at in range(20)]
    found = audit(tmp_path / "out", *files)
    assert Decimal(found.result["total_text"]) == total(month(20))
    places = {place for line in found.bill.lines for place in line.x_rows}
    for first_or_last in ("day-0.parquet|", "day-19.parquet|"):
        assert any(place.startswith(first_or_last) for place in places), places
