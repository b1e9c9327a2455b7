"""Shape of the facts about models sold by the token. USD per million tokens, with dated history. None = not known, never 0."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from knowledge.schemas.entry import FactFile, Money, Named, Strict

TOKEN_TYPES = ("input", "cached", "cache_write", "output", "batch_input", "batch_output")


class LongContext(Strict):
    """Prices of the whole request once its input exceeds `above_tokens`."""

    above_tokens: int = Field(gt=0)
    input: Money
    output: Money | None = None


class TokenPrice(Strict):
    """USD per million tokens from a day on (None = as far back as the source knows). None = not known."""

    valid_from: date | None = None
    input: Money
    cached: Money | None = None  # read from the prompt cache
    cache_write: Money | None = None  # written to the prompt cache
    output: Money | None = None  # None for embeddings
    batch_input: Money | None = None
    batch_output: Money | None = None
    long_context: LongContext | None = None
    per_thousand_requests: Money | None = None  # a fee a request beside the tokens
    source: str
    batch_source: str = ""


class ApiModel(Named):
    """A model sold by the token. `prices` is its dated history, oldest first."""

    provider: str
    tasks: tuple[str, ...] = Field(min_length=1)
    context_tokens: int | None = Field(None, gt=0)
    max_output_tokens: int | None = Field(None, gt=0)
    weights: str = ""  # name of the open model behind it, where it has one
    retires_on: date | None = None
    prices: tuple[TokenPrice, ...] = Field(min_length=1)

    def price_on(self, day: date | None = None) -> TokenPrice:
        """The prices in force on that day (default today); before the first dated entry, the first."""
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


class ApiModelFile(FactFile):
    models: tuple[ApiModel, ...]
