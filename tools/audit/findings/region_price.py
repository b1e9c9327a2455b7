"""Machines in a region where the catalogue lists the same type for less elsewhere.

Likely: the cheapest region of the same area; most: the cheapest of all. Nothing is saved where data must stay.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from knowledge.catalog import checked, source_of
from knowledge.schemas import RegionPrice
from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE, held
from tools.audit.findings.rule import Ask, Effect, Match, Rule

_QUESTION = """
select lower(hardware), lower(region), sum(cost), sum(rows), min(place, 20) from machine
where hardware <> '' and region <> '' and pricing <> 'committed'
group by 1, 2 having sum(cost) > 0 order by 3 desc, 1, 2"""
_WORTH = Decimal("0.05")


def _area(region: str) -> str:
    """`us` of `us-east4` and of `eastus2`, `europe` of `europe-west4` and of `westeurope`; else the region itself."""
    found = re.search(r"^(us|europe|eu|asia|ap|ca|sa|me|australia|northamerica|southamerica)-|(us|europe)\d?$", region)
    return (found[1] or found[2]) if found else region


def _work(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    for hardware, region, amount, rows, places in ask(_QUESTION, dict(values)):
        machine = held(hardware).instance
        here = machine.price(region.replace(" ", "")) if machine else None
        if machine is None or here is None or not here.on_demand or here.doubtful:
            continue
        others = [p for p in machine.prices if p.on_demand and not p.doubtful]
        near = _cheapest([p for p in others if _area(p.region) == _area(here.region)])
        best = _cheapest(others)
        most = 1 - best[0] / here.on_demand
        if most < _WORTH:
            continue
        source = source_of(machine, here.source)
        saving = (Decimal(0), amount * (1 - near[0] / here.on_demand), amount * most)
        note = f"{here.on_demand} USD an hour in {region}, {best[0]} in {best[1]} (list prices)"
        why = f"List prices of {machine.name} by region ({source.ref}, {checked(source)}); nothing where data or latency tie it"
        yield Match(f"{machine.name} in {region}", amount, rows, places, saving, note, Tier.CATALOGUE, why)


def _cheapest(prices: list[RegionPrice]) -> tuple[Decimal, str]:
    return min((p.on_demand, p.region) for p in prices if p.on_demand)


RULE = Rule(
    id="dear-region",
    title="The same machine costs less in another region",
    confirm="Data-location duties, latency to the users, and capacity in the cheaper region.",
    given=MACHINE,
    work=_work,
    effect=Effect.worked_out(Tier.CATALOGUE, ""),
)
