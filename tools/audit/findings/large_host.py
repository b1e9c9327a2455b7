"""Machines whose host (processors and memory) is far larger than the smallest one sold with the same accelerators.

The bill does not say whether processors and memory are needed, so the lowest saving is nothing. Prices of the catalogue.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from knowledge.catalog import checked, instances, source_of
from knowledge.schemas import Instance
from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE, held
from tools.audit.findings.rule import Ask, Effect, Match, Rule

_QUESTION = """
select lower(hardware), sum(cost), sum(rows), min(place, 20) from machine
where hardware <> '' and pricing <> 'committed'
group by 1 having sum(cost) > 0 order by 2 desc, 1"""
_MUCH = Decimal("0.4")  # share of the price that goes to the larger host


def _work(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    for hardware, amount, rows, places in ask(_QUESTION, dict(values)):
        machine = held(hardware).instance
        smallest = _smallest(machine) if machine else None
        if machine is None or smallest is None or smallest[0] < _MUCH:
            continue
        share, name = smallest
        source = source_of(machine)
        why = (
            f"List prices of {name} and {machine.name} in {machine.prices[0].region} ({source.ref}, {checked(source)}); "
            "half of it likely, since some workloads feed the accelerator from many processors"
        )
        note = f"{machine.accelerator_count:.0f} x {machine.accelerator} with {machine.vcpus} vCPUs; {name} holds the same accelerators"
        yield Match(hardware, amount, rows, places, (Decimal(0), amount * share / 2, amount * share), note, Tier.CATALOGUE, why)


def _smallest(machine: Instance) -> tuple[Decimal, str] | None:
    """Share of the price above the cheapest host with the same accelerators and fewer processors, and its name."""
    here = machine.prices[0]
    found = [
        (price.on_demand, other.name)
        for other in instances().entries.values()
        if (other.provider, other.accelerator, other.accelerator_count, other.tier)
        == (machine.provider, machine.accelerator, machine.accelerator_count, machine.tier)
        and (other.vcpus or 0) < (machine.vcpus or 0)
        and (price := other.price(here.region)) is not None
        and price.on_demand is not None
    ]
    if not found or not here.on_demand:
        return None
    least, name = min(found)
    return 1 - least / here.on_demand, name


RULE = Rule(
    id="large-host",
    title="Host far larger than its accelerators need",
    confirm="Processor and memory use of the machine beside the accelerator's, over a week.",
    given=MACHINE,
    work=_work,
    effect=Effect.worked_out(Tier.CATALOGUE, ""),
)
