"""Promise to the analyst with a big bill: folding changes the time an audit takes, never what it says."""

import csv
import random
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.tools.audit.dirty_special import SPECIAL
from tools.audit import intake
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult

BILLING = Path(__file__).resolve().parents[4] / "shared" / "data" / "billing"
#: What two audits of the same rows must agree on. Evidence ids follow from these.
SAME = (
    "residual", "total_text", "effective_total_text", "currency", "totals", "form", "period", "rows_read", "rows_counted", "rows_excluded",
    "rows_unknown", "rows_included_in_plan", "rows_negative", "rows_identical", "categories", "checks", "ai_total_text", "by_kind",
    "environments", "teams", "regions", "accounts", "providers", "models", "tokens", "questions",
)  # fmt: skip


def audit(files: list[Path], out: Path, **more: str) -> ToolResult:
    return run(AuditCosts(file=[str(file) for file in files], **more), ToolContext(out_dir=out))


def both(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **more: str) -> tuple[ToolResult, ToolResult]:
    """The audit row by row, and folded."""
    monkeypatch.setattr(intake, "_DIRECT_BYTES", dict.fromkeys(intake._DIRECT_BYTES, 10**12))
    monkeypatch.setattr(intake, "DIRECT_ROWS", 10**12)
    direct = audit(files, tmp_path / "direct", **more)
    monkeypatch.setattr(intake, "_DIRECT_BYTES", dict.fromkeys(intake._DIRECT_BYTES, -1))
    monkeypatch.setattr(intake, "DIRECT_ROWS", -1)
    return direct, audit(files, tmp_path / "folded", **more)


def agree(direct: ToolResult, folded: ToolResult) -> None:
    assert folded.result["residual"] in (0, None)
    assert {key: folded.result[key] for key in SAME} == {key: direct.result[key] for key in SAME}
    assert services(folded) == services(direct)
    assert left_out(folded) == left_out(direct)
    assert (folded.bill is None) == (direct.bill is None)
    if folded.bill and direct.bill:
        assert sum(line.BilledCost for line in folded.bill.lines) == sum(line.BilledCost for line in direct.bill.lines)
        assert sum(line.EffectiveCost for line in folded.bill.lines) == sum(line.EffectiveCost for line in direct.bill.lines)


def services(result: ToolResult) -> list[tuple[str, tuple[float, int]]]:
    return [(entry["name"], (entry["cost"], entry["rows"])) for entry in result.result["services"]]


def left_out(result: ToolResult) -> list[tuple[str, int, str, str]]:
    return [(entry["reason"], entry["rows"], entry["amount_text"], entry["currency"]) for entry in result.result["exclusions"]]


def money_findings(result: ToolResult) -> list[tuple[str, str, float | None]]:
    """All but two: what a folded line cost at night is its share of the billed cost, and the spread of prices is that of days."""
    left = ("nights-and-weekends", "region-spread")
    return sorted((f["rule"], f["detail"], f["amount"] or 0.0) for f in result.result["findings"] if f["rule"] not in left)


def focus_rows(count: int, seed: int) -> list[list[str]]:
    """A bill as an export makes it: hourly rows of fixed resources, taxes, credits, commitments, odd cells."""
    pick = random.Random(seed)
    header = [
        "BilledCost", "EffectiveCost", "BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ServiceName",
        "ChargeDescription", "RegionId", "SubAccountName", "ResourceId", "ConsumedQuantity", "ConsumedUnit", "PricingCategory",
        "x_InstanceType", "Tags",
    ]  # fmt: skip
    machines = [
        ("Amazon EC2", "p4d.24xlarge on demand", "p4d.24xlarge", "i-train"),
        ("Amazon EC2", "m5.large on demand", "m5.large", "i-web"),
        ("Amazon S3", "storage, standard", "", "bucket-llm-training"),
        ("Amazon S3", "storage, standard", "", "bucket-photos"),
        ("Amazon SageMaker", "ml.g5.xlarge hosting", "ml.g5.xlarge", "endpoint-chat"),
    ]
    rows = [header]
    for _ in range(count):
        service, text, kind, resource = pick.choice(machines)
        hour = pick.randrange(20 * 24)
        start = f"2026-03-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z"
        end = f"2026-03-{1 + (hour + 1) // 24:02d}T{(hour + 1) % 24:02d}:00:00Z"
        cost = Decimal(pick.randrange(1, 10**7)) / 10**6
        category = pick.choice(["Usage"] * 18 + ["Tax", "Credit"])
        billed = f"{-cost if category == 'Credit' else cost}"
        effective = pick.choice([billed, f"{cost / 2}", "", "0"])
        billed = pick.choice([billed] * 40 + ["", "N/A", f"${cost}", "5e-06"])
        tags = pick.choice(['{"team": "ml", "env": "prod"}', '{"team": "web", "env": "dev"}', ""])
        rows.append(
            [
                billed,
                effective,
                "USD",
                start,
                end,
                category,
                service,
                text,
                pick.choice(["us-east-1", "eu-west-1"]),
                "acme",
                resource,
                "1",
                "Hours",
                pick.choice(["Standard", "Committed"]),
                kind,
                tags,
            ]
        )
    return rows


