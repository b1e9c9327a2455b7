"""What a finance lead may rely on: list prices to the cent, unknown prices named, and money that scales as money does."""

from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.schemas import ApiModel, TokenPrice
from knowledge.source import Tier
from tools.contracts.tool import ToolContext, ToolResult
from tools.estimation.api_alternatives import alternatives
from tools.estimation.token_cost import Cost, Traffic, month_cost
from tools.registry import tool

MODELS = sorted(catalog.api_models().entries)
share = st.decimals(0, 1, places=3)
volume = st.decimals(0, 10**9, places=2)
tokens = st.decimals(0, 10**6, places=1)


def ask(out: Path, **arguments: Any) -> ToolResult:
    spec = tool("price_api")
    return spec.load()(spec.args(**arguments), ToolContext(out_dir=out))


def refusal(out: Path, **arguments: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        ask(out, **{"requests_per_month": 1, "input_tokens": 1, "output_tokens": 1, **arguments})
    assert caught.value.hint
    return caught.value


@st.composite
def months(draw: st.DrawFn) -> Traffic:
    return Traffic(draw(volume), draw(tokens), draw(tokens), draw(share), draw(share))


@st.composite
def prices(draw: st.DrawFn) -> TokenPrice:
    """Any sane price list, with unknown entries."""
    plain, out = (draw(st.decimals("0.01", 200, places=3)) for _ in range(2))
    part = st.one_of(st.none(), st.decimals(0, 1, places=2))
    cached, batch_in, batch_out = (draw(part) for _ in range(3))
    write = draw(st.one_of(st.none(), st.just(Decimal("1.25"))))
    tier = draw(st.one_of(st.none(), st.integers(1, 10**6)))
    return TokenPrice(
        input=plain,
        output=out,
        cached=None if cached is None else plain * cached,
        cache_write=None if write is None else plain * write,
        batch_input=None if batch_in is None else plain * batch_in,
        batch_output=None if batch_in is None or batch_out is None else out * batch_out,
        long_context=None if tier is None else {"above_tokens": tier, "input": plain * 2, "output": out * 2},
        source="s",
    )


def ordered(cost: Cost) -> bool:
    total = cost.total
    return total.is_money and 0 <= total.low <= total.likely <= total.high  # type: ignore[operator]


@given(prices(), months())
def test_twice_the_requests_cost_exactly_twice(price: TokenPrice, traffic: Traffic) -> None:
    once = month_cost(price, traffic).total
    twice = month_cost(
        price, Traffic(traffic.requests * 2, traffic.input_tokens, traffic.output_tokens, traffic.cached_share, traffic.batch_share)
    ).total
    with localcontext(prec=100):
        assert twice.likely == once.likely * 2
        for double, single in ((twice.low, once.low), (twice.high, once.high)):
            # bounds may hold a quotient of two prices, cut after eighty digits
            assert abs(Decimal(double) - 2 * Decimal(single)) <= Decimal(10) ** -40


@given(prices(), months(), share, share)
def test_a_larger_cached_share_is_never_likely_dearer(price: TokenPrice, traffic: Traffic, one: Decimal, other: Decimal) -> None:
    less, more = sorted((one, other))
    dear, cheap = month_cost(price, traffic.with_shares(cached=less)), month_cost(price, traffic.with_shares(cached=more))
    assert cheap.total.likely <= dear.total.likely  # type: ignore[operator]
    assert ordered(dear)
    assert ordered(cheap)


@given(prices(), months(), share, share)
def test_a_larger_batch_share_is_never_likely_dearer(price: TokenPrice, traffic: Traffic, one: Decimal, other: Decimal) -> None:
    less, more = sorted((one, other))
    assert (
        month_cost(price, traffic.with_shares(batch=more)).total.likely <= month_cost(price, traffic.with_shares(batch=less)).total.likely
    )  # type: ignore[operator]


@given(prices(), months())
def test_lines_add_up_and_nothing_is_billed_twice(price: TokenPrice, traffic: Traffic) -> None:
    cost = month_cost(price, traffic)
    with localcontext(prec=100):
        assert sum((Decimal(line.usd.likely) for line in cost.lines), Decimal(0)) == cost.total.likely
        quantity = sum((line.quantity for line in cost.lines if line.kind != "request_fee"), Decimal(0))
        assert quantity == traffic.requests * (traffic.input_tokens + traffic.output_tokens)


@given(prices(), months())
def test_unknown_prices_are_named_and_only_then_is_a_plain_price_a_range(price: TokenPrice, traffic: Traffic) -> None:
    cost = month_cost(price, traffic)
    assert bool(cost.unknown) == any(not line.known for line in cost.lines)
    simple = month_cost(price, traffic.with_shares(cached=Decimal(0), batch=Decimal(0)))
    assert simple.total.is_exact
    assert not simple.unknown


def test_a_worked_example_to_the_cent(tmp_path: Path) -> None:
    """1 M requests x (1 000 in at 2.50 + 200 out at 10.00 a million) = 2 500 + 2 000."""
    result = ask(tmp_path, model="gpt-4o", requests_per_month=1e6, input_tokens=1000, output_tokens=200).result
    assert result["usd_per_month"] == {"low": 4500.0, "likely": 4500.0, "high": 4500.0}
    assert result["exact"] is True
    assert result["unknown"] == []
    assert result["price_checked_on"] == "2026-08-21"


def test_a_worked_example_with_cache_and_batch() -> None:
    price = catalog.api_model("gpt-4o").price_on(date(2026, 11, 22))
    cached = month_cost(price, Traffic(Decimal(1000), Decimal(1000), Decimal(0), Decimal("0.4")))
    assert cached.total == Range.exact(Decimal("0.6") * Decimal("2.5") + Decimal("0.4") * Decimal("1.25"))
    batched = month_cost(price, Traffic(Decimal(1000), Decimal(1000), Decimal(1000), Decimal(0), Decimal("0.5")))
    assert batched.total == Range.exact((Decimal("2.5") + 10) / 2 + (Decimal("1.25") + 5) / 2)


def test_both_discounts_at_once_are_a_range_since_sellers_differ() -> None:
    price = TokenPrice(input="4", cached="1", output="8", batch_input="2", batch_output="4", batch_source="s", source="s")
    total = month_cost(price, Traffic(Decimal(10**6), Decimal(1), Decimal(0), Decimal(1), Decimal(1))).total
    assert (total.low, total.likely, total.high) == (Decimal("0.5"), Decimal(1), Decimal(2))


def test_writing_to_the_cache_is_the_high_bound() -> None:
    price = catalog.api_model("claude-sonnet-4-5").price_on()
    total = month_cost(price, Traffic(Decimal(10**6), Decimal(1), Decimal(0), Decimal("0.5"))).total
    assert (total.likely, total.high) == (Decimal("1.65"), Decimal("2.025"))


def test_an_unknown_cached_price_is_said_and_bounded(tmp_path: Path) -> None:
    result = ask(
        tmp_path, model="groq/llama-3.3-70b-versatile", requests_per_month=1e6, input_tokens=1000, output_tokens=0, cached_share=0.5
    ).result
    assert result["unknown"] == ["price of cached input"]
    assert result["exact"] is False
    assert result["usd_per_month"] == {"low": 295.0, "likely": 590.0, "high": 590.0}
    assert {line["type"]: line["known"] for line in result["by_token_type"]} == {"input": True, "cached": False}


def test_long_requests_pay_the_long_context_price(tmp_path: Path) -> None:
    short = ask(tmp_path, model="gemini-2.5-pro", requests_per_month=1000, input_tokens=200_000, output_tokens=1000).result
    long = ask(tmp_path, model="gemini-2.5-pro", requests_per_month=1000, input_tokens=200_001, output_tokens=1000).result
    assert short["usd_per_month"]["likely"] == 260.0
    assert short["long_context_price"] is False
    assert long["usd_per_month"]["likely"] == pytest.approx(515.0025)
    assert long["long_context_price"] is True


def test_a_fee_a_request_is_part_of_the_price(tmp_path: Path) -> None:
    result = ask(tmp_path, model="sonar", requests_per_month=1000, input_tokens=0, output_tokens=0).result
    assert result["usd_per_month"]["likely"] == 12.0


def test_the_price_of_the_day_counts_not_the_newest() -> None:
    o3 = catalog.api_model("o3")
    month = Traffic(Decimal(10**6), Decimal(1), Decimal(0))
    assert month_cost(o3.price_on(date(2025, 6, 9)), month).total == Range.exact(Decimal(10))
    assert month_cost(o3.price_on(date(2025, 6, 10)), month).total == Range.exact(Decimal(2))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(MODELS), months())
