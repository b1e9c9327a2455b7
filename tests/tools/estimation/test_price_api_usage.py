"""A usage table is priced token by token at today's prices: nothing twice, nothing unknown counted as free, the bill beside it."""

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
from tools.contracts.cost_line import Bill, CostLine
from tools.contracts.tool import Session, ToolContext, ToolResult
from tools.registry import tool

SAMPLE = Path(__file__).resolve().parents[3] / "app" / "static" / "samples" / "acme_ai_bill.csv"
MILLION = Decimal(1_000_000)


class Today(date):
    @classmethod
    def today(cls) -> "Today":
        return cls(2026, 11, 23)


@pytest.fixture(autouse=True)
def _on_a_known_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.estimation.api.price.date", Today)


def line(model: str, token_type: str, millions: str, billed: str = "0", **more: Any) -> CostLine:
    return CostLine(
        id=f"{model}-{token_type}-{more}",
        BilledCost=Decimal(billed),
        EffectiveCost=Decimal(billed),
        BillingCurrency="USD",
        ConsumedQuantity=Decimal(millions) * MILLION,
        ConsumedUnit="tokens",
        x_kind="api_tokens",
        x_model=model,
        x_token_type=token_type,
        **more,
    )


def bill(*lines: CostLine, currency: str = "USD", months: str | None = "1") -> Bill:
    total = sum((one.BilledCost for one in lines), Decimal(0))
    length = Decimal(months) if months else None
    return Bill(id="b", files=("bill.csv",), currency=currency, basis="billed", total=total, period_months=length, lines=lines)


def ask(out: Path, *bills: Bill, audit: dict[str, Any] | None = None, own: OwnPrices | None = None, **arguments: Any) -> ToolResult:
    spec = tool("price_api")
    session = Session(bills=bills, audit=audit or {}, **({"own_prices": own} if own else {}))
    return spec.load()(spec.args(**arguments), ToolContext(out_dir=out, session=session))


def said(answer: ToolResult) -> str:
    return " ".join(s.text.format(**s.figures, **s.names) for s in answer.statements)


def test_a_bill_is_priced_by_type_and_compared(tmp_path: Path) -> None:
    """2 M in x 2.5 + 1 M cached x 1.25 + 1 M out x 10 = 16.25; batches at half."""
    lines = (line("gpt-4o", "input", "2", "6"), line("gpt-4o", "cached", "1", "2"), line("gpt-4o", "output", "1", "12"))
    answer = ask(tmp_path, bill(*lines, months="2"))
    assert answer.result["usd_total"] == 16.25 and answer.result["billed"] == 20.0 and answer.result["billed_less_list"] == 3.75
    assert answer.result["usd_per_month"] == {"low": 8.125, "likely": 8.125, "high": 8.125}
    assert {part["type"]: part["usd"] for part in answer.result["by_model"][0]["by_token_type"]} == {
        "input": 5,
        "cached": 1.25,
        "output": 10,
    }
    batched = ask(tmp_path, bill(line("gpt-4o", "output", "1", "5", x_pricing="batch")))
    assert batched.result["usd_total"] == 5.0


def test_the_real_sample_through_the_audit_agrees_with_what_was_billed(tmp_path: Path) -> None:
    spec = tool("audit_costs")
    audited = spec.load()(spec.args(file=[str(SAMPLE)]), ToolContext(out_dir=tmp_path))
    assert audited.bill is not None
    answer = ask(tmp_path, audited.bill, audit=audited.result)
    tokens = [one for one in audited.bill.lines if one.x_kind == "api_tokens"]
    assert answer.result["billed"] == float(sum(one.BilledCost for one in tokens))
    assert answer.result["usd_total"] == pytest.approx(answer.result["billed"], abs=0.01)
    assert "which is the list price" in said(answer)


def test_usage_without_money_is_priced_with_what_the_file_leaves_open(tmp_path: Path) -> None:
    part = {"model": "gpt-4o-2024-08-06", "list_name": "gpt-4o", "batch": False, "note": ""}
    priced = {
        "bound": "upper",
        "lines": [{**part, "token_type": "input", "tokens": 1_000_000}, {**part, "token_type": "output", "tokens": 2_000_000}],
        "missing": [
            {"model": "llama-3-1-8b-instruct", "token_type": "output", "tokens": 5, "reason": "the model is not in the price list"}
        ],
        "declared": ["The file does not say which requests went through the batch interface: all are priced at the normal rate."],
    }
    audit = {"priced_usage": priced, "period": {"days": 73, "months": None}, "files": [{"file": "usage.csv"}]}
    answer = ask(tmp_path, audit=audit)
    assert answer.result["usd_total"] == 22.5 and answer.result["bound"] == "open" and answer.result["billed"] is None
    assert answer.result["usd_per_month"]["likely"] == 9.375
    assert answer.result["unknown_models"] == ["llama-3-1-8b-instruct"]
    assert answer.questions == ("What does llama-3-1-8b-instruct cost a million tokens of input and output?",)
    assert "batch interface" in said(answer) and "an open model, whose price depends on the seller" in said(answer)


