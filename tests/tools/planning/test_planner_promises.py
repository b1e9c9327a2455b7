"""What a plan promises to the person who signs it: nothing counted twice, nothing that does not pay, nothing unexplained."""

import json
from decimal import Decimal

import pytest
from planner_cases import api, bill, chosen, cost_line, fleet, plan_of, verdict

from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.source import Tier
from knowledge.techniques import cards
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.plan import Verdict
from tools.contracts.workload import Workload


def comparison(technique: str, verdict_: str, ratio: float, **more: object) -> Evidence:
    return Evidence.record(
        tier=Tier.MEASURED,
        claim="Time of the quantized copy over the original",
        value=Range(ratio - 0.02, ratio, ratio + 0.02),
        unit="ratio",
        source=SourceRef(ref="this machine"),
        method="median of interleaved runs",
        inputs={
            "kind": "comparison",
            "technique": technique,
            "verdict": verdict_,
            "reason": "it was slower than the original at batch eight",
            "baseline": {"p50_ms": 10.0, "precision": "fp32"},
            "candidate": {"p50_ms": 14.0, "precision": "int8"},
            **more,
        },
    )


def test_every_card_ends_in_the_ledger_with_a_reason_for_this_user():
    result = plan_of(fleet(utilization=0.25, hours_per_day=24))
    assert {e.technique for e in result.plan.ledger} == {c.id for c in cards()}
    assert all(len(e.reason) > 20 for e in result.plan.ledger)
    assert "25 %" in verdict(result, "consolidation_rightsizing")[1]
    assert "Llama-3.1-70B" in verdict(result, "cpu_alternative")[1]


def test_two_different_users_get_materially_different_plans():
    assert not chosen(plan_of(fleet(utilization=0.25))) & chosen(plan_of(api()))


def test_idle_hours_come_before_clever_model_surgery():
    result = plan_of(fleet(utilization=0.2, hours_per_day=24))
    assert result.plan.actions[0].technique == "consolidation_rightsizing"
    assert result.plan.actions[0].incremental_saving.likely == max(a.incremental_saving.likely for a in result.plan.actions)


def test_the_same_technique_is_recommended_on_a_large_line_and_refused_on_a_small_one():
    no_move = ("self_host_open_model",)  # which would replace the API altogether
    large, small = plan_of(api(monthly_cost_usd=100_000), leave_out=no_move), plan_of(api(monthly_cost_usd=200), leave_out=no_move)
    assert "prompt_caching" in chosen(large)
    refused, reason = verdict(small, "prompt_caching")
    assert refused == "do_not" and "does not pay back" in reason and "months" in reason
    assert chosen(small) == set()
    assert small.plan.total.saving.high == 0 and small.plan.total.payback_months is None


def test_w4a16_is_never_advised_for_busy_h100s():
    said, reason = verdict(plan_of(fleet()), "quantize_w4a16")
    assert said == "do_not" and "30 to 40 %" in reason


def test_unstructured_pruning_is_said_to_save_nothing():
    assert verdict(plan_of(fleet()), "unstructured_pruning")[0] == "do_not"


def test_one_gpu_gains_nothing_from_speed():
    result = plan_of(fleet(gpu_count=1, params_b=8, model="Llama-3.1-8B"))
    assert verdict(result, "quantize_fp8")[0] == "not_applicable"
    assert "one" in verdict(result, "quantize_fp8")[1].lower()


def test_competing_techniques_are_not_chosen_together_and_the_loser_says_why():
    result = plan_of(api())
    ids = {c.id: c for c in cards()}
    names = chosen(result)
    for one in names:
        assert not set(ids[one].excludes) & names
    assert "competes with" in verdict(result, "model_routing")[1]


def test_a_measured_slowdown_bars_the_technique_and_its_saving():
    cpu = fleet(
        name="ranker", hardware="Intel Xeon CPU", gpu_count=None, model="bert-base", precision="fp32", monthly_cost_usd=20_000, params_b=0.1
    )
    before = plan_of(cpu)
    assert "quantize_cpu_int8" in chosen(before)
    record = comparison("quantization", "do_not", 1.4, model="bert-base")
    after = plan_of(cpu, evidence=(record,))
    said, reason = verdict(after, "quantize_cpu_int8")
    assert said == "do_not" and "slower than the original" in reason and "Measured" in reason
    assert "quantize_cpu_int8" not in chosen(after)
    assert after.plan.total.saving.likely < before.plan.total.saving.likely
    assert after.plan.comparisons[0]["candidate"]["p50_ms"] == 14.0
    entry = next(e for e in after.plan.ledger if e.technique == "quantize_cpu_int8")
    assert entry.evidence_ids == (record.id,)


