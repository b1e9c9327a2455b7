"""Promise to everybody who asks how fast, how big, how many or where: the tool that answers is called, with what was said, whatever
the language model read."""

from dataclasses import replace
from typing import Any

import pytest
from serving_questions import ABOUT_THE_BILL, BEFORE, FINOPS_ANALYST, NOT_ABOUT_SERVING, PLATFORM_LEAD, STARTUP_ENGINEER, Asked

from agent.policy import decide
from agent.situation import Situation
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Session

#: What a small model takes such questions for.
MISREAD = ("ask_benchmark", "ask_energy", "ask_estimate_cost", "ask_explain_concept", "describe_workload", "what_if", "other")
ALL = (*PLATFORM_LEAD, *FINOPS_ANALYST, *STARTUP_ENGINEER)


def now(intent: str, text: str, before: str) -> Situation:
    return Situation(intent, text, {}, Session(), BEFORE[before], ())


@pytest.mark.parametrize("asked", ALL, ids=lambda one: one.text[:60])
def test_the_question_reaches_its_tool_with_what_was_said(asked: Asked) -> None:
    for intent in MISREAD:
        decision = decide(now(intent, asked.text, asked.before))
        assert [call["tool"] for call in decision.calls] == [asked.tool], intent
        assert decision.calls[0]["args"] == asked.args


@pytest.mark.parametrize(("intent", "text", "owed", "before"), NOT_ABOUT_SERVING)
def test_what_is_not_about_serving_goes_where_it_went(intent: str, text: str, owed: str, before: str) -> None:
    called = [call["tool"] for call in decide(now(intent, text, before)).calls]
    assert not {"estimate_serving", "estimate_memory", "choose_hosting"} & set(called)
    assert owed == "*" or called == ([owed] if owed else [])


@pytest.mark.parametrize("text", ABOUT_THE_BILL)
def test_a_question_about_the_bill_stays_one(text: str) -> None:
    for before in BEFORE:
        called = {call["tool"] for call in decide(now("ask_hardware", text, before)).calls}
        assert not {"estimate_serving", "choose_hosting"} & called


def follow(first: str, *then: str, before: str = "nothing") -> list[dict[str, Any]]:
    """The calls of the last of several messages, each with the question before it."""
    asked, calls = None, ()
    for text in (first, *then):
        decision = decide(replace(now("what_if", text, before), before=asked))
        asked, calls = decision.sizing, decision.calls
    return [{"tool": call["tool"], **call["args"]} for call in calls]


FIRST = "Llama-3.1-70B fp8 on H100, 50 requests/s, 1500 in / 300 out, TTFT 500 ms: what do I buy?"
OWED = {
    "tool": "estimate_serving", "model": "Llama-3.1-70B", "gpu": "H100", "precision": "fp8", "requests_per_second": 50,
    "input_tokens": 1500,
    "output_tokens": 300, "ttft_ms": 500,
}  # fmt: skip


@pytest.mark.parametrize(
    ("then", "changes"),
    [
        (("and on an L40S instead?",), {"gpu": "L40S"}),
        (("What about H200?",), {"gpu": "H200"}),
        (("what if traffic doubles?",), {"requests_per_second": 100}),
        (("and if load grows by 20 %?",), {"requests_per_second": 60}),
        (("what if we have 100 rps?",), {"requests_per_second": 100}),
        (("suppose half the traffic",), {"requests_per_second": 25}),
        (("what if traffic doubles?", "and if it doubles again?"), {"requests_per_second": 200}),
        (("what if traffic doubles?", "ok, and at 70 rps?"), {"requests_per_second": 70}),
        (("and on an L40S instead?", "in int4 then?"), {"gpu": "L40S", "precision": "int4"}),
        (("tensor parallel 4?",), {"gpu_count": 4}),
        (("an L40S",), {"gpu": "L40S"}),
        (("we expect 80 requests per second at the peak",), {"requests_per_second": 80}),
        (("our prompts are 2500 tokens in, by the way",), {"input_tokens": 2500}),
        (("with 1 second to first token?",), {"ttft_ms": 1000}),
        (("same with llama 3.3 70b in bf16?",), {"model": "llama 3.3 70b", "precision": "bf16"}),
        (("and with 3000 tokens in?",), {"input_tokens": 3000}),
        (("how about tensor parallel 4",), {"gpu_count": 4}),
    ],
)
def test_a_short_question_goes_on_with_the_one_before(then: tuple[str, ...], changes: dict[str, Any]) -> None:
    assert follow(FIRST, *then) == [pytest.approx({**OWED, **changes})]


@pytest.mark.parametrize(
    "text", ["is an L4 or an L40S faster for mistral 7b at 3 rps?", "compare L4 and L40S for mistral 7b", "L4 vs L40S? model mistral 7b"]
)
def test_accelerators_named_together_are_compared(text: str) -> None:
    calls = follow(text)
    assert [(call["tool"], call["gpu"]) for call in calls] == [("estimate_serving", "L4"), ("estimate_serving", "L40S")]


@pytest.mark.parametrize(
    ("named", "gpu"), [("p4d.24xlarge", "A100 SXM 40GB"), ("my macbook m3 max 128gb", "m3 max"), ("a g5.2xlarge", "A10G")]
)
def test_a_machine_is_sized_by_the_chip_that_it_holds(named: str, gpu: str) -> None:
    assert follow(f"can llama 3.1 8b run on {named}?")[0]["gpu"] == gpu


def test_a_processor_is_a_place_to_host() -> None:
    decision = decide(now("ask_benchmark", "how fast is llama 3.2 1b on a CPU at 2 rps?", "nothing"))
    assert [call["tool"] for call in decision.calls] == ["choose_hosting"]


