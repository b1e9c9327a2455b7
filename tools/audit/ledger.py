"""The one pass over a sheet's rows: text cells -> typed ledger lines, written as text for the engine; counts and exact sums beside.

A row is one of the file, or stands for many of a big one that the engine has folded (fold.py): then its amount cells hold sums, or,
where a text is no plain number, the one text they all share. A row gives one ledger line, or several parts (services across the
top, GCP credits inside a row, model pairs). Money is Decimal in its stated currency, converted only by a rate the user gave.
Nothing is dropped: every row ends counted, excluded with a reason, or unknown with the unreadable cell.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from tools.audit import rowtypes
from tools.audit.cells import EMPTY, Amount, currency_meant, read_money, shown, style_evidence
from tools.audit.effective import RULES as EFFECTIVE
from tools.audit.effective import Effective, Terms
from tools.audit.facets import FacetReader, Facets
from tools.audit.layout import Layout
from tools.audit.period import months_between
from tools.audit.reading.header import is_blank, key
from tools.audit.reconcile import COUNTED, Reconciler, Verdict, describe_mismatch

_NAMES, _JUDGED = slice(2, 13), slice(13, -1)  # the facets before and after the counts
COLUMNS = (
    "line",  # number of the folded row behind it; empty for a row of the file itself
    "terms",  # columns that make the effective cost, see `_terms_text`; only for folded rows
    "rate",
    "per_unit",  # what the quantity was multiplied by
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
COUNTS = ("quantity", *_TOKENS)
_NO_COUNTS = [""] * len(COUNTS)
_MOST_LISTED = 50
#: Roles whose text says what a row is, so that "Total" there is a total and no name.
_NAMING = ("start", "provider", "service", "description", "usage_type", "model", "account", "region")

Write = Callable[[tuple[Any, ...]], object]


class Row(NamedTuple):
    """A row of the file, or (`rows` > 1 or `line` given) one that stands for many: `number` is then the first of them."""

    number: int
    cells: list[str]
    rows: int = 1
    line: int | None = None  # number of the folded row
    summed: frozenset[int] = frozenset()  # positions whose cell is the sum over all rows; other amounts are each row's own


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
    amounts: Decimal = Decimal(0)  # every amount that could be read, whatever became of its row
    included_rows: int = 0
    negative_rows: int = 0
    repeats: int = 0
    bad_dates: list[str] = field(default_factory=list)
    bad_date_rows: int = 0
    checks: list[str] = field(default_factory=list)
    style_conflict: bool = False
    second_table: bool = False
    before_tax: dict[str, list[Decimal]] = field(default_factory=dict)  # stated currency -> [amount, the same before tax]
    before_tax_rows: int = 0  # counted rows where both could be read
    effective_stated: bool = False
    decimals: int = 0
    days: Counter[date] = field(default_factory=Counter)
    month_only: bool = False
    last_day: date | None = None

    def exclude(self, reason: str, row: "Row", amount: Decimal | None, currency: str) -> None:
        """Lists a row that is not counted."""
        self.rows_excluded += row.rows
        entry = self.excluded.setdefault(reason, [0, defaultdict(Decimal), []])
        entry[0] += row.rows
        if amount is not None:
            entry[1][currency] += amount
        if len(entry[2]) < _MOST_LISTED:
            entry[2].append(row.number)

    def covers(self, start: date, end: date, rows: int, month_only: bool) -> None:
        """Notes the days that counted rows cover."""
        self.days[start] += rows
        self.month_only |= month_only
        if month_only:
            for month in months_between(start, end):
                self.days[month] += 0  # covered, though no row starts there
        if self.last_day is None or end > self.last_day:
            self.last_day = end

    def bad_date(self, text: str, rows: int) -> None:
        """Lists a date that cannot be read."""
        self.bad_date_rows += rows
        if len(self.bad_dates) < _MOST_LISTED:
            self.bad_dates.append(shown(text, 30))


class SheetPass:
    """Reads one sheet by its layout. Use once: `run()` for its rows, or `take` for rows from elsewhere and then `tally`."""

    def __init__(self, layout: Layout, source: int, write: Write, rates: Mapping[str, Decimal], default_currency: str, target: str) -> None:
        self.layout, self.source, self.file, self.write = layout, source, layout.sheet.file, write
        self.rates, self.default_currency, self.target = rates, default_currency, target
        self.tally = Tally()
        self.reader = rowtypes.RowReader(layout)
        self.facets = FacetReader(layout, self.reader)
        self._count_roles = {*layout.roles, *layout.inside} & set(COUNTS)
        form = layout.form
        self._rule: Effective | None = EFFECTIVE[form.effective_rule](layout.header.names) if form and form.effective_rule else None
        self.tally.effective_stated = "effective" in layout.roles or self._rule is not None
        identity = bool(form and "identity" in layout.roles)
        naming = {at for role in _NAMING for at in layout.roles.get(role, ())} - {at for at, _ in layout.tags}
        machine_form = form is not None and layout.pivot is None
        self.reconciler = Reconciler(layout.header.names, layout.typical_fill, machine_form, identity, frozenset(naming))
        self._width = len(layout.header.names)
        self._factor = None if layout.factor == 1 else layout.factor

    def run(self) -> Tally:
        """Streams all rows below the header."""
        after_blank = False
        for number, cells in self.layout.sheet.rows():
            if number <= self.layout.header.row:
                continue
            if not any(cells) or all(is_blank(cell) for cell in cells):
                after_blank = True
                continue
            self.take(Row(number, cells), after_blank)
            after_blank = False
        return self.tally

    def take(self, row: Row, after_blank: bool = False) -> None:
        """One row that is not blank, in the order of the file. A folded row has been looked at one by one (see `is_plain_row`)."""
        tally = self.tally
        tally.rows_read += row.rows
        if row.line is None:
            begun = tally.second_table or self.begins_table(row.cells, after_blank)
            tally.second_table = begun and not self.reconciler.repeats_header(row.cells)
            if tally.second_table:
                tally.exclude("second table on the sheet", row, None, "")
                return
            reason = self.reconciler.structural(row.cells)
            tally.repeats = self.reconciler.repeats
            if reason:
                self.leave_out(row, reason)
                return
        if len(row.cells) > self._width and any(row.cells[self._width :]):
            self._unknown(row, " ".join(row.cells[self._width :]), "more cells than the header has columns")
        elif self.layout.pivot:
            self._pivot_row(row)
        elif "billed" not in self.layout.roles:
            self._count_row(row)
        else:
            self._money_row(row)

    def is_plain_row(self, cells: list[str], after_blank: bool) -> bool:
        """Whether a row can be folded with others: nothing about it depends on where it stands."""
        return not (
            self.tally.second_table
            or len(cells) > self._width
            or self.reconciler.may_be_total(cells)
            or self.reconciler.repeats_header(cells)
            or (after_blank and self.begins_table(cells, True))
        )

    def begins_table(self, cells: list[str], after_blank: bool) -> bool:
        """Whether another table with its own header begins here, below a blank line; its numbers mean something else."""
        if not after_blank or self.layout.form or self.layout.pivot or "billed" not in self.layout.roles:
            return False
        at = self.layout.roles["billed"][0]
        words = [cell for cell in cells if cell]
        begins = len(words) >= 2 and at < len(cells) and bool(cells[at]) and not any(c.isdigit() for cell in words for c in cell)
        return begins and [key(cell) for cell in cells] != [key(name) for name in self.layout.header.names[: len(cells)]]

    def leave_out(self, row: Row, reason: str) -> None:
        """Excludes a row, its amount listed where it can be read."""
        amount = self._amount(row) if "billed" in self.layout.roles else EMPTY
        self.tally.amounts += amount.value or 0
        self.tally.exclude(reason, row, amount.value, self._currency(row.cells, amount) if amount.value is not None else "")

    def _unknown(self, row: Row, text: str, problem: str) -> None:
        self.tally.rows_unknown += row.rows
        if len(self.tally.unknown) < _MOST_LISTED:
            self.tally.unknown.append({"row": str(row.number), "cell": shown(text, 40), "problem": problem})

    def _amount(self, row: Row) -> Amount:
        at = self.layout.roles["billed"][0]
        text = row.cells[at] if at < len(row.cells) else ""
        if at in row.summed:
            return Amount(self._times(Decimal(text)))
        if self.layout.style != "mixed" and not self.tally.style_conflict:
            proof = style_evidence(text) if ("," in text or self.layout.style == "comma") else None
            if proof and proof != self.layout.style:
                self.tally.style_conflict = True
        amount = self._read(text)
        return amount if row.rows == 1 or amount.value is None else amount._replace(value=amount.value * row.rows)

    def _read(self, text: str) -> Amount:
        """A money cell, in the currency itself where the sheet states thousands or cents."""
        amount = read_money(text, self.layout.style)
        if self._factor is None or amount.value is None or amount.multiple:
            return amount
        return amount._replace(value=amount.value * self._factor)

    def _times(self, value: Decimal) -> Decimal:
        return value if self._factor is None else value * self._factor

    def _currency(self, cells: list[str], amount: Amount) -> str:
        return currency_meant(self.reader.currency(cells) or amount.currency, self.layout.currency or self.default_currency)

    def _money_row(self, row: Row) -> None:
        cells = row.cells
        amount = self._amount(row)
        if amount.problem:
            self._unknown(row, cells[self.layout.roles["billed"][0]], amount.problem)
            return
        if amount.value is None:
            self.tally.exclude("no amount in the row", row, None, "")
            return
        credit = self.reader.credits(cells)
        gpu = self._times(self.reader.number("gpu_cost", cells) or Decimal(0))
        if credit is None:
            self._unknown(row, self.reader.text("credits", cells), "the credits cell cannot be read")
            return
        self.tally.amounts += amount.value + credit
        verdict = COUNTED if row.line is not None else self.reconciler.total(cells, amount.value)
        if record := self.reader.summary_record(cells):
            self.tally.amounts -= credit  # an excluded row is listed with its own amount only
            verdict = Verdict("excluded", record)
        currency = self._currency(cells, amount)
        if verdict.state == "excluded":
            self._total_row(row, amount.value, currency, verdict)
            return
        self.reconciler.count(amount.value, row.rows)
        self.tally.rows_counted += row.rows
        self.tally.included_rows += amount.included * row.rows
        if self.layout.before_tax is not None and row.line is None:
            self._before_tax(self.layout.before_tax, cells, amount.value, currency)
        self._emit(row, 0, amount.value - gpu, currency, {})
        if gpu:
            self._emit(row, 2, gpu, currency, {"hardware": "GPU"})
        if credit:
            self._emit(row, 1, credit, currency, {"category": "Credit"})

    def _before_tax(self, at: int, cells: list[str], amount: Decimal, currency: str) -> None:
        before = self._read(cells[at]) if at < len(cells) else EMPTY
        if before.value is not None:
            both = self.tally.before_tax.setdefault(currency, [Decimal(0), Decimal(0)])
            both[0] += amount
            both[1] += before.value
            self.tally.before_tax_rows += 1

    def _total_row(self, row: Row, amount: Decimal, currency: str, verdict: Verdict) -> None:
        self.tally.exclude(verdict.reason, row, amount, currency)
        if verdict.mismatch and len(self.tally.checks) < _MOST_LISTED:
            label = next((cell for cell in row.cells if cell and not cell[0].isdigit()), "")
            self.tally.checks.append(f"Row {row.number}: {describe_mismatch(label, verdict.mismatch, verdict.rounding)}.")

    def _pivot_row(self, row: Row) -> None:
        pivot, cells = self.layout.pivot, row.cells
        if pivot is None:
            return
        readings = [(at, value, self._read(cells[at])) for at, value in pivot.columns if at < len(cells)]
        bad = [(at, amount) for at, _, amount in readings if amount.problem]
        filled = [(at, value, amount) for at, value, amount in readings if amount.value is not None]
        if bad:
            self._unknown(row, cells[bad[0][0]], bad[0][1].problem)
            return
        if not filled:
            self.tally.exclude("no amount in the row", row, None, "")
            return
        total = sum((amount.value or Decimal(0) for _, _, amount in filled), Decimal(0))
        currency = self._currency(cells, filled[0][2])
        self.tally.amounts += total
        verdict = self.reconciler.total([cell for at, cell in enumerate(cells) if at not in dict(pivot.columns)], total)
        if verdict.state == "excluded":
            self._total_row(row, total, currency, verdict)
            return
        self.reconciler.count(total)
        self.tally.rows_counted += 1
        for part, (_, value, amount) in enumerate(filled):
            self._emit(row, part, amount.value or Decimal(0), self._currency(cells, amount), {pivot.role: value})

    def _count_row(self, row: Row) -> None:
        """A row of counts without money: kept for its tokens; a row with neither is excluded."""
        cells = row.cells
        parts = self.reader.model_parts(cells)
        if not parts and not any(self.reader.number(role, cells) is not None for role in _TOKENS):
            self.tally.exclude("no amount in the row", row, None, "")
            return
        self.tally.rows_counted += row.rows
        for part, given in enumerate(parts or [{}]):
            self._emit(row, part, None, "", given)

    def _emit(self, row: Row, part: int, amount: Decimal | None, currency: str, given: dict[str, str]) -> None:
        cells = row.cells
        day, day_end = self._days(row, given, part)
        facets = self.facets.of(cells, given)
        category = facets.category_negative if amount is not None and amount < 0 else facets.category
        terms = self._terms(row, part) if amount is not None else None
        billed, effective = amount, self._effective(row, amount, terms)
        rate = self.rates.get(currency)
        if amount is not None and effective is not None:
            if rate is not None:
                currency, billed, effective = self.target, amount * rate, effective * rate
            self._add(category, currency, billed or Decimal(0), effective, row.rows)
        self.write(
            (
                "" if row.line is None else row.line,
                _terms_text(terms),
                _plain(rate),
                facets.per_unit,
                self.source,
                self.file,
                shown(self.layout.sheet.name, 60),
                row.number,
                part,
                row.rows,
                _plain(billed),
                _plain(effective),
                currency,
                day,
                day_end,
                self.reader.hour(cells),
                category,
                *facets[_NAMES],
                *self._counts(row, part, given, facets.per_unit),
                *facets[_JUDGED],
            )
        )

    def _counts(self, row: Row, part: int, given: dict[str, str], per_unit: str) -> list[str]:
        """Quantity (of tokens: their number) and token counts: of the row's first part, or of a part with its own; never twice."""
        if part and not given.get("output_tokens"):
            return _NO_COUNTS
        counts = [given.get(role) or (self._count(role, row) if role in self._count_roles else "") for role in COUNTS]
        if per_unit not in ("", "1") and counts[0]:
            counts[0] = format(Decimal(counts[0]) * int(per_unit), "f")
        return counts

    def _count(self, role: str, row: Row) -> str:
        value = self.reader.number(role, row.cells, row.summed, row.rows)
        return "" if value is None else format(value, "f")

    def _terms(self, row: Row, part: int) -> Terms:
        """The columns that make the effective cost; None: the billed cost itself."""
        if part:
            return None
        if self._rule:
            return self._rule.terms(row.cells)
        at = self.layout.roles.get("effective")
        if not at or at[0] >= len(row.cells):
            return None
        if at[0] in row.summed:
            return ((1, at[0]),)
        stated = read_money(row.cells[at[0]], self.layout.style)
        if stated.problem and len(self.tally.checks) < _MOST_LISTED:
            self.tally.checks.append(
                f'An effective cost cannot be read ("{shown(row.cells[at[0]], 30)}"); the billed cost of that row was used.'
            )
        return None if stated.value is None else ((1, at[0]),)

    def _effective(self, row: Row, amount: Decimal | None, terms: Terms) -> Decimal | None:
        if amount is None or terms is None:
            return amount
        stated = (sign * (self.reader.value(at, row.cells, row.summed, row.rows) or Decimal(0)) for sign, at in terms)
        return self._times(sum(stated, Decimal(0)))

    def _add(self, category: str, currency: str, billed: Decimal, effective: Decimal, rows: int) -> None:
        tally = self.tally
        tally.totals[currency] += billed
        tally.effective[currency] += effective
        tally.negative_rows += rows * (billed < 0)
        entry = tally.categories.setdefault((category, currency), [0, Decimal(0)])
        entry[0] += rows
        entry[1] += billed
        for value in (billed, effective):
            exponent = value.as_tuple().exponent
            if isinstance(exponent, int) and -exponent > tally.decimals:
                tally.decimals = -exponent

    def _days(self, row: Row, given: dict[str, str], part: int) -> tuple[str, str]:
        """First and last day, ISO. The days of a folded row are told later, by the engine that holds them."""
        if row.line is not None:
            return "", ""
        start, end, problem, month_only = self.reader.days(row.cells, given.get("start", ""))
        if problem:
            self.tally.bad_date(problem, part == 0)
        if start is None:
            return "", ""
        last = end or start
        self.tally.covers(start, last, 1, month_only)
        return _iso(start), _iso(last)


@lru_cache(maxsize=16384)
def _iso(day: date) -> str:
    return day.isoformat()


def _plain(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")


def _terms_text(terms: Terms) -> str:
    """`+7-9` for column 7 minus column 9, `0` for zero, "" for the billed cost."""
    return "" if terms is None else "".join(f"{sign:+d}"[0] + str(at) for sign, at in terms) or "0"
