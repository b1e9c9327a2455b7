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
from tools.audit.pricing.check import price_source
from tools.audit.pricing.names import Listed
from tools.audit.pricing.use import MILLION, ZERO, Reading, Use, parts, price_entry

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
    pricing = _Pricing(reading, today)
    for use in uses:
        pricing.add(use)
    lines = pricing.lines()
    declared, bound = _declared(uses, pricing.priced, reading, bool(pricing.missing))
    gaps = tuple(Missing(model, name, count, reason) for (model, name, reason), count in sorted(pricing.missing.items()))
    places = sorted({place for use in uses for place in use.places})[:20]
    return PricedUsage(tuple(lines), gaps, declared, bound, sum(use.rows for use in uses), tuple(places))


class _Pricing:
    """Collects uses by model, batch and price source; what has no price goes to `missing`."""

    def __init__(self, reading: Reading, today: date) -> None:
        self.reading, self.today = reading, today
        self.missing: dict[tuple[str, str, str], Decimal] = {}
        self.priced: list[Use] = []
        self._groups: dict[tuple[str, str, bool, Source], tuple[Listed, list[tuple[str, Decimal, Decimal]]]] = {}

    def add(self, use: Use) -> None:
        """Prices one use."""
        known = use.listed
        if known is None:
            reason = "the model is not in the price list" if use.model else "the row names no model"
            for name, count in _counts(use).items():
                self._miss(use.model, name, reason, count)
            return
        self.priced.append(use)
        price, model = price_entry(known.entry, use.day, self.today), use.model or known.entry.name
        key = (model, known.entry.name, use.batch, price_source(known.entry, use, self.today))
        _, found = self._groups.setdefault(key, (known, []))
        for part in parts(use, self.reading, price):
            if part.price is None:
                reason = f"the list has no price for these tokens of {known.entry.name}" + (" in a batch" if use.batch else "")
                self._miss(model, part.token_type, reason, part.tokens)
            else:
                found.append((part.token_type, part.price, part.tokens))
        if (fee := price.per_thousand_requests) is not None:
            requests = use.requests if use.requests is not None else Decimal(use.rows) if use.source in self.reading.logs else None
            if requests is None:
                self._miss(model, _REQUESTS, "a fee a request applies and the file does not count requests", ZERO)
            else:
                found.append((_REQUESTS, fee, requests))

    def _miss(self, model: str, name: str, reason: str, count: Decimal) -> None:
        self.missing[model, name, reason] = self.missing.get((model, name, reason), ZERO) + count

    def lines(self) -> list[Priced]:
        """One line a model, type and price, dearest first."""
        found = []
        for (model, _, batch, source), (known, counted) in self._groups.items():
            sums: dict[tuple[str, Decimal], Decimal] = {}
            for name, price, count in counted:
                sums[name, price] = sums.get((name, price), ZERO) + count
            stale = catalog.is_stale(source, self.today)
            for (name, price), count in sums.items():
                cost = count * price / (1000 if name == _REQUESTS else MILLION)
                found.append(Priced(model, known.entry, name, batch, count, price, cost, source, stale, known.note))
        return sorted(found, key=lambda line: (-line.cost, line.model, line.token_type, line.batch, line.price))


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


def _declared(uses: Sequence[Use], priced: Sequence[Use], reading: Reading, gaps: bool) -> tuple[tuple[str, ...], str]:
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
    if any(use.cache_write_tokens and use.source in reading.hour_writes for use in priced):
        said.append("Cache writes that are kept for an hour cost more than the listed price used here: the cost is a lower bound.")
        lower = True
    if gaps:
        said.append("Some tokens have no price in the list: they are unknown, not free, and are left out.")
    bound = "open" if lower and upper else "lower" if lower else "upper" if upper else "exact"
    return tuple(said), bound
