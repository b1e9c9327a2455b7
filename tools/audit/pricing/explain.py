"""Ways in which a seller may charge other than the list, each as a cost of the same tokens. The price check keeps one that fits.

Every way names what the bill would have to show; none is a guess about contracts. Order matters: the first that
reproduces the billed amount is taken, so the plainest come first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from knowledge.schemas import ApiModel, TokenPrice
from tools.audit.pricing.names import sibling_elsewhere
from tools.audit.pricing.use import MILLION, ZERO, Reading, Use, price_entry, price_for, steps, tokens_of

TEXTS = {
    "agrees": "agrees with the list price",
    "rounding": "within the rounding of the stated amounts",
    "no_charge": "no charge is stated for these tokens: a plan includes them or they are free",
    "unit_thousand": "the amount fits if the quantity counts thousands of tokens, not tokens",
    "unit_million": "the amount fits if the quantity counts millions of tokens, not tokens",
    "unit_per_thousand": "the amount fits if the quantity counts single tokens, not thousands",
    "unit_per_million": "the amount fits if the quantity counts single tokens, not millions",
    "batch": "equals the batch price, though the rows do not say batch",
    "not_batch": "equals the normal price, though the rows say batch",
    "cached_as_input": "cached tokens are charged as ordinary input",
    "cached_on_top": "cached tokens are charged twice: inside the input and again as cached",
    "cached_free": "cached tokens are not charged",
    "cached_otherwise": "the input count holds the cached tokens the other way round than read here",
    "write_as_input": "tokens written to the cache are charged as ordinary input",
    "reasoning_on_top": "reasoning tokens are charged beside the output tokens",
    "long_context": "equals the price of requests with long context",
    "all_regions": "equals the price of the endpoint for all regions",
}
#: Billed times factor equals the list cost: the unit of the quantity was read a step too large or too small.
UNIT_SLIPS = (
    ("unit_per_thousand", Decimal(1000)),
    ("unit_per_million", Decimal(1_000_000)),
    ("unit_thousand", Decimal("0.001")),
    ("unit_million", Decimal("0.000001")),
)

Tokens = Mapping[str, Decimal]
#: Cost of one use charged in this way; None = prices for it are not in the list.
Way = Callable[[Use, Reading, TokenPrice], Decimal | None]


def ways(uses: Sequence[Use], reading: Reading, entry: ApiModel, today: date) -> Iterator[tuple[str, str, Decimal]]:
    """(id, text, cost of all these uses) for each way that the list has prices for."""
    for name, way in _WAYS:
        costs = [way(use, reading, price_entry(entry, use.day, today)) for use in uses]
        yield from _summed(name, TEXTS[name], costs)
    for price in entry.prices:
        since = f"from {price.valid_from.isoformat()}" if price.valid_from else "at first"
        costs = [_cost(tokens_of(use, reading), price, use.batch, use.over) for use in uses]
        yield from _summed("other_date", f"equals the list price that applied {since}", costs)
    other = sibling_elsewhere(entry)
    if other is not None:
        costs = [_cost(tokens_of(use, reading), price_entry(other, use.day, today), use.batch, use.over) for use in uses]
        yield from _summed("all_regions", TEXTS["all_regions"], costs)


def cache_would_fit(billed: Decimal, uses: Sequence[Use], reading: Reading, entry: ApiModel, today: date) -> bool:
    """Whether some unstated share of cached input would give the amount: a hint for a question, no explanation."""
    if any(use.cached_tokens is not None or use.token_type not in ("", "input") for use in uses):
        return False
    costs = [
        _cost(_moved(tokens_of(use, reading), "input", "cached"), price_entry(entry, use.day, today), use.batch, use.over) for use in uses
    ]
    return all(cost is not None for cost in costs) and sum((cost for cost in costs if cost is not None), ZERO) <= billed


def _summed(name: str, text: str, costs: Sequence[Decimal | None]) -> Iterator[tuple[str, str, Decimal]]:
    if costs and all(cost is not None for cost in costs):
        yield name, text, sum((cost for cost in costs if cost is not None), ZERO)


def _cost(tokens: Tokens, price: TokenPrice, batch: bool, over: int | None) -> Decimal | None:
    total = ZERO
    for name, count in tokens.items():
        each = price_for(price, name, batch, over)
        if count and each is None:
            return None
        total += count * (each or ZERO) / MILLION
    return total


def _moved(tokens: Tokens, source: str, target: str) -> dict[str, Decimal]:
    """The tokens with those of one type counted as another."""
    moved = {name: count for name, count in tokens.items() if name != source}
    moved[target] = moved.get(target, ZERO) + tokens.get(source, ZERO)
    return moved


def _batch(use: Use, reading: Reading, price: TokenPrice) -> Decimal | None:
    """Batch prices on input and output; cached tokens at their own price, which vendors keep."""
    tokens = tokens_of(use, reading)
    bare = {name: count for name, count in tokens.items() if name in ("input", "output", "reasoning")}
    rest = {name: count for name, count in tokens.items() if name not in bare}
    first, second = _cost(bare, price, True, use.over), _cost(rest, price, False, use.over)
    return None if first is None or second is None else first + second


def _not_batch(use: Use, reading: Reading, price: TokenPrice) -> Decimal | None:
    return _cost(tokens_of(use, reading), price, False, use.over)


def _cached_as_input(use: Use, reading: Reading, price: TokenPrice) -> Decimal | None:
    return _cost(_moved(tokens_of(use, reading), "cached", "input"), price, use.batch, use.over)


def _cached_on_top(use: Use, reading: Reading, price: TokenPrice) -> Decimal | None:
    if use.source in reading.cached_apart:
        return None
    tokens = tokens_of(use, reading)
    cached = tokens.get("cached", ZERO)
    return _cost({**tokens, "input": tokens.get("input", ZERO) + cached}, price, use.batch, use.over)


def _cached_free(use: Use, reading: Reading, price: TokenPrice) -> Decimal | None:
    return _cost({**tokens_of(use, reading), "cached": ZERO}, price, use.batch, use.over)


def _cached_otherwise(use: Use, reading: Reading, price: TokenPrice) -> Decimal | None:
    return None if use.source in reading.proved else _cost(tokens_of(use, reading, flipped=True), price, use.batch, use.over)


def _write_as_input(use: Use, reading: Reading, price: TokenPrice) -> Decimal | None:
    return _cost(_moved(tokens_of(use, reading), "cache_write", "input"), price, use.batch, use.over)


def _reasoning_on_top(use: Use, reading: Reading, price: TokenPrice) -> Decimal | None:
    tokens = tokens_of(use, reading)
    more = use.reasoning_tokens or ZERO
    return _cost({**tokens, "output": tokens.get("output", ZERO) + more}, price, use.batch, use.over)


def _long_context(use: Use, reading: Reading, price: TokenPrice) -> Decimal | None:
    return _cost(tokens_of(use, reading), price, use.batch, len(steps())) if price.long_context else None


_WAYS: tuple[tuple[str, Way], ...] = (
    ("batch", _batch),
    ("not_batch", _not_batch),
    ("cached_as_input", _cached_as_input),
    ("cached_otherwise", _cached_otherwise),
    ("cached_on_top", _cached_on_top),
    ("cached_free", _cached_free),
    ("write_as_input", _write_as_input),
    ("reasoning_on_top", _reasoning_on_top),
    ("long_context", _long_context),
)
