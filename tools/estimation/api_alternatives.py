"""Cheaper ways to buy the same API work: prompt cache, batch interface, another model. List prices only.

Another model is offered for its price alone: whether it does the task well enough is not checked here, and each such
offer says so. Models that write hidden reasoning tokens are not offered in place of ones that do not, since their token
counts would differ. Knows nothing about fine-tunes, self-hosting or the customer's own discounts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.schemas import ApiModel
from knowledge.source import Tier
from tools.estimation.token_cost import Traffic, month_cost

SAME_PROVIDER, ELSEWHERE, SAME_WEIGHTS = 4, 3, 3


@dataclass(frozen=True)
class Alternative:
    """One offer. `usd` is the month with it, `saving` against the month as asked; both USD a month."""

    kind: str  # cache, batch, model
    title: str
    model: str
    usd: Range
    saving: Range
    conditions: str
    tier: Tier
    method: str


def _saving(now: Range, then: Range) -> Range:
    """Bound by bound: both months rest on the same prices and traffic, so their bounds move together."""
    gaps = sorted(Decimal(a) - Decimal(b) for a, b in ((now.low, then.low), (now.likely, then.likely), (now.high, then.high)))
    return Range(gaps[0], Decimal(now.likely) - Decimal(then.likely), gaps[2])


def alternatives(model: ApiModel, traffic: Traffic, today: date) -> list[Alternative]:
    """Offers that are likely cheaper than the traffic as it is: cache, batch, then models by price."""
    now = month_cost(model.price_on(today), traffic).total
    found = [*_cache(model, traffic, now, today), *_batch(model, traffic, now, today), *_models(model, traffic, now, today)]
    return [offer for offer in found if offer.usd.likely < now.likely]


def _cache(model: ApiModel, traffic: Traffic, now: Range, today: date) -> Iterator[Alternative]:
    price = model.price_on(today)
    if price.cached is None or traffic.cached_share >= 1 or traffic.input_tokens == 0:
        return
    half = traffic.cached_share + (1 - traffic.cached_share) / 2
    best = month_cost(price, traffic.with_shares(cached=Decimal(1))).total
    likely = month_cost(price, traffic.with_shares(cached=half)).total
    usd = Range(min(best.low, likely.likely), likely.likely, max(now.high, likely.likely))
    writes = " Writing to the cache costs extra and is not counted here." if price.cache_write is not None else ""
    yield Alternative(
        "cache",
        "Read repeated input from the prompt cache",
        model.name,
        usd,
        Range(Decimal(0), Decimal(now.likely) - Decimal(likely.likely), Decimal(now.likely) - Decimal(usd.low)),
        "Likely value: half of the input that is not cached yet repeats between requests (an assumption; measure it); low end: all of it."
        + writes,
        Tier.ASSUMED,
        "List prices with a larger share of the input read from the cache.",
    )


def _batch(model: ApiModel, traffic: Traffic, now: Range, today: date) -> Iterator[Alternative]:
    price = model.price_on(today)
    if price.batch_input is None or traffic.batch_share >= 1 or (price.output is not None and price.batch_output is None):
        return
    then = month_cost(price, traffic.with_shares(batch=Decimal(1)))
    if then.unknown:
        return
    yield Alternative(
        "batch",
        "Send every request through the batch interface",
        model.name,
        then.total,
        _saving(now, then.total),
        "Answers may come within a day instead of at once; only for work that can wait.",
        Tier.ESTIMATED,
        "List prices of the batch interface.",
    )


def _long_enough(candidate: ApiModel, model: ApiModel, needed: Decimal) -> bool:
    """An unknown length cannot be promised, except for the same weights, which were trained for the same one."""
    if candidate.context_tokens is None:
        return bool(model.weights) and candidate.weights == model.weights
    return candidate.context_tokens >= needed


def _comparable(candidate: ApiModel, model: ApiModel, traffic: Traffic, today: date) -> bool:
    needed = traffic.input_tokens + traffic.output_tokens
    return (
        candidate.name != model.name
        and model.tasks[0] in candidate.tasks
        and not candidate.name.startswith("ft:")
        and (candidate.retires_on is None or candidate.retires_on > today)
        and _long_enough(candidate, model, needed)
        and ("reasoning" in model.tasks or "reasoning" not in candidate.tasks)
        and "search" not in candidate.tasks
        and (candidate.price_on(today).output is not None or traffic.output_tokens == 0)
    )


def _models(model: ApiModel, traffic: Traffic, now: Range, today: date) -> Iterator[Alternative]:
    ranked: list[tuple[Decimal, ApiModel, Range]] = []
    for candidate in catalog.api_models().entries.values():
        if _comparable(candidate, model, traffic, today):
            # the shares stay as they are; where the candidate's discount is unknown its tokens count at full price
            then = month_cost(candidate.price_on(today), traffic).total
            if then.likely < now.likely:
                ranked.append((Decimal(then.likely), candidate, then))
    ranked.sort(key=lambda item: (item[0], item[1].name))
    same = [r for r in ranked if model.weights and r[1].weights == model.weights][:SAME_WEIGHTS]
    near = [r for r in ranked if r[1].provider == model.provider and r not in same][:SAME_PROVIDER]
    rest = [r for r in ranked if r not in same and r not in near and r[1].provider != model.provider][:ELSEWHERE]
    for group, words in (
        (same, "The same open weights at another seller; number format and speed may differ"),
        (near, "Another model of the same seller"),
        (rest, "Another seller"),
    ):
        for _, candidate, then in group:
            yield Alternative(
                "model",
                f"Use {candidate.name}",
                candidate.name,
                then,
                _saving(now, then),
                f"{words}; quality not checked here.",
                Tier.ESTIMATED,
                "List prices of the other model for the same tokens.",
            )
