"""Models with much input and less than a fifth of it read from the prompt cache, where the file states cached tokens.

The saving is the list's difference between input and cached input on an assumed share of input that repeats, less the dearer
writes to the cache. Prompts too short to be cached are no finding.
"""

from decimal import Decimal

from tools.audit.findings.rule import Match, Rule
from tools.audit.pricing.desk import of_model
from tools.audit.pricing.models import Interval, ModelCost

LEAST_TOKENS, MOST_CACHED = 10_000, Decimal("0.2")
#: Prompts shorter than this are not cached by OpenAI and most Claude models (vendors' prompt caching guides; see the card prompt_caching).
SHORTEST_PROMPT = 1024
#: Assumed (low, likely, high): share of the uncached input that repeats, and of that the part written rather than read.
REPEATS, WRITTEN = ("0.1", "0.4", "0.8"), ("0.5", "0.2", "0.05")


def _uncached(one: ModelCost) -> Match | None:
    stated = any(use.cached_tokens is not None or use.token_type == "cached" for use in one.uses)  # noqa: S105
    if not stated or one.input_total < LEAST_TOKENS or one.tokens.get("cached", Decimal(0)) >= MOST_CACHED * one.input_total:
        return None
    requests = one.requests()
    if requests and one.input_total / requests < SHORTEST_PROMPT:
        return None
    share = one.tokens.get("cached", Decimal(0)) / one.input_total * 100
    note = f"{share:.1f} % of {one.input_total:,.0f} input tokens came from the cache"
    return one.found(
        one.model, one.billed, _saving(one), note, f"list prices of input and cached input, {one.source()}; repeating share assumed"
    )


def _saving(one: ModelCost) -> Interval | None:
    price, fresh = one.price, one.listed.get("input")
    if price is None or price.cached is None or not price.input or not fresh:
        return None
    written = price.cache_write if price.cache_write is not None else price.input
    saved = []
    for repeats, writes in zip(REPEATS, WRITTEN, strict=True):
        read, write = Decimal(repeats) * (1 - Decimal(writes)), Decimal(repeats) * Decimal(writes)
        part = one.money(fresh * (read * (price.input - price.cached) - write * (written - price.input)) / price.input, "input")
        if part is None:
            return None
        saved.append(max(part, Decimal(0)))
    return saved[0], saved[1], saved[2]


RULE = Rule(
    id="low-cache-share",
    title="Little of the input comes from the prompt cache",
    confirm="How much of each prompt repeats (system prompt, documents, history).",
    work=of_model(_uncached),
)
