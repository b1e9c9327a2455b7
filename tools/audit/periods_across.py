"""Months, quarters, days or years across the top of a sheet: which of those columns are the amounts, and which only sum or plan them.

A column whose months are all there already (Q1 beside January to March, a year, a total) is a sum and is left out;
columns that overlap in part are a question. Works on names and a sample; dates a column only where a year is stated.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tools.audit.calendar_words import KINDS, NamedPeriod, named_period
from tools.audit.cells import DateOrder, currency_in, read_day
from tools.audit.columns import Column, match, names, spaced
from tools.audit.header_words import ACTUAL_WORDS, COST_WORDS, OTHER_AMOUNTS, QUANTITY_NOT_MONEY
from tools.audit.layout import Pivot


@dataclass
class Across:
    """The chosen columns, and what is said about the others."""

    pivot: Pivot
    confidence: float
    used: set[int] = field(default_factory=set)  # columns that are settled: counted, or listed as not counted
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    covered: frozenset[int] = frozenset()  # ordinals of the months or days counted
    year: int = 0  # of columns that state none


@dataclass(frozen=True)
class _Named:
    column: Column
    period: NamedPeriod

    @property
    def words(self) -> str:
        return " ".join(re.findall(r"[^\W\d_]+|[€$£¥₹%]", self.period.rest.casefold()))

    def span(self, year: int) -> frozenset[int]:
        """The months (for days: the days) it covers, as ordinals."""
        start, number = (self.period.year or year) * 12, self.period.number
        match self.period.kind:
            case "day":
                return frozenset({-((self.period.year * 10000) + number)})
            case "month":
                return frozenset({start + number})
            case "quarter":
                return frozenset(range(start + number * 3 - 2, start + number * 3 + 1))
            case "half":
                return frozenset(range(start + number * 6 - 5, start + number * 6 + 1))
        return frozenset(range(start + 1, start + 13))


def periods_across(columns: Sequence[Column], context: Sequence[str]) -> Across | None:
    """The period columns that hold the cost; None where the sheet has none. `context` are texts that may state the year."""
    found = _named([column for column in columns if column.numeric >= 0.5 or not column.filled])
    groups: dict[str, list[_Named]] = {}
    for one in found:
        groups.setdefault(one.words, []).append(one)
    ranked = sorted(((_strength(words, g), -at, words) for at, (words, g) in enumerate(groups.items()) if _several(g)), reverse=True)
    if not ranked or ranked[0][0] <= 0:
        return None
    best = ranked[0][2]
    result = _pick(groups[best], context)
    if result is None:
        return None
    _other_groups(result, groups, ranked, best)
    _sums_beside(result, columns)
    return result


def _named(columns: Sequence[Column]) -> list[_Named]:
    found = [_Named(column, period) for column in columns if (period := named_period(column.name))]
    numbered = [column for column in columns if column.name.isdecimal() and len(column.name) <= 2]
    if (
        not found
        and len(numbered) >= 3
        and [int(column.name) for column in numbered] == list(range(1, len(numbered) + 1))
        and len(numbered) <= 12
    ):
        found = [_Named(column, NamedPeriod(0, "month", int(column.name), "")) for column in numbered]
    if not found:  # 1/1/2025 2/1/2025 3/1/2025: the number that stays the same is the day
        dates = [(column, numbers) for column in columns if len(numbers := re.findall(r"\d+", column.name)) == 3 and read_day(column.name)]
        order: DateOrder = "dmy" if len({numbers[0] for _, numbers in dates}) == 1 else "mdy"
        days = ((column, day.value) for column, _ in dates if (day := read_day(column.name, order)))
        found = [_Named(column, NamedPeriod(day.year, "day", day.month * 100 + day.day, "")) for column, day in days]
    if len(found) > 1 and all(one.period.kind == "day" and one.period.number % 100 == 1 for one in found):
        found = [_Named(one.column, one.period._replace(kind="month", number=one.period.number // 100)) for one in found]
    return found


def _several(group: Sequence[_Named]) -> bool:
    return len({(one.period.year, one.period.kind, one.period.number) for one in group if one.column.filled}) >= 2


def _reason(words: str) -> str:
    padded = f" {words} "
    return next((kind for kind, known in OTHER_AMOUNTS.items() if any(f" {word} " in padded for word in known)), "")


def _strength(words: str, group: Sequence[_Named]) -> float:
    padded = spaced(words)
    if any(f" {word} " in padded for word in ACTUAL_WORDS):
        return 1.0
    if _reason(words):
        return 0.0
    if any(f" {word} " in padded for word in QUANTITY_NOT_MONEY):
        return 0.0
    if any(f" {word} " in padded for word in COST_WORDS):
        return 0.9
    return 0.7 if not words or currency_in(group[0].period.rest) else 0.6


def _pick(group: Sequence[_Named], context: Sequence[str]) -> Across | None:
    years = {one.period.year for one in group if one.period.year}
    year = years.pop() if len(years) == 1 else 0
    stated = year
    if not years and not year:
        numbers = [one.period.number for one in group if one.period.kind in ("month", "quarter")]
        in_context = {int(text) for line in context for text in re.findall(r"(?<!\d)20\d{2}(?!\d)", line)}
        stated = in_context.pop() if len(in_context) == 1 and numbers == sorted(numbers) else 0
    counted: list[_Named] = []
    result = Across(Pivot("start", ()), 0.9)
    covered: frozenset[int] = frozenset()
    for one in sorted(group, key=lambda item: (KINDS.index(item.period.kind), item.column.at)):
        span = one.span(year)
        result.used.add(one.column.at)
        if not span & covered:
            counted.append(one)
            covered |= span
        elif span <= covered:
            _left_out(result, one.column, "it sums or repeats columns beside it")
            if one.column.filled and not _sums_to(one, [other for other in counted if other.span(year) <= span]):
                result.questions.append(
                    f'"{one.column.name[:40]}" is not the sum of the columns it should hold; it was not counted. Is that right?'
                )
        else:
            _left_out(result, one.column, "its months overlap with other columns")
            result.questions.append(f'"{one.column.name[:40]}" overlaps with other columns in part and was not counted. Is that right?')
    if len([one for one in counted if one.column.filled]) < 2:
        return None
    result.covered, result.year = covered, year
    counted.sort(key=lambda item: item.column.at)
    result.pivot = _dated(counted, stated)
    if stated and not year:
        result.notes.append(f"the year {stated} of the columns is taken from the lines above the table or the sheet's name")
    return result


def _dated(counted: Sequence[_Named], year: int) -> Pivot:
    kinds = {one.period.kind for one in counted}
    if kinds == {"month"} and all(one.period.year or year for one in counted):
        return Pivot("start", tuple((o.column.at, f"{o.period.year or year}-{o.period.number:02d}") for o in counted))
    if kinds == {"day"}:
        days = ((o, divmod(o.period.number, 100)) for o in counted)
        return Pivot("start", tuple((o.column.at, f"{o.period.year}-{month:02d}-{day:02d}") for o, (month, day) in days))
    return Pivot("period", tuple((one.column.at, one.column.name) for one in counted))


def _left_out(result: Across, column: Column, reason: str) -> None:
    result.used.add(column.at)
    result.notes.append(f'"{column.name[:40]}" was not counted: {reason}')


def _other_groups(result: Across, groups: dict[str, list[_Named]], ranked: Sequence[tuple[float, int, str]], best: str) -> None:
    strength = {words: score for score, _, words in ranked}
    for words, group in groups.items():
        if words == best:
            continue
        reason = _reason(words) or ("a quantity" if strength.get(words) == 0 else "")
        rival = not reason and any(one.column.filled for one in group)
        for one in group:
            _left_out(result, one.column, reason or "other columns of the same periods were counted")
        more = reason == "a running total" and any(not one.span(result.year) <= result.covered for one in group)
        if rival or more or reason == "a plan or forecast":
            first, chosen = group[0].column.name[:40], groups[best][0].column.name[:40]
            result.questions.append(f'Columns such as "{chosen}" were counted and columns such as "{first}" were not. Is that right?')
            result.confidence = 0.5 if rival else result.confidence


def _sums_beside(result: Across, columns: Sequence[Column]) -> None:
    parts = [columns[at] for at, _ in result.pivot.columns]
    for column in columns:
        if column.at in result.used or column.numeric < 0.5 or not column.filled or column.dates >= 0.9:
            continue
        if _column_sums(column, parts):
            _left_out(result, column, "it is the row's sum of the columns counted")
        elif names(column, OTHER_AMOUNTS["a change"]) and len(parts) == 2:
            _left_out(result, column, "a change")
            result.questions.append(
                f'"{parts[0].name[:40]}" and "{parts[1].name[:40]}" stand side by side with their change; both were counted. Is that right?'
            )
        elif kind := next((kind for kind, words in OTHER_AMOUNTS.items() if names(column, words)), ""):
            _left_out(result, column, kind)
            if kind == "a running total":
                result.questions.append(f'"{column.name[:40]}" is not the sum of the columns counted and was left out. Is that right?')
        elif match(column, COST_WORDS) >= 0.85:
            _left_out(result, column, "the columns of the single periods were counted")
            result.questions.append(
                f'"{column.name[:40]}" is not the sum of the period columns; those were counted and it was not. Is that right?'
            )
            result.confidence = 0.5


def _sums_to(one: _Named, parts: Sequence[_Named]) -> bool:
    return _column_sums(one.column, [part.column for part in parts])


def _column_sums(total: Column, parts: Sequence[Column]) -> bool:
    checked = agreed = 0
    for at, amount in enumerate(total.amounts):
        values = [part.amounts[at] for part in parts]
        if amount is None or all(value is None for value in values):
            continue
        checked += 1
        agreed += abs(sum((value or Decimal(0) for value in values), Decimal(0)) - amount) <= Decimal("0.011") * max(1, len(parts))
    return checked > 0 and agreed >= 0.8 * checked