def test_what_is_missing_is_asked_for_and_the_answer_is_used() -> None:
    asked = decide(now("ask_benchmark", "how fast is mistral 7b?", "nothing"))
    assert asked.ask_first == "hardware" and [call["tool"] for call in asked.calls] == ["estimate_memory"]
    answered = decide(replace(now("answer", "L4", "nothing"), before=asked.sizing))
    assert [(call["tool"], call["args"]) for call in answered.calls] == [("estimate_serving", {"model": "mistral 7b", "gpu": "L4"})]
    assert answered.ask_first == "input_tokens"
    told = decide(replace(now("answer", "about 800", "nothing"), slots={"input_tokens": 800}, before=answered.sizing))
    assert told.calls[0]["args"]["input_tokens"] == 800 and told.ask_first == "output_tokens"


def test_a_plan_or_another_subject_is_no_follow_up() -> None:
    asked = decide(now("ask_hardware", FIRST, "nothing")).sizing
    for intent, text in (
        ("make_plan", "make a plan"),
        ("describe_workload", "we pay $9,000 a month to AWS"),
        ("leave_out", "leave pruning out"),
    ):
        assert decide(replace(now(intent, text, "nothing"), before=asked)).sizing is None, text


def test_a_model_sold_as_an_api_alone_is_not_sized() -> None:
    decision = decide(now("ask_hardware", "how much memory does it need?", "api"))
    assert decision.calls == () and decision.statements[0].names == {"model": "gpt-4o-mini"}


def test_asking_why_of_a_serving_figure_shows_that_figure() -> None:
    asked = decide(now("ask_hardware", FIRST, "nothing")).sizing
    record = Evidence.record(
        tier=Tier.ESTIMATED, claim="Replicas for the peak: llama on H100", source=SourceRef(ref="x"), value=Range.exact(10.0), method="m"
    )
    situation = replace(now("what_if", "why so many replicas?", "nothing"), before=asked, session=Session(evidence=(record,)))
    assert decide(situation).calls[0]["args"] == {"topic": record.id}


@pytest.mark.parametrize(
    ("words", "terms"),
    [
        ("peak 5 times the mean", "peak=5.0"),
        ("the peak is 4x the average", "peak=4.0"),
        ("peak to mean ratio 6", "peak=6.0"),
        ("traffic is flat", "peak=1.0"),
        ("running it costs us $3000 a month", "running=3000.0"),
        ("moving costs $20k", "moving=20000.0"),
    ],
)
def test_what_an_answer_offers_to_change_is_understood(words: str, terms: str) -> None:
    (call,) = follow("Should we self-host llama 3.1 8b at 2M requests a month, 1000 in and 300 out?", words)
    assert call["tool"] == "choose_hosting" and call["terms"] == terms and call["requests_per_month"] == 2e6


def test_cards_that_idle_wait_for_a_model_and_users_at_once_are_no_rate() -> None:
    idle = decide(now("make_plan", "we have 16 idle H100s, what could they serve?", "nothing"))
    assert idle.ask_first == "model" and "depends on the model" in idle.statements[0].text and not idle.calls
    users = decide(now("other", "How many H100s for llama 3.1 70b with 300 concurrent users?", "nothing"))
    assert users.statements[0].names == {"words": "300 concurrent users"} and "requests_per_second" not in users.calls[0]["args"]


def test_a_rate_below_zero_is_refused_and_one_above_it_goes_on() -> None:
    asked = decide(now("other", "llama 3.1 8b on H100 at -5 requests/s, how many replicas?", "nothing"))
    assert not asked.calls and asked.statements[0].names == {"words": "-5 requests/s"}
    again = decide(replace(now("other", "5 requests/s", "nothing"), before=asked.sizing))
    assert again.calls[0]["args"]["requests_per_second"] == 5


def test_a_time_of_nothing_in_particular_is_said_not_to_count() -> None:
    said = decide(now("other", "llama 3.1 8b on one L40S at 8 rps, does p95 stay under 400ms?", "nothing")).statements
    assert [one.names for one in said] == [{"words": "400ms"}] and "not held against anything" in said[0].text
    assert not decide(now("other", "llama 3.1 8b on one L40S at 8 rps, is the first token there in 400ms?", "nothing")).statements


def test_figures_are_in_dollars_where_another_currency_is_asked_for() -> None:
    said = decide(now("other", "llama 3.1 8b on H100 at 10 rps in rupees, how many replicas?", "nothing")).statements
    assert [one.names for one in said] == [{"currency": "INR"}]


def test_supposed_traffic_is_priced_and_changes_no_fact() -> None:
    for intent in MISREAD:
        decision = decide(now(intent, "what if traffic doubles?", "api"))
        assert [call["args"]["requests_per_month"] for call in decision.calls] == [1_200_000] and not decision.wants_plan


def test_formats_that_are_compared_are_each_sized_and_one_named_after_goes_on_alone() -> None:
    asked = "is int4 faster than fp8 for llama 3.1 8b on H100 at 50 rps?"
    assert [call["args"]["precision"] for call in decide(now("other", asked, "nothing")).calls] == ["int4", "fp8"]
    assert [call["precision"] for call in follow(asked, "and with bf16?")] == ["bf16"]


def test_a_region_named_alone_narrows_the_question_before() -> None:
    (call,) = follow("What is the cheapest way to serve qwen2.5 32b at 5 rps with 2000 in and 400 out on AWS?", "only in us-east-1")
    assert call["terms"] == "provider=aws, region=us-east-1"


def test_memory_is_that_of_the_published_format_and_an_encoder_is_asked_no_lengths() -> None:
    assert decide(now("other", "how much memory does deepseek-v3 need?", "nothing")).calls[0]["args"]["precision"] == "fp8"
    assert not decide(now("other", "bge-large on L4, how many requests per second?", "nothing")).ask_first
