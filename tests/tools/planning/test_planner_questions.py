"""Questions are asked by how much they narrow the saving; a question that changes nothing is never asked."""

from planner_cases import api, bill, cost_line, fleet, plan_of

from tools.contracts.tool import Session
from tools.contracts.workload import Workload
from tools.planning.decide import decide
from tools.planning.questions import EXTREMES, FIELD_TYPES, next_questions


def ask(*workloads, **more):
    return next_questions(Session(workloads=workloads, **more))


def test_money_is_asked_for_first():
    assert ask(Workload(task="chatbot"))[0].field == "monthly_cost_usd"
    assert ask()[0].field == "model"


def test_order_is_by_narrowing_and_at_most_six():
    questions = ask(Workload(hardware="H100", monthly_cost_usd=50_000))
    assert 1 <= len(questions) <= 6
    assert [q.narrowing for q in questions] == sorted((q.narrowing for q in questions), reverse=True)
    assert all(0 < q.narrowing <= 1 for q in questions)


def test_a_known_fact_is_never_asked_and_utilization_matters_for_a_fleet():
    assert "utilization" in [q.field for q in ask(fleet())]
    assert "utilization" not in [q.field for q in ask(fleet(utilization=0.5))]


def test_an_api_user_is_not_asked_about_accelerators():
    fields = {q.field for q in ask(api(cached_share=None, batch_tolerant=None))}
    assert fields and not fields & {"hardware", "gpu_count", "utilization", "framework", "precision"}


def test_a_question_whose_answer_changes_nothing_is_not_asked():
    tiny = api(monthly_cost_usd=20, cached_share=None, batch_tolerant=None)
    assert ask(tiny) == []
    now = decide(Session(workloads=(fleet(),)), draws=0)
    for question in ask(fleet()):
        answers = {
            float(decide(Session(workloads=(fleet(**{question.field: FIELD_TYPES[question.field](v)}),)), draws=0).saving.likely)
            for v in EXTREMES[question.field]
        }
        assert len(answers | {float(now.saving.likely)}) > 1


def test_a_bill_alone_leads_to_questions_about_it():
    gpu = cost_line("p5.48xlarge", "30000", "gpu", x_hardware="p5.48xlarge", ProviderName="AWS")
    result = plan_of(bills=(bill(gpu),))
    assert "utilization" in result.questions
    assert result.plan.open_questions[0].endswith("?")


def test_the_reason_for_a_question_holds_no_figures():
    assert not any(ch.isdigit() for q in ask(fleet()) for ch in q.why)