def written(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("seed", range(3))
def test_an_export_with_every_kind_of_row_is_the_same_folded(tmp_path, monkeypatch, seed):
    file = written(tmp_path / "bill.csv", focus_rows(1500, seed))
    for basis in ("billed", "effective"):
        direct, folded = both([file], tmp_path, monkeypatch, basis=basis)
        agree(direct, folded)
        assert money_findings(folded) == money_findings(direct)
    assert folded.result["rows_unknown"] > 0
    assert any(entry["kind"] == "ai_adjacent" for entry in folded.result["by_kind"])


def test_parquet_says_what_the_csv_says(tmp_path, monkeypatch):
    rows = [row for row in focus_rows(1500, 7) if row[0] not in ("N/A",) and not row[0].startswith("$")]
    file = written(tmp_path / "bill.csv", rows)
    parquet = tmp_path / "bill.parquet"
    duckdb.sql(f"copy (select * from read_csv('{file}', all_varchar=true)) to '{parquet}' (format parquet)")
    direct, folded = both([parquet], tmp_path, monkeypatch)
    agree(direct, folded)
    assert folded.result["total_text"] == both([file], tmp_path, monkeypatch)[0].result["total_text"]
    typed = tmp_path / "typed.parquet"
    duckdb.sql(
        "copy (select * replace (BilledCost::decimal(18,8) as BilledCost, EffectiveCost::double as EffectiveCost, "
        f"ChargePeriodStart::timestamp as ChargePeriodStart) from read_csv('{file}', all_varchar=true)) to '{typed}' (format parquet)"
    )
    direct, folded = both([typed], tmp_path, monkeypatch)
    agree(direct, folded)
    assert money_findings(folded) == money_findings(direct)


def test_a_hand_made_sheet_keeps_its_totals_out_when_folded(tmp_path, monkeypatch):
    rows = [["Team report"], [], ["Date", "Team", "Service", "Cost (EUR)"]]
    total = Decimal(0)
    for month in ("01", "02", "03"):
        part = Decimal(0)
        for day in range(1, 28):
            for team, service in (("ml", "GPU cluster"), ("web", "Virtual machines"), ("ml", "OpenAI API")):
                cost = Decimal(day * 137 + int(month) * 11) / 100
                rows.append([f"2026-{month}-{day:02d}", team, service, str(cost)])
                part += cost
        rows += [["", "", f"Total 2026-{month}", str(part)], []]
        total += part
    rows.append(["", "", "Grand total", str(total + 1)])  # does not agree: reported
    direct, folded = both([written(tmp_path / "sheet.csv", rows)], tmp_path, monkeypatch)
    agree(direct, folded)
    assert Decimal(folded.result["total_text"]) == total
    assert folded.result["rows_excluded"] == 4
    assert folded.result["checks"]


def test_decimal_commas_and_rates_fold_too(tmp_path, monkeypatch):
    rows = [["Datum", "Dienst", "Betrag"]]
    for day in range(1, 29):
        rows += [[f"{day:02d}.03.2026", "GPU-Server", f"{day * 3},25"], [f"{day:02d}.03.2026", "Speicher", f"1.2{day:02d},50"]]
    file = tmp_path / "bericht.csv"
    file.write_text("\n".join(";".join(row) for row in rows), encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch, mapping="currency=EUR", currency="USD", rate="EUR=1.0837")
    agree(direct, folded)
    assert folded.result["currency"] == "USD"


def test_a_report_that_numbers_its_lines_counts_each_once_when_folded(tmp_path, monkeypatch):
    header = [
        "identity/LineItemId", "lineItem/LineItemType", "lineItem/UsageStartDate", "lineItem/UnblendedCost", "lineItem/CurrencyCode",
        "lineItem/ProductCode", "lineItem/UsageType", "lineItem/ResourceId", "reservation/EffectiveCost",
        "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", "reservation/UnusedRecurringFee",
        "savingsPlan/SavingsPlanEffectiveCost", "reservation/ReservationARN",
    ]  # fmt: skip
    kinds = ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation", "RIFee", "Tax"]
    rows = [header]
    for at in range(600):
        kind = kinds[at % len(kinds)]
        cost = f"{-at if kind == 'SavingsPlanNegation' else at}.{at:03d}"
        rows.append(
            [
                f"id{at}",
                kind,
                f"2026-04-{1 + at % 28:02d}T00:00:00Z",
                cost,
                "USD",
                "AmazonEC2",
                "BoxUsage:p5.48xlarge",
                f"i-{at % 9}",
                f"{at}.5",
                "1.25",
                "0.5",
                f"{at}.75",
                "arn" if kind == "RIFee" else "",
            ]
        )
    rows += rows[5:25]  # the same lines again
    file = written(tmp_path / "cur.csv", rows)
    for basis in ("billed", "effective"):
        direct, folded = both([file], tmp_path, monkeypatch, basis=basis)
        agree(direct, folded)
        assert money_findings(folded) == money_findings(direct)
    assert folded.result["rows_excluded"] == 20


@pytest.mark.shared
@pytest.mark.skipif(not BILLING.is_dir(), reason="the development data ../shared/data/billing is missing")
@pytest.mark.parametrize("name", sorted(path.name for path in BILLING.glob("*.csv")) if BILLING.is_dir() else [])
def test_every_real_file_is_the_same_folded(tmp_path, monkeypatch, name):
    direct, folded = both([BILLING / name], tmp_path, monkeypatch)
    agree(direct, folded)


@pytest.mark.parametrize("trap", SPECIAL, ids=lambda trap: trap.__name__)
def test_every_trap_of_the_dirty_sheets_is_the_same_folded(tmp_path, monkeypatch, trap):
    direct, folded = both([trap(random.Random(trap.__name__)).write(tmp_path, trap.__name__)], tmp_path, monkeypatch)
    agree(direct, folded)
