"""Laws that hold for any spend: nothing above the addressable sum, ranges in order, the choice is the best there is."""

from decimal import Decimal
from itertools import chain, combinations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from planner_cases import api, bill, cost_line, fleet, plan_of

from knowledge.ranges import Range
from knowledge.source import Tier
from knowledge.techniques import cards
from tools.contracts.plan import Verdict
from tools.contracts.tool import Session
from tools.planning.assumptions import Settings
from tools.planning.candidates import Candidate, Reach
from tools.planning.choose import QuickSaving, best_set, conflicts
from tools.planning.combine import Calculator
from tools.planning.decide import decide
from tools.planning.formulas import Size
from tools.planning.spend import find_baseline

few = settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.too_slow])

fleets = st.builds(
    fleet,
    monthly_cost_usd=st.floats(1, 1e6),
    gpu_count=st.integers(1, 64),
    utilization=st.none() | st.floats(0.01, 1),
    hours_per_day=st.none() | st.floats(1, 24),
    batch_tolerant=st.none() | st.booleans(),
    hardware=st.sampled_from(["H100", "A100", "L4", "RTX 4090", "T4", "Xeon"]),
    framework=st.sampled_from([None, "transformers", "vLLM"]),
    stage=st.sampled_from([None, "inference", "training"]),
    dataset_rows=st.none() | st.integers(10, 10**6),
)
apis = st.builds(
    api,
    monthly_cost_usd=st.floats(1, 1e6),
    requests_per_month=st.floats(1, 1e8),
    input_tokens=st.none() | st.floats(1, 1e5),
    output_tokens=st.none() | st.floats(1, 1e4),
    cached_share=st.none() | st.floats(0, 1),
    batch_tolerant=st.none() | st.booleans(),
    task=st.sampled_from(["classification", "chatbot", None]),
    model=st.sampled_from(["gpt-4o", "gpt-4o-mini", "claude-sonnet"]),
)


def in_order(value: Range) -> bool:
    return value.low <= value.likely <= value.high


@few
@given(st.lists(fleets | apis, min_size=1, max_size=3))
def test_combined_never_exceeds_what_can_be_addressed_and_ranges_are_ordered(workloads):
    named = [w.model_copy(update={"name": f"case {i}"}) for i, w in enumerate(workloads)]
    plan = plan_of(*named).plan
    total = plan.total
    # the low end may be negative: a published effect can turn out to cost money, and the range says so
    assert total.saving.low <= total.saving.likely <= total.saving.high <= total.addressable_cost.high
    assert total.saving.likely >= 0
    assert total.saving.likely == sum((a.incremental_saving.likely for a in plan.actions), Decimal(0))
    for action in plan.actions:
        assert in_order(action.standalone_saving) and in_order(action.incremental_saving) and in_order(action.one_time_cost)
        assert action.incremental_saving.likely <= action.standalone_saving.likely + Decimal("0.02")
        assert action.payback_months is None or in_order(action.payback_months)
        assert action.payback_months is None or action.payback_months.likely <= 12.01
    by_line: dict[str, Decimal] = {}
    for line in plan.lines:
        left = Decimal(line["path"][-1]["left"]) if line["path"] else Decimal(line["monthly_cost"])
        by_line[line["id"]] = left
        assert 0 <= left <= Decimal(line["monthly_cost"]) + Decimal("0.01")


@few
@given(fleets | apis, st.data())
def test_leaving_one_action_out_recomputes_the_rest(workload, data):
    before = plan_of(workload).plan
    techniques = sorted({a.technique for a in before.actions})
    if not techniques:
        return
    off = data.draw(st.sampled_from(techniques))
    after = plan_of(workload, leave_out=(off,)).plan
    assert all(not a.enabled for a in after.actions if a.technique == off)
    assert after.total.saving.likely == sum((a.incremental_saving.likely for a in after.actions if a.enabled), Decimal(0))
    worth = lambda p: float(p.total.saving.likely) * 12 - float(p.total.one_time_cost.likely)  # noqa: E731
    assert worth(after) <= worth(before) + 0.5


@few
@given(fleets | apis)
def test_same_inputs_same_bytes(workload):
    one, two = plan_of(workload), plan_of(workload)
    assert one.plan.model_dump_json() == two.plan.model_dump_json()
    assert [e.id for e in one.evidence] == [e.id for e in two.evidence]


