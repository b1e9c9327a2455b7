"""Models bought through a regional endpoint whose endpoint for all regions costs less in the list."""

from decimal import Decimal

from tools.audit.findings.rule import Match, Rule
from tools.audit.pricing.desk import of_model
from tools.audit.pricing.models import ModelCost, cost_elsewhere, said_source
from tools.audit.pricing.names import sibling_elsewhere
from tools.audit.pricing.use import price_entry


def _premium(one: ModelCost) -> Match | None:
    other = sibling_elsewhere(one.entry) if one.entry else None
    if other is None or one.price is None or one.day is None:
        return None
    price, listed = price_entry(other, one.day, one.day), one.list_total
    there = cost_elsewhere(one, price)
    part = one.money(listed - there) if listed is not None and there is not None and there < listed else None
    if part is None:
        return None
    note = f"the endpoint for all regions is listed at {1 - Decimal(there or 0) / Decimal(listed or 1):.0%} less"
    return one.found(one.model, one.billed, (Decimal(0), part, part), note, f"list prices of both endpoints, {said_source(other, price)}")


RULE = Rule(
    id="endpoint-premium",
    title="Regional endpoint that costs more",
    confirm="Whether the data must stay in that region; if not, call the endpoint for all regions.",
    work=of_model(_premium),
)
