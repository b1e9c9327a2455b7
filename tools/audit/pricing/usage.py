"""Usage without money, at list prices: what it would cost, never what was billed. Stands beside the audited total, never in it.

What the list or the file does not say is named: missing prices leave their tokens out, missing token columns say in which
direction the cost is bounded. Nothing is imputed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from knowledge import catalog
from knowledge.schemas import ApiModel
from knowledge.source import Source
from tools.audit.pricing.check import merged, price_source
from tools.audit.pricing.use import ZERO, Part, Reading, Use, parts, price_entry

_REQUESTS = "requests"


class Priced(NamedTuple):
    """Tokens of one type of one model at one list price. `cost` in USD."""

    model: str
    entry: ApiModel
    token_type: str
    batch: bool
    tokens: Decimal
    price: Decimal  # USD per million tokens (per thousand requests where the type is "requests")
    cost: Decimal
    source: Source
    stale: bool
    note: str


class Missing(NamedTuple):
    """Tokens that have no price: unknown, not free."""

    model: str
    token_type: str
    tokens: Decimal
    reason: str


@dataclass(frozen=True)
class PricedUsage:
    """List cost of the usage that carries no money."""

    lines: tuple[Priced, ...]
    missing: tuple[Missing, ...]
    declared: tuple[str, ...]  # what the file does not state, and what follows for the cost
    bound: str  # "exact", "lower", "upper" or "open": which side of the true list cost the total stands on
    rows: int
    places: tuple[int, ...]

    @property
    def total(self) -> Decimal | None:
        """USD at list prices; None where nothing could be priced."""
        return sum((line.cost for line in self.lines), ZERO) if self.lines else None

    @property
    def stale(self) -> bool:
        """Whether any price is older than the catalogue's limit."""
        return any(line.stale for line in self.lines)

    @property
    def checked_on(self) -> tuple[date, ...]:
        """Days on which the prices were looked up, ascending."""
        return tuple(sorted({line.source.checked_on for line in self.lines if line.source.checked_on}))


def priced_usage(reading: Reading, today: date) -> PricedUsage | None:
    """List cost of all uses without money; None where every use has money or there is none."""
    uses = [use for use in reading.uses if use.billed is None]
    if not uses:
        return None
    groups: dict[tuple[str, bool, Source | None], list[tuple[Use, list[Part]]]] = {}
    missing: dict[tuple[str, str, str], Decimal] = {}
    for use in uses:
        known = use.listed
        price = price_entry(known.entry, use.day, today) if known else None
        if known is None or price is None:
            reason = "the model is not in the price list" if use.model else "the row names no model"
            for name, count in _counts(use).items():
                missing[use.model, name, reason] = missing.get((use.model, name, reason), ZERO) + count
            continue
        source = price_source(known.entry, use, today)
        groups.setdefault((use.model or known.entry.name, use.batch, source), []).append((use, parts(use, reading, price)))
    lines = [
        line for (model, batch, source), found in groups.items() if source for line in _lines(model, batch, source, found, missing, today)
    ]
    lines.sort(key=lambda line: (-line.cost, line.model, line.token_type, line.batch, line.price))
    declared, bound = _declared(uses, [use for found in groups.values() for use, _ in found], bool(missing))
    gaps = tuple(Missing(model, name, count, reason) for (model, name, reason), count in sorted(missing.items()))
    places = sorted({place for use in uses for place in use.places})[:20]
    return PricedUsage(tuple(lines), gaps, declared, bound, sum(use.rows for use in uses), tuple(places))


def _counts(use: Use) -> dict[str, Decimal]:
    """What a use counts, as the file states it: for tokens without a price."""
    stated = {
        "input": use.input_tokens,
        "cached": use.cached_tokens,
        "cache_write": use.cache_write_tokens,
        "output": use.output_tokens,
        use.token_type or "quantity": use.quantity,
    }
    return {name: count for name, count in stated.items() if count}


def _lines(
    model: str,
    batch: bool,
    source: Source,
    found: Sequence[tuple[Use, list[Part]]],
    missing: dict[tuple[str, str, str], Decimal],
    today: date,
) -> list[Priced]:
    known = found[0][0].listed
    if known is None:
        return []
    stale, lines = catalog.is_stale(source, today), []
    for part in merged(part for _, own in found for part in own):
        if part.price is None or part.cost is None:
            reason = f"the list has no price for these tokens of {known.entry.name}" + (" in a batch" if batch else "")
            missing[model, part.token_type, reason] = missing.get((model, part.token_type, reason), ZERO) + part.tokens
            continue
        lines.append(Priced(model, known.entry, part.token_type, batch, part.tokens, part.price, part.cost, source, stale, known.note))
    return lines + _fees(model, batch, source, [use for use, _ in found], missing, today)


def _fees(
    model: str, batch: bool, source: Source, uses: Sequence[Use], missing: dict[tuple[str, str, str], Decimal], today: date
) -> list[Priced]:
    """The fee a request beside the tokens, where the seller has one."""
    known = uses[0].listed
    lines: dict[Decimal, Decimal] = {}
    for use in uses:
        fee = price_entry(known.entry, use.day, today).per_thousand_requests if known else None
        if fee is None:
            continue
        requests = use.requests if use.requests is not None else Decimal(use.rows) if use.over is not None else None
        if requests is None:
            missing[model, _REQUESTS, "a fee a request applies and the file does not count requests"] = ZERO
        else:
            lines[fee] = lines.get(fee, ZERO) + requests
    if known is None:
        return []
    stale = catalog.is_stale(source, today)
    return [
        Priced(model, known.entry, _REQUESTS, batch, count, fee, count * fee / 1000, source, stale, known.note)
        for fee, count in sorted(lines.items())
    ]


def _declared(uses: Sequence[Use], priced: Sequence[Use], gaps: bool) -> tuple[tuple[str, ...], str]:
    """What the file does not state, in sentences, and the side on which the cost is bounded by that."""
    said, lower, upper = [], gaps, False
    counted = [use for use in uses if not use.token_type]
    entries = [
        (use, known.entry, price_entry(known.entry, use.day, date.max)) for use in priced if not use.token_type and (known := use.listed)
    ]
    if counted and all(use.input_tokens is None for use in counted):
        said.append("Input tokens are not in the file: the cost is a lower bound.")
        lower = True
    if any(price.output for _, _, price in entries) and all(use.output_tokens is None for use, _, price in entries if price.output):
        said.append("Output tokens are not in the file: the cost is a lower bound.")
        lower = True
    if any(price.cached for _, _, price in entries) and all(use.cached_tokens is None for use, _, _ in entries):
        said.append("Cached tokens are not in the file: all input is priced as not cached, so its cost is an upper bound.")
        upper = True
    if any(price.cache_write for _, _, price in entries) and all(use.cache_write_tokens is None for use, _, _ in entries):
        said.append("Tokens written to the cache are not in the file; where there are any, they cost more than plain input.")
        lower = True
    if entries and not any(use.batch or use.pricing for use in priced):
        said.append("The file does not say which requests went through the batch interface: all are priced at the normal rate.")
        upper = True
    if any(price.long_context and use.over is None for use, _, price in entries):
        said.append("Sizes of single requests are not in the file: the higher price of very long requests is not counted.")
        lower = True
    if gaps:
        said.append("Some tokens have no price in the list: they are unknown, not free, and are left out.")
    bound = "open" if lower and upper else "lower" if lower else "upper" if upper else "exact"
    return tuple(said), bound
