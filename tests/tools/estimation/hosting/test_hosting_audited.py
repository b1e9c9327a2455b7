"""Promise to a FinOps analyst: hosting is weighed against what the bill says was used and paid, and no figure of it is asked for twice."""

import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.wording import render
from knowledge.errors import UserError
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Session, ToolContext, ToolResult
from tools.estimation.hosting.choose import run
from tools.estimation.tool import ChooseHosting

TOKENS = {"input": (900_000_000, "2250"), "cached": (100_000_000, "125"), "output": (200_000_000, "2000")}
TABLE = Evidence.record(
    tier=Tier.BILLED, claim="Sums by model", source=SourceRef(ref="bill.csv"), inputs={"kind": "audit table", "table": "models"}
)


def session(months: str = "1", requests: int | None = None, currency: str = "USD") -> Session:
    lines = [
        {"model": "gpt-4o", "list_name": "gpt-4o", "billed_text": usd, "currency": currency, "prices": [{"token_type": kind, "tokens": n}]}
        for kind, (n, usd) in TOKENS.items()
    ]
    counts = [{"model": "gpt-4o", "token_type": "all", "requests": requests}] if requests else []
    audit = {"price_check": lines, "period": {"months": months}, "files": [{"file": "bill.csv"}], "models": counts}
    return Session(audit=audit, evidence=(TABLE,))


def answer(of: Session, terms: str = "usage=1", **more: Any) -> ToolResult:
    return run(ChooseHosting(model="gpt-4o", terms=terms, **more), ToolContext(out_dir=Path(), session=of))


def staying(found: ToolResult) -> Evidence:
    return next(r for r in found.evidence if r.claim == "Monthly cost: gpt-4o")


@pytest.fixture(scope="module")
def uncounted() -> ToolResult:
    return answer(session())


def test_staying_is_what_was_billed_and_rests_on_the_audit(uncounted: ToolResult) -> None:
    record = staying(uncounted)
    assert record.tier is Tier.BILLED and record.value is not None and record.value.likely == Decimal("4375.00")
    assert record.parents == (TABLE.id,) and record.source.ref == "bill.csv"
    assert uncounted.result["side_by_side"]["stay"]["usd_per_month"]["likely"] == 4375
    text, _ = render(uncounted.statements, {r.id: r for r in uncounted.evidence})
    assert "$4,375.00 a month, which is what staying costs here" in text and "1,000,000,000 tokens of input" in text


def test_where_no_requests_are_counted_the_length_of_an_answer_is_assumed_in_the_open_within_a_range(uncounted: ToolResult) -> None:
    assumed = [one for one in uncounted.result["assumed"] if one["claim"] == "Output tokens a request"]
    assert [one["value"] for one in assumed] == [{"low": 100.0, "likely": 300.0, "high": 900.0}]
    assert uncounted.result["traffic"]["requests_per_month"] == pytest.approx(200e6 / 300)
    same = answer(session(), requests_per_month=200e6 / 300)
    machines = [found.result["side_by_side"]["switch"]["usd_per_month"] for found in (uncounted, same)]
    assert machines[0]["likely"] == machines[1]["likely"] and machines[0]["high"] > machines[1]["high"]


def test_the_requests_of_the_bill_or_of_the_words_make_the_lengths(uncounted: ToolResult) -> None:
    counted, said = answer(session(requests=500_000)), answer(session(), requests_per_month=500_000)
    for found in (counted, said):
        assert not any("tokens a request" in one["claim"] for one in found.result["assumed"])
        lengths = {r.claim: r.value.likely for r in found.evidence if r.claim.endswith("a request") and r.value is not None}
        assert lengths == {"Input tokens of gpt-4o a request": 2000.0, "Output tokens of gpt-4o a request": 400.0}
        assert staying(found).value == staying(uncounted).value
    by_length = answer(session(), input_tokens=2000, output_tokens=400)
    assert by_length.result["traffic"]["requests_per_month"] == pytest.approx(500_000)


def test_two_months_are_halved_and_supposed_traffic_multiplies_the_bill_as_an_estimate() -> None:
    assert staying(answer(session("2"), requests_per_month=500_000)).value.likely == Decimal("2187.50")  # type: ignore[union-attr]
    twice = answer(session(), "usage=2", requests_per_month=500_000)
    assert staying(twice).tier is Tier.ESTIMATED and staying(twice).value.likely == Decimal("8750.00")  # type: ignore[union-attr]
    assert twice.result["traffic"]["requests_per_month"] == 1_000_000


def test_a_bill_in_another_currency_gives_the_tokens_and_the_list_price() -> None:
    record = staying(answer(session(currency="EUR"), requests_per_month=500_000))
    assert record.tier is not Tier.BILLED and record.value.likely == Decimal("4375.00")  # type: ignore[union-attr]
    assert record.source.checked_on is not None


def test_the_command_of_a_record_asks_the_same_without_the_audit(uncounted: ToolResult) -> None:
    words = shlex.split(staying(uncounted).reproduce)
    args = {name.removeprefix("--").replace("-", "_"): value for name, value in zip(words[5::2], words[6::2], strict=True)}
    again = run(ChooseHosting(**args), ToolContext(out_dir=Path()))  # type: ignore[arg-type]
    assert again.result["verdict"] == uncounted.result["verdict"]
    for way in ("stay", "switch", "shrink"):
        costs = [found.result["side_by_side"][way]["usd_per_month"]["likely"] for found in (again, uncounted)]
        assert costs[0] == pytest.approx(costs[1], abs=0.01)
    assert staying(again).tier is Tier.STATED


@pytest.mark.parametrize(
    ("of", "more", "code"),
    [
        (Session(), {}, "model-not-in-usage"),
        (session(), {"model": "gpt-4.1"}, "model-not-in-usage"),
        (session(), {"requests_per_month": 1e6, "output_tokens": 200}, "argument-invalid"),
    ],
)
def test_what_no_bill_tells_is_refused_with_what_would(of: Session, more: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as refused:
        run(ChooseHosting(**{"model": "gpt-4o", "terms": "usage=1", **more}), ToolContext(out_dir=Path(), session=of))
    assert refused.value.code == code and refused.value.hint


def test_each_way_to_set_an_assumption_is_said_once(uncounted: ToolResult) -> None:
    text, _ = render(uncounted.statements, {r.id: r for r in uncounted.evidence})
    assert text.count("moving=20000") == 1 and text.count("running=3000") == 1 and text.count("moving to self-hosting, once") == 1
