"""Models whose output tokens are at least half of their input tokens: output is the dear direction.

What shorter answers save is taken from the technique card "output_trimming" (an assumption that the card labels as one).
"""

from tools.audit.findings.rule import Match, Rule, effect_of
from tools.audit.pricing.desk import of_model
from tools.audit.pricing.models import ModelCost

LEAST_TOKENS = 10_000


def _heavy(one: ModelCost) -> Match | None:
    if one.input_total <= 0 or one.output < LEAST_TOKENS or 2 * one.output < one.input_total:
        return None
    effect = effect_of("output_trimming", "api_tokens")
    part = one.output_money()
    saving = None if part is None else (part * effect.low, part * effect.likely, part * effect.high)
    note = f"{one.output:,.0f} output tokens to {one.input_total:,.0f} input tokens"
    return one.found(one.model, one.billed, saving, note, effect.why)


RULE = Rule(
    id="output-heavy",
    title="Output-heavy model use",
    confirm="A sample of answers: shorter formats, a token limit, or fewer reasoning steps that keep the quality.",
    work=of_model(_heavy),
)
