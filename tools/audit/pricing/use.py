"""Tokens out of the ledger, split so that no token is priced twice, with the list price of the day each was used.

`read_uses` asks the ledger once; `parts` gives one part per token type with its price in USD per million tokens, or None
where the list does not know it. Whether cached tokens stand inside the input count differs by vendor: the form says so;
without a form a row with more cached than input tokens proves it, else the count is read as OpenAI's (inside) and that is
declared. Compares nothing with money and writes nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from knowledge import catalog
from knowledge.schemas import ApiModel, TokenPrice
from tools.audit.findings.rule import Ask
from tools.audit.pricing.names import Listed, listed

MILLION = Decimal(1_000_000)
ZERO = Decimal(0)
_UNLISTED = frozenset({"flex", "priority", "committed"})  # ways of buying whose prices are not in the list
_TOKENS = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")

#: Lines that may say how many tokens were used.
LINES = "kind = 'api_tokens' or input_tokens is not null or output_tokens is not null"
#: One row per model, seller, day and way of charging. `over` counts how many price steps a single request exceeds (null =
#: the row is not known to be one request, so sizes are not known).
_USES = """
with picked as (
  select *, input_tokens is null and output_tokens is null as single,
    coalesce(input_tokens, 0) + case when list_contains($apart, source) then coalesce(cached_tokens, 0) + coalesce(cache_write_tokens, 0) else 0 end as size
  from counts_by_name_and_day where category = 'Usage' and (kind = 'api_tokens' or (model <> '' and (input_tokens is not null or output_tokens is not null))))
select source, model, provider, service, pricing, day,
  case when single then token_type else '' end as one_type, case when single then unit else '' end as one_unit,
  case when single then description || ' ' || usage_type else '' end as words,
  case when rows = 1 and (requests = 1 or (requests is null and list_contains($calls, source))) then len(list_filter($steps, lambda s: size > s)) end as over,
  sum(case when single then quantity end), sum(input_tokens), sum(cached_tokens), sum(cache_write_tokens), sum(output_tokens), sum(reasoning_tokens),
  sum(requests), sum(billed), sum(rows), min(place, 20), min(billed), max(billed), max(day_end - day)
from picked group by all order by all
"""  # noqa: E501
_ANY = f"select 1 from counts_by_name_and_day where {LINES} limit 1"  # noqa: S608
_PROOFS = """
select source, coalesce(bool_or(cached_tokens > input_tokens), false), coalesce(bool_or(reasoning_tokens > output_tokens), false),
  bool_or(off_hours is not null)
