"""Money arithmetic of an API workload: tokens x price, type by type, in Decimal. Unknown prices become bounds, not guesses.

A price that is known gives a point. One that is not known gives a range between free (or the nearest known lower price)
and the dearest known price of the same tokens, and its name is listed as unknown. Prices are USD per million tokens,
results USD a month. Reads no catalogue and knows no alternatives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal, localcontext

from knowledge.ranges import Range
from knowledge.schemas import TokenPrice

MILLION = Decimal(1_000_000)
ZERO = Decimal(0)
#: Enough digits for every product of the arguments' limits, so that nothing is rounded.
EXACT = Context(prec=80)

#: low, likely, high
Span = tuple[Decimal, Decimal, Decimal]


@dataclass(frozen=True)
class Traffic:
    """One month of an API workload: tokens are per request, shares lie in 0..1."""

    requests: Decimal
    input_tokens: Decimal
    output_tokens: Decimal
    cached_share: Decimal = ZERO
    batch_share: Decimal = ZERO

    def with_shares(self, cached: Decimal | None = None, batch: Decimal | None = None) -> "Traffic":
        """The same traffic with another cached or batched share."""
        return replace(
            self,
            cached_share=self.cached_share if cached is None else cached,
            batch_share=self.batch_share if batch is None else batch,
        )

    def tokens(self) -> Mapping[str, Decimal]:
        """Tokens a month by how they are charged. Called under `EXACT`."""
        plain, batched = self.requests * (1 - self.batch_share), self.requests * self.batch_share
        fresh = self.input_tokens * (1 - self.cached_share)
        cached = self.input_tokens * self.cached_share
        return {
            "input": plain * fresh,
            "cached": plain * cached,
            "output": plain * self.output_tokens,
            "batch_input": batched * fresh,
            "batch_cached": batched * cached,
            "batch_output": batched * self.output_tokens,
        }


@dataclass(frozen=True)
class Line:
    """One kind of tokens: how many a month, at what price, for how much."""

    kind: str  # a key of Traffic.tokens, cache_write (what writing adds to the plain price at most) or request_fee
    quantity: Decimal  # tokens; requests for the fee
    price: Range  # USD per million tokens; per thousand requests for the fee
    usd: Range
    known: bool


@dataclass
class Cost:
    """The month: lines that are not empty, and what is unknown."""

    lines: list[Line] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def total(self) -> Range:
        """Sum of the lines, USD a month."""
        with localcontext(EXACT):
            total = Range.exact(ZERO)
            for line in self.lines:
                total = total + line.usd
            return total


def is_long(price: TokenPrice, input_tokens: Decimal) -> bool:
    """Whether requests of that length fall under the long-context prices."""
    return price.long_context is not None and input_tokens > price.long_context.above_tokens


def _exact(value: Decimal) -> Span:
    return value, value, value


def _between(low: Decimal, high: Decimal) -> Span:
    """Unknown between two bounds; the dear one is the likely one, which never flatters."""
    return min(low, high), high, high


def spans(price: TokenPrice, traffic: Traffic) -> tuple[dict[str, Span], frozenset[str]]:
    """Price of each kind of tokens as bounds, and what of "cached" and "batch" is not known. Called under `EXACT`."""
    long = price.long_context if price.long_context is not None and is_long(price, traffic.input_tokens) else None
    plain_in = (long or price).input
    plain_out = price.output if price.output is not None else ZERO
    cached, batch_in, batch_out = (long or price).cached, price.batch_input, price.batch_output
    floors = (ZERO, ZERO, ZERO)
    output = _exact(plain_out)
    if long is not None:
        # batch prices above the threshold are not published; they are at least the ordinary ones
        floors = price.cached or ZERO, batch_in or ZERO, batch_out or ZERO
        output = _exact(long.output) if long.output is not None else _between(plain_out, plain_out * plain_in / price.input)
        plain_out, batch_in, batch_out = output[2], None, None
    unknown = set()
    if cached is None:
        unknown.add("cached")
    if batch_in is None or (batch_out is None and plain_out > 0):
        unknown.add("batch")
    found = {
        "input": _exact(plain_in),
        "cached": _exact(cached) if cached is not None else _between(floors[0], plain_in),
        "output": output,
        "batch_input": _exact(batch_in) if batch_in is not None else _between(floors[1], plain_in),
        "batch_output": _exact(batch_out) if batch_out is not None else _between(floors[2], plain_out),
    }
    found["batch_cached"] = _batched_cache(found["cached"], found["batch_input"], plain_in)
    return _at_peak(found, price, long is not None), frozenset(unknown)


def _batched_cache(cached: Span, batch: Span, plain: Decimal) -> Span:
    """A cached token in a batched request: both discounts at best, the better one likely, the batch price at worst."""
    both = cached[0] * batch[0] / plain if plain else ZERO
    likely = min(cached[1], batch[1])
    return min(both, likely), likely, max(likely, batch[2])


def _at_peak(found: dict[str, Span], price: TokenPrice, is_long_request: bool) -> dict[str, Span]:
    """Where other prices hold at certain hours, they are the high bound: when requests are sent is not known."""
    peak = price.tiers.get("peak")
    if peak is None or is_long_request:
        return found
    for kind in ("input", "cached", "output"):
        dear = getattr(peak, kind)
        low, likely, high = found[kind]
        found[kind] = (low, likely, max(high, dear if dear is not None else high))
    return found


def write_premium(price: TokenPrice, traffic: Traffic) -> Decimal:
    """What writing a token to the prompt cache costs beyond its plain price; 0 where nothing is charged for it. Under `EXACT`."""
    rates = price.long_context if is_long(price, traffic.input_tokens) and price.long_context is not None else price
    written = rates.cache_write
    if written is None and rates is not price and price.cache_write is not None:
        written = price.cache_write * rates.input / price.input
    return max(ZERO, written - rates.input) if written is not None else ZERO


def month_cost(price: TokenPrice, traffic: Traffic) -> Cost:
    """One month at these prices. Exact where every price that the traffic touches is known and no cache writes matter."""
    with localcontext(EXACT):
        found, unknown = spans(price, traffic)
        cost = Cost()
        tokens = traffic.tokens()
        for kind, count in tokens.items():
            if count > 0:
                rate = Range(*found[kind])
                cost.lines.append(Line(kind, count, rate, rate * (count / MILLION), not _is_unsure(kind, unknown)))
        premium = write_premium(price, traffic)
        if traffic.cached_share > 0 and premium > 0 and tokens["input"] > 0:
            # of what is not read from the cache, nothing up to everything is written to it
            rate = Range(ZERO, ZERO, premium)
            cost.lines.append(Line("cache_write", tokens["input"], rate, rate * (tokens["input"] / MILLION), True))
        if price.per_thousand_requests:
            fee = Range.exact(price.per_thousand_requests)
            usd = Range.exact(traffic.requests / 1000 * price.per_thousand_requests)
            cost.lines.append(Line("request_fee", traffic.requests, fee, usd, True))
        cost.unknown = _unknown_words(cost)
        return cost


def likely_cost(price: TokenPrice, traffic: Traffic, tokens: Mapping[str, Decimal]) -> Decimal:
    """`month_cost(price, traffic).total.likely` without its parts, for comparing hundreds of models. Called under `EXACT`."""
    found, _ = spans(price, traffic)
    total = sum((count * found[kind][1] for kind, count in tokens.items() if count), ZERO) / MILLION
    return total + traffic.requests / 1000 * price.per_thousand_requests if price.per_thousand_requests else total


def _is_unsure(kind: str, unknown: frozenset[str]) -> bool:
    batched = kind.startswith("batch") and "batch" in unknown
    return batched or (kind.endswith("cached") and "cached" in unknown)


def _unknown_words(cost: Cost) -> list[str]:
    kinds = {line.kind for line in cost.lines if not line.known}
    words = []
    if kinds & {"cached", "batch_cached"}:
        words.append("price of cached input")
    if kinds & {"batch_input", "batch_output"}:
        words.append("price of batched requests")
    return words
