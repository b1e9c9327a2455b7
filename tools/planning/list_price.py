"""Monthly spend from prices where a workload states its size but no money: the user's own prices first, else dated list prices.

API: price of a million tokens x tokens a month. Accelerators: count x hourly price x 730 hours, over the machines
that hold them. Says nothing (None) where a needed fact or price is unknown. Currency is USD; no discounts beyond the user's own prices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.own_prices import NONE, OwnPrices
from knowledge.prices_here import HourlyPrice, hourly_prices, per_accelerator, token_price
from knowledge.ranges import Range
from knowledge.source import Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.workload import Workload

MILLION = Decimal(1_000_000)
HOURS = Decimal(730)
_CENT = Decimal("0.0001")


@dataclass(frozen=True)
class ListPrice:
    """A monthly sum with its record. `is_own`: at the user's own price; `is_old`: at a list price that nobody looked at for long."""

    monthly: Range
    evidence: Evidence
    facts: Mapping[str, Any]
    is_own: bool
    is_old: bool


def _record(name: str, monthly: Range, method: str, source: Source, inputs: dict[str, Any], *, is_own: bool, is_old: bool) -> ListPrice:
    evidence = Evidence.record(
        tier=Tier.ESTIMATED,
        claim=f"Monthly cost of {name} at {'your own' if is_own else 'list'} price",
        value=monthly,
        unit="USD/month",
        method=method,
        source=SourceRef(ref=source.ref, checked_on=source.checked_on),
        inputs={"workload": name, **inputs},
        reproduce="python -m app plan WORKLOAD.yaml --out plan" + (" --prices FILE" if is_own else ""),
    )
    return ListPrice(monthly, evidence, {}, is_own, is_old)


def list_price(name: str, workload: Workload, own: OwnPrices = NONE) -> ListPrice | None:
    """The workload's month at the prices that hold here; None where a needed fact or price is unknown."""
    return _api(name, workload, own) or _accelerators(name, workload, own)


def _api(name: str, workload: Workload, own: OwnPrices) -> ListPrice | None:
    requests, tokens_in, tokens_out = workload.monthly_requests, workload.input_tokens, workload.output_tokens
    if not workload.model or workload.hardware or requests is None or tokens_in is None or tokens_out is None:
        return None
    model = catalog.find_api_model(workload.model)
    if model is None:
        return None
    here = token_price(model, own)
    price = here.price
    if price.output is None:
        return None
    volume = Decimal(str(requests))
    fresh = Decimal(str(tokens_in)) * volume * price.input / MILLION
    monthly = Range.exact((fresh + Decimal(str(tokens_out)) * volume * price.output / MILLION).quantize(_CENT))
    used = [kind for kind in ("input", "output") if kind in here.own]
    inputs = {
        "model": model.name,
        "requests": requests,
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "input_usd_per_million": str(price.input),
        "output_usd_per_million": str(price.output),
        **{f"{kind}_price_from": here.source_of(kind).ref for kind in used},
    }
    return _record(
        name,
        monthly,
        "requests x (input tokens x input price + output tokens x output price)",
        here.source_of(used[0] if used else "input"),
        inputs,
        is_own=bool(used),
        is_old=here.is_old and len(used) < 2,
    )


def _accelerators(name: str, workload: Workload, own: OwnPrices) -> ListPrice | None:
    if not workload.hardware or not workload.gpu_count:
        return None
    offers = _offers(workload.hardware, workload.provider, own)
    if not offers:
        return None
    spread = per_accelerator(offers)
    each = [Decimal(bound) for bound in (spread.low, spread.likely, spread.high)]
    count = Decimal(workload.gpu_count)
    monthly = Range(*((price * HOURS * count).quantize(_CENT) for price in each))
    named = {offer.machine for offer in offers}
    inputs = {
        "hardware": next(iter(named)) if len(named) == 1 and named != {""} else offers[0].accelerator,
        "gpu_count": workload.gpu_count,
        "hours": int(HOURS),
        "offers": len(offers),
        "usd_per_gpu_hour": [str(p) for p in each],
    }
    method = "accelerators x on-demand price an hour (lowest, median, highest offer) x hours"
    is_own = offers[0].tier is Tier.STATED
    return _record(name, monthly, method, offers[0].source, inputs, is_own=is_own, is_old=any(offer.is_old for offer in offers))


def _offers(hardware: str, provider: str | None, own: OwnPrices) -> tuple[HourlyPrice, ...]:
    """On-demand prices of machines with accelerators, cheapest each first; of the stated provider where it has any."""
    known = catalog.providers().get((provider or "").strip().lower())
    try:
        found = hourly_prices(hardware, provider=known, own=own) or hourly_prices(hardware, own=own)
    except UserError:
        return ()
    return tuple(offer for offer in found if offer.accelerators)
