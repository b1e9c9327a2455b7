"""The price check: what was billed for tokens beside what the dated list says, and why they differ where the bill itself shows why.

An explanation is only given where charging in that way reproduces the billed amount within the tolerance; anything else
stays unexplained. Lines that cannot be checked are listed with their amount and reason. List prices are USD without tax,
so only bills in USD are compared. Changes no total.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from knowledge import catalog
from knowledge.schemas import ApiModel
from knowledge.source import Source
from tools.audit.pricing import explain
from tools.audit.pricing.use import ZERO, Part, Reading, Use, list_cost, parts, price_entry

#: Where neither the row's day nor anything else says otherwise: a difference up to this share is no finding.
TOLERANCE = Decimal("0.01")
_MOST_PLACES = 20


@dataclass(frozen=True)
class Line:
    """One model and token type ("all" where a row has one amount for several types)."""

    model: str
    entry: ApiModel
    token_type: str
    batch: bool
    tokens: Decimal
    billed: Decimal
    expected: Decimal
    prices: tuple[Part, ...]  # tokens and price of each type; one price where it did not change over the period
    source: Source
    stale: bool
    rows: int
    places: tuple[int, ...]
    slack: Decimal  # what rounding of the stated amounts can explain
    note: str = ""
    explanation: str = ""  # id of the explanation; "" = none was found
    text: str = ""

    @property
    def difference(self) -> Decimal:
        """Billed minus expected."""
        return self.billed - self.expected

    @property
    def tolerance(self) -> Decimal:
        """Difference that counts as agreement."""
        return max(TOLERANCE * abs(self.expected), self.slack)


class Unchecked(NamedTuple):
    """Money that no list price was held against."""

    reason: str
    amount: Decimal
    rows: int


@dataclass(frozen=True)
class PriceCheck:
    """All lines and their sums, in the currency of the bill."""

    currency: str
    lines: tuple[Line, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()

    @property
    def checked(self) -> Decimal:
        """Billed amount that was compared."""
        return sum((line.billed for line in self.lines), ZERO)

    @property
    def spend(self) -> Decimal:
        """All money for tokens."""
        return self.checked + sum((entry.amount for entry in self.unchecked), ZERO)

    @property
    def expected(self) -> Decimal:
        """Its list cost."""
        return sum((line.expected for line in self.lines), ZERO)

    @property
    def explained(self) -> Decimal:
        """Difference of the lines with an explanation, agreement included."""
        return sum((line.difference for line in self.lines if line.explanation), ZERO)

    @property
    def unexplained(self) -> Decimal:
        """Difference of the other lines."""
        return sum((line.difference for line in self.lines if not line.explanation), ZERO)


@dataclass
class _Group:
    """Uses of one line while they are collected."""

    entry: ApiModel
    note: str
    uses: list[tuple[Use, list[Part], Decimal]] = field(default_factory=list)


def check(reading: Reading, currency: str, today: date) -> PriceCheck:
    """Compares every billed use of the currency under study with the list."""
    groups: dict[tuple[str, str, str, bool], _Group] = {}
    left: dict[str, list[Decimal | int]] = {}
    billed = [use for use in reading.uses if use.billed is not None]
    for use in billed:
        found, problem = _priced(use, reading, currency, today)
        if problem or found is None:
            entry = left.setdefault(problem, [ZERO, 0])
            entry[0], entry[1] = entry[0] + (use.billed or ZERO), entry[1] + use.rows
            continue
        token_type = found[0].token_type if len(found) == 1 else "all"
        known = use.listed
        if known is not None:
            key = (use.model or known.entry.name, known.entry.name, token_type, use.batch)
            groups.setdefault(key, _Group(known.entry, known.note)).uses.append((use, found, list_cost(found) or ZERO))
    steps = _steps(billed)
    lines = [_line(key, group, reading, steps, today) for key, group in sorted(groups.items(), key=lambda item: item[0])]
    lines.sort(key=lambda line: (-abs(line.billed), line.model, line.token_type, line.batch))
    unchecked = tuple(Unchecked(reason, Decimal(amount), int(rows)) for reason, (amount, rows) in sorted(left.items()))
    return PriceCheck(currency, tuple(_same_factor(lines)), unchecked)


def _priced(use: Use, reading: Reading, currency: str, today: date) -> tuple[list[Part] | None, str]:
    """The priced parts of a use, or why it cannot be compared."""
    if currency != "USD":
        return None, "list prices are in USD, the bill is not" if currency else "the bill states no currency; list prices are in USD"
    known = use.listed
    if known is None:
        return None, "the model is not in the price list" if use.model else "the row names no model"
    found = parts(use, reading, price_entry(known.entry, use.day, today))
    if not found:
        return None, "the rows count no tokens"
    if list_cost(found) is None:
        missing = ", ".join(sorted({part.token_type.replace("_", " ") for part in found if part.price is None}))
        return None, f"the list has no price for {missing} tokens of {known.entry.name}" + (" in a batch" if use.batch else "")
    return found, ""


def _steps(uses: Iterable[Use]) -> dict[int, Decimal]:
    """Smallest step of the amounts each source states; a cent at most, since whole amounts need not be rounded ones."""
    found: dict[int, int] = {}
    for use in uses:
        for amount in (use.billed, use.least, use.most):
            exponent = amount.normalize().as_tuple().exponent if amount else 0
            if isinstance(exponent, int):
                found[use.source] = max(found.get(use.source, 2), -exponent)
    return {source: Decimal(1).scaleb(-places) for source, places in found.items()}


def _line(key: tuple[str, str, str, bool], group: _Group, reading: Reading, steps: dict[int, Decimal], today: date) -> Line:
    model, _, token_type, batch = key
    source = price_source(group.entry, group.uses[-1][0], today)
    billed = sum((use.billed or ZERO for use, _, _ in group.uses), ZERO)
    line = Line(
        model=model,
        entry=group.entry,
        token_type=token_type,
        batch=batch,
        tokens=sum((part.tokens for _, found, _ in group.uses for part in found), ZERO),
        billed=billed,
        expected=sum((cost for _, _, cost in group.uses), ZERO),
        prices=merged(part for _, found, _ in group.uses for part in found),
        source=source,
        stale=catalog.is_stale(source, today),
        rows=sum(use.rows for use, _, _ in group.uses),
        places=tuple(sorted({place for use, _, _ in group.uses for place in use.places})[:_MOST_PLACES]),
        slack=sum((steps[use.source] / 2 * use.rows for use, _, _ in group.uses), ZERO),
        note=group.note,
    )
    return _explained(line, [use for use, _, _ in group.uses], reading, today)


def _explained(line: Line, uses: Sequence[Use], reading: Reading, today: date) -> Line:
    if abs(line.difference) <= line.tolerance:
        near = abs(line.difference) <= TOLERANCE * abs(line.expected)
        return replace(line, explanation="agrees" if near else "rounding", text=explain.TEXTS["agrees" if near else "rounding"])
    if line.billed == 0:
        return replace(line, explanation="no_charge", text=explain.TEXTS["no_charge"])
    for name, text, cost in explain.ways(uses, reading, line.entry, today):
        if abs(line.billed - cost) <= max(TOLERANCE * abs(cost), line.slack):
            return replace(line, explanation=name, text=text)
    for name, factor in explain.UNIT_SLIPS:
        if abs(line.billed * factor - line.expected) <= TOLERANCE * abs(line.expected):
            return replace(line, explanation=name, text=explain.TEXTS[name])
    if line.difference < 0 and explain.cache_would_fit(line.billed, uses, reading, line.entry, today):
        hint = "it would fit if part of the input came from the cache, which the file does not state"
        return replace(line, note="; ".join(filter(None, (line.note, hint))))
    return line


def _same_factor(lines: Sequence[Line]) -> list[Line]:
    """Marks the lines of a provider that all stand at one and the same factor of the list: a discount or a mark-up."""
    done = list(lines)
    for provider in sorted({line.entry.provider for line in lines}):
        own = [line for line in lines if line.entry.provider == provider and line.explanation != "no_charge"]
        expected = sum((line.expected for line in own), ZERO)
        kinds = {(line.entry.name, line.token_type, line.batch) for line in own}
        if len(kinds) < 2 or expected <= 0 or any(line.explanation for line in own):
            continue
        factor = sum((line.billed for line in own), ZERO) / expected
        if all(abs(line.billed - factor * line.expected) <= max(TOLERANCE * factor * line.expected, line.slack) for line in own):
            share = abs(1 - factor) * 100
            text = (
                f"all {len(own)} lines of {provider} stand {share.quantize(Decimal('0.1'))} % {'below' if factor < 1 else 'above'} the list"
            )
            for line in own:
                done[done.index(line)] = replace(line, explanation="same_factor", text=text)
    return done


def merged(found: Iterable[Part]) -> tuple[Part, ...]:
    """Parts of equal type and price added up, in a fixed order."""
    sums: dict[tuple[str, Decimal | None], Decimal] = {}
    for part in found:
        key = (part.token_type, part.price)
        sums[key] = sums.get(key, ZERO) + part.tokens
    ordered = sorted(sums.items(), key=lambda item: (item[0][0], item[0][1] is None, item[0][1] or ZERO))
    return tuple(Part(name, tokens, price) for (name, price), tokens in ordered)


def price_source(entry: ApiModel, use: Use, today: date) -> Source:
    """Where the price of a use was read, with the day somebody looked."""
    price = price_entry(entry, use.day, today)
    return catalog.source_of(entry, (price.batch_source if use.batch else "") or price.source)
