"""The one pass over a sheet's rows: text cells -> typed ledger rows, written as text for the engine; counts and exact sums beside.

A file row gives one ledger row, or several parts (services across the top, GCP credits inside a row, model pairs). Money is
Decimal in its stated currency, converted only by a rate the user gave. Nothing is dropped: every row ends counted,
excluded with a reason, or unknown with the unreadable cell.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tools.audit import rowtypes
from tools.audit.cells import EMPTY, Amount, read_money, shown, style_evidence
from tools.audit.effective import RULES as EFFECTIVE
from tools.audit.effective import Effective
from tools.audit.facets import FacetReader, Facets
from tools.audit.layout import Layout
from tools.audit.reading.header import is_blank, key
from tools.audit.reconcile import COUNTED, Reconciler, describe_mismatch

_NAMES, _JUDGED = slice(2, 13), slice(13, None)  # the facets before and after the counts
COLUMNS = (
    "source",
    "file",
    "sheet",
    "row_number",
    "part",
    "rows",
    "billed",
    "effective",
    "currency",
    "day",
    "day_end",
    "hour",
    "category",
    *Facets._fields[_NAMES],
    "quantity",
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "requests",
    *Facets._fields[_JUDGED],
)
_TOKENS = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "requests")
_COUNTS = ("quantity", *_TOKENS)
_NO_COUNTS = [""] * len(_COUNTS)
_MOST_LISTED = 50

Write = Callable[[tuple[Any, ...]], object]


@dataclass
class Tally:
    """What one sheet's pass found. Sums are exact and per stated currency."""

    rows_read: int = 0
    rows_counted: int = 0
    rows_excluded: int = 0
    rows_unknown: int = 0
    totals: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    effective: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    excluded: dict[str, list[Any]] = field(default_factory=dict)  # reason -> [rows, {currency: amount}, first row numbers]
    unknown: list[dict[str, str]] = field(default_factory=list)
    categories: dict[tuple[str, str], list[Any]] = field(default_factory=dict)  # (category, currency) -> [rows, amount]
    included_rows: int = 0
    negative_rows: int = 0
    repeats: int = 0
    bad_dates: list[str] = field(default_factory=list)
    bad_date_rows: int = 0
    checks: list[str] = field(default_factory=list)
    style_conflict: bool = False
    second_table: bool = False
    effective_stated: bool = False
    decimals: int = 0
    days: Counter[date] = field(default_factory=Counter)
    month_only: bool = False
    last_day: date | None = None

    def exclude(self, reason: str, row: int, amount: Decimal | None, currency: str) -> None:
        """Lists a row that is not counted."""
        entry = self.excluded.setdefault(reason, [0, defaultdict(Decimal), []])
        entry[0] += 1
        if amount is not None:
            entry[1][currency] += amount
        if len(entry[2]) < _MOST_LISTED:
            entry[2].append(row)


