"""Cheaper ways to buy the same API work: prompt cache, batches, a service tier, shorter requests, another model. List prices only.

Another model is offered for its price alone: it does the same kinds of task and reads long enough requests; whether it does
them well enough is not checked here, and each such offer says so. Models that write hidden reasoning tokens are not
offered in place of ones that do not, since their token counts would differ, nor open models that are far smaller where names
tell the size, nor what is made for code alone in place of what is not, nor what is about to retire, nor prices read more than a
year ago. Knows nothing about self-hosting.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from functools import lru_cache

from knowledge import catalog
from knowledge.own_prices import NONE, OwnPrices
from knowledge.prices_here import token_price
from knowledge.ranges import Range
from knowledge.schemas import ApiModel, TokenPrice
from knowledge.source import Tier
from tools.estimation.api.cost import EXACT, MILLION, ZERO, Traffic, is_long, likely_cost, month_cost, write_premium
from tools.estimation.api.terms import in_tier

SAME_PROVIDER, ELSEWHERE, SAME_WEIGHTS = 4, 4, 4
#: A model that retires within these days makes no offer.
SOON = timedelta(days=90)
#: Prices read longer ago make no offer.
OLDEST_DAYS = 365
#: Least size of an open model beside the one it would replace; in billions where that one's size is not known.
LEAST_SIZE, LEAST_BILLIONS = 0.25, 8.0
#: Names of models made for one kind of work; they are offered in place of their like only.
_SPECIAL = re.compile(r"(?<![a-z])(?:coder|code|codex|codestral|devstral|guard|safeguard|math|ocr)(?![a-z])")


@dataclass(frozen=True)
class Alternative:
    """One offer. `usd` is the month with it, `saving` against the month as asked; both USD a month."""

    kind: str  # cache, batch, tier, shorter, weights (the same open model elsewhere), model
    title: str
    model: str
    usd: Range
    saving: Range
    conditions: str
    tier: Tier
    method: str
    source_key: str = ""  # where the price that makes it cheaper was read; "" = the source of the model's price


@dataclass(frozen=True)
class _Offer:
    """A model with its price of the day and what it is compared by."""

    model: ApiModel
    price: TokenPrice
    tasks: frozenset[str]


@lru_cache(maxsize=4)
def _offers(today: date) -> tuple[_Offer, ...]:
    """Every model that can be had from that day on."""
    entries = catalog.api_models().entries.values()
    return tuple(
        _Offer(model, model.price_on(today), frozenset(model.tasks))
        for model in entries
        if not (model.name.startswith("ft:") or "search" in model.tasks or is_retired(model, today + SOON))
        and (catalog.source_of(model, model.price_on(today).source).age_days(today) or 0) <= OLDEST_DAYS
    )


def is_retired(model: ApiModel, today: date) -> bool:
    """Whether its last day has come."""
    return model.retires_on is not None and model.retires_on <= today


def alternatives(model: ApiModel, price: TokenPrice, traffic: Traffic, today: date, own: OwnPrices = NONE) -> list[Alternative]:
    """Offers that are likely cheaper than the traffic as it is at `price`: other ways to buy the model, then models by price."""
    now = month_cost(price, traffic).total
    found = [
        *_cache(model, price, traffic, now),
        *_batch(model, price, traffic, now),
        *_tiers(model, price, traffic, now),
        *_shorter(model, price, traffic, now),
        *_models(model, traffic, now, today, own),
    ]
    return [offer for offer in found if offer.usd.likely < now.likely]


def _saving(now: Range, then: Range) -> Range:
    """Bound by bound: both months rest on the same traffic, so their bounds move together."""
    gaps = sorted(Decimal(a) - Decimal(b) for a, b in ((now.low, then.low), (now.likely, then.likely), (now.high, then.high)))
    return Range(gaps[0], Decimal(now.likely) - Decimal(then.likely), gaps[2])


def _cache(model: ApiModel, price: TokenPrice, traffic: Traffic, now: Range) -> Iterator[Alternative]:
    known = price.long_context.cached if is_long(price, traffic.input_tokens) and price.long_context else price.cached
    if known is None or traffic.cached_share >= 1 or traffic.input_tokens == 0:
        return
    half = traffic.cached_share + (1 - traffic.cached_share) / 2
    best = month_cost(price, traffic.with_shares(cached=Decimal(1))).total
    likely = Decimal(month_cost(price, traffic.with_shares(cached=half)).total.likely)
    with localcontext(EXACT):
        premium = write_premium(price, traffic) * traffic.tokens()["input"] / MILLION
        worst = max(Decimal(now.likely) + premium, Decimal(now.high), likely)
        usd = Range(min(Decimal(best.low), likely), likely, worst)
        saving = Range(min(ZERO, Decimal(now.likely) - worst), Decimal(now.likely) - likely, Decimal(now.likely) - Decimal(usd.low))
    writes = " High end: all of it is written to the cache, for an extra charge, and nothing is read back." if premium else ""
    yield Alternative(
        "cache",
        "Read repeated input from the prompt cache",
        model.name,
        usd,
        saving,
        "Likely value: half of the input that is not cached yet repeats between requests (an assumption; measure it); low end: all of it."
        + writes,
        Tier.ASSUMED,
        "List prices with a larger share of the input read from the cache.",
    )


def _batch(model: ApiModel, price: TokenPrice, traffic: Traffic, now: Range) -> Iterator[Alternative]:
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
        price.batch_source,
    )


def _tiers(model: ApiModel, price: TokenPrice, traffic: Traffic, now: Range) -> Iterator[Alternative]:
    flex = in_tier(price, "flex")
    if flex is None or is_long(price, traffic.input_tokens):
        return
    then = month_cost(flex, traffic)
    if then.unknown:
        return
    yield Alternative(
        "tier",
        "Send the requests in the flex service tier",
        model.name,
        then.total,
        _saving(now, then.total),
        "Answers are slower and a request may be refused when the seller is busy; for work that can wait and be sent again.",
        Tier.ESTIMATED,
        "List prices of the flex tier.",
        price.tiers["flex"].source,
    )


def _shorter(model: ApiModel, price: TokenPrice, traffic: Traffic, now: Range) -> Iterator[Alternative]:
    """Long requests are charged more from the first token on: below the threshold both the tokens and their price are fewer."""
    if price.long_context is None or not is_long(price, traffic.input_tokens):
        return
    limit = Decimal(price.long_context.above_tokens)
    short = Traffic(traffic.requests, limit, traffic.output_tokens, traffic.cached_share, traffic.batch_share)
    then = month_cost(price, short).total
    yield Alternative(
        "shorter",
        "Keep requests below the long-context threshold",
        model.name,
        then,
        _saving(now, then),
        f"The input of a request is cut to {limit:,} tokens; what is left out must not be needed.",
        Tier.ESTIMATED,
        "List prices below the threshold for requests of exactly that length.",
    )


def _long_enough(candidate: ApiModel, model: ApiModel, needed: Decimal) -> bool:
    """An unknown length cannot be promised, except for the same weights, which were trained for the same one."""
    if candidate.context_tokens is None:
        return same_weights(candidate, model)
    return candidate.context_tokens >= needed


def same_weights(one: ApiModel, other: ApiModel) -> bool:
    """Whether two sellers serve the same open model: the same architecture, the same version, both with or without reasoning."""
    return bool(one.weights) and one.weights == other.weights and _version(one) == _version(other)


@lru_cache(maxsize=2048)
def _version(model: ApiModel) -> tuple[frozenset[str], bool]:
    """Months of issue in its names ("0528", "2507"), and whether it writes reasoning."""
    names = " ".join((model.name, *model.aliases))
    return frozenset(re.findall(r"(?<![\d.])(?:0[1-9]|1[0-2]|2[3-9])\d{2}(?![\d.])", names)), "reasoning" in model.tasks


@lru_cache(maxsize=1024)
def _billions(weights: str, name: str) -> float | None:
    """Parameters of the open weights, else as the name tells them: "qwen3-235b-a22b" -> 235."""
    known = catalog.models().entries.get(weights)
    hit = re.search(r"(?<![\w.])(\d+(?:\.\d+)?)b\b", weights or name)
    return known.params_b if known is not None else float(hit[1]) if hit else None


def _far_smaller(candidate: ApiModel, model: ApiModel) -> bool:
    size, other = (_billions(one.weights, one.name) for one in (candidate, model))
    if size is None or candidate.tasks[0] in ("embedding", "rerank"):
        return False
    return size < (LEAST_BILLIONS if other is None else LEAST_SIZE * other)


def _does_the_same(offer: _Offer, model: ApiModel, tasks: frozenset[str]) -> bool:
    return (
        tasks <= offer.tasks
        and offer.model.name != model.name
        and ("reasoning" in tasks or "reasoning" not in offer.tasks)
        and not _far_smaller(offer.model, model)
        and (_SPECIAL.search(model.name) is not None or _SPECIAL.search(offer.model.name) is None)
    )


def same_tasks(model: ApiModel, today: date) -> Iterator[tuple[ApiModel, TokenPrice]]:
    """Other models that do the same kinds of task, with their prices of the day."""
    tasks = frozenset(model.tasks)
    return ((offer.model, offer.price) for offer in _offers(today) if _does_the_same(offer, model, tasks))


def _fits(offer: _Offer, model: ApiModel, traffic: Traffic) -> bool:
    if offer.price.output is None and traffic.output_tokens > 0:
        return False
    return _long_enough(offer.model, model, traffic.input_tokens + traffic.output_tokens)


def _models(model: ApiModel, traffic: Traffic, now: Range, today: date, own: OwnPrices) -> Iterator[Alternative]:
    ranked: list[tuple[Decimal, ApiModel, TokenPrice]] = []
    tasks, limit = frozenset(model.tasks), Decimal(now.likely)
    stated = {entry.model for entry in own.tokens_on(today)}
    with localcontext(EXACT):
        tokens = traffic.tokens()
        for offer in _offers(today):
            if _does_the_same(offer, model, tasks) and _fits(offer, model, traffic):
                price = token_price(offer.model, own, today).price if offer.model.name in stated else offer.price
                # the shares stay as they are; where the candidate's discount is unknown its tokens count at full price
                likely = likely_cost(price, traffic, tokens)
                if likely < limit:
                    ranked.append((likely, offer.model, price))
    ranked.sort(key=lambda item: (item[0], item[1].name))
    for kind, words, group in _picked(model, ranked):
        for _, candidate, price in group:
            then = month_cost(price, traffic).total
            yield Alternative(
                kind,
                f"Use {candidate.name}",
                candidate.name,
                then,
                _saving(now, then),
                f"{words}; quality not checked here.",
                Tier.ESTIMATED,
                "List prices of the other model for the same tokens.",
            )


Ranked = list[tuple[Decimal, ApiModel, TokenPrice]]


def _picked(model: ApiModel, ranked: Ranked) -> Iterator[tuple[str, str, Ranked]]:
    """The same open model elsewhere, models of the same seller, and of each other seller the cheapest; no open model twice."""
    same = [item for item in ranked if same_weights(item[1], model)]
    near = [item for item in ranked if item[1].provider == model.provider and item not in same]
    rest: Ranked = []
    sellers, seen = {model.provider}, {model.weights} - {""}
    for item in ranked:
        candidate = item[1]
        if candidate.provider not in sellers and candidate.weights not in seen:
            rest.append(item)
            sellers.add(candidate.provider)
            seen |= {candidate.weights} - {""}
    yield "weights", "The same open weights at another seller; number format and speed may differ", same[:SAME_WEIGHTS]
    yield "model", "Another model of the same seller", near[:SAME_PROVIDER]
    yield "model", "Another seller", rest[:ELSEWHERE]
