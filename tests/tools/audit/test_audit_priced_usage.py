"""Promise to an engineer with a usage export: what the usage costs at dated list prices, each token once, what is missing said aloud."""

from datetime import date
from decimal import Decimal

import pytest
from api_ledger import ask_of
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.schemas import TokenPrice
from tools.audit.charges import tokens_per_unit
from tools.audit.pricing.desk import Prices
from tools.audit.pricing.use import Counting, Reading, Use, list_cost, parts

TODAY = date(2026, 11, 22)
DAY = date(2025, 10, 6)


def usage(rows, apart=None, calls=True):
    return Prices(ask_of(rows), Counting(apart or {}, frozenset({0} if calls else ())), "", TODAY).usage


def use(**given) -> Use:
    blank = dict.fromkeys(Use._fields, None) | dict(
        source=0, model="m", provider="", service="", pricing="", token_type="", unit="", words="", rows=1, places=()
    )
    return Use(**(blank | given))


def test_cached_tokens_inside_the_input_are_priced_once():
    """The worked case of BerriAI/litellm issue 31714 (read 2026-11-22): 27147 input of which 27146 cached, 351 output."""
    price = TokenPrice(input=Decimal("1.4"), cached=Decimal("0.26"), output=Decimal("4.4"), source="x")
    one = use(input_tokens=Decimal(27147), cached_tokens=Decimal(27146), output_tokens=Decimal(351))
    nothing_apart = Reading()
    assert list_cost(parts(one, nothing_apart, price)) == Decimal("0.00860376")


def test_gemini_request_with_cache_hits():
    """BerriAI/litellm issue 14849: cache hits counted twice gave far more; each token once gives 0.18491 at those prices."""
    price = TokenPrice(input=Decimal("1.25"), cached=Decimal("0.625"), output=Decimal(10), source="x")
    one = use(input_tokens=Decimal(262_960), cached_tokens=Decimal(257_955), output_tokens=Decimal(1744))
    assert list_cost(parts(one, Reading(), price)) == Decimal("0.184918125")


def test_openai_usage_by_model_and_token_type():
    found = usage(
        [dict(model="gpt-4o-2024-08-06", day=DAY, requests=10, input_tokens=59200, cached_tokens=5760, output_tokens=10646)], {0: False}
    )
    assert {line.token_type: (line.tokens, line.price, line.cost) for line in found.lines} == {
        "input": (53440, Decimal("2.5"), Decimal("0.1336")),
        "cached": (5760, Decimal("1.25"), Decimal("0.0072")),
        "output": (10646, Decimal(10), Decimal("0.10646")),
    }
    assert found.total == Decimal("0.24726")
    assert all(line.source.checked_on == date(2026, 8, 21) and line.stale for line in found.lines)
    assert found.missing == ()


def test_anthropic_counts_cached_tokens_apart():
    counts = dict(input_tokens=1_000_000, cached_tokens=2_000_000, cache_write_tokens=100_000, output_tokens=10_000)
    found = usage([dict(model="claude-sonnet-4-5-20250929", day=DAY, requests=50, **counts)], {0: True})
    assert found.total == Decimal("3") + Decimal("0.6") + Decimal("0.375") + Decimal("0.15")


def test_more_cached_than_input_proves_that_they_stand_apart():
    found = usage([dict(model="gpt-4.1", day=DAY, input_tokens=100_000, cached_tokens=400_000, output_tokens=1000)])
    assert {line.token_type: line.tokens for line in found.lines} == {"input": 100_000, "cached": 400_000, "output": 1000}


def test_an_unknown_model_is_unknown_and_not_free():
    found = usage(
        [
            dict(model="composer-1", day=DAY, input_tokens=5, output_tokens=7),
            dict(model="gpt-4.1", day=DAY, input_tokens=1_000_000, output_tokens=0),
        ]
    )
    assert found.total == Decimal(2)
    assert [(gap.model, gap.token_type, gap.tokens) for gap in found.missing] == [("composer-1", "input", 5), ("composer-1", "output", 7)]
    assert "unknown, not free" in " ".join(found.declared)
    assert found.bound in ("lower", "open")


def test_only_unknown_models_have_no_total():
    assert usage([dict(model="composer-1", input_tokens=5, output_tokens=7)]).total is None


def test_missing_columns_are_declared_and_not_imputed():
    found = usage([dict(model="gpt-4.1", day=DAY, input_tokens=1_000_000)])
    assert found.total == Decimal(2)
    assert "Output tokens are not in the file: the cost is a lower bound." in found.declared
    assert any("Cached tokens are not in the file" in text for text in found.declared)
    assert found.bound == "open"
    full = usage([dict(model="gpt-4.1", day=DAY, pricing="on_demand", input_tokens=1_000_000, cached_tokens=0, output_tokens=10)])
    assert full.declared == ()
    assert full.bound == "exact"


