"""Premium models that get short prompts and give short answers, with a smaller model of the same family in the list.

The saving is the list's price difference at equal tokens. Its low end is zero: whether the small model is good enough is not known.
"""

from decimal import Decimal

from tools.audit.findings.rule import Match, Rule
from tools.audit.pricing.desk import of_model
from tools.audit.pricing.family import smaller
from tools.audit.pricing.models import ModelCost, said_source

SHORT_INPUT, SHORT_OUTPUT, LEAST_REQUESTS = 500, 100, 20


def _simple(one: ModelCost) -> Match | None:
    requests, listed = one.requests(), one.list_total
    if not requests or requests < LEAST_REQUESTS or not listed or one.output <= 0:
        return None
    if one.input_total >= SHORT_INPUT * requests or one.output >= SHORT_OUTPUT * requests:
        return None
    found = smaller(one)
    if not found:
        return None
    near, cheapest = found[0], found[-1]
    likely, high = one.money(listed - near[2]), one.money(listed - cheapest[2])
    saving = None if likely is None or high is None else (Decimal(0), likely, high)
    names = " or ".join(dict.fromkeys(entry.name for entry, _, _ in (near, cheapest)))
    note = f"{one.input_total / requests:,.0f} tokens in and {one.output / requests:,.0f} out per request; try first: {names}"
    return one.found(
        one.model, one.billed, saving, note, f"list prices at equal tokens, quality not known, {said_source(near[0], near[1])}"
    )


RULE = Rule(
    id="premium-on-simple",
    title="Premium model on short requests",
    confirm="Try first: a sample of these requests through the smaller model (select_model), with the quality compared.",
    work=of_model(_simple),
)
