"""Promise to the finance lead: whatever the sheet, file total = counted rows + listed exclusions, and planted subtotals never count."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
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


blocks = st.lists(
    st.tuples(st.lists(st.integers(min_value=20_000, max_value=5_000_000), min_size=2, max_size=8), st.integers(min_value=-4, max_value=4)),
    min_size=2,
    max_size=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(blocks=blocks, wrong=st.none() | st.integers(min_value=0, max_value=5), filled=st.booleans())
def test_a_rounded_subtotal_closes_its_block_and_shifts_no_later_one(blocks, wrong, filled):
    """Cents. Half a cent for each row at most is rounding; 50.00 in one block is not, and is told of that block alone."""
    rows, rounded = [["Month", "Service", "Team", "Currency", "Cost"]], 0
    for number, (amounts, off) in enumerate(blocks):
        off = max(-(len(amounts) // 2), min(len(amounts) // 2, off))
        rows += [[f"month {number}x", SERVICES[at % 5], "ml", "USD", f"{Decimal(a) / 100:.2f}"] for at, a in enumerate(amounts)]
        stated = sum(amounts) + (5_000 if number == wrong else off)
        rounded += bool(off) and number != wrong
        rows.append([f"Subtotal of month {number}x", "", "ml" if filled else "", "USD", f"{Decimal(stated) / 100:.2f}"])
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bill.csv"
        path.write_text(text.getvalue())
        result = run(AuditCosts(file=[str(path)]), ToolContext(out_dir=Path(folder) / "out")).result
    told = [check for check in result["checks"] if "states" in check]
    is_wrong = wrong is not None and wrong < len(blocks)
    assert Decimal(result["total_text"]) * 100 == sum(sum(amounts) for amounts, _ in blocks)
    assert [check for check in told if "(50)" in check and f"month {wrong}x" in check] == told and len(told) == is_wrong
    assert sum("by rounding" in check for check in result["checks"]) == rounded


def test_one_cent_in_july_accuses_nobody_in_august(tmp_path: Path) -> None:
    july, august = ["9000.10", "5462.15", "5000.16"], ["1.005", "20.004", "700.00"]
    lines = ["Service,Region,Cost", *(f"a{at},eu,{x}" for at, x in enumerate(july)), "Subtotal July,,19462.42"]
    lines += [*(f"b{at},eu,{x}" for at, x in enumerate(august)), "Subtotal August,,721.00", "Grand Total,,20183.42"]
    (tmp_path / "bill.csv").write_text("\n".join(lines))
    result = run(AuditCosts(file=[str(tmp_path / "bill.csv")]), ToolContext(out_dir=tmp_path / "out")).result
    assert result["total_text"] == "20183.419"
    assert result["checks"] == [
        'Row 5: the row "Subtotal July" differs from the rows it sums by rounding (0.01).',
        'Row 9: the row "Subtotal August" differs from the rows it sums by rounding (-0.009).',
    ]


@pytest.mark.parametrize(("stated", "words"), [("1000.50", "states more than the rows it should sum (0.4)"), ("999.80", "(-0.3)")])
def test_more_than_rounding_is_told_as_a_mismatch(tmp_path: Path, stated: str, words: str) -> None:
    """40 rows could round to 20 units of a cent, no more."""
    lines = ["Service,Region,Cost", *(f"s{at},eu,{25 if at else '25.10'}" for at in range(40)), f"Total,,{stated}"]
    (tmp_path / "bill.csv").write_text("\n".join(lines))
    checks = run(AuditCosts(file=[str(tmp_path / "bill.csv")]), ToolContext(out_dir=tmp_path / "out")).result["checks"]
    assert len(checks) == 1 and words in checks[0] and "rounding" not in checks[0]


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