def test_what_has_no_price_is_named_and_never_counted_as_free(tmp_path: Path) -> None:
    lines = (
        line("gpt-4o", "input", "1", "3"),
        line("nobody-knows-9", "input", "1", "4"),
        line("groq/llama-3.3-70b-versatile", "cached", "1", "1"),
        line("gpt-4o-mini", "", "1", "2"),
    )
    answer = ask(tmp_path, bill(*lines))
    assert answer.result["usd_total"] == 2.5 and answer.result["bound"] == "lower"
    assert answer.result["unknown_models"] == ["nobody-knows-9"]
    by_model = {one["model"]: one for one in answer.result["by_model"]}
    assert by_model["nobody-knows-9"]["usd_at_list"] is None and by_model["nobody-knows-9"]["billed"] == 4.0
    assert by_model["groq/llama-3.3-70b-versatile"]["usd_at_list"] is None
    assert by_model["gpt-4o-mini"]["tokens_without_type"] == 1e6
    assert answer.result["billed"] == 3.0 and answer.result["billed_less_list"] == 0.5, "only models whose tokens all have a price"
    text = said(answer)
    assert (
        "nobody-knows-9" in text
        and "cached tokens of groq/llama-3.3-70b-versatile" in text
        and "does not split the tokens of gpt-4o-mini" in text
    )


def test_a_bill_in_another_currency_is_priced_but_not_compared(tmp_path: Path) -> None:
    answer = ask(tmp_path, bill(line("gpt-4o", "input", "1", "3"), currency="EUR"))
    assert answer.result["usd_total"] == 2.5 and answer.result["billed"] is None
    assert "The bill is in EUR" in said(answer)


def test_the_seller_named_on_the_bill_decides_the_price(tmp_path: Path) -> None:
    at_maker = ask(tmp_path, bill(line("claude-haiku-4-5", "input", "1"))).result["by_model"][0]
    at_groq = ask(tmp_path, bill(line("gpt-oss-120b", "input", "1", ProviderName="Groq"))).result["by_model"][0]
    assert at_maker["list_name"] == "claude-haiku-4-5" and at_groq["list_name"] == "groq/gpt-oss-120b"


def test_own_prices_and_one_model_only(tmp_path: Path) -> None:
    own = OwnPrices(tokens=(OwnTokenPrice(file="contract.csv", line=2, model="gpt-4o", input="1"),))
    both = bill(line("gpt-4o", "input", "1", "2"), line("gpt-4.1", "input", "1", "2"))
    mine = ask(tmp_path, both, own=own)
    assert mine.result["usd_total"] == 3.0 and said(mine).startswith("At your own prices, and at today's list prices where you gave none")
    assert ask(tmp_path, both, model="gpt-4.1").result["usd_total"] == 2.0
    with pytest.raises(UserError) as caught:
        ask(tmp_path, both, model="o3")
    assert caught.value.code == "model-not-in-usage" and "gpt-4o" in caught.value.hint


def test_without_traffic_or_usage_the_missing_arguments_are_named(tmp_path: Path) -> None:
    for arguments, code in (({}, "usage-missing"), ({"model": "gpt-4o"}, "argument-missing"), ({"input_tokens": 1}, "argument-missing")):
        with pytest.raises(UserError) as caught:
            ask(tmp_path, **arguments)
        assert caught.value.code == code
    assert "--requests-per-month" in caught.value.message


def test_shares_and_terms_are_refused_where_the_table_says_them_itself(tmp_path: Path) -> None:
    for more in ({"terms": "currency=EUR, rate=1.08"}, {"cached_share": 0.5}, {"batch_share": 1}):
        with pytest.raises(UserError) as caught:
            ask(tmp_path, bill(line("gpt-4o", "input", "1")), **more)
        assert caught.value.code == "argument-invalid" and "usage table" in caught.value.message


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["gpt-4o", "o3", "claude-haiku-4-5"]), st.integers(1, 10**9)), min_size=1, max_size=5))
def test_models_add_up_to_the_total_and_twice_the_tokens_cost_twice(rows: list[tuple[str, int]]) -> None:
    def total(factor: int) -> Decimal:
        lines = [line(model, "output", str(Decimal(count * factor) / MILLION), x_workload=str(n)) for n, (model, count) in enumerate(rows)]
        answer = ask(Path(), bill(*lines))
        by_id = {record.id: record for record in answer.evidence}
        found = next(r for r in answer.evidence if r.claim == "Usage of the audited files at today's list prices")
        parts = [by_id[parent].value for parent in found.parents]
        assert found.value is not None
        assert sum(Decimal(part.likely) for part in parts if part) == found.value.likely
        return Decimal(found.value.likely)

    expected = sum(Decimal(count) * catalog.api_model(model).price_on(date(2026, 11, 23)).output / MILLION for model, count in rows)  # type: ignore[operator]
    assert total(1) == expected and total(2) == 2 * total(1)


def test_every_sentence_holds_figures_only_through_evidence(tmp_path: Path) -> None:
    answer = ask(tmp_path, bill(line("gpt-4o", "input", "100", "300"), line("o3", "output", "10", "80"), line("x-9", "input", "1", "1")))
    known = {record.id for record in answer.evidence}
    for statement in answer.statements:
        assert not any(c.isdigit() for c in statement.text) and set(statement.figures.values()) <= known
    assert all(parent in known for record in answer.evidence for parent in record.parents)
    kinds = {offer["kind"] for offer in answer.result["alternatives"]}
    assert kinds == {"batch", "model"} and {offer["evidence"] for offer in answer.result["alternatives"]} <= known
