"""Tokens of a bill at today's prices, type by type. A type without a price is left out and named, never counted as free.

Nothing is assumed about single requests, so prices of long requests and of peak hours are not used. USD. Says nothing to the user.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache

from knowledge import catalog
from knowledge.own_prices import OwnPrices
from knowledge.prices_here import TokenPriceHere, token_price
from knowledge.ranges import Range
from knowledge.schemas import TokenPrice
from knowledge.source import Tier
from tools.contracts.evidence import Evidence
from tools.estimation.api.cost import MILLION, ZERO
from tools.estimation.api.records import ref
from tools.estimation.api.usage_table import REQUESTS, ModelUse


@dataclass(frozen=True)
class Part:
    """Tokens of one type and their price; None where it is not known."""

    token_type: str
    batch: bool
    tokens: Decimal
    price: Decimal | None
    usd: Decimal | None


@dataclass
class Priced:
    """One model at today's prices. `usd` leaves out what has no price."""

    use: ModelUse
    here: TokenPriceHere | None
    parts: list[Part] = field(default_factory=list)
    record: Evidence | None = None

    @property
    def usd(self) -> Decimal:
        """What has a price."""
        return sum((part.usd for part in self.parts if part.usd is not None), ZERO)

    @property
    def missing(self) -> list[Part]:
        """Types without a price."""
        return [part for part in self.parts if part.price is None]


def unit_price(price: TokenPrice, token_type: str, batch: bool) -> Decimal | None:
    """USD per million tokens (per thousand requests for a fee); None = not known."""
    if token_type == REQUESTS:
        return price.per_thousand_requests
    name = "output" if token_type == "reasoning" else token_type  # noqa: S105 - not a password
    found: Decimal | None = getattr(price, f"batch_{name}" if batch else name, None)
    return found


def part_cost(token_type: str, tokens: Decimal, price: Decimal) -> Decimal:
    """USD. Called under `EXACT`."""
    return tokens * price / (1000 if token_type == REQUESTS else MILLION)


def tokens_cost(price: TokenPrice, tokens: Mapping[tuple[str, bool], Decimal]) -> Decimal | None:
    """Cost of the tokens; None where one type has no price. A discount that is not known counts as none. Called under `EXACT`."""
    total = ZERO
    for (token_type, batch), count in tokens.items():
        if token_type == REQUESTS:
            continue
        each = unit_price(price, token_type, batch)
        if each is None and token_type in ("cached", "cache_write"):
            each = price.input
        if each is None:
            return None
        total += count * each / MILLION
    return total


def priced_use(use: ModelUse, own: OwnPrices, today: date, reproduce: str = "") -> Priced:
    """The tokens of one model at today's prices, the user's own first. Called under `EXACT`."""
    here = token_price(use.entry, own, today) if use.entry is not None else None
    priced = Priced(use, here)
    for (token_type, batch), count in sorted(use.tokens.items()):
        each = unit_price(here.price, token_type, batch) if here is not None else None
        priced.parts.append(Part(token_type, batch, count, each, None if each is None else part_cost(token_type, count, each)))
    if here is not None and use.entry is not None and any(part.usd is not None for part in priced.parts):
        priced.record = Evidence.record(
            tier=Tier.STATED if here.own else Tier.CATALOGUE,
            claim=f"Usage of {use.model} at today's list prices",
            value=Range.exact(priced.usd),
            unit="USD",
            method="Sum over token types of tokens x today's list price; types without a price are left out.",
            source=ref(next(iter(here.own.values()), here.source)),
            inputs={"model": use.entry.name, "tokens": {label(part): str(part.tokens) for part in priced.parts}},
            reproduce=reproduce,
        )
    return priced


def label(part: Part) -> str:
    """The type as a person reads it."""
    return f"{part.token_type} (batch)" if part.batch else part.token_type


@cache
def sellers(name: str) -> list[str]:
    """Who sells an open model of that name; empty where it is none."""
    weights = catalog.models().find(name)
    entries = catalog.api_models().entries.values()
    return [model.name for model in entries if weights is not None and model.weights == weights.name]
