"""Models whose input per request has grown by half or more from the first third of the days to the last."""

from decimal import Decimal

from tools.audit.findings.rule import Match, Rule
from tools.audit.pricing.desk import of_model
from tools.audit.pricing.models import ModelCost

LEAST_DAYS, LEAST_REQUESTS, GROWTH = 6, 30, Decimal("1.5")


def _growing(one: ModelCost) -> Match | None:
    days: dict[object, list[Decimal]] = {}
    for use in one.uses:
        requests, size = one.requests_of(use), use.input_tokens
        if use.day is None or size is None or not requests:
            continue
        entry = days.setdefault(use.day, [Decimal(0), Decimal(0)])
        entry[0], entry[1] = entry[0] + size, entry[1] + requests
    if len(days) < LEAST_DAYS or sum(entry[1] for entry in days.values()) < LEAST_REQUESTS:
        return None
    third = len(days) // 3
    ordered = [days[day] for day in sorted(days, key=str)]
    first, middle, last = _mean(ordered[:third]), _mean(ordered[third:-third]), _mean(ordered[-third:])
    if last < GROWTH * first or not first <= middle <= last:
        return None
    total = sum(entry[0] for entry in ordered)
    excess = sum(max(entry[0] - first * entry[1], Decimal(0)) for entry in ordered)
    listed = one.listed.get("input")
    part = one.money(listed * excess / total, "input") if listed else None
    saving = None if part is None else (Decimal(0), part / 2, part)
    note = f"input per request rose from {first:,.0f} to {last:,.0f} tokens over {len(days)} days"
    return one.found(
        one.model, one.billed, saving, note, "the input above the level of the first third of the days; share that can go assumed"
    )


def _mean(days: list[list[Decimal]]) -> Decimal:
    return sum((entry[0] for entry in days), Decimal(0)) / sum((entry[1] for entry in days), Decimal(0))


RULE = Rule(
    id="context-growth",
    title="Prompts grow longer",
    confirm="What each request carries: conversation history, retrieved documents, tool definitions that pile up.",
    work=of_model(_growing),
)
