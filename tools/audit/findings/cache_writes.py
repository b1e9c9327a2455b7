"""Models that write more to the prompt cache than they gain by reading from it: the dearer writes are not paid back."""

from decimal import Decimal

from tools.audit.findings.rule import Match, Rule
from tools.audit.pricing.desk import of_model
from tools.audit.pricing.models import ModelCost
from tools.audit.pricing.use import MILLION

LEAST_TOKENS = 10_000


def _unread(one: ModelCost) -> Match | None:
    price = one.price
    written, read = one.tokens.get("cache_write", Decimal(0)), one.tokens.get("cached", Decimal(0))
    if written < LEAST_TOKENS or price is None or price.cache_write is None or price.cached is None:
        return None
    loss = (written * (price.cache_write - price.input) - read * (price.input - price.cached)) / MILLION
    if loss <= 0:
        return None
    lost = one.money(loss, "cache_write")
    saving = None if lost is None else (Decimal(0), lost, lost)
    note = f"{written:,.0f} tokens written to the cache, {read:,.0f} read from it"
    return one.found(one.model, one.billed, saving, note, f"list prices of input, cache writes and cache reads, {one.source()}")


RULE = Rule(
    id="cache-writes-unread",
    title="Cache writes that are not paid back by reads",
    confirm="Whether the cached part is really the same in each request, and asked for again before it expires.",
    work=of_model(_unread),
)