def test_a_measured_gain_replaces_the_published_one_on_the_hardware_it_was_measured_on():
    cpu = fleet(
        name="ranker", hardware="Intel Xeon CPU", gpu_count=None, model="bert-base", precision="fp32", monthly_cost_usd=20_000, params_b=0.1
    )
    result = plan_of(cpu, evidence=(comparison("quantization", "do", 0.6, model="bert-base"),))
    action = next(a for a in result.plan.actions if a.technique == "quantize_cpu_int8")
    assert action.verdict is Verdict.DO and action.effect_tier is Tier.MEASURED
    assert action.effects[0].factor.likely == pytest.approx(0.6)
    assert action.standalone_saving.likely == Decimal("8000.00")


def test_a_cpu_measurement_does_not_become_a_gpu_saving():
    measured = plan_of(fleet(hardware="A100"), evidence=(comparison("quantization", "do", 0.2, model="Llama-3.1-70B"),))
    plain = plan_of(fleet(hardware="A100"))
    assert measured.plan.total.saving.likely == plain.plan.total.saving.likely


def test_a_published_effect_is_to_be_tried_first_and_arithmetic_is_to_be_done():
    result = plan_of(fleet(utilization=0.25, hours_per_day=10))
    tiers = {a.technique: a.verdict for a in result.plan.actions}
    assert tiers.get("consolidation_rightsizing", tiers.get("idle_shutdown")) is Verdict.DO
    assert all(a.verdict is Verdict.TRY_FIRST for a in result.plan.actions if a.effect_tier in (Tier.PUBLISHED, Tier.ASSUMED))


def test_modelopt_stacking_row_two_and_two_point_two_gives_near_two_point_six():
    """Published: pruning 2.0x, FP8 2.2x, both 2.6x; multiplying would say 4.4x."""
    from tools.contracts.tool import Session
    from tools.planning.assumptions import Settings
    from tools.planning.candidates import Candidate, Reach
    from tools.planning.combine import Calculator
    from tools.planning.formulas import Size
    from tools.planning.spend import find_baseline

    settings = Settings({})
    case = find_baseline(Session(workloads=(fleet(),)), settings).cases[0]
    by_id = {c.id: c for c in cards()}
    made = []
    for name, speed in (("structured_pruning", 2.0), ("quantize_fp8", 2.2)):
        card = by_id[name]
        reach = Reach(case.lines[0], card.effects[0], Size(Range.exact(1 / speed), "published"))
        made.append(Candidate(name, card, case, Verdict.TRY_FIRST, "", (reach,), Tier.PUBLISHED, {}))
    calculator = Calculator(case.lines, made, settings, draws=0)
    speedup = 41_000 / (41_000 - calculator.likely(["structured_pruning", "quantize_fp8"]))
    assert abs(speedup - 2.6) < abs(speedup - 4.4)
    assert speedup == pytest.approx(2.6, abs=0.1)


def test_the_bill_wins_over_the_stated_cost_and_is_not_added_to_it():
    gpu = cost_line("p5.48xlarge", "30000", "gpu", x_hardware="p5.48xlarge", ProviderName="AWS")
    other = cost_line("S3", "500", "other")
    result = plan_of(fleet(), bills=(bill(gpu, other),))
    month = Decimal(30) * 12 / 365
    assert result.plan.total.baseline_cost.likely == pytest.approx(Decimal("30500") / month, abs=Decimal("0.01"))
    assert "the bill counts" in result.plan.baseline_basis
    assert result.plan.total.addressable_cost.likely < result.plan.total.baseline_cost.likely


def test_a_bill_without_dates_shows_the_assumed_length():
    result = plan_of(bills=(bill(cost_line("gpu", "1000", "gpu"), days=None),))
    assert any(a.name == "bill_months" for a in result.plan.assumptions)
    doubled = plan_of(bills=(bill(cost_line("gpu", "1000", "gpu"), days=None),), bill_months=2)
    assert doubled.plan.total.baseline_cost.likely == result.plan.total.baseline_cost.likely / 2


def test_a_bill_of_a_few_days_is_scaled_to_a_month_and_the_plan_says_so():
    result = plan_of(bills=(bill(cost_line("gpu", "400", "gpu"), days=4),))
    assert round(result.plan.total.baseline_cost.likely) == 3042
    assert "bill.csv covers 4 days" in result.plan.baseline_basis
    assert any("bill.csv covers 4 days" in str(said.names) for said in result.statements)
    assert "covers" not in plan_of(bills=(bill(cost_line("gpu", "400", "gpu"), days=28),)).plan.baseline_basis


