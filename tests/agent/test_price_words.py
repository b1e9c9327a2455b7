"""Questions about a price reach the pricing tool with the shares, terms and model that the words name, and with no other."""

import pytest

from agent.facts import facts_of
from agent.policy import decide
from agent.reading.candidates import candidates
from agent.reading.form import NONE, Reading
from agent.reading.price_words import PriceWords, cached_share, price_words
from agent.reading.settled import settled
from agent.situation import Situation
from tools.contracts.cost_line import Bill
from tools.contracts.tool import Session
from tools.contracts.workload import Workload

PRICED = Workload(model="gpt-4o-mini", requests_per_month=2e6, input_tokens=1500, output_tokens=300, cached_share=0.6)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("price my usage at today's list prices", PriceWords(of_usage=True)),
        ("What would this usage cost at current prices?", PriceWords(of_usage=True)),
        ("what is cheaper than claude sonnet 4 for that?", PriceWords(compares=True, model="claude sonnet 4")),
        ("what if half of the requests go through the batch API?", PriceWords(batch_share=0.5)),
        ("and with 40% batched?", PriceWords(batch_share=0.4)),
        ("put everything in batches", PriceWords(batch_share=1.0)),
        ("what would gpt-5 cost in the flex tier?", PriceWords(model="gpt-5", terms="tier=flex")),
        ("and in euros?", PriceWords(terms="currency=EUR")),
        ("in euros at a rate of 1.08", PriceWords(terms="currency=EUR, rate=1.08")),
        ("with EU data residency", PriceWords(terms="region=eu")),
        ("we serve with a batch size of 8", PriceWords()),
        ("our price is high", PriceWords()),
        ("a 70% smaller model would be nice", PriceWords()),
    ],
)
def test_how_a_price_is_asked_for(text: str, found: PriceWords) -> None:
    assert price_words(text) == found


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("and with 60% cached?", 0.6),
        ("60 % of the input is cached", 0.6),
        ("we have a cache hit rate of 35%", 0.35),
        ("what if 80 percent cache hits", 0.8),
        ("the GPUs are 30% busy", None),
        ("it should be 10% cheaper", None),
    ],
)
def test_a_share_of_cached_input_is_read_as_one(text: str, share: float | None) -> None:
    found = candidates(text)
    one = cached_share(text, found)
    assert (one.value if one else None) == (pytest.approx(share) if share else None)
    reading = settled(Reading("other", NONE, {}, tuple(found)), text)
    assert reading.slots().get("cached_share") == (pytest.approx(share) if share else None)
    assert reading.intent == ("describe_workload" if share else "other")


def decision(text: str, intent: str = "other", session: Session | None = None) -> list[tuple[str, dict[str, object]]]:
    now = Situation(intent=intent, text=text, slots={}, session=session or Session(), workload=PRICED, uploads=())
    return [(call["tool"], call["args"]) for call in decide(now).calls]


def test_another_model_is_priced_with_the_same_traffic_and_only_once() -> None:
    ((tool, args),) = decision("what is cheaper than claude sonnet 4 for that?")
    assert tool == "price_api" and args["model"] == "claude sonnet 4"
    assert (args["requests_per_month"], args["cached_share"]) == (2e6, 0.6) and "terms" not in args
    ((_, again),) = decision("and half in batches, in the flex tier?")
    assert (again["model"], again["batch_share"], again["terms"]) == ("gpt-4o-mini", 0.5, "tier=flex")


def test_usage_is_priced_only_where_a_file_was_audited() -> None:
    bill = Bill(id="b", files=("x.csv",), currency="USD", basis="billed", total=0)
    assert decision("price my usage at today's list prices", session=Session(bills=(bill,))) == [("price_api", {})]
    assert ("price_api", {}) not in decision("price my usage at today's list prices")


def test_a_price_that_is_asked_for_is_no_answer_to_an_open_question() -> None:
    for text, noted in (("now price those tokens at current list prices", []), ("with half in batches", []), ("chatbot", ["chatbot"])):
        reading = Reading("answer", NONE, {}, tuple(candidates(text)))
        assert [fact.value for fact in facts_of(reading, text, "task", Workload(), [], 1)] == noted
