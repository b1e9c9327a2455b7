"""Remaining-cost factors of effects whose size depends on the user's facts, each with its formula in words.

Factors are shares of the cost before (0.7 = costs 70 % of before), floats, low <= likely <= high. Raises `Missing`
where a fact is not known; never fills one in. No money is summed here.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.ranges import Range
from knowledge.techniques import Effect
from tools.planning.assumptions import Settings

HOURS_PER_MONTH = 730.0
SECONDS_PER_HOUR = 3600.0
ONE = Range.exact(1.0)


class Missing(Exception):
    """A formula lacks facts; `needs` are workload fields."""

    def __init__(self, *needs: str) -> None:
        super().__init__(", ".join(needs))
        self.needs = needs


@dataclass(frozen=True)
class Size:
    """A factor with how it was found."""

    factor: Range
    method: str
    floor: float = 0.0  # idle time: share of the hardware that real work needs anyway
    note: str = ""  # a sentence for the reason, such as the break-even


def _ordered(low: float, likely: float, high: float) -> Range:
    likely = max(likely, low)
    return Range(round(low, 6), round(likely, 6), round(max(high, likely), 6))


def _need(facts: Mapping[str, Any], *names: str) -> list[float]:
    missing = [name for name in names if facts.get(name) is None]
    if missing:
        raise Missing(*missing)
    return [float(facts[name]) for name in names]


def _bounds(value: Range) -> tuple[float, float, float]:
    return float(value.low), float(value.likely), float(value.high)


def _constant(effect: Effect, facts: Mapping[str, Any], settings: Settings, monthly: float) -> Size:
    del facts, settings, monthly
    assert effect.factor is not None
    return Size(effect.factor, "factor of the technique card")


def _floor(facts: Mapping[str, Any], settings: Settings) -> float:
    used = facts.get("utilization")
    return 0.0 if used is None else min(1.0, float(used) / float(settings.get("target_utilization").likely))


def _off_hours(effect: Effect, facts: Mapping[str, Any], settings: Settings, monthly: float) -> Size:
    del monthly
    (hours,) = _need(facts, "hours_per_day")
    start = _bounds(effect.parameters["startup_hours"])
    low, likely, high = (min(1.0, (hours + extra) / 24) for extra in start)
    return Size(_ordered(low, likely, high), "(hours needed a day + start-up hours) / 24", _floor(facts, settings))


def _pack(effect: Effect, facts: Mapping[str, Any], settings: Settings, monthly: float) -> Size:
    del effect, monthly
    (used,) = _need(facts, "utilization")
    least, target, most = _bounds(settings.get("target_utilization"))
    low, likely, high = (min(1.0, used / goal) for goal in (most, target, least))
    return Size(_ordered(low, likely, high), "utilization / target utilization", _floor(facts, settings))


def _cached_input(effect: Effect, facts: Mapping[str, Any], settings: Settings, monthly: float) -> Size:
    del settings, monthly
    (share,) = _need(facts, "cached_share")
    assert effect.factor is not None
    price, hit, write = (_bounds(r) for r in (effect.factor, effect.parameters["hit_rate"], effect.parameters["write_surcharge"]))

    def left(p: float, h: float, w: float) -> float:
        return 1 - share + share * (h * p + (1 - h) * w)

    return Size(
        _ordered(left(price[0], hit[2], write[0]), left(price[1], hit[1], write[1]), left(price[2], hit[0], write[2])),
        "1 - repeated share + repeated share x (hit rate x cached price + misses x write price)",
    )


def _per_use(effect: Effect, facts: Mapping[str, Any], settings: Settings, monthly: float) -> Size:
    del settings, monthly
    (used,) = _need(facts, "utilization")
    low, likely, high = (used * premium for premium in _bounds(effect.parameters["premium"]))
    even = 1 / float(effect.parameters["premium"].likely)
    return Size(_ordered(low, likely, high), "utilization x premium of per-use time", note=f"Break-even utilization: {even * 100:.3g} %.")


def _dollars_only(facts: Mapping[str, Any]) -> None:
    """Catalogue prices are in dollars; a spend in another currency is not compared with them."""
    if facts.get("currency", "USD") != "USD":
        raise Missing("exchange_rate")


def _self_host(effect: Effect, facts: Mapping[str, Any], settings: Settings, monthly: float) -> Size:
    del settings
    _dollars_only(facts)
    requests, inputs, outputs = _need(facts, "monthly_requests", "input_tokens", "output_tokens")
    if monthly <= 0:
        raise Missing("monthly_cost_usd")
    p = {name: _bounds(value) for name, value in effect.parameters.items()}

    def cost(volume: float, best: int, worst: int) -> float:
        work = volume * (outputs + inputs * p["prefill_weight"][best]) / (HOURS_PER_MONTH * SECONDS_PER_HOUR)
        gpus = max(1, math.ceil(work / (p["output_tok_s"][worst] * p["utilization"][worst])))
        return gpus * HOURS_PER_MONTH * p["gpu_hour_usd"][best] + p["running_usd_month"][best]

    low, likely, high = (cost(requests, i, 2 - i) / monthly for i in (0, 1, 2))
    price = monthly / requests
    even = (HOURS_PER_MONTH * p["gpu_hour_usd"][1] + p["running_usd_month"][1]) / price
    if cost(even, 1, 1) > price * even * 1.000001:
        note = "More accelerators are needed before the break-even is reached; there is none at this price per request."
    else:
        note = f"Break-even volume: about {even:,.0f} requests a month on one accelerator, paid around the clock."
    return Size(_ordered(low, likely, high), "accelerators x hours x price + running work, over the API's monthly cost", note=note)


def _market_price(effect: Effect, facts: Mapping[str, Any], settings: Settings, monthly: float) -> Size:
    del settings
    _dollars_only(facts)
    count = facts.get("gpu_count")
    market = _bounds(effect.parameters["market_usd_hour"])
    paid = float(effect.parameters["list_usd_hour"].likely)
    method = "market price of an accelerator-hour / list price of the large cloud"
    if count and monthly > 0 and facts.get("stage") != "training":
        paid = monthly / (float(count) * HOURS_PER_MONTH)
        method = "market price of an accelerator-hour / (monthly cost / accelerators / 730 hours)"
    return Size(_ordered(*(price / paid for price in market)), method)


FORMULAS: dict[str, Callable[[Effect, Mapping[str, Any], Settings, float], Size]] = {
    "constant": _constant,
    "off_hours": _off_hours,
    "pack": _pack,
    "cached_input": _cached_input,
    "per_use": _per_use,
    "self_host": _self_host,
    "market_price": _market_price,
}


def whole(factor: Range, count: int) -> Range:
    """The factor when capacity is given up in whole accelerators only: ceil(count x factor) / count."""
    return _ordered(*(math.ceil(count * f - 1e-9) / count if f <= 1 else f for f in _bounds(factor)))


def size(effect: Effect, facts: Mapping[str, Any], settings: Settings, monthly: float) -> Size:
    """The factor of an effect for these facts. Raises Missing."""
    found = FORMULAS[effect.formula](effect, facts, settings, monthly)
    count = facts.get("gpu_count")
    if not (effect.whole_gpus and count and facts.get("stage") != "training" and facts.get("kind") == "gpu"):
        return found
    needed = int(count)
    if effect.pool != "idle_time" and facts.get("utilization") is not None:
        needed = max(1, math.ceil(needed * _floor(facts, settings) - 1e-9))  # what idle hardware wastes is not saved twice
    rounded = whole(found.factor, needed)
    note = found.note
    if float(rounded.likely) >= 1 > float(found.factor.likely):
        note = f"{note} It frees less than one whole accelerator of the {needed} that the work needs.".strip()
    return Size(rounded, found.method + ", in whole accelerators", found.floor, note)
