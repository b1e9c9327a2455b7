"""The reconciliation promises a person: every amount in the files is counted or left out with a reason, to the cent."""

from decimal import Decimal
from pathlib import Path

from tools.contracts.tool import ToolContext, ToolResult
from tools.registry import tool

SAMPLE = Path(__file__).parents[3] / "app" / "static" / "samples" / "acme_ai_bill.csv"
SHEET = """Date,Service,Team,Cost USD
2026-10-01,OpenAI API,search,100.25
2026-10-02,Amazon EC2,web,50.10
2026-10-03,Amazon S3,web,n/a
Subtotal,,,150.35
2026-10-04,OpenAI API,search,20.00
Credit,,,-5.00
Grand Total,,,165.35
"""


def audited(folder: Path, text: str = SHEET) -> ToolResult:
    file = folder / "bill.csv"
    file.write_text(text)
    spec = tool("audit_costs")
    return spec.load()(spec.args(file=[str(file)]), ToolContext(out_dir=folder / "out"))


def test_the_file_total_is_the_counted_money_plus_what_was_left_out(tmp_path: Path) -> None:
    lines = audited(tmp_path).result["reconciliation"]
    money = {part: sum(Decimal(line["amount_text"]) for line in lines if line["part"] == part) for part in ("file", "left_out", "counted")}
    assert money == {"file": Decimal("481.05"), "left_out": Decimal("315.70"), "counted": Decimal("165.35")}
    assert money["file"] == money["left_out"] + money["counted"]
    rows = {line["part"]: line["rows"] for line in lines}
    assert rows == {"file": 7, "left_out": 2, "counted": 4, "unknown": 1}
    assert next(line for line in lines if line["part"] == "unknown")["amount_text"] == "", "unknown money is unknown, not zero"


def test_on_the_effective_basis_the_lines_lead_from_the_billed_sum_to_the_total(tmp_path: Path) -> None:
    text = (
        "BilledCost,EffectiveCost,BillingCurrency,ServiceName,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,BillingPeriodStart,"
        "BillingPeriodEnd,ProviderName,ChargeDescription,ListCost,ContractedCost\n"
        "0,12.50,USD,Amazon SageMaker,Usage,2026-10-01,2026-10-02,2026-10-01,2026-11-01,AWS,ml,12.5,12.5\n"
        "100,0,USD,Amazon SageMaker,Purchase,2026-10-01,2026-10-02,2026-10-01,2026-11-01,AWS,plan,100,100\n"
    )
    (tmp_path / "focus.csv").write_text(text)
    spec = tool("audit_costs")
    done = spec.load()(spec.args(file=[str(tmp_path / "focus.csv")], basis="effective"), ToolContext(out_dir=tmp_path / "out")).result
    money = {line["part"]: Decimal(line["amount_text"]) for line in done["reconciliation"]}
    assert money == {"file": Decimal(100), "billed": Decimal(100), "basis": Decimal("-87.5"), "counted": Decimal("12.5")}
    assert money["counted"] == Decimal(done["total_text"]), "the last line is the total that the page shows"


def test_every_table_of_sums_has_a_record_with_the_figures_it_shows(tmp_path: Path) -> None:
    done = audited(tmp_path)
    tables = {record.inputs["table"]: record for record in done.evidence if record.inputs.get("kind") == "audit table"}
    assert {"reconciliation", "services", "categories", "by_kind"} <= set(tables)
    total = next(record for record in done.evidence if record.claim.startswith("Total of the uploaded files"))
    assert all(record.parents == (total.id,) and "bill.csv" in record.source.ref for record in tables.values())
    assert tables["services"].inputs["OpenAI API (USD)"] == "120.25"


def test_currencies_are_reconciled_side_by_side_and_never_added(tmp_path: Path) -> None:
    text = "Date,Service,Cost,Currency\n2026-10-01,A,10.00,USD\n2026-10-02,B,7.50,EUR\n2026-10-03,C,2.50,EUR\n"
    lines = audited(tmp_path, text).result["reconciliation"]
    assert [(line["part"], line["currency"], line["amount_text"]) for line in lines] == [
        ("file", "USD", "10"), ("counted", "USD", "10"), ("file", "EUR", "10"), ("counted", "EUR", "10"),
    ]  # fmt: skip
    assert all(line["rows"] is None for line in lines), "rows of one currency are not known apart"


def test_the_coverage_line_says_what_no_rule_explains(tmp_path: Path) -> None:
    said = audited(tmp_path, SHEET.replace("Amazon EC2", "Zyxwv Qrst 77").replace("Amazon S3", "OpenAI API")).result
    unknown = next((kind["cost"] for kind in said["by_kind"] if kind["kind"] == "unknown"), 0.0)
    assert unknown, "the made-up service is of no known kind"
    assert said["coverage"]["explained_share"] == 1 - unknown / said["total"]
    assert {name: said["coverage"][name] for name in ("rows_read", "rows_counted", "rows_excluded", "rows_unknown")} == {
        "rows_read": 7, "rows_counted": 4, "rows_excluded": 2, "rows_unknown": 1,
    }  # fmt: skip


def test_the_price_check_has_a_record_of_every_line(tmp_path: Path) -> None:
    done = audited(tmp_path, SAMPLE.read_text())
    tables = {record.inputs["table"]: record.inputs for record in done.evidence if record.inputs.get("kind") == "audit table"}
    lines = done.result["price_check"]
    assert len(lines) > 3
    for line in lines:
        said = tables["price_check"][f"{line['model']} {line['token_type']} (USD)"]
        assert line["billed_text"] in said and line["expected_text"] in said and line["price_date"] in said
