"""Shape of the facts about models sold by the token. USD per million tokens, with dated history. None = not known, never 0.

Beside the ordinary prices a seller may have others: for long requests, for service tiers, for regions, for batches. Each
replaces the ordinary one for the whole request; what it does not name is not known there.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from knowledge.schemas.entry import FactFile, Money, Named, Strict

TOKEN_TYPES = ("input", "cached", "cache_write", "output", "batch_input", "batch_output")
#: What sellers call their service tiers; "peak" is no choice: it holds at certain hours.
TIERS = ("flex", "priority", "peak")


class Rates(Strict):
    """Prices that replace the ordinary ones."""

    input: Money
    output: Money | None = None
    cached: Money | None = None
    cache_write: Money | None = None
    source: str = ""  # "" = the source of the price it belongs to


class LongContext(Rates):
    """Prices of the whole request once its input exceeds `above_tokens`."""

    above_tokens: int = Field(gt=0)


class TokenPrice(Strict):
    """USD per million tokens from a day on (None = as far back as the source knows). None = not known."""

    valid_from: date | None = None
    promised_until: date | None = None  # a promotional price; the seller promised it at least until that day
    input: Money
    cached: Money | None = None  # read from the prompt cache
    cache_write: Money | None = None  # written to the prompt cache
    output: Money | None = None  # None for embeddings
    batch_input: Money | None = None
    batch_output: Money | None = None
    long_context: LongContext | None = None
    tiers: dict[Literal["flex", "priority", "peak"], Rates] = Field(default_factory=dict)
    regions: dict[str, Rates] = Field(default_factory=dict)  # where a region's prices are listed one by one
    region_factor: dict[str, Money] = Field(default_factory=dict)  # where a region costs a multiple of every price
    region_source: str = ""
    audio_input: Money | None = None  # audio tokens, where they are priced apart from text
    audio_output: Money | None = None
    per_thousand_requests: Money | None = None  # a fee a request beside the tokens
    source: str
    batch_source: str = ""

    def source_keys(self) -> Iterator[str]:
        """Every source key that this price uses."""
        others = (*self.tiers.values(), *self.regions.values(), *((self.long_context,) if self.long_context else ()))
        yield from filter(None, (self.source, self.batch_source, self.region_source, *(rates.source for rates in others)))


class ApiModel(Named):
    """A model sold by the token. `prices` is its dated history, oldest first."""

    provider: str
    tasks: tuple[str, ...] = Field(min_length=1)
    context_tokens: int | None = Field(None, gt=0)
    max_output_tokens: int | None = Field(None, gt=0)
    weights: str = ""  # name of the open model behind it, where it has one
    retires_on: date | None = None
    retires_source: str = ""
    listed_as: dict[str, str] = Field(default_factory=dict)  # its name in the price list of a source, by source key
    prices: tuple[TokenPrice, ...] = Field(min_length=1)

    def __hash__(self) -> int:
        return hash(self.name)  # names are unique on a shelf; the tables inside cannot be hashed

    def price_on(self, day: date | None = None) -> TokenPrice:
        """The prices in force on that day (default today); before the first dated entry, the first."""
        if len(self.prices) == 1:
            return self.prices[0]
        day = day or date.today()
        current = self.prices[0]
        for entry in self.prices:
            if entry.valid_from is None or entry.valid_from <= day:
                current = entry
        return current

    def price_of(self, token_type: str, day: date | None = None) -> Decimal | None:
        """USD per million tokens of a type; None = not known.

        Types are `TOKEN_TYPES`, "reasoning" (billed as output) and a bill's "batch", which does not say whether it is
        input or output and so has no single price. Raises ValueError for any other.
        """
        if token_type == "batch":  # noqa: S105 - not a password
            return None
        token_type = "output" if token_type == "reasoning" else token_type  # noqa: S105 - not a password
        if token_type not in TOKEN_TYPES:
            raise ValueError(f"unknown token type: {token_type}")
        value: Decimal | None = getattr(self.price_on(day), token_type)
        return value

    def source_keys(self) -> Iterator[str]:
        """Every source key that the entry uses."""
        yield from filter(None, (self.source, self.retires_source))
        for price in self.prices:
            yield from price.source_keys()


class ApiModelFile(FactFile):
    models: tuple[ApiModel, ...]
