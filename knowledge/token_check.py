"""What `knowledge.check` asks of models sold by the token: prices in the order that sellers' own rules give them, whole histories.

A price is refused where it cannot be meant: zero, a discount above the price it is a discount of, a decimal point that slipped.
Reads no files and changes nothing.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from knowledge.schemas import TASKS, ApiModel, TokenPrice
from knowledge.schemas.tokens import Rates

#: USD per million tokens that anything sold by the token has cost so far; beyond it a unit is wrong.
HIGHEST = Decimal(1000)
#: Multiples of the ordinary price that a region may cost.
REGION_FACTORS = (Decimal("0.5"), Decimal(3))


def token_price_errors(owner: str, price: TokenPrice) -> Iterator[str]:
    """Cached and batch prices are discounts; a cache write costs at least the plain input; long context is dearer."""
    yield from _amount_errors(owner, price)
    yield from _order_errors(owner, price)
    if price.batch_input is not None and price.batch_input > price.input:
        yield f"{owner}: batch input {price.batch_input} above input {price.input}"
    if price.batch_output is not None and price.output is not None and price.batch_output > price.output:
        yield f"{owner}: batch output {price.batch_output} above output {price.output}"
    if price.batch_input is not None and not price.batch_source:
        yield f"{owner}: a batch price without its source"
    if price.long_context is not None:
        yield from _order_errors(f"{owner}, long context", price.long_context)
        if price.long_context.input < price.input:
            yield f"{owner}: long-context input below the plain one"
    yield from _tier_errors(owner, price)
    yield from _region_errors(owner, price)


def _amount_errors(owner: str, price: TokenPrice) -> Iterator[str]:
    names = ("input", "cached", "cache_write", "output", "batch_input", "batch_output", "audio_input", "audio_output")
    for name in names:
        amount = getattr(price, name)
        if amount is not None and not 0 < amount <= HIGHEST:
            yield f"{owner}: {name} {amount} is outside 0 to {HIGHEST}; leave it out where it is unknown"


def _order_errors(owner: str, price: TokenPrice | Rates) -> Iterator[str]:
    if price.cached is not None and price.cached > price.input:
        yield f"{owner}: cached {price.cached} above input {price.input}"
    if price.cache_write is not None and price.cache_write < price.input:
        yield f"{owner}: cache write {price.cache_write} below input {price.input}"


def _tier_errors(owner: str, price: TokenPrice) -> Iterator[str]:
    for name, rates in price.tiers.items():
        yield from _order_errors(f"{owner}, {name}", rates)
        if (name == "flex") != (rates.input < price.input):
            yield f"{owner}: {name} input {rates.input} beside the plain {price.input}: flex costs less, priority and peak more"


def _region_errors(owner: str, price: TokenPrice) -> Iterator[str]:
    low, high = REGION_FACTORS
    for region, rates in price.regions.items():
        yield from _order_errors(f"{owner} in {region}", rates)
        if not low <= rates.input / price.input <= high:
            yield f"{owner} in {region}: input {rates.input} is not {low} to {high} times the plain {price.input}"
    for region, factor in price.region_factor.items():
        if not low <= factor <= high:
            yield f"{owner} in {region}: a factor of {factor} is outside {low} to {high}"
    if price.region_factor and not price.region_source:
        yield f"{owner}: a factor for regions without its source"


def api_model_errors(item: ApiModel, weights: Iterable[str]) -> Iterator[str]:
    """The entry's prices, its history in order, known tasks, weights and lists, and where a retirement was read."""
    for price in item.prices:
        yield from token_price_errors(item.name, price)
    days = [p.valid_from for p in item.prices]
    if any(day is None for day in days[1:]) or [d for d in days if d] != sorted(d for d in days if d):
        yield f"{item.name}: price history is not in date order"
    if unknown := sorted(set(item.tasks) - set(TASKS)):
        yield f"{item.name}: unknown task {', '.join(unknown)}"
    if item.weights and item.weights not in set(weights):
        yield f"{item.name}: weights {item.weights} are not in the fact base"
    if item.retires_on is not None and not (item.retires_source or item.note):
        yield f"{item.name}: a retirement without its source"
    if unused := sorted(set(item.listed_as) - set(item.source_keys())):
        yield f"{item.name}: listed in {', '.join(unused)}, which no price of it names"
