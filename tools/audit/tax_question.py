"""One question where a sheet states its amounts before and with tax: which of them is the cost.

The amount with tax was counted (money_columns.py says why). Both totals are told where every counted row states both in one currency;
a big table is folded without the other column, so there only the names are. Adds up what the pass found; decides nothing.
"""

from collections.abc import Sequence
from decimal import Decimal

from tools.audit.cells import shown
from tools.audit.intake import Read


def tax_questions(reads: Sequence[Read]) -> list[str]:
    """One question for each pair of columns, however many sheets have it."""
    pairs: dict[tuple[str, str], list[Read]] = {}
    for read in reads:
        at, layout = read.layout.before_tax, read.layout
        if at is not None and "billed" in layout.roles:
            cost, before = (shown(layout.header.names[column], 40) for column in (layout.roles["billed"][0], at))
            pairs.setdefault((cost, before), []).append(read)
    return [_question(cost, before, found) for (cost, before), found in pairs.items()]


def _question(cost: str, before: str, reads: Sequence[Read]) -> str:
    with_tax, without = _totals(reads)
    return (
        f'Should the cost be with or without tax? "{cost}"{with_tax} was counted and "{before}"{without} is the same before tax '
        f"(cost={before} counts that one, cost={cost} keeps this)."
    )


def _totals(reads: Sequence[Read]) -> tuple[str, str]:
    """Both totals as ` (1,234.50 EUR)`; "" where a row states only one of them, or the currencies are several."""
    codes = {code for read in reads for code in read.tally.before_tax}
    if len(codes) != 1 or any(read.tally.before_tax_rows != read.tally.rows_counted for read in reads):
        return "", ""
    code = codes.pop()
    sums = (sum((read.tally.before_tax[code][at] for read in reads if code in read.tally.before_tax), Decimal(0)) for at in (0, 1))
    with_tax, without = (f" ({f'{_money(amount)} {code}'.strip()})" for amount in sums)
    return with_tax, without


def _money(amount: Decimal) -> str:
    cents = round(amount, 2)
    return f"{cents:,.2f}" if cents == amount else f"{amount.normalize():,f}"