from counts_by_name_and_day where input_tokens is not null or output_tokens is not null group by source order by source
"""


@lru_cache(maxsize=4096)
def _names_batch(words: str) -> bool:
    return re.search(r"\bbatch", words.casefold()) is not None


class Use(NamedTuple):
    """One group of rows: who sold which tokens on which day, and what they were billed."""

    source: int
    model: str
    provider: str
    service: str
    pricing: str
    day: date | None
    token_type: str  # "" where the row counts several types
    unit: str
    words: str
    over: int | None
    quantity: Decimal | None
    input_tokens: Decimal | None
    cached_tokens: Decimal | None
    cache_write_tokens: Decimal | None
    output_tokens: Decimal | None
    reasoning_tokens: Decimal | None
    requests: Decimal | None
    billed: Decimal | None
    rows: int
    places: Sequence[int]
    least: Decimal | None
    most: Decimal | None
    span: int | None  # days beyond the first that a row of it covers; None where it has no day

    @property
    def batch(self) -> bool:
        """Whether the row says that it was sent through the batch interface."""
        return self.pricing == "batch" or _names_batch(self.words)

    @property
    def listed(self) -> Listed | None:
        """Its catalogue entry."""
        return listed(self.model, self.provider, self.service, self.words)


@dataclass(frozen=True)
class Counting:
    """What the layouts of the sheets say about their counts, by source number."""

    cached_apart: Mapping[int, bool] = field(default_factory=dict)  # whether input tokens exclude the cached ones; absent = not said
    calls: frozenset[int] = frozenset()  # each row is one call, named by an id
    hour_writes: frozenset[int] = frozenset()  # cache writes of an hour, dearer than the listed ones, are among the cache writes


@dataclass(frozen=True)
class Reading:
    """The uses of a ledger and how their counts are to be read, by source number."""

    uses: tuple[Use, ...] = ()
    cached_apart: frozenset[int] = frozenset()  # input tokens exclude the cached ones
    reasoning_apart: frozenset[int] = frozenset()  # output tokens exclude the reasoning ones
    proved: frozenset[int] = frozenset()  # sources whose reading a form states or a row proves
    logs: frozenset[int] = frozenset()  # rows stand for calls: they have ids, or times of day
    hour_writes: frozenset[int] = frozenset()


class Part(NamedTuple):
    """Tokens of one type and their list price (USD per million); `price` None = not in the list."""

    token_type: str
    tokens: Decimal
    price: Decimal | None

    @property
    def cost(self) -> Decimal | None:
        """USD; None where the price is not known."""
        return None if self.price is None else self.tokens * self.price / MILLION


@cache
def steps() -> tuple[int, ...]:
    """Request sizes above which some model costs more, ascending."""
    entries = catalog.api_models().entries.values()
    return tuple(sorted({p.long_context.above_tokens for entry in entries for p in entry.prices if p.long_context}))


def read_uses(ask: Ask, counting: Counting) -> Reading:
    """All uses of the ledger."""
    if not ask(_ANY, {}):
        return Reading()
    proofs, said = ask(_PROOFS, {}), counting.cached_apart
    cached = {source for source, more_cached, _, _ in proofs if more_cached and source not in said}
    known = frozenset(source for source, apart in said.items() if apart) | cached
    values = {"apart": sorted(known) or [-1], "calls": sorted(counting.calls) or [-1], "steps": list(steps())}
    return Reading(
        tuple(Use(*row) for row in ask(_USES, values)),
        known,
        frozenset(source for source, _, more, _ in proofs if more),
        frozenset(said) | cached,
        counting.calls | {source for source, _, _, hours in proofs if hours},
        counting.hour_writes,
    )


def tokens_of(use: Use, reading: Reading, flipped: bool = False) -> dict[str, Decimal]:
    """Tokens by type, each counted once. `flipped` reads the cached tokens the other way round (None of them may be negative)."""
    if use.input_tokens is None and use.output_tokens is None:
        return {} if use.quantity is None or use.unit != "tokens" or not use.token_type else {use.token_type: use.quantity}
    cached, written = use.cached_tokens or ZERO, use.cache_write_tokens or ZERO
    inside = (use.source in reading.cached_apart) == flipped
    plain = None if use.input_tokens is None else use.input_tokens - (min(cached + written, use.input_tokens) if inside else ZERO)
    output = use.output_tokens
    if output is not None and use.source in reading.reasoning_apart:
        output += use.reasoning_tokens or ZERO
    found = {"input": plain, "cached": use.cached_tokens, "cache_write": use.cache_write_tokens, "output": output}
    return {name: count for name, count in found.items() if count is not None}


def price_entry(entry: ApiModel, day: date | None, today: date) -> TokenPrice:
    """The prices in force on the day of use; for a use without a day, today's."""
    return entry.price_on(day or today)


def price_for(price: TokenPrice, token_type: str, batch: bool, over: int | None) -> Decimal | None:
    """USD per million tokens; None = not in the list. Above its step a request costs the long-context price throughout."""
    name = "output" if token_type == "reasoning" else token_type  # noqa: S105 - not a password
    tier = price.long_context
    if tier is not None and over is not None and over > steps().index(tier.above_tokens):
        return None if batch else getattr(tier, name, None)
    found: Decimal | None = getattr(price, f"batch_{name}" if batch else name, None)
    return found


def parts(use: Use, reading: Reading, price: TokenPrice, flipped: bool = False) -> list[Part]:
    """One part per token type of a use."""
    unlisted = use.pricing in _UNLISTED
    return [
        Part(name, count, None if unlisted else price_for(price, name, use.batch, use.over))
        for name, count in tokens_of(use, reading, flipped).items()
        if count
    ]


def list_cost(found: Sequence[Part]) -> Decimal | None:
    """USD of all parts; None where one of them has no price, or there is none."""
    costs = [part.cost for part in found]
    return None if not costs or any(cost is None for cost in costs) else sum((cost for cost in costs if cost is not None), ZERO)


def how_counted(reads: Sequence[Any]) -> Counting:
    """What the recognised forms, or the column names of a vendor's own log, say about the counts of each sheet."""
    apart = {}
    for read in reads:
        form = read.layout.form
        if form is not None:
            apart[read.source] = bool(form.cached_apart)
        elif _anthropic_columns(read.layout):
            apart[read.source] = True
    calls = frozenset(
        read.source
        for read in reads
        if read.layout.form is not None and {"identity", "input_tokens"} <= {*read.layout.roles, *read.layout.inside}
    )
    return Counting(apart, calls, frozenset(read.source for read in reads if _hour_writes(read.layout)))


def _hour_writes(layout: Any) -> bool:
    return any("1h" in layout.header.names[at].casefold() for at in layout.roles.get("cache_write_tokens", ()))


def _anthropic_columns(layout: Any) -> bool:
    """Anthropic's usage object counts `input_tokens` without `cache_read_input_tokens`; logs that keep those names keep that."""
    names = {re.sub(r"\W", "_", name.casefold()).rpartition("usage_")[2] for name in layout.header.names}
    return {"input_tokens", "cache_read_input_tokens"} <= names