def test_a_reason_does_not_count_machines_that_nobody_counted():
    reasons = " ".join(entry.reason for entry in plan_of(fleet(utilization=0.02, gpu_count=None, monthly_cost_usd=9000)).plan.actions)
    assert "most of the paid accelerator time" in reasons and " x " not in reasons


def test_the_same_bill_twice_counts_once_and_two_months_of_one_service_do_not_add_up():
    one = bill(cost_line("gpu", "1000", "gpu", ProviderName="AWS"))
    again = bill(cost_line("gpu", "900", "gpu", ProviderName="AWS"), name="september.csv", end="2026-09-30")
    single = plan_of(bills=(one,)).plan.total.baseline_cost.likely
    assert plan_of(bills=(one, one)).plan.total.baseline_cost.likely == single
    both = plan_of(bills=(one, again))
    assert both.plan.total.baseline_cost.likely == single and "left out" in both.plan.baseline_basis


def test_token_lines_of_a_bill_are_only_reached_by_what_touches_them():
    lines = (
        cost_line("in", "4000", "api_tokens", x_model="gpt-4o", x_token_type="input"),
        cost_line("out", "6000", "api_tokens", x_model="gpt-4o", x_token_type="output"),
    )
    result = plan_of(api(monthly_cost_usd=None, task="chatbot"), bills=(bill(*lines),))
    caching = next(a for a in result.plan.actions if a.technique == "prompt_caching")
    assert [e.line_id for e in caching.effects] == ["line-in"]


def test_credits_and_tax_stay_in_the_baseline_but_are_not_addressable():
    credit = cost_line("credit", "-200", "gpu").model_copy(update={"ChargeCategory": "Credit"})
    plan = plan_of(bills=(bill(cost_line("gpu", "1000", "gpu"), credit),)).plan
    assert plan.total.addressable_cost.likely > plan.total.baseline_cost.likely > 0


def test_money_that_is_not_known_is_asked_for_and_never_zero():
    with pytest.raises(UserError) as caught:
        plan_of(fleet(monthly_cost_usd=None, hardware=None, gpu_count=None))
    assert caught.value.code == "no-cost-known" and "bill" in caught.value.hint
    with pytest.raises(UserError) as caught:
        plan_of()
    assert caught.value.code == "no-workload"


def test_list_price_times_stated_size_stands_in_where_no_money_is_stated():
    plan = plan_of(api(monthly_cost_usd=None)).plan
    # gpt-4o: 2.50 in and 10.00 out per million tokens (pydantic/genai-prices 2026-08-21)
    assert plan.total.baseline_cost.likely == pytest.approx(Decimal("900000") * (Decimal(1500) * Decimal("2.5") + 200 * 10) / 1_000_000)
    assert "list prices" in plan.baseline_basis


def test_mixed_currencies_are_refused_and_dollars_are_not_added_to_euros():
    euro = bill(cost_line("gpu", "1000", "gpu", currency="EUR"), currency="EUR", name="eu.csv")
    with pytest.raises(UserError) as caught:
        plan_of(bills=(euro, bill(cost_line("other gpu", "1000", "gpu"))))
    assert caught.value.code == "mixed-currencies"
    plan = plan_of(api(), bills=(euro,)).plan
    assert plan.currency == "EUR" and "not added" in plan.baseline_basis


def test_an_edited_assumption_is_used_and_changes_its_dependants_only():
    plain, dear = plan_of(fleet(utilization=0.25)), plan_of(fleet(utilization=0.25), engineering_day_usd=1600)
    assert dear.plan.total.one_time_cost.likely > plain.plan.total.one_time_cost.likely
    assert dear.plan.total.saving == plain.plan.total.saving
    with pytest.raises(UserError) as caught:
        plan_of(fleet(), engineering_days_usd=1)
    assert caught.value.code == "unknown-assumption"


def test_every_figure_of_the_plan_has_a_record_and_every_record_its_parents():
    result = plan_of(fleet(utilization=0.25, hours_per_day=12), api())
    ids = {e.id for e in result.evidence}
    assert set(result.plan.evidence_ids) <= ids
    assert all(parent in ids for e in result.evidence for parent in e.parents)
    for statement in result.statements:
        assert set(statement.figures.values()) <= ids
        assert not any(ch.isdigit() for ch in statement.text)
        statement.text.format(**dict.fromkeys(statement.figures, ""), **statement.names)
    values = {(e.unit, str(e.value)) for e in result.evidence}
    for action in result.plan.actions:
        for figure in (action.incremental_saving, action.standalone_saving):
            assert ("USD/month", str(figure)) in values