def test_three_overlapping_actions_on_one_row_never_exceed_it():
    row = cost_line("gpt-4o", "1200000", "api_tokens", x_model="gpt-4o")
    plan = plan_of(api(monthly_cost_usd=None, task="chatbot", cached_share=0.95), bills=(bill(row, days=365),)).plan
    assert plan.total.addressable_cost.likely == 100_000
    assert sum(a.enabled for a in plan.actions) >= 3
    month = Decimal(1200000) / 12
    assert plan.total.saving.high <= month
    assert sum(a.standalone_saving.likely for a in plan.actions) > plan.total.saving.likely


POOLS = ("throughput", "price", "idle_time", "tokens_in", "model_choice")


def _made(factors: list[tuple[str, float, tuple[int, ...]]]) -> tuple[list[Candidate], Calculator]:
    """Candidates with given pools, factors and rivals on one line, from copies of a shipped card."""
    case = find_baseline(Session(workloads=(fleet(),)), Settings({})).cases[0]
    base = next(c for c in cards() if c.id == "quantize_fp8")
    made = []
    for i, (pool, factor, rivals) in enumerate(factors):
        effect = base.effects[0].model_copy(update={"pool": pool, "when": ()})
        card = base.model_copy(update={"id": f"t{i}", "excludes": tuple(f"t{r}" for r in rivals if r != i)})
        reach = Reach(case.lines[0], effect, Size(Range.exact(round(factor, 4)), "test", 0.2))
        made.append(Candidate(f"t{i}", card, case, Verdict.DO, "", (reach,), Tier.PUBLISHED, {}))
    return made, Calculator(case.lines, made, Settings({}), draws=0)


many = st.lists(st.tuples(st.sampled_from(POOLS), st.floats(0.2, 0.999), st.tuples(st.integers(0, 6))), min_size=1, max_size=7)


@few
@given(many, st.lists(st.floats(0, 90_000), min_size=7, max_size=7))
def test_the_chosen_set_is_the_best_of_all_sets(factors, costs):
    made, calculator = _made(factors)
    cost = {c.id: costs[i] for i, c in enumerate(made)}
    against = conflicts(made)
    choice = best_set(made, calculator, cost, 12)
    worth = lambda s: calculator.likely(s) * 12 - sum(cost[x] for x in s)  # noqa: E731
    every = chain.from_iterable(combinations([c.id for c in made], n) for n in range(len(made) + 1))
    best = max(worth(s) for s in every if not any(against[x] & set(s) for x in s))
    assert choice.proven
    assert worth(tuple(choice.chosen)) == pytest.approx(best, abs=0.01)
    assert not any(against[x] & choice.chosen for x in choice.chosen)


@few
@given(many)
def test_the_search_uses_the_same_arithmetic_as_the_plan_and_savings_are_sub_additive(factors):
    made, calculator = _made(factors)
    quick, ids = QuickSaving(calculator, [c.id for c in made]), [c.id for c in made]
    alone = {x: calculator.likely([x]) for x in ids}
    for n in range(len(ids) + 1):
        some = ids[:n]
        assert quick(frozenset(some)) == pytest.approx(calculator.likely(some), rel=1e-9, abs=1e-6)
        assert calculator.likely(some) <= sum(alone[x] for x in some) + 1e-6
        for extra in ids[n:]:
            assert calculator.likely([*some, extra]) - calculator.likely(some) <= alone[extra] + 1e-6
            assert calculator.likely([*some, extra]) >= calculator.likely(some) - 1e-6


def test_consolidation_and_shutdown_together_leave_what_the_work_needs():
    plan = plan_of(fleet(utilization=0.3, hours_per_day=12, gpu_count=64)).plan
    idle = [a for a in plan.actions if a.technique in ("idle_shutdown", "consolidation_rightsizing")]
    assert sum(a.incremental_saving.likely for a in idle) <= Decimal("41000") * Decimal("0.5") + 1


def test_switching_one_action_off_does_not_move_the_draws_of_another():
    whole, less = decide(Session(workloads=(fleet(), api()))), decide(Session(workloads=(fleet(), api())), leave_out=("prompt_trimming",))
    kept = {c.candidate.id: c.incremental for c in whole.costed if c.candidate.case.name == "support chat"}
    assert kept == {c.candidate.id: c.incremental for c in less.costed if c.candidate.case.name == "support chat"}


def test_a_plan_is_quick_enough_to_be_asked_again_after_each_answer():
    """No timing here: the search must be complete on a bill of three hundred lines."""
    lines = [cost_line(f"gpu {i}", str(100 + i), "gpu", x_hardware="p5.48xlarge", ProviderName="AWS") for i in range(300)]
    assert plan_of(fleet(utilization=0.3, monthly_cost_usd=None), bills=(bill(*lines),)).result["proven_best"]
