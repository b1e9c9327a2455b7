"""Money arithmetic of an API workload: tokens x price, type by type, in Decimal. Unknown prices become bounds, not guesses.

A price that is known gives a point. One that is not known gives a range between free (or the nearest known lower price)
and the dearest known price of the same tokens, and its name is listed as unknown. Prices are USD per million tokens,
results USD a month. Reads no catalogue and knows no alternatives.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

from knowledge.ranges import Range
from knowledge.schemas import TokenPrice

MILLION = Decimal(1_000_000)
_DIGITS = 80  # enough for every product of the arguments' limits, so that nothing is rounded


@dataclass(frozen=True)
class Traffic:
    """One month of an API workload: tokens are per request, shares lie in 0..1."""

    requests: Decimal
    input_tokens: Decimal
    output_tokens: Decimal
    cached_share: Decimal = Decimal(0)
    batch_share: Decimal = Decimal(0)

    def with_shares(self, cached: Decimal | None = None, batch: Decimal | None = None) -> "Traffic":
        """The same traffic with another cached or batched share."""
        return replace(
            self,
            cached_share=self.cached_share if cached is None else cached,
            batch_share=self.batch_share if batch is None else batch,
        )


@dataclass(frozen=True)
class Line:
    """One kind of tokens: how many a month, at what price, for how much."""

    kind: str  # input, cached, output, batch_input, batch_cached, batch_output, request_fee
    quantity: Decimal  # tokens; requests for the fee
    price: Range  # USD per million tokens; per thousand requests for the fee
    usd: Range
    known: bool


@dataclass
class Cost:
    """The month: lines that are not empty, what is unknown, and remarks."""

    lines: list[Line] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def total(self) -> Range:
        """Sum of the lines, USD a month."""
        with localcontext() as context:
            context.prec = _DIGITS
            total = Range.exact(Decimal(0))
            for line in self.lines:
                total = total + line.usd
            return total


@dataclass(frozen=True)
class _Rates:
    fresh: Range
    cached: Range
    output: Range
    batch_fresh: Range
    batch_cached: Range
    batch_output: Range
    unknown: tuple[str, ...]  # kinds whose price is a bound


def is_long(price: TokenPrice, input_tokens: Decimal) -> bool:
    """Whether requests of that length fall under the long-context prices."""
    return price.long_context is not None and input_tokens > price.long_context.above_tokens


def _between(low: Decimal, high: Decimal) -> Range:
    """Unknown between two bounds; the dear one is the likely one, which never flatters."""
    return Range(min(low, high), high, high)


def _rates(price: TokenPrice, traffic: Traffic) -> _Rates:
    unknown: list[str] = []
    plain_in, plain_out = price.input, price.output if price.output is not None else Decimal(0)
    cached, batch_in, batch_out, write = price.cached, price.batch_input, price.batch_output, price.cache_write
    floor_cached = floor_in = floor_out = Decimal(0)
    output = Range.exact(plain_out)
    if price.long_context is not None and is_long(price, traffic.input_tokens):
        # above the threshold only input and output are published; the discounted prices are at least the ordinary ones
        floor_cached, floor_in, floor_out = cached or Decimal(0), batch_in or Decimal(0), batch_out or Decimal(0)
        write = None if write is None else write * price.long_context.input / price.input
        plain_in, long_out = price.long_context.input, price.long_context.output
        output = Range.exact(long_out) if long_out is not None else _between(plain_out, plain_out * plain_in / price.input)
        plain_out = Decimal(output.high)
        cached = batch_in = batch_out = None
    fresh = Range(plain_in, plain_in, max(write, plain_in)) if write is not None and traffic.cached_share > 0 else Range.exact(plain_in)
    if cached is None:
        unknown.append("cached")
    if batch_in is None or (batch_out is None and plain_out > 0):
        unknown.append("batch")
    cached_rate = Range.exact(cached) if cached is not None else _between(floor_cached, plain_in)
    batch_rate = Range.exact(batch_in) if batch_in is not None else _between(floor_in, plain_in)
    return _Rates(
        fresh=fresh,
        cached=cached_rate,
        output=output,
        batch_fresh=batch_rate,
        batch_cached=_batched_cache(cached_rate, batch_rate, plain_in),
        batch_output=Range.exact(batch_out) if batch_out is not None else _between(floor_out, plain_out),
        unknown=tuple(unknown),
    )


def _batched_cache(cached: Range, batch: Range, plain: Decimal) -> Range:
    """A cached token in a batched request: both discounts at best, the better one likely, the batch price at worst."""
    both = Decimal(cached.low) * Decimal(batch.low) / plain if plain else Decimal(0)
    likely = min(Decimal(cached.likely), Decimal(batch.likely))
    return Range(min(both, likely), likely, max(likely, Decimal(batch.high)))


def month_cost(price: TokenPrice, traffic: Traffic) -> Cost:
    """One month at these prices. Exact where every price that the traffic touches is known and no cache writes matter."""
    with localcontext() as context:
        context.prec = _DIGITS
        rates = _rates(price, traffic)
        cost = Cost()
        for share, kinds in (
            (1 - traffic.batch_share, ("input", "cached", "output")),
            (traffic.batch_share, ("batch_input", "batch_cached", "batch_output")),
        ):
            requests = traffic.requests * share
            fresh, cached, output = kinds
            batched = fresh == "batch_input"
            tokens_in = requests * traffic.input_tokens
            _add(
                cost,
                fresh,
                tokens_in * (1 - traffic.cached_share),
                rates.batch_fresh if batched else rates.fresh,
                batched and "batch" in rates.unknown,
            )
            unsure = "cached" in rates.unknown or (batched and "batch" in rates.unknown)
            _add(cost, cached, tokens_in * traffic.cached_share, rates.batch_cached if batched else rates.cached, unsure)
            _add(
                cost,
                output,
                requests * traffic.output_tokens,
                rates.batch_output if batched else rates.output,
                batched and "batch" in rates.unknown,
            )
        if price.per_thousand_requests:
            fee = Range.exact(price.per_thousand_requests)
            usd = Range.exact(traffic.requests / 1000 * price.per_thousand_requests)
            cost.lines.append(Line("request_fee", traffic.requests, fee, usd, True))
        cost.unknown = _unknown_words(cost)
        return cost


def _add(cost: Cost, kind: str, tokens: Decimal, rate: Range, unsure: bool) -> None:
    if tokens > 0:
        cost.lines.append(Line(kind, tokens, rate, rate * (tokens / MILLION), not unsure))


def _unknown_words(cost: Cost) -> list[str]:
    kinds = {line.kind for line in cost.lines if not line.known}
    words = []
    if kinds & {"cached", "batch_cached"}:
        words.append("price of cached input")
    if kinds & {"batch_input", "batch_output"}:
        words.append("price of batched requests")
    return words