def test_every_alternative_is_cheaper_sane_and_honest(name: str, traffic: Traffic) -> None:
    model = catalog.api_model(name)
    day = date(2026, 11, 22)
    now = month_cost(model.price_on(day), traffic).total
    for offer in alternatives(model, traffic, day):
        assert offer.usd.likely < now.likely  # type: ignore[operator]
        assert offer.saving.likely == now.likely - offer.usd.likely  # type: ignore[operator]
        assert offer.conditions
        if offer.kind == "model":
            other = catalog.api_model(offer.model)
            assert other.name != model.name
            assert "quality not checked here" in offer.conditions
            assert model.tasks[0] in other.tasks
            if other.context_tokens is None:
                assert model.weights == other.weights != ""
            else:
                assert other.context_tokens >= traffic.input_tokens + traffic.output_tokens
            assert "reasoning" in model.tasks or "reasoning" not in other.tasks
            assert other.retires_on is None or other.retires_on > day
        else:
            assert offer.model == model.name


def test_a_batch_without_a_known_price_is_not_offered() -> None:
    month = Traffic(Decimal(1000), Decimal(1000), Decimal(100))
    kinds = {a.kind for a in alternatives(catalog.api_model("groq/llama-3.3-70b-versatile"), month, date(2026, 11, 22))}
    assert kinds == {"model"}
    kinds = {a.kind for a in alternatives(catalog.api_model("gpt-4o"), month, date(2026, 11, 22))}
    assert kinds == {"cache", "batch", "model"}


