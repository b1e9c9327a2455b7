"""Facts come from the user's own words: what counts as one, what corrects one, and what is left alone."""

from agent.facts import facts_of
from agent.reading.candidates import candidates
from agent.reading.form import NONE, Reading, answer_text, parse
from agent.reading.settled import settled
from tools.contracts.workload import Workload


def read(text: str, intent: str, asked: str = "") -> Reading:
    """A reading that assigns every candidate to its first field."""
    found = candidates(text, asked)
    return parse(answer_text(intent, NONE, {c.id: c.fields[0] for c in found}), found)


def noted(text: str, intent: str, asked: str = "", known: Workload | None = None, last: tuple[str, ...] = ()) -> dict[str, object]:
    facts = facts_of(read(text, intent, asked), text, asked, known or Workload(), list(last), 1)
    return {f.field: f.value for f in facts}


def test_a_statement_with_figures_describes_a_workload_whatever_the_model_thought() -> None:
    text = "We run Llama-3-70B on 4 H100, 2M requests a month"
    assert settled(read(text, "ask_explain_concept"), text).intent == "describe_workload"
    question = "can 4 H100 serve 2M requests a month?"
    assert settled(read(question, "ask_hardware"), question).intent == "ask_hardware"


def test_an_order_to_measure_a_model_here_is_that_order() -> None:
    text = "benchmark the bundled brain"
    assert settled(read(text, "consent_yes"), text).intent == "ask_benchmark"
    assert settled(read("quantize it", "other"), "quantize it").intent == "other", "no model that can be run is named"


def test_asking_for_the_plan_is_never_an_answer_to_the_open_question() -> None:
    for text in ("make me a plan", "ok, give us the costed plan"):
        assert settled(read(text, "answer", "task"), text, "task").intent == "make_plan"


def test_leaving_a_technique_out_and_putting_it_back_need_no_model() -> None:
    for text, intent in (("leave spot out", "leave_out"), ("please leave out the cascade", "leave_out"), ("put it back", "put_back")):
        assert settled(read(text, "other"), text).intent == intent
    assert settled(read("what did you leave out?", "other"), "what did you leave out?").intent == "other"


def test_asking_how_to_pay_less_asks_for_the_plan_and_figures_beside_it_are_noted() -> None:
    for text in ("how do I make it cheaper?", "ok so how can we cut this"):
        assert settled(read(text, "ask_hardware"), text).intent == "make_plan"
    text = "our GPU bill is about $100k a month on 16 H100s, how do we cut it?"
    found = settled(read(text, "ask_estimate_cost"), text)
    assert (found.intent, found.also) == ("describe_workload", "make_plan") and found.slots()["gpu_count"] == 16


def test_a_short_message_with_one_fitting_figure_answers_the_open_question() -> None:
    text, found = "maybe 25 percent", candidates("maybe 25 percent", "utilization")
    blind = parse(answer_text("other", NONE, {c.id: NONE for c in found}), found)
    assert settled(blind, text, "utilization").slots() == {"utilization": 0.25}
    assert settled(blind, text, "").intent == "other"


def test_a_question_about_another_gpu_does_not_change_what_the_user_runs() -> None:
    known = Workload(hardware="L4")
    assert "hardware" not in noted("would an H100 be cheaper?", "ask_hardware", known=known)
    assert noted("what about H100s", "what_if", known=known)["hardware"] == "H100"


def test_two_values_for_one_field_state_neither() -> None:
    assert "hardware" not in noted("A100 or H100 for this", "describe_workload")


def test_words_answer_questions_of_choice_and_unknown_answers_nothing() -> None:
    assert noted("nobody waits for it", "answer", "batch_tolerant") == {"batch_tolerant": True}
    assert noted("no, users wait", "answer", "batch_tolerant") == {"batch_tolerant": False}
    assert noted("training mostly", "answer", "stage") == {"stage": "training"}
    assert noted("don't know", "answer", "utilization") == {}
    assert noted("make the plan", "make_plan", "hardware") == {}


def test_an_answer_to_another_question_is_not_taken_for_the_one_asked() -> None:
    assert noted("utilization is about 30%", "answer", "task") == {"utilization": 0.3}
    assert noted("support emails", "answer", "task") == {"task": "support emails"}


def test_a_share_is_a_share() -> None:
    assert noted("about 30", "answer", "utilization") == {"utilization": 0.3}
    assert noted("250", "answer", "utilization") == {}


def test_a_bare_correction_replaces_the_stated_figure_nearest_in_size() -> None:
    assert noted("no, 3 million", "correct", last=("model", "requests_per_day")) == {"requests_per_day": 3e6}
    known = Workload(requests_per_month=60_000, input_tokens=2500, output_tokens=300)
    last = ("requests_per_month", "input_tokens", "output_tokens")
    assert noted("no, 90k", "correct", known=known, last=last) == {"requests_per_month": 90_000.0}
    assert noted("sorry, 2k", "correct", known=known, last=last) == {"input_tokens": 2000.0}
