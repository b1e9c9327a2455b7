"""Embedding models that are sent nearly the same number of tokens on several days: probably the same texts embedded again."""

from decimal import Decimal

from tools.audit.findings.rule import Match, Rule
from tools.audit.pricing.desk import of_model
from tools.audit.pricing.models import ModelCost

LEAST_DAYS, LEAST_TOKENS, NEAR = 3, 100_000, Decimal("0.005")


def _again(one: ModelCost) -> Match | None:
    if one.entry is None or "embedding" not in one.entry.tasks:
        return None
    days: dict[object, Decimal] = {}
    for use in one.uses:
        count = use.input_tokens if use.input_tokens is not None else use.quantity
        if use.day is not None and not use.span and count:
            days[use.day] = days.get(use.day, Decimal(0)) + count
    most = max(days.values(), default=Decimal(0))
    full = [count for count in days.values() if count >= (1 - NEAR) * most]
    tokens = one.tokens.get("input", Decimal(0))
    if len(full) < LEAST_DAYS or tokens < LEAST_TOKENS:
        return None
    total = sum(days.values(), Decimal(0))
    repeated = one.list_total * (sum(full) - max(full)) / total if one.list_total else None
    part = one.money(repeated) if repeated is not None else None
    saving = None if part is None else (Decimal(0), part / 2, part)
    note = f"on {len(full)} days the number of tokens differs by at most {NEAR:.1%}"
    return one.found(one.model, one.billed, saving, note, "all but one of the equal days, if the texts are the same; likely share assumed")


RULE = Rule(
    id="embeddings-again",
    title="Probably the same texts embedded again",
    confirm="Hash the texts before embedding them and compare two days.",
    work=of_model(_again),
)
