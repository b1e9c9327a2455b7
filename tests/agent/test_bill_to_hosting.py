"""Promise to a FinOps analyst: from the audited bill to hosting nothing is asked for that the bill says, and its figures are its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from agent_house import SAMPLE_BILL, House, only, open_house, texts

from agent.billed_machine import machine_meant
from agent.nodes.answer import NARROWS
from knowledge.source import Tier


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("bill"))
    opened.say("audit this bill", SAMPLE_BILL)
    yield opened
    opened.jobs.shutdown()
    opened.store.close()


def calls(events: list[Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(one.tool, one.args) for one in only(events, "tool_started")]


def test_an_api_line_is_weighed_with_its_own_tokens_and_cost(audited: House) -> None:
    first = audited.say("our biggest line is gpt-4o: what would self-hosting cost?")
    assert calls(first) == [("choose_hosting", {"model": "gpt-4o", "terms": "usage=1"})]
    assert "staying with gpt-4o $4,324.99 a month" in texts(first) and "It counts no requests" in texts(first)
    assert [(one.field, one.why) for one in only(first, "question")] == [("requests_per_month", NARROWS)]
    known = {one.id: one for one in audited.store.evidence("ada", audited.chat)}
    paid = next(one for one in reversed(known.values()) if one.claim == "Monthly cost: gpt-4o")
    assert paid.tier is Tier.BILLED and all(known[key].inputs["kind"] == "audit table" for key in paid.parents) and paid.parents

    then = audited.say("500k requests")
    assert calls(then) == [("choose_hosting", {"model": "gpt-4o", "requests_per_month": 500_000.0, "terms": "usage=1"})]
    assert "$4,324.99" in texts(then) and "1,961 tokens in and 389 tokens out each" in texts(then) and "1,000 tokens" not in texts(then)
    (call,) = calls(audited.say("what if traffic doubles?"))
    assert call[1] == {"model": "gpt-4o", "requests_per_month": 500_000.0, "terms": "usage=2"}
    (call,) = calls(audited.say("and for 2 million requests?"))
    assert call[1] == {"model": "gpt-4o", "requests_per_month": 500_000.0, "terms": "usage=4"}
    (call,) = calls(audited.say("and with Llama 3.3 70B instead?"))
    assert call[1] == {"model": "gpt-4o", "open_model": "Llama 3.3 70B", "requests_per_month": 500_000.0, "terms": "usage=4"}


def test_requests_that_were_said_of_one_model_are_not_taken_for_another(audited: House) -> None:
    audited.say("make the plan")  # leaves what was sized before
    audited.say("what would self-hosting cost in place of gpt-4o?")
    audited.say("500k requests")
    (call,) = calls(audited.say("and in place of gpt-4o-mini?"))
    assert call == ("choose_hosting", {"model": "gpt-4o-mini", "terms": "usage=1"})


def test_traffic_said_of_another_api_model_does_not_hide_what_the_bill_counts(audited: House) -> None:
    audited.say("make the plan")
    audited.say("30k requests a month on gpt-4o-mini, 1500 tokens in and 300 out: should we self-host?")
    (call,) = calls(audited.say("our biggest line is gpt-4o: what would self-hosting cost?"))
    assert call == ("choose_hosting", {"model": "gpt-4o", "terms": "usage=1"})


def test_the_biggest_gpu_line_is_the_machine_that_runs_now(audited: House) -> None:
    first = audited.say("our biggest GPU line runs Llama 3.1 70B, is that the right GPU?")
    ((tool, args),) = calls(first)
    assert tool == "estimate_memory" and (args["gpu"], args["gpu_count"]) == ("A100 SXM 40GB", 8)
    assert "it runs on p4d.24xlarge, 8 of A100 SXM 40GB in each: $32,672.97 a month" in texts(first)
    assert "Whether that is the right GPU depends on the traffic: the requests of a month" in texts(first)
    ((tool, args),) = calls(then := audited.say("2 million a month, 1500 tokens in and 300 out"))
    assert tool == "choose_hosting" and args["model"] == "Llama 3.1 70B" and args["terms"] == "gpu=A100 SXM 40GB"
    assert "x A100 SXM 40GB at" in texts(then) and "Of other machines" in texts(then)


def test_what_moves_the_needle_is_answered_from_the_plan(audited: House) -> None:
    plan = audited.store.session("ada", audited.chat).plan
    assert plan is not None
    most = max(plan.actions, key=lambda one: one.incremental_saving.likely)
    told = audited.say("what would move the needle most?")
    assert texts(told).startswith(f"{most.title} on {most.workload} saves most: $") and most.reason in texts(told)
    assert "Plan panel" in texts(told) and not only(told, "question")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("our biggest GPU line runs Llama 3.1 70B, is that the right GPU?", "p4d.24xlarge"),
        ("is the most expensive instance on our bill the right machine?", "p4d.24xlarge"),
        ("what is the biggest GPU?", ""),
        ("our biggest line is gpt-4o: what would self-hosting cost?", ""),
    ],
)
def test_only_words_about_the_bills_line_mean_its_machine(audited: House, text: str, meant: str) -> None:
    session = audited.store.session("ada", audited.chat)
    assert machine_meant(text, session) == meant
