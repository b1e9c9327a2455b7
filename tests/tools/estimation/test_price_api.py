"""What a finance lead may rely on: list prices to the cent, unknown prices named, every figure with its origin and day."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.own_prices import OwnPrices, OwnTokenPrice
from knowledge.schemas import ApiModel
from knowledge.source import Tier
from tools.contracts.tool import Session, ToolContext, ToolResult
from tools.estimation.api.alternatives import SOON, alternatives, same_tasks, same_weights
from tools.estimation.api.cost import Traffic, month_cost
from tools.registry import tool

DAY = date(2026, 11, 23)
MODELS = sorted(catalog.api_models().entries)
share = st.decimals(0, 1, places=3)


class Today(date):
    @classmethod
    def today(cls) -> "Today":
        return cls(DAY.year, DAY.month, DAY.day)


@pytest.fixture(autouse=True)
def _on_a_known_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.estimation.api.price.date", Today)


def ask(out: Path, own: OwnPrices | None = None, **arguments: Any) -> ToolResult:
    spec = tool("price_api")
    session = Session(own_prices=own) if own else Session()
    return spec.load()(spec.args(**arguments), ToolContext(out_dir=out, session=session))


def refusal(out: Path, **arguments: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        ask(out, **{"requests_per_month": 1, "input_tokens": 1, "output_tokens": 1, **arguments})
    assert caught.value.hint
    return caught.value


def offers(name: str, traffic: Traffic) -> list[Any]:
    model = catalog.api_model(name)
    return alternatives(model, model.price_on(DAY), traffic, DAY)


def test_a_worked_example_to_the_cent(tmp_path: Path) -> None:
    """1 M requests x (1 000 in at 2.50 + 200 out at 10.00 a million) = 2 500 + 2 000."""
    result = ask(tmp_path, model="gpt-4o", requests_per_month=1e6, input_tokens=1000, output_tokens=200).result
    assert result["usd_per_month"] == {"low": 4500.0, "likely": 4500.0, "high": 4500.0}
    assert result["exact"] is True and result["unknown"] == []
    assert [line["usd_per_month"]["likely"] for line in result["by_token_type"]] == [2500.0, 2000.0]
    assert result["price_checked_on"] == "2026-08-21"
    assert result["fine_tuned"]["usd_per_month"]["likely"] == 6750.0
    assert {entry["tier"]: entry["usd_per_month"]["likely"] for entry in result["tiers"]} == {"standard": 4500.0, "priority": 7650.0}


def test_an_unknown_cached_price_is_said_and_bounded(tmp_path: Path) -> None:
    words = {"requests_per_month": 1e6, "input_tokens": 1000, "output_tokens": 0, "cached_share": 0.5}
    answer = ask(tmp_path, model="groq/llama-3.3-70b-versatile", **words)
    assert answer.result["unknown"] == ["price of cached input"] and answer.result["exact"] is False
    assert answer.result["usd_per_month"] == {"low": 295.0, "likely": 590.0, "high": 590.0}
    assert {line["type"]: line["known"] for line in answer.result["by_token_type"]} == {"input": True, "cached": False}
    assert any("price of cached input" in s.text and s.text.endswith("?") for s in answer.statements)


def test_long_requests_pay_the_long_context_price_and_are_told_the_threshold(tmp_path: Path) -> None:
    short = ask(tmp_path, model="gemini-2.5-pro", requests_per_month=1000, input_tokens=200_000, output_tokens=1000).result
    long = ask(tmp_path, model="gemini-2.5-pro", requests_per_month=1000, input_tokens=200_001, output_tokens=1000).result
    assert short["usd_per_month"]["likely"] == 260.0 and short["long_context_price"] is False
    assert long["usd_per_month"]["likely"] == pytest.approx(515.0025) and long["long_context_price"] is True
    shorter = next(offer for offer in long["alternatives"] if offer["kind"] == "shorter")
    assert shorter["usd_per_month"]["likely"] == 260.0 and "200,000" in shorter["conditions"]


def test_a_fee_a_request_is_part_of_the_price(tmp_path: Path) -> None:
    result = ask(tmp_path, model="sonar", requests_per_month=1000, input_tokens=0, output_tokens=0).result
    assert result["usd_per_month"]["likely"] == 12.0


def test_own_prices_win_and_say_where_they_stand(tmp_path: Path) -> None:
    own = OwnPrices(tokens=(OwnTokenPrice(file="contract.csv", line=3, model="gpt-4o", input="2", output="8"),))
    answer = ask(tmp_path, own, model="gpt-4o", requests_per_month=1e6, input_tokens=1000, output_tokens=200)
    assert answer.result["usd_per_month"]["likely"] == 3600.0 and answer.result["own_prices"] == ["input", "output"]
    stated = [e for e in answer.evidence if e.tier is Tier.STATED]
    assert len(stated) == 2 and all("contract.csv" in e.source.ref for e in stated)
    assert answer.statements[0].text.startswith("At your own prices")


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(MODELS), st.decimals(0, 10**9, places=2), st.decimals(0, 10**6, places=1), st.decimals(0, 10**5, places=1), share, share
)
def test_every_alternative_is_cheaper_sane_and_honest(
    name: str, requests: Decimal, asked: Decimal, written: Decimal, cached: Decimal, batched: Decimal
) -> None:
    traffic = Traffic(requests, asked, written, cached, batched)
    model = catalog.api_model(name)
    now = month_cost(model.price_on(DAY), traffic).total
    for offer in offers(name, traffic):
        assert offer.usd.likely < now.likely
        assert offer.saving.likely == now.likely - offer.usd.likely
        assert offer.conditions
        other = catalog.api_model(offer.model)
        if offer.kind not in ("model", "weights"):
            assert other.name == model.name
            continue
        assert other.name != model.name and "quality not checked here" in offer.conditions
        assert set(model.tasks) <= set(other.tasks)
        assert "reasoning" in model.tasks or "reasoning" not in other.tasks
        assert other.retires_on is None or other.retires_on > DAY + SOON
        assert (DAY - catalog.source_of(other, other.price_on(DAY).source).checked_on).days <= 365
        assert (other.context_tokens or 0) >= traffic.input_tokens + traffic.output_tokens or same_weights(other, model)
        assert (offer.kind == "weights") == same_weights(other, model)


def test_ways_to_buy_the_same_are_offered_only_where_their_price_is_known() -> None:
    month = Traffic(Decimal(1000), Decimal(1000), Decimal(100))
    assert {a.kind for a in offers("groq/llama-3.3-70b-versatile", month)} == {"weights", "model"}
    assert {a.kind for a in offers("gpt-4o", month)} == {"cache", "batch", "model"}
    assert {a.kind for a in offers("gpt-5", month)} == {"cache", "batch", "tier", "model"}


def test_the_same_open_weights_elsewhere_are_the_same_version() -> None:
    month = Traffic(Decimal(1000), Decimal(1000), Decimal(100))
    same = [a for a in offers("together/llama-3.3-70b-turbo", month) if a.kind == "weights"]
    assert len(same) == 4 and all("llama-3.3-70b" in a.model for a in same)
    one, other = (catalog.api_model(f"novita/qwen3-235b-a22b-{kind}-2507") for kind in ("instruct", "thinking"))
    assert one.weights == other.weights and not same_weights(one, other)
    old, new = catalog.api_model("novita/deepseek-v3"), catalog.api_model("novita/deepseek-v3-0324")
    assert old.weights == new.weights and not same_weights(old, new)


def test_a_large_general_model_is_not_replaced_by_a_tiny_one_or_one_made_for_code() -> None:
    offered = [model.name for model, _ in same_tasks(catalog.api_model("novita/llama-3.1-70b-instruct"), DAY)]
    assert len(offered) > 5
    assert not [name for name in offered if re.search(r"coder|codestral|-[378]b\b", name)]
    small = [model.weights for model, _ in same_tasks(catalog.api_model("gpt-4o"), DAY) if model.weights in catalog.models().entries]
    assert small and all(catalog.model(name).params_b >= 8 for name in small)
    coders = [model.name for model, _ in same_tasks(catalog.api_model("nscale/qwen2.5-coder-32b-instruct"), DAY)]
    assert any("coder" in name for name in coders)


def test_wrong_names_and_impossible_requests_are_refused(tmp_path: Path) -> None:
    unknown = refusal(tmp_path, model="gpt-4oo")
    assert unknown.code == "unknown-api-model" and "gpt-4o" in unknown.hint
    several = refusal(tmp_path, model="llama 3.3 70b")
    assert several.code == "open-model-has-sellers" and "groq/llama-3.3-70b-versatile" in several.hint
    assert refusal(tmp_path, model="text-embedding-3-small", output_tokens=5).code == "no-output-price"
    assert refusal(tmp_path, model="gpt-4", input_tokens=50_000).code == "context-too-long"
    assert refusal(tmp_path, model="gpt-4o", output_tokens=50_000).code == "output-too-long"


@pytest.mark.parametrize(
    ("terms", "code", "told"),
    [
        ("tier=flex", "no-price-for-tier", "priority"),
        ("tier=gold", "terms-unreadable", "flex"),
        ("flexibly", "terms-unreadable", "tier"),
        ("region=mars", "no-price-for-region", "not told apart"),
        ("currency=EUR", "currency-without-rate", "rate"),
        ("currency=EUR, rate=-1", "terms-unreadable", "1.08"),
        ("currency=EUR, rate=1e99", "terms-unreadable", "1.08"),
        ("currency=euro", "currency-unknown", "EUR"),
        ("currency=UDS, rate=1", "currency-unknown", "USD"),
        ("currency=XYZ, rate=2", "currency-unknown", "INR"),
    ],
)
def test_terms_that_no_price_exists_for_are_refused_with_what_there_is(tmp_path: Path, terms: str, code: str, told: str) -> None:
    error = refusal(tmp_path, model="gpt-4o", terms=terms)
    assert error.code == code and told in error.hint


def test_terms_choose_the_price(tmp_path: Path) -> None:
    def month(**words: Any) -> Any:
        return ask(tmp_path, requests_per_month=1e6, input_tokens=1000, output_tokens=100, **words).result

    assert month(model="gpt-5", terms="tier=flex")["usd_per_month"]["likely"] == 1125.0
    assert month(model="gpt-5.4", terms="region=EU")["usd_per_month"]["likely"] == pytest.approx(4000 * 1.1)
    assert month(model="azure/gpt-4o", terms="region=eu")["usd_per_month"]["likely"] == 3850.0
    assert (
        month(model="bedrock/anthropic.claude-sonnet-4-5", terms="region=global")["model"] == "bedrock/global.anthropic.claude-sonnet-4-5"
    )
    assert month(model="bedrock/global.anthropic.claude-sonnet-4-5", terms="region=eu-west-1")["usd_per_month"]["likely"] == 4950.0
    euros = month(model="gpt-4o", terms="currency=EUR, rate=1.25")["in_currency"]
    assert euros["currency"] == "EUR" and euros["per_month"]["likely"] == 2800.0
    assert "eu" in refusal(tmp_path, model="azure/gpt-4o", terms="region=mars").hint


@pytest.mark.parametrize(
    ("wrong", "value"),
    [("requests_per_month", -1), ("input_tokens", 1e12), ("cached_share", 60), ("batch_share", -0.1), ("output_tokens", "x")],
)
def test_values_out_of_range_never_reach_the_work(wrong: str, value: Any) -> None:
    with pytest.raises(ValueError, match=wrong):
        tool("price_api").args(**{"model": "gpt-4o", "requests_per_month": 1, "input_tokens": 1, "output_tokens": 1, wrong: value})


def test_every_figure_has_its_origin_and_day(tmp_path: Path) -> None:
    words = {"requests_per_month": 1e5, "input_tokens": 3000, "output_tokens": 300, "cached_share": 0.5, "batch_share": 0.2}
    answer = ask(tmp_path, model="claude-sonnet-4-5", **words)
    known = {e.id: e for e in answer.evidence}
    assert len(known) == len(answer.evidence)
    assert all(parent in known for e in answer.evidence for parent in e.parents)
    listed = [e for e in answer.evidence if e.tier is Tier.CATALOGUE]
    assert listed and all(e.source.checked_on is not None for e in listed)
    total = next(e for e in answer.evidence if e.claim.startswith("Monthly list price of the workload"))
    assert total.value is not None and float(total.value.likely) == answer.result["usd_per_month"]["likely"]
    parts = [known[parent] for parent in total.parents]
    assert sum(Decimal(part.value.likely) for part in parts if part.value) == total.value.likely
    for statement in answer.statements:
        assert not any(c.isdigit() for c in statement.text)
        assert set(statement.figures.values()) <= set(known)
        statement.text.format(**statement.figures, **statement.names)
    assert {offer["evidence"] for offer in answer.result["alternatives"]} <= set(known)
    assert [e.id for e in ask(tmp_path, model="claude-sonnet-4-5", **words).evidence] == [e.id for e in answer.evidence]


def test_old_ended_and_promised_prices_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"requests_per_month": 10, "input_tokens": 10, "output_tokens": 10}

    def said(model: str) -> str:
        return " ".join(s.text.format(**s.figures, **s.names) for s in ask(tmp_path, model=model, **words).statements)

    assert ask(tmp_path, model="gpt-4o", **words).result["stale"] is True and "last read on 2026-08-21" in said("gpt-4o")
    assert "retired on 2026-06-15" in said("claude-sonnet-4") and "reasoning as output" in said("claude-sonnet-4")
    assert "promised until 2026-11-21; what it is now" in said("gpt-5.6-sol")
    assert "promised until 2026-12-31." in said("gemini-3.7-flash")
    monkeypatch.setattr(Today, "today", classmethod(lambda cls: cls(2026, 8, 22)))
    assert ask(tmp_path, model="gpt-4o", **words).result["stale"] is False and "last read" not in said("gpt-4o")


def test_a_model_without_any_price_cannot_exist() -> None:
    with pytest.raises(ValueError, match="prices"):
        ApiModel(name="x", source="s", provider="p", tasks=("chat",), prices=())
