"""Models with a newer sibling of the same size in the list that costs less for the same tokens, or whose retirement day is near."""

from datetime import timedelta
from decimal import Decimal

from tools.audit.findings.rule import Match, Rule
from tools.audit.pricing.desk import of_model
from tools.audit.pricing.family import newer_and_cheaper
from tools.audit.pricing.models import ModelCost, said_source

SOON = timedelta(days=90)


def _old(one: ModelCost) -> Match | None:
    if one.entry is None or one.price is None:
        return None
    retires, listed = one.entry.retires_on, one.list_total
    ends = f"the list says it retires on {retires.isoformat()}" if retires and retires <= one.today + SOON else ""
    newer = newer_and_cheaper(one)
    if newer is None or listed is None:
        return one.found(one.model, one.billed, None, ends) if ends else None
    other, price, there = newer
    part = one.money(listed - there)
    saving = None if part is None else (Decimal(0), part, part)
    note = "; ".join(filter(None, (f"{other.name} costs {1 - there / listed:.0%} less for the same tokens", ends)))
    return one.found(one.model, one.billed, saving, note, f"list prices at equal tokens, quality not compared, {said_source(other, price)}")


RULE = Rule(
    id="old-model",
    title="Old model version",
    confirm="A sample of your requests through the newer one (select_model), with the quality compared.",
    work=of_model(_old),
)
