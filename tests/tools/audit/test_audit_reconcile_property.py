"""Promise to the finance lead: whatever the sheet, file total = counted rows + listed exclusions, and planted subtotals never count."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.audit.cells import read_money
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

cents = st.integers(min_value=-2_000_000, max_value=50_000_000).map(lambda n: Decimal(n) / 100)
groups = st.lists(st.lists(cents, min_size=1, max_size=6), min_size=1, max_size=5)
SERVICES = ("EC2", "S3", "SageMaker", "Bedrock", "Support")


def written(amount: Decimal, comma: bool) -> str:
    return f"{amount:.2f}".replace(".", ",") if comma else f"{amount:.2f}"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(groups=groups, comma=st.booleans(), subtotals=st.booleans(), grand=st.booleans(), currency=st.sampled_from(["USD", "EUR", "INR"]))
def test_planted_totals_never_change_the_total(groups, comma, subtotals, grand, currency):
    rows = [["Service", "Region", "Team", f"Cost ({currency})"]]
    for number, group in enumerate(groups):
        for at, amount in enumerate(group):
            rows.append([SERVICES[at % 5], f"region {number}", "ml", written(amount, comma)])
        if subtotals:
            rows.append([f"Subtotal region {number}", "", "", written(sum(group, Decimal(0)), comma)])
    true = sum((amount for group in groups for amount in group), Decimal(0))
    if grand:
        rows.append(["Grand Total", "", "", written(true, comma)])
    text = io.StringIO()
    csv.writer(text, delimiter=";" if comma else ",").writerows(rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bill.csv"
        path.write_text(text.getvalue())
        done = run(AuditCosts(file=[str(path)]), ToolContext(out_dir=Path(folder) / "out"))
    result = done.result
    excluded = sum((Decimal(e["amount_text"] or 0) for e in result["exclusions"]), Decimal(0))
    everything = sum((Decimal(row[3].replace(",", ".")) for row in rows[1:]), Decimal(0))
    assert Decimal(result["total_text"]) == true
    assert Decimal(result["total_text"]) + excluded == everything
    assert result["rows_excluded"] == subtotals * len(groups) + grand
    assert result["rows_read"] == result["rows_counted"] + result["rows_excluded"] + result["rows_unknown"]
    assert result["checks"] == []
    assert result["currency"] == currency
    assert done.bill is not None
    assert sum((line.BilledCost for line in done.bill.lines), Decimal(0)) == true


@given(amount=st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=4, allow_nan=False, allow_infinity=False))
def test_money_reads_back_in_every_spelling(amount):
    plain = f"{amount:.4f}"
    grouped = f"{amount:,.4f}"
    european = grouped.replace(",", "_").replace(".", ",").replace("_", ".")
    assert read_money(plain).value == amount
    assert read_money(grouped).value == amount
    assert read_money(european, "comma").value == amount
    assert read_money(f"$ {grouped}").value == amount
    assert read_money(f"{grouped} EUR")[:4] == (amount, "EUR", "", False)
    if amount > 0:
        assert read_money(f"({grouped})").value == -amount


@given(text=st.text(max_size=40))
def test_any_cell_is_read_or_refused_but_never_breaks(text):
    for style in ("dot", "comma", "mixed"):
        read = read_money(text, style)
        assert read.value is None or read.value.is_finite()


def test_the_same_file_gives_the_same_findings_in_the_same_order(tmp_path: Path) -> None:
    """Findings of equal cost have a fixed order too: the plan's identity rests on it."""
    sample = Path(__file__).parents[3] / "app" / "static" / "samples" / "acme_ai_bill.csv"
    bills = {run(AuditCosts(file=[str(sample)]), ToolContext(out_dir=tmp_path)).bill.model_dump_json() for _ in range(6)}  # type: ignore[union-attr]
    assert len(bills) == 1
