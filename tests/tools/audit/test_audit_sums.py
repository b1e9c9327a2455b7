"""Promise to the person who asks where the money went: sums by day, region and account add up, and name what they leave open."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tools.audit import intake
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult

HEADER = ("Date", "Service", "Region", "Account ID", "Cost (USD)")


def rows(days: int, regions: int) -> list[tuple[str, str, str, str, str]]:
    """Every fifth row is spend on a model; every seventh names no region."""
    found = []
    for at in range(days * 3):
        service = "OpenAI API" if at % 5 == 0 else "Amazon S3"
        day = date(2024, 1, 1) + timedelta(days=at % days)
        found.append((day.isoformat(), service, "" if at % 7 == 0 else f"region-{at % regions}", f"acct-{at % 2}", f"{1 + at % 11}.25"))
    return found


def audit(lines: list[tuple[str, str, str, str, str]], folder: Path) -> ToolResult:
    folder.mkdir(exist_ok=True)
    with (folder / "bill.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *lines])
    return run(AuditCosts(file=[str(folder / "bill.csv")]), ToolContext(out_dir=folder / "out"))


def test_sums_by_place_add_up_to_the_total(tmp_path):
    result = audit(rows(20, 3), tmp_path).result
    for key in ("regions", "accounts"):
        assert sum(Decimal(str(one["cost"])) for one in result[key]) == Decimal(result["total_text"].replace(",", ""))
    assert [one["name"] for one in result["regions"]][-1] == "(not named)"
    assert {one["name"] for one in result["accounts"]} == {"acct-0", "acct-1"}


def test_more_than_twenty_names_end_in_a_sum_of_the_others(tmp_path):
    lines = rows(20, 26)
    regions = audit(lines, tmp_path).result["regions"]
    names = {line[2] for line in lines} - {""}
    assert [one["name"] for one in regions][20:] == [f"({len(names) - 20} others)", "(not named)"]
    assert len(names) > 20


def test_days_hold_their_cost_and_the_part_for_ai(tmp_path):
    lines = rows(20, 3)
    days = audit(lines, tmp_path).result["days"]
    expected: dict[str, list[Decimal]] = {}
    for day, service, _, _, cost in lines:
        sums = expected.setdefault(day, [Decimal(0), Decimal(0)])
        sums[0] += Decimal(cost)
        sums[1] += Decimal(cost) if service == "OpenAI API" else 0
    assert [(one["day"], one["cost"], one["ai_cost"]) for one in days] == [
        (day, float(cost), float(ai)) for day, (cost, ai) in sorted(expected.items())
    ]


def test_a_sheet_without_places_or_days_has_no_such_sums(tmp_path):
    with (tmp_path / "bill.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("Service", "Cost (USD)"), ("OpenAI API", "12.50"), ("Amazon S3", "3.10")])
    result = run(AuditCosts(file=[str(tmp_path / "bill.csv")]), ToolContext(out_dir=tmp_path / "out")).result
    assert (result["days"], result["regions"], result["accounts"]) == ([], [], [])


def test_at_most_four_hundred_days_the_newest(tmp_path):
    days = audit(rows(420, 3), tmp_path).result["days"]
    assert len(days) == 400
    assert days[-1]["day"] == max(line[0] for line in rows(420, 3))


def test_a_folded_bill_has_the_same_days_and_regions(tmp_path, monkeypatch: pytest.MonkeyPatch):
    direct = audit(rows(20, 3), tmp_path / "direct").result
    monkeypatch.setattr(intake, "_DIRECT_BYTES", dict.fromkeys(intake._DIRECT_BYTES, -1))
    monkeypatch.setattr(intake, "DIRECT_ROWS", -1)
    folded = audit(rows(20, 3), tmp_path / "folded").result
    assert folded["days"] == direct["days"]
    assert folded["regions"] == direct["regions"]
    assert sum(Decimal(str(one["cost"])) for one in folded["regions"]) == Decimal(folded["total_text"].replace(",", ""))


def test_a_bill_of_several_clouds_is_added_up_by_provider(tmp_path):
    path = tmp_path / "bill.csv"
    lines = ["AWS,Amazon EC2,10.5", "AWS,Amazon S3,1", "Microsoft Azure,Virtual Machines,7", ",Shipping,2"]
    path.write_text("Provider,Service,Cost USD\n" + "\n".join(lines) + "\n")
    result = run(AuditCosts(file=[str(path)]), ToolContext(out_dir=tmp_path / "out")).result
    assert [(one["name"], one["cost"]) for one in result["providers"]] == [("AWS", 11.5), ("Microsoft Azure", 7.0), ("(not named)", 2.0)]
