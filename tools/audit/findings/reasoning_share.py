"""Models that spend half of their output or more on reasoning tokens, which are billed as output and never shown.

The range of the saving is an assumption: reasoning effort is a setting whose effect only a test on the user's tasks shows.
"""

from decimal import Decimal

from tools.audit.findings.rule import Match, Rule
from tools.audit.pricing.desk import of_model
from tools.audit.pricing.models import ModelCost

LEAST_TOKENS = 10_000
SHARES = (Decimal(0), Decimal("0.25"), Decimal("0.5"))


def _reasoning(one: ModelCost) -> Match | None:
    thought = sum((use.reasoning_tokens or Decimal(0) for use in one.uses), one.tokens.get("reasoning", Decimal(0)))
    if one.output <= 0 or thought < LEAST_TOKENS or 2 * thought < one.output:
        return None
    paid = one.output_money()
    part = None if paid is None else paid * min(thought / one.output, Decimal(1))
    saving = None if part is None else (part * SHARES[0], part * SHARES[1], part * SHARES[2])
    note = f"{thought:,.0f} of {one.output:,.0f} output tokens are reasoning"
    return one.found(one.model, one.billed, saving, note, "assumed: a lower effort setting drops none to half of the reasoning tokens")


RULE = Rule(
    id="reasoning-heavy",
    title="Most of the output is reasoning",
    confirm="The same tasks at a lower reasoning effort, with the quality compared.",
    work=of_model(_reasoning),
)