def test_incremental_savings_add_up_to_the_total_to_the_cent():
    result = plan_of(fleet(utilization=0.25, hours_per_day=12), api())
    assert sum(a.incremental_saving.likely for a in result.plan.actions) == result.plan.total.saving.likely


def test_a_sheet_can_recompute_the_total_from_the_lines():
    plan = plan_of(fleet(utilization=0.25, hours_per_day=12), api()).plan
    left = sum(Decimal(line["path"][-1]["left"]) if line["path"] else Decimal(line["monthly_cost"]) for line in plan.lines)
    cost = sum(Decimal(line["monthly_cost"]) for line in plan.lines)
    assert abs(cost - left - plan.total.saving.likely) <= Decimal("0.02") * len(plan.lines)


def test_sorting_reorders_and_changes_no_figure():
    step, saving = plan_of(fleet(utilization=0.3)), plan_of(fleet(utilization=0.3), sort="saving")
    assert {a.id: a.incremental_saving for a in step.plan.actions} == {a.id: a.incremental_saving for a in saving.plan.actions}
    likely = [a.incremental_saving.likely for a in saving.plan.actions]
    assert likely == sorted(likely, reverse=True)


def test_the_headless_result_is_json_with_the_promised_keys():
    result = plan_of(fleet()).result
    assert {"actions", "total", "ledger", "assumptions", "monthly_saving", "questions"} <= set(result)
    json.dumps(result)


def test_leaving_out_takes_words_people_use_and_refuses_unknown_ones():
    result = plan_of(api(), leave_out=("prompt cache",))
    action = next(a for a in result.plan.actions if a.technique == "prompt_caching")
    assert not action.enabled and action.incremental_saving.likely == 0
    with pytest.raises(UserError) as caught:
        plan_of(api(), leave_out=("prompt cashing",))
    assert caught.value.code == "unknown-technique" and "prompt_caching" in caught.value.hint


def test_a_measurement_of_another_model_is_not_used_and_that_is_said():
    record = comparison("quantization", "do_not", 1.4, model="brain")
    plain, with_it = plan_of(fleet(hardware="A100")), plan_of(fleet(hardware="A100"), evidence=(record,))
    assert with_it.plan.total == plain.plan.total
    assert "brain" in with_it.plan.baseline_basis and "not used" in with_it.plan.baseline_basis


def test_a_bill_without_ai_spend_or_without_currency_is_said_to_be_so():
    with pytest.raises(UserError) as caught:
        plan_of(bills=(bill(cost_line("S3", "10", "other")),))
    assert caught.value.code == "no-ai-spend"
    with pytest.raises(UserError) as caught:
        plan_of(bills=(bill(cost_line("gpu", "10", "gpu"), currency=""),))
    assert caught.value.code == "currency-unknown"


def test_credits_of_a_service_do_not_make_a_saving_and_zero_bills_are_no_plan():
    with pytest.raises(UserError) as caught:
        plan_of(bills=(bill(cost_line("gpu", "0", "gpu")),))
    assert caught.value.code == "no-ai-spend"


def test_a_spend_in_euros_is_never_compared_with_dollar_prices():
    gpu = cost_line("p5", "60000", "gpu", currency="EUR", x_hardware="H100", ProviderName="AWS")
    workload = fleet(monthly_cost_usd=None, utilization=0.25)
    result = plan_of(workload, bills=(bill(gpu, currency="EUR"),))
    said, reason = verdict(result, "hardware_selection")
    assert said == "needs_data" and "exchange rate" in reason
    day = next(a for a in result.plan.assumptions if a.name == "engineering_day_usd")
    assert day.unit == "EUR/day" and "no exchange rate" in day.reason
    assert result.plan.currency == "EUR" and chosen(result)


def test_the_source_of_a_billed_cost_names_its_rows_as_a_person_would():
    rows = ("oct.csv|Detail|4", "oct.csv|Detail|9", "nov.csv||2", "nov.csv||3")
    line = cost_line("Amazon EC2 p5", "90000", "gpu").model_copy(update={"x_rows": rows})
    refs = [e.source.ref for e in plan_of(bills=(bill(line),)).evidence]
    assert "oct.csv Detail rows 4, 9; nov.csv row 2 and more" in refs
    assert not any("|" in ref for ref in refs)


def test_without_an_action_the_plan_tells_an_open_question_from_a_refusal():
    bare = Workload(name="fleet", model="Llama 3.1 70B", hardware="H100", gpu_count=16, monthly_cost_usd=100_000)
    said = plan_of(bare).statements[0].text
    assert "open questions decide" in said and "ledger" not in said