def test_embeddings_need_no_output_column():
    found = usage([dict(model="text-embedding-3-small", day=DAY, pricing="on_demand", input_tokens=50_000_000)])
    assert found.total == Decimal(1)
    assert not any("Output" in text for text in found.declared)


def test_batch_rows_take_batch_prices_and_unknown_ones_none():
    rows = [dict(model="gpt-4.1", day=DAY, pricing="batch", input_tokens=1_000_000, output_tokens=1_000_000)]
    assert usage(rows).total == Decimal(5)
    none = usage([dict(model="gpt-4-turbo", day=DAY, pricing="batch", input_tokens=1_000_000)])
    assert none.total is None
    assert "in a batch" in none.missing[0].reason


def test_price_of_the_day_of_use():
    before, after = (
        usage([dict(model="o3", day=day, input_tokens=1_000_000, output_tokens=0)]).total for day in (date(2025, 6, 9), date(2025, 6, 10))
    )
    assert (before, after) == (Decimal(10), Decimal(2))


def test_single_long_requests_cost_the_long_price_and_sums_do_not():
    row = dict(model="gpt-5.4", day=date(2026, 6, 1), input_tokens=300_000, output_tokens=1000)
    assert usage([row]).total == Decimal("1.5") + Decimal("0.0225")
    assert usage([row | {"requests": 10}]).total == Decimal("0.75") + Decimal("0.015")
    assert any("very long requests" in text for text in usage([row | {"requests": 10}]).declared)
    assert usage([row], calls=False).total == usage([row | {"requests": 10}]).total  # a day of an export without request counts
    assert usage([row | {"input_tokens": 272_000}]).total == Decimal("0.68") + Decimal("0.015")


def test_a_fee_per_request_is_added_or_declared_missing():
    row = dict(model="sonar", day=DAY, input_tokens=1_000_000, output_tokens=0)
    price = catalog.api_model("sonar").price_on(DAY)
    assert usage([row | {"requests": 2000}]).total == price.input + 2 * price.per_thousand_requests
    unknown = usage([row | {"rows": 30}], calls=False)
    assert unknown.total == price.input
    assert any(gap.token_type == "requests" for gap in unknown.missing)


@pytest.mark.parametrize(
    ("unit", "words", "factor"),
    [
        ("tokens", "", 1),
        ("1K tokens", "", 1000),
        ("1M tokens", "", 1_000_000),
        ("1,000,000 tokens", "", 1_000_000),
        ("Units", "AWS Marketplace software usage|us-east-1|Million Input Tokens", 1_000_000),
        ("", "gpt-4o input tokens", 1),
        ("Hours", "Million Input Tokens", None),
        ("", "inference", None),
    ],
)
def test_unit_of_a_quantity(unit, words, factor):
    assert tokens_per_unit(unit, words) == factor


COUNT = st.integers(0, 10**10)
MODELS = [name for name in ("gpt-4o", "gpt-4.1-mini", "claude-sonnet-4-5", "gemini-2.5-flash", "o3") if catalog.find_api_model(name)]


@settings(max_examples=60, deadline=None)
@given(model=st.sampled_from(MODELS), fresh=COUNT, cached=COUNT, output=COUNT, apart=st.booleans())
def test_doubling_tokens_doubles_the_cost(model, fresh, cached, output, apart):
    price = catalog.api_model(model).price_on(DAY)
    reading = Reading(cached_apart=frozenset({0} if apart else ()))

    def cost(times: int) -> Decimal:
        counts = dict(input_tokens=Decimal(fresh * times), cached_tokens=Decimal(cached * times), output_tokens=Decimal(output * times))
        if not apart:
            counts["input_tokens"] += cached * times
        return list_cost(parts(use(**counts), reading, price)) or Decimal(0)

    assert cost(2) == 2 * cost(1)


@settings(max_examples=60, deadline=None)
@given(model=st.sampled_from(MODELS), total=COUNT, share=st.fractions(0, 1), more=st.fractions(0, 1), output=COUNT)
def test_a_larger_cached_share_never_costs_more(model, total, share, more, output):
    price = catalog.api_model(model).price_on(DAY)
    assert price.cached is not None
    assert price.cached <= price.input
    few, many = sorted((int(total * share), int(total * more)))
    reading = Reading()
    costs = [
        list_cost(parts(use(input_tokens=Decimal(total), cached_tokens=Decimal(cached), output_tokens=Decimal(output)), reading, price))
        or Decimal(0)
        for cached in (few, many)
    ]
    assert costs[1] <= costs[0]
