"""Money scales as money does: whatever the prices and the traffic, parts add up and discounts never cost more."""

from datetime import date
from decimal import Decimal, localcontext

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.schemas import TokenPrice
from tools.estimation.api.cost import EXACT, Cost, Traffic, likely_cost, month_cost

DAY = date(2026, 11, 23)
modest = settings(max_examples=60, deadline=None)
share = st.decimals(0, 1, places=3)
volume = st.decimals(0, 10**9, places=2)
tokens = st.decimals(0, 10**6, places=1)


@st.composite
def months(draw: st.DrawFn) -> Traffic:
    return Traffic(draw(volume), draw(tokens), draw(tokens), draw(share), draw(share))


@st.composite
def prices(draw: st.DrawFn) -> TokenPrice:
    """Any sane price list, with unknown entries."""
    plain, out = (draw(st.decimals("0.01", 200, places=3)) for _ in range(2))
    part = st.one_of(st.none(), st.decimals(0, 1, places=2))
    cached, batch_in, batch_out, long_cached = (draw(part) for _ in range(4))
    write = draw(st.one_of(st.none(), st.just(Decimal("1.25"))))
    above = draw(st.one_of(st.none(), st.integers(1, 10**6)))
    peak = draw(st.booleans())
    return TokenPrice(
        input=plain,
        output=out,
        cached=None if cached is None else plain * cached,
        cache_write=None if write is None else plain * write,
        batch_input=None if batch_in is None else plain * batch_in,
        batch_output=None if batch_in is None or batch_out is None else out * batch_out,
        long_context=None
        if above is None
        else {
            "above_tokens": above,
            "input": plain * 2,
            "output": out * 2,
            "cached": None if long_cached is None else plain * 2 * long_cached,
        },
        tiers={"peak": {"input": plain * 3, "output": out * 3}} if peak else {},
        source="s",
    )


def ordered(cost: Cost) -> bool:
    total = cost.total
    return total.is_money and 0 <= total.low <= total.likely <= total.high  # type: ignore[operator]


def scaled(price: TokenPrice, factor: int) -> TokenPrice:
    names = ("input", "output", "cached", "cache_write", "batch_input", "batch_output")
    kept = {name: None if getattr(price, name) is None else getattr(price, name) * factor for name in names}
    tier = price.long_context
    long = (
        None
        if tier is None
        else {"above_tokens": tier.above_tokens, **{n: getattr(tier, n) and getattr(tier, n) * factor for n in names[:3]}}
    )
    peak = {t: {"input": r.input * factor, "output": r.output * factor} for t, r in price.tiers.items() if r.output is not None}
    return TokenPrice.model_validate({**kept, "long_context": long, "tiers": peak, "source": "s"})


def bounds(cost: Cost) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in (cost.total.low, cost.total.likely, cost.total.high))


@modest
@given(prices(), months())
def test_twice_the_requests_and_twice_the_prices_cost_exactly_twice(price: TokenPrice, traffic: Traffic) -> None:
    once = month_cost(price, traffic)
    more = Traffic(traffic.requests * 2, traffic.input_tokens, traffic.output_tokens, traffic.cached_share, traffic.batch_share)
    with localcontext(prec=100):
        for twice in (month_cost(price, more), month_cost(scaled(price, 2), traffic)):
            assert twice.total.likely == once.total.likely * 2
            for double, single in zip(bounds(twice), bounds(once), strict=True):
                # bounds may hold a quotient of two prices, cut after eighty digits
                assert abs(double - 2 * single) <= Decimal(10) ** -40


@modest
@given(prices(), months(), tokens)
def test_more_tokens_never_cost_less(price: TokenPrice, traffic: Traffic, extra: Decimal) -> None:
    before = month_cost(price, traffic)
    longer = Traffic(traffic.requests, traffic.input_tokens, traffic.output_tokens + extra, traffic.cached_share, traffic.batch_share)
    assert all(more >= less for more, less in zip(bounds(month_cost(price, longer)), bounds(before), strict=True))
    wider = Traffic(traffic.requests, traffic.input_tokens + extra, traffic.output_tokens, traffic.cached_share, traffic.batch_share)
    assert month_cost(price, wider).total.likely >= before.total.likely  # type: ignore[operator]


