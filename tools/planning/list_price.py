"""Monthly spend from dated list prices where a workload states its size but no money.

API: list price of a million tokens x tokens a month. Accelerators: count x hourly price x 730 hours, over the machines
that hold them. Says nothing (None) where a needed fact or price is unknown. Currency is USD; list prices, no discounts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.source import Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.workload import Workload

MILLION = Decimal(1_000_000)
HOURS = Decimal(730)
_CENT = Decimal("0.0001")


@dataclass(frozen=True)
class ListPrice:
    """A monthly sum with its record."""

    monthly: Range
    evidence: Evidence
    facts: Mapping[str, Any]


def _record(name: str, monthly: Range, method: str, source: Source, inputs: dict[str, Any]) -> ListPrice:
    evidence = Evidence.record(
        tier=Tier.ESTIMATED,
        claim=f"Monthly cost of {name} at list price",
        value=monthly,
        unit="USD/month",
        method=method,
        source=SourceRef(ref=source.ref, checked_on=source.checked_on),
        inputs={"workload": name, **inputs},
        reproduce="python -m app plan WORKLOAD.yaml --out plan",
    )
    return ListPrice(monthly, evidence, {})


def list_price(name: str, workload: Workload) -> ListPrice | None:
    """The workload's month at list price; None where a needed fact or price is unknown."""
    return _api(name, workload) or _accelerators(name, workload)


def _api(name: str, workload: Workload) -> ListPrice | None:
    requests, tokens_in, tokens_out = workload.monthly_requests, workload.input_tokens, workload.output_tokens
    if not workload.model or workload.hardware or requests is None or tokens_in is None or tokens_out is None:
        return None
    model = catalog.find_api_model(workload.model)
    if model is None:
        return None
    price = model.price_on()
    if price.output is None:
        return None
    volume = Decimal(str(requests))
    fresh = Decimal(str(tokens_in)) * volume * price.input / MILLION
    monthly = Range.exact((fresh + Decimal(str(tokens_out)) * volume * price.output / MILLION).quantize(_CENT))
    inputs = {
        "model": model.name,
        "requests": requests,
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "input_usd_per_million": str(price.input),
        "output_usd_per_million": str(price.output),
    }
    return _record(
        name,
        monthly,
        "requests x (input tokens x input price + output tokens x output price)",
        catalog.source_of(model, price.source),
        inputs,
    )


def _accelerators(name: str, workload: Workload) -> ListPrice | None:
    if not workload.hardware or not workload.gpu_count:
        return None
    offers = _offers(workload.hardware, workload.provider)
    if offers is None:
        return None
    prices, source, label = offers
    low, likely, high = prices[0], prices[len(prices) // 2], prices[-1]
    count = Decimal(workload.gpu_count)
    monthly = Range(*((price * HOURS * count).quantize(_CENT) for price in (low, likely, high)))
    inputs = {
        "hardware": label,
        "gpu_count": workload.gpu_count,
        "hours": int(HOURS),
        "offers": len(prices),
        "usd_per_gpu_hour": [str(p) for p in (low, likely, high)],
    }
    return _record(name, monthly, "accelerators x on-demand price an hour (lowest, median, highest offer) x hours", source, inputs)


def _offers(hardware: str, provider: str | None) -> tuple[list[Decimal], Source, str] | None:
    """On-demand USD per accelerator-hour, sorted; of the stated provider where it has any."""
    try:
        machines = [catalog.instance(hardware)]
        label = machines[0].name
    except UserError:
        try:
            label = catalog.accelerator(hardware).name
        except UserError:
            return None
        machines = catalog.instances_with(label)
    ours = [m for m in machines if provider and catalog.providers().get(provider.lower(), provider) == m.provider] or machines
    priced = [(p.on_demand / Decimal(str(m.accelerator_count)), m) for m in ours for p in m.prices[:1] if p.on_demand]
    if not priced:
        return None
    first = min(priced, key=lambda item: (item[0], item[1].name))[1]
    return sorted(price for price, _ in priced), catalog.source_of(first), label