def test_the_same_open_weights_elsewhere_are_named_as_such() -> None:
    month = Traffic(Decimal(1000), Decimal(1000), Decimal(100))
    found = alternatives(catalog.api_model("together/llama-3.3-70b-turbo"), month, date(2026, 11, 22))
    same = [a for a in found if "same open weights" in a.conditions]
    assert {"groq/llama-3.3-70b-versatile", "bedrock/meta.llama3-3-70b-instruct"} <= {a.model for a in same}


def test_wrong_names_and_impossible_requests_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, model="gpt-4oo").code == "unknown-api-model"
    several = refusal(tmp_path, model="llama 3.3 70b")
    assert several.code == "open-model-has-sellers"
    assert "groq/llama-3.3-70b-versatile" in several.hint
    assert refusal(tmp_path, model="text-embedding-3-small", output_tokens=5).code == "no-output-price"
    assert refusal(tmp_path, model="gpt-4", input_tokens=50_000).code == "context-too-long"


def test_every_figure_has_its_origin_and_day(tmp_path: Path) -> None:
    arguments = {
        "model": "claude-sonnet-4-5",
        "requests_per_month": 1e5,
        "input_tokens": 3000,
        "output_tokens": 300,
        "cached_share": 0.5,
        "batch_share": 0.2,
    }
    answer = ask(tmp_path, **arguments)
    known = {e.id: e for e in answer.evidence}
    assert len(known) == len(answer.evidence)
    assert all(parent in known for e in answer.evidence for parent in e.parents)
    listed = [e for e in answer.evidence if e.tier is Tier.CATALOGUE]
    assert listed
    assert all(e.source.checked_on is not None for e in listed)
    total = next(e for e in answer.evidence if e.claim.startswith("Monthly list price of"))
    assert total.value is not None
    assert float(total.value.likely) == answer.result["usd_per_month"]["likely"]
    for statement in answer.statements:
        assert not any(c.isdigit() for c in statement.text)
        assert set(statement.figures.values()) <= set(known)
        statement.text.format(**statement.figures, **statement.names)
    assert {offer["evidence"] for offer in answer.result["alternatives"]} <= set(known)
    assert [e.id for e in ask(tmp_path, **arguments).evidence] == [e.id for e in answer.evidence]


def test_stale_prices_are_marked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Day(date):
        @classmethod
        def today(cls) -> "Day":
            return cls(2026, 8, 22)

    monkeypatch.setattr("tools.estimation.api_price.date", Day)
    arguments = {"model": "gpt-4o", "requests_per_month": 10, "input_tokens": 10, "output_tokens": 10}
    assert ask(tmp_path, **arguments).result["stale"] is False
    monkeypatch.setattr(Day, "today", classmethod(lambda cls: cls(2027, 1, 1)))
    late = ask(tmp_path, **arguments)
    assert late.result["stale"] is True
    assert any("last checked" in s.text for s in late.statements)


def test_a_model_without_any_price_cannot_exist() -> None:
    with pytest.raises(ValueError, match="prices"):
        ApiModel(name="x", source="s", provider="p", tasks=("chat",), prices=())
