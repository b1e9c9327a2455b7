"""Policy promises: the right tool for what was asked, arguments from facts only, a question where a fact is missing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.moves import cards_named
from agent.policy import decide
from agent.reading.candidates import model_named
from agent.situation import Situation
from agent.state import PlannedCall
from tools.contracts.tool import Session
from tools.contracts.workload import Workload
from tools.store.records import Upload

BILL = Upload("up-1", "conv-1", "bill.csv", "uploads/up-1/bill.csv", 10, "0" * 64, datetime(2026, 11, 1, tzinfo=UTC))


def now(intent: str, text: str = "", work: Workload | None = None, uploads: tuple[Upload, ...] = (), new: bool = False) -> Situation:
    return Situation(intent, text, {}, Session(), work or Workload(), uploads, frozenset(u.id for u in uploads) if new else frozenset())


def test_a_new_file_is_audited_whatever_was_said() -> None:
    decision = decide(now("greet", "here you go", uploads=(BILL,), new=True))
    assert [c["tool"] for c in decision.calls] == ["audit_costs"]
    assert decision.calls[0]["args"]["file"] == [BILL.path]
    assert not decision.wants_plan, "a plan follows where the bill allows one; its absence is no failure of the audit"


def test_a_column_correction_audits_again_with_the_mapping() -> None:
    decision = decide(now("correct", "the cost is column F and the currency is INR", uploads=(BILL,)))
    assert decision.calls[0]["args"]["mapping"] == "cost=F,currency=INR"


def test_asking_about_a_bill_without_one_asks_for_the_file() -> None:
    decision = decide(now("ask_audit_file", "look at our aws bill"))
    assert decision.calls == () and "Upload" in decision.statements[0].text


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("benchmark the bundled brain", "brain"),
        ("profile /models/bert-base", "/models/bert-base"),
        ("benchmark my BERT", ""),
        ("read /data/bill.csv", ""),
    ],
)
def test_only_a_model_that_can_be_run_here_is_run(text: str, model: str) -> None:
    assert model_named(text) == model


def test_an_api_workload_is_priced_once_all_its_figures_are_known() -> None:
    half = Workload(model="gpt-4o-mini", requests_per_month=600_000)
    assert decide(now("ask_api_bill", "why so expensive", half)).ask_first == "input_tokens"
    whole = half.model_copy(update={"input_tokens": 900.0, "output_tokens": 200.0})
    call = decide(now("ask_api_bill", "why so expensive", whole)).calls[0]
    assert (call["tool"], call["args"]["requests_per_month"]) == ("price_api", 600_000)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("where does $3,818.57 come from?", "$3,818.57"),
        ("why 12.5 %?", "12.5 %"),
        ("why is EC2 so expensive?", "why is EC2 so expensive?"),
        ("where do the p4d.24xlarge costs come from?", "where do the p4d.24xlarge costs come from?"),
    ],
)
def test_a_digit_inside_a_name_is_not_the_figure_that_was_asked_about(text: str, topic: str) -> None:
    assert decide(now("ask_origin", text)).calls[0]["args"]["topic"] == topic


def test_hosting_it_oneself_is_a_question_about_that_technique() -> None:
    call = decide(now("other", "can we just host llama ourselves?")).calls[0]
    assert call["tool"] == "explain" and call["args"]["topic"].startswith("self-hosting")
    assert decide(now("describe_workload", "we run llama ourselves")).calls == ()


def test_leaving_a_technique_out_remakes_the_plan() -> None:
    decision = decide(now("leave_out", "leave pruning out please"))
    assert decision.wants_plan and decision.leave_out and all("prun" in t for t in decision.leave_out)
    assert cards_named("no distillation") and not cards_named("please leave that out")


def test_words_never_approve_a_heavy_job_they_only_bring_its_card_back() -> None:
    waiting = PlannedCall(tool="benchmark_model", args={"model": "brain"}, subject="the bundled brain")
    decision = decide(replace(now("consent_yes", "approve it for me"), held=(waiting,)))
    assert decision.calls == (waiting,) and "click" in decision.statements[0].text
    assert decide(now("consent_yes", "yes")).calls == ()


def test_a_labelled_file_goes_to_the_model_tool_not_to_the_audit() -> None:
    text = "benchmark /models/bert with /data/reviews.csv"
    assert decide(now("ask_benchmark", text)).calls[0]["args"] == {"model": "/models/bert", "data": "/data/reviews.csv"}
    decision = decide(now("ask_quantize", "quantize /models/bert with this file", uploads=(BILL,), new=True))
    assert decision.calls[0]["tool"] == "quantize_model" and decision.calls[0]["args"]["data"] == BILL.path