class SheetPass:
    """Reads one sheet by its layout. Use once: `SheetPass(...).run()`."""

    def __init__(self, layout: Layout, source: int, write: Write, rates: Mapping[str, Decimal], default_currency: str, target: str) -> None:
        self.layout, self.source, self.file, self.write = layout, source, layout.sheet.file, write
        self.rates, self.default_currency, self.target = rates, default_currency, target
        self.tally = Tally()
        self.reader = rowtypes.RowReader(layout)
        self.facets = FacetReader(layout, self.reader)
        self._count_roles = frozenset(layout.roles) & set(_COUNTS)
        form = layout.form
        self._row_effective: Effective | None = (
            EFFECTIVE[form.effective_rule](layout.header.names) if form and form.effective_rule else None
        )
        self.tally.effective_stated = "effective" in layout.roles or self._row_effective is not None
        identity = bool(form and "identity" in layout.roles)
        self.reconciler = Reconciler(layout.header.names, layout.typical_fill, form is not None and layout.pivot is None, identity)
        self._width = len(layout.header.names)

    def run(self) -> Tally:
        """Streams all rows below the header."""
        after_blank = False
        for number, cells in self.layout.sheet.rows():
            if number <= self.layout.header.row:
                continue
            if not any(cells) or all(is_blank(cell) for cell in cells):
                after_blank = True
                continue
            self.tally.rows_read += 1
            self.tally.second_table = self._second_table(cells, after_blank)
            self._row(number, cells)
            after_blank = False
        self.tally.repeats = self.reconciler.repeats
        return self.tally

    def _second_table(self, cells: list[str], after_blank: bool) -> bool:
        """Whether another table with its own header has begun below a blank line; its numbers mean something else."""
        if self.layout.form or self.layout.pivot or "billed" not in self.layout.roles:
            return False
        at = self.layout.roles["billed"][0]
        words = [cell for cell in cells if cell]
        begins = (
            after_blank and len(words) >= 2 and at < len(cells) and bool(cells[at]) and not any(c.isdigit() for cell in words for c in cell)
        )
        same = [key(cell) for cell in cells] == [key(name) for name in self.layout.header.names[: len(cells)]]
        return not same and (self.tally.second_table or begins)

    def _row(self, number: int, cells: list[str]) -> None:
        if self.tally.second_table:
            self.tally.rows_excluded += 1
            self.tally.exclude("second table on the sheet", number, None, "")
        elif reason := self.reconciler.structural(cells):
            self._leave_out(number, cells, reason)
        elif len(cells) > self._width and any(cells[self._width :]):
            self._unknown(number, " ".join(cells[self._width :]), "more cells than the header has columns")
        elif self.layout.pivot:
            self._pivot_row(number, cells)
        elif "billed" not in self.layout.roles:
            self._count_row(number, cells)
        else:
            self._money_row(number, cells)

    def _leave_out(self, number: int, cells: list[str], reason: str) -> None:
        amount = self._amount(cells) if "billed" in self.layout.roles else EMPTY
        self.tally.rows_excluded += 1
        self.tally.exclude(reason, number, amount.value, self._currency(cells, amount) if amount.value is not None else "")

    def _unknown(self, number: int, text: str, problem: str) -> None:
        self.tally.rows_unknown += 1
        if len(self.tally.unknown) < _MOST_LISTED:
            self.tally.unknown.append({"row": str(number), "cell": shown(text, 40), "problem": problem})

    def _amount(self, cells: list[str]) -> Amount:
        at = self.layout.roles["billed"][0]
        text = cells[at] if at < len(cells) else ""
        if self.layout.style != "mixed" and not self.tally.style_conflict:
            proof = style_evidence(text) if ("," in text or self.layout.style == "comma") else None
            if proof and proof != self.layout.style:
                self.tally.style_conflict = True
        return read_money(text, self.layout.style)

    def _currency(self, cells: list[str], amount: Amount) -> str:
        return self.reader.currency(cells) or amount.currency or self.layout.currency or self.default_currency

    def _money_row(self, number: int, cells: list[str]) -> None:
        amount = self._amount(cells)
        if amount.problem:
            self._unknown(number, cells[self.layout.roles["billed"][0]], amount.problem)
            return
        if amount.value is None:
            self.tally.rows_excluded += 1
            self.tally.exclude("no amount in the row", number, None, "")
            return
        credit = self.reader.credits(cells)
        gpu = self.reader.number("gpu_cost", cells) or Decimal(0)
        if credit is None:
            self._unknown(number, self.reader.text("credits", cells), "the credits cell cannot be read")
            return
        verdict = self.reconciler.total(cells, amount.value)
        if record := self.reader.summary_record(cells):
            verdict = type(COUNTED)("excluded", record)
        currency = self._currency(cells, amount)
        if verdict.state == "excluded":
            self._total_row(number, cells, amount.value, currency, verdict.reason, verdict.mismatch)
            return
        self.reconciler.count(amount.value)
        self.tally.rows_counted += 1
        self.tally.included_rows += amount.included
        self._emit(number, 0, cells, amount.value - gpu, currency, {})
        if gpu:
            self._emit(number, 2, cells, gpu, currency, {"hardware": "GPU"})
        if credit:
            self._emit(number, 1, cells, credit, currency, {"category": "Credit"})

    def _total_row(self, number: int, cells: list[str], amount: Decimal, currency: str, reason: str, mismatch: Decimal | None) -> None:
        self.tally.rows_excluded += 1
        self.tally.exclude(reason, number, amount, currency)
        if mismatch and len(self.tally.checks) < _MOST_LISTED:
            label = next((cell for cell in cells if cell and not cell[0].isdigit()), "")
            self.tally.checks.append(f"Row {number}: {describe_mismatch(label, mismatch)}.")

    def _pivot_row(self, number: int, cells: list[str]) -> None:
        pivot = self.layout.pivot
        if pivot is None:
            return
        readings = [(at, value, read_money(cells[at], self.layout.style)) for at, value in pivot.columns if at < len(cells)]
        bad = [(at, amount) for at, _, amount in readings if amount.problem]
        filled = [(at, value, amount) for at, value, amount in readings if amount.value is not None]
        if bad:
            self._unknown(number, cells[bad[0][0]], bad[0][1].problem)
            return
        if not filled:
            self.tally.rows_excluded += 1
            self.tally.exclude("no amount in the row", number, None, "")
            return
        total = sum((amount.value or Decimal(0) for _, _, amount in filled), Decimal(0))
        currency = self._currency(cells, filled[0][2])
        verdict = self.reconciler.total([cell for at, cell in enumerate(cells) if at not in dict(pivot.columns)], total)
        if verdict.state == "excluded":
            self._total_row(number, cells, total, currency, verdict.reason, verdict.mismatch)
            return
        self.reconciler.count(total)
        self.tally.rows_counted += 1
        for part, (_, value, amount) in enumerate(filled):
            self._emit(number, part, cells, amount.value or Decimal(0), self._currency(cells, amount), {pivot.role: value})

    def _count_row(self, number: int, cells: list[str]) -> None:
        """A row of counts without money: kept for its tokens; a row with neither is excluded."""
        parts = self.reader.model_parts(cells)
        if not parts and not any(self.reader.number(role, cells) is not None for role in _TOKENS) and not self.reader.token_blob(cells):
            self.tally.rows_excluded += 1
            self.tally.exclude("no amount in the row", number, None, "")
            return
        self.tally.rows_counted += 1
        for part, given in enumerate(parts or [{}]):
            self._emit(number, part, cells, None, "", given)

    def _emit(self, number: int, part: int, cells: list[str], amount: Decimal | None, currency: str, given: dict[str, str]) -> None:
        day, day_end = self._days(cells, given, part)
        facets = self.facets.of(cells, given)
        category = facets.category_negative if amount is not None and amount < 0 else facets.category
        billed, effective = amount, self._effective(cells, amount, part)
        rate = self.rates.get(currency)
        if amount is not None and effective is not None:
            if rate is not None:
                currency, billed, effective = self.target, amount * rate, effective * rate
            self._add(category, currency, billed or Decimal(0), effective)
        self.write(
            (
                self.source,
                self.file,
                shown(self.layout.sheet.name, 60),
                number,
                part,
                1,
                _plain(billed),
                _plain(effective),
                currency,
                day,
                day_end,
                self.reader.hour(cells),
                category,
                *facets[_NAMES],
                *self._counts(cells, part, given),
                *facets[_JUDGED],
            )
        )

    def _counts(self, cells: list[str], part: int, given: dict[str, str]) -> list[str]:
        """Quantity and token counts: of the row's first part, or of a part with its own; never twice."""
        if part and not given.get("output_tokens"):
            return _NO_COUNTS
        reader = self.reader
        counts = [given.get(role) or (reader.count_text(role, cells) if role in self._count_roles else "") for role in _COUNTS]
        if "tokens_blob" in self.layout.roles:
            blob = reader.token_blob(cells)
            counts = [text or blob.get(role, "") for role, text in zip(_COUNTS, counts, strict=True)]
        return counts

    def _effective(self, cells: list[str], amount: Decimal | None, part: int) -> Decimal | None:
        if amount is None or part:
            return amount
        if self._row_effective:
            return self._row_effective(cells, amount)
        at = self.layout.roles.get("effective")
        if not at:
            return amount
        stated = read_money(cells[at[0]] if at[0] < len(cells) else "", self.layout.style)
        if stated.problem and len(self.tally.checks) < _MOST_LISTED:
            self.tally.checks.append(
                f'An effective cost cannot be read ("{shown(cells[at[0]], 30)}"); the billed cost of that row was used.'
            )
        return amount if stated.value is None else stated.value

    def _add(self, category: str, currency: str, billed: Decimal, effective: Decimal) -> None:
        tally = self.tally
        tally.totals[currency] += billed
        tally.effective[currency] += effective
        tally.negative_rows += billed < 0
        entry = tally.categories.setdefault((category, currency), [0, Decimal(0)])
        entry[0] += 1
        entry[1] += billed
        for value in (billed, effective):
            exponent = value.as_tuple().exponent
            if isinstance(exponent, int) and -exponent > tally.decimals:
                tally.decimals = -exponent

    def _days(self, cells: list[str], given: dict[str, str], part: int) -> tuple[str, str]:
        start, end, problem, month_only = self.reader.days(cells, given.get("start", ""))
        tally = self.tally
        if problem:
            tally.bad_date_rows += part == 0
            if len(tally.bad_dates) < _MOST_LISTED:
                tally.bad_dates.append(shown(problem, 30))
        if start is None:
            return "", ""
        tally.days[start] += 1
        tally.month_only |= month_only
        last = end or start
        if tally.last_day is None or last > tally.last_day:
            tally.last_day = last
        return _iso(start), _iso(last)


@lru_cache(maxsize=16384)
def _iso(day: date) -> str:
    return day.isoformat()


def _plain(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")
