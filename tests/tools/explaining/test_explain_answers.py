""" "Where does this come from?" is answered for every figure of a plan, as it is shown; unknown things are said to be unknown."""

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.figures import range_text, value_text
from tools.contracts.tool import Session, ToolContext
from tools.contracts.workload import Workload
from tools.explaining.figures_shown import read_figures
from tools.explaining.tool import Explain
from tools.explaining.work import run
from tools.planning.tool import MakePlan
from tools.planning.work import run as make_plan


def known(value: Range, unit: str, claim: str = "A known thing") -> Evidence:
    return Evidence.record(
        tier=Tier.BILLED, claim=claim, value=value, unit=unit, source=SourceRef(ref="bill.csv"), method="sum of the rows"
    )


@pytest.fixture(scope="module")
def session() -> Session:
    workload = Workload(
        name="support chat",
        task="chatbot",
        model="Llama-3.1-70B",
        params_b=70,
        provider="AWS",
        hardware="H100",
        gpu_count=8,
        requests_per_day=50_000,
        input_tokens=1200,
        output_tokens=300,
        monthly_cost_usd=41_000,
        framework="vLLM",
        precision="bf16",
        utilization=0.35,
    )
    before = Session(workloads=(workload,))
    made = make_plan(MakePlan(), ToolContext(out_dir=Path("."), session=before))
    return dataclasses.replace(before, evidence=made.evidence, plan=made.plan)


def ask(topic: str, session: Session):
    return run(Explain(topic=topic), ToolContext(out_dir=Path("."), session=session))


def test_every_figure_of_a_plan_is_found_again_as_it_is_shown(session):
    for record in session.evidence:
        if record.value is None:
            continue
        shown = range_text(record.value, record.unit)
        answer = ask(f"where does {shown} come from?", session)
        assert answer.result["kind"] == "evidence", shown
        same = [e.id for e in session.evidence if e.value is not None and range_text(e.value, e.unit) == shown]
        likely = value_text(record.value.likely, record.unit, cents=False)
        near = [e.id for e in session.evidence if e.value is not None and value_text(e.value.likely, e.unit, cents=False) == likely]
        assert answer.result["id"] in same + near, shown


def test_the_chain_leads_from_the_total_to_the_users_own_words(session):
    total = next(e for e in session.evidence if e.claim == "Monthly saving of the plan")
    chain = ask(total.id, session).result["chain"]
    assert chain[0]["id"] == total.id and chain[0]["depth"] == 0
    assert {"stated", "estimated"} <= {row["tier"] for row in chain}
    assert any(row["source"].startswith("your words") for row in chain)
    assert not any(row["missing_parents"] for row in chain)


@pytest.mark.parametrize(
    ("shown", "value", "unit"),
    [
        ("6.0k", Range.exact(5987.0), ""),
        ("$6.0k", Range.exact(Decimal("6012.34")), "USD/month"),
        ("$1,234.56", Range.exact(Decimal("1234.56")), "USD"),
        ("35 %", Range.exact(0.352), "ratio"),
        ("35%", Range.exact(0.348), "ratio"),
        ("12.4 ms", Range.exact(12.43), "ms"),
        ("$30,600", Range(Decimal("25444"), Decimal("30622.81"), Decimal("34100")), "USD/month"),
        ("2 million", Range.exact(2_000_000.0), ""),
        ("-$3.00", Range.exact(Decimal("-3")), "USD"),
        ("€12.00", Range.exact(Decimal(12)), "EUR"),
    ],
)
def test_a_figure_is_matched_at_the_precision_in_which_it_is_shown(shown, value, unit):
    answer = ask(f"where does {shown} come from", Session(evidence=(known(value, unit),)))
    assert answer.result["kind"] == "evidence" and answer.result["source"] == "bill.csv"


@pytest.mark.parametrize(
    ("shown", "value", "unit"),
    [
        ("6.0k", Range.exact(6100.0), ""),
        ("$1,234.56", Range.exact(Decimal("1234.57")), "USD"),
        ("35 %", Range.exact(0.36), "ratio"),
        ("35 %", Range.exact(35.0), "ms"),
        ("$12.00", Range.exact(Decimal(12)), "EUR"),
        ("12 ms", Range.exact(12.0), "MiB"),
    ],
)
def test_a_figure_that_nobody_computed_is_not_explained_by_another(shown, value, unit):
    answer = ask(shown, Session(evidence=(known(value, unit),)))
    assert answer.result["kind"] == "none" and "No figure" in answer.result["text"]


def test_names_with_digits_are_not_figures():
    assert read_figures("H100 int8 gpt-4o Llama-3.1-70B p95 W4A16 ev-123e34c1afc8") == []
    assert [float(f.value) for f in read_figures("$1,234.56 and 35 % of 2.5k")] == [1234.56, 35, 2500]


def test_a_technique_comes_with_its_verdict_in_this_plan(session):
    answer = ask("why not int4?", session)
    assert answer.result["id"] == "quantize_w4a16" and answer.result["verdict"] == "do_not"
    assert "It would cost more" in answer.result["reason"]
    assert any("stands as" in s.text for s in answer.statements)


def test_a_concept_is_explained_in_words_with_its_source(session):
    answer = ask("what is a KV cache?", session)
    assert answer.result["kind"] == "concept" and "token" in answer.result["text"] and answer.result["source"]


def test_without_a_plan_there_is_no_verdict():
    assert "verdict" not in ask("LoRA", Session()).result


@pytest.mark.parametrize("topic", ["pizza margherita", "ev-000000000000", "$99.99", "!!!"])
def test_what_is_not_known_is_said_to_be_unknown(topic, session):
    answer = ask(topic, session)
    assert answer.result["kind"] == "none" and answer.statements


def test_sentences_hold_no_figures_of_their_own(session):
    for topic in ("why not int4?", "what is a KV cache", "$41,000.00", "pizza", "spot"):
        for statement in ask(topic, session).statements:
            assert not any(ch.isdigit() for ch in statement.text)
            statement.text.format(**dict.fromkeys(statement.figures, ""), **statement.names)


def test_a_bare_why_is_about_the_plans_largest_action(session):
    largest = max((a for a in session.plan.actions if a.enabled), key=lambda a: a.incremental_saving.likely)
    said = ask("why?", session).statements[0]
    assert said.names["title"] == largest.title and said.names["reason"] == largest.reason


@pytest.mark.parametrize(
    "topic",
    [
        "what would move the needle most?",
        "Where should we start?",
        "which action saves us the most?",
        "what's the biggest lever",
        "any idea what saves most?",
    ],
)
def test_what_moves_the_needle_is_the_largest_action_with_its_figure_and_its_reason(session, topic):
    largest = max((a for a in session.plan.actions if a.enabled), key=lambda a: a.incremental_saving.likely)
    found = ask(topic, session)
    said, record = found.statements[0], next(r for r in session.evidence if r.id == found.statements[0].figures["saving"])
    assert (said.names["title"], said.names["reason"]) == (largest.title, largest.reason)
    assert record.value.likely == pytest.approx(largest.incremental_saving.likely, rel=Decimal("0.01")) and record.unit.endswith("/month")
    assert any("Plan panel" in one.text for one in found.statements)


@pytest.mark.parametrize("topic", ["which format saves the most memory?", "where do I start a vLLM server?", "what is quantization"])
def test_other_questions_are_not_about_the_plan(session, topic):
    assert ask(topic, session).result["kind"] != "first"
