"""Promise to the reader of an answer: a saving is a range that says how it is known, hangs on its money, and is never added up."""

from decimal import Decimal

from knowledge.source import Tier
from tests.tools.audit.findings_infra_bill import FIRST, audit, frame, line, month
from tools.audit.findings.rule import Effect, Match, Rule, apply


def test_a_saving_is_evidence_with_range_tier_reason_and_parent(tmp_path):
    done = audit([*frame(), *month("24", resource="i-idle", utilization="0.05")], tmp_path)
    known = {record.id: record for record in done.evidence}
    [said] = [s for s in done.statements if s.text.startswith("- Accelerator paid for but hardly used")]
    assert "acting could save {saving_a}" in said.text
    amount, saving = known[said.figures["amount_a"]], known[said.figures["saving_a"]]
    assert amount.tier is Tier.BILLED and amount.value.is_exact and amount.value.likely == Decimal(720)
    assert amount.inputs["measure"] == "busy 5.0 % of the paid time"
    assert saving.tier is Tier.ASSUMED
    assert (saving.value.low, saving.value.likely, saving.value.high) == (Decimal(360), Decimal(648), Decimal(720))
    assert saving.parents == (amount.id,)
    assert saving.source.ref.startswith("Assumed:")
    assert any("not to be added up" in statement.text for statement in done.statements)


def test_a_forecast_is_an_estimate_with_a_range_and_never_billed(tmp_path):
    costs = [10, 12, 9, 10, 11, 13, 10, 9, 12, 10]
    done = audit([line(cost, at, service="OpenAI API") for at, cost in enumerate(costs)], tmp_path)
    [said] = [s for s in done.statements if s.text.startswith("- At this pace the month ends at")]
    record = next(record for record in done.evidence if record.id == said.figures["amount_a"])
    assert record.tier is Tier.ESTIMATED
    assert sum(costs) < record.value.low < record.value.likely < record.value.high
    [entry] = [found for found in done.result["findings"] if found["rule"] == "month-end-forecast"]
    assert entry["amount_range"] == {"low": float(record.value.low), "high": float(record.value.high)}
    assert entry["detail"] == f"{FIRST:%Y-%m}"


def test_no_sentence_holds_a_figure_of_its_own(tmp_path):
    done = audit([*frame(), *month("24", resource="i-idle", utilization="0.05", environment="dev", hardware="g5.48xlarge")], tmp_path)
    assert len([s for s in done.statements if s.text.startswith("- ")]) > 3
    assert not any(char.isdigit() for statement in done.statements for char in statement.text)


def test_a_rule_cannot_promise_more_than_the_money_it_found():
    def asked(saving):
        rule = Rule(
            "r",
            "t",
            "c",
            work=lambda ask, values: [Match("x", Decimal(10), 1, [1, 1], saving)],
            effect=Effect.worked_out(Tier.ASSUMED, "w"),
        )
        return apply(rule, lambda statement, values: [], {}, "USD")[0]

    assert asked((Decimal(-5), Decimal(20), Decimal(30))).saving == (Decimal(0), Decimal(10), Decimal(10))
    assert asked((5.0, 4.0, 3.0)).saving == (Decimal("3.0"), Decimal("3.0"), Decimal("3.0"))
    assert asked(None).saving is None
    assert asked(None).places == (1,)