@modest
@given(prices(), months(), share, share)
def test_a_larger_cached_or_batch_share_is_never_likely_dearer(price: TokenPrice, traffic: Traffic, one: Decimal, other: Decimal) -> None:
    less, more = sorted((one, other))
    for kind in ("cached", "batch"):
        dear, cheap = (month_cost(price, traffic.with_shares(**{kind: part})) for part in (less, more))
        assert cheap.total.likely <= dear.total.likely  # type: ignore[operator]
        assert ordered(dear) and ordered(cheap)


@modest
@given(prices(), months())
def test_lines_add_up_nothing_is_billed_twice_and_the_short_way_agrees(price: TokenPrice, traffic: Traffic) -> None:
    cost = month_cost(price, traffic)
    with localcontext(EXACT):
        assert sum((Decimal(line.usd.likely) for line in cost.lines), Decimal(0)) == cost.total.likely
        assert likely_cost(price, traffic, traffic.tokens()) == cost.total.likely
        counted = sum((line.quantity for line in cost.lines if line.kind not in ("request_fee", "cache_write")), Decimal(0))
        assert counted == traffic.requests * (traffic.input_tokens + traffic.output_tokens)


@modest
@given(prices(), months())
def test_unknown_prices_are_named_and_only_then_is_a_plain_price_a_range(price: TokenPrice, traffic: Traffic) -> None:
    cost = month_cost(price, traffic)
    assert bool(cost.unknown) == any(not line.known for line in cost.lines)
    simple = month_cost(price.model_copy(update={"tiers": {}}), traffic.with_shares(cached=Decimal(0), batch=Decimal(0)))
    assert simple.total.is_exact and not simple.unknown


def test_a_worked_example_with_cache_and_batch() -> None:
    price = catalog.api_model("gpt-4o").price_on(DAY)
    cached = month_cost(price, Traffic(Decimal(1000), Decimal(1000), Decimal(0), Decimal("0.4")))
    assert cached.total == Range.exact(Decimal("0.6") * Decimal("2.5") + Decimal("0.4") * Decimal("1.25"))
    batched = month_cost(price, Traffic(Decimal(1000), Decimal(1000), Decimal(1000), Decimal(0), Decimal("0.5")))
    assert batched.total == Range.exact((Decimal("2.5") + 10) / 2 + (Decimal("1.25") + 5) / 2)


def test_both_discounts_at_once_are_a_range_since_sellers_differ() -> None:
    price = TokenPrice(input="4", cached="1", output="8", batch_input="2", batch_output="4", batch_source="s", source="s")
    assert bounds(month_cost(price, Traffic(Decimal(10**6), Decimal(1), Decimal(0), Decimal(1), Decimal(1)))) == (
        Decimal("0.5"),
        Decimal(1),
        Decimal(2),
    )


def test_what_is_written_to_the_cache_is_a_line_of_its_own_and_the_high_bound() -> None:
    price = catalog.api_model("claude-sonnet-4-5").price_on(DAY)
    cost = month_cost(price, Traffic(Decimal(10**6), Decimal(1), Decimal(0), Decimal("0.5")))
    assert bounds(cost) == (Decimal("1.65"), Decimal("1.65"), Decimal("2.025"))
    writing = next(line for line in cost.lines if line.kind == "cache_write")
    assert bounds(Cost([writing])) == (0, 0, Decimal("0.375"))
    assert not [line for line in month_cost(price, Traffic(Decimal(9), Decimal(9), Decimal(9))).lines if line.kind == "cache_write"]


def test_cached_input_of_long_requests_has_its_own_price_where_it_is_known() -> None:
    price = catalog.api_model("gpt-5.6-luna").price_on(DAY)
    cost = month_cost(price, Traffic(Decimal(1), Decimal(10**6), Decimal(0), Decimal(1)))
    assert cost.total == Range.exact(Decimal("0.04")) and not cost.unknown


def test_peak_hours_are_the_high_bound() -> None:
    price = catalog.api_model("deepseek-v4-pro").price_on(DAY)
    assert bounds(month_cost(price, Traffic(Decimal(10**6), Decimal(1), Decimal(1)))) == (Decimal("2.64"), Decimal("2.64"), Decimal("5.28"))


def test_the_price_of_the_day_counts_not_the_newest() -> None:
    o3 = catalog.api_model("o3")
    month = Traffic(Decimal(10**6), Decimal(1), Decimal(0))
    assert month_cost(o3.price_on(date(2025, 6, 9)), month).total == Range.exact(Decimal(10))
    assert month_cost(o3.price_on(date(2025, 6, 10)), month).total == Range.exact(Decimal(2))
