"""Machines with several accelerators, most of them idle by the stated utilization, where the catalogue has a smaller size.

The smaller size is the cheapest machine of the same provider with the same accelerator that still holds the load at a safe
utilization. Judged by the average: the weekly peak may need more, so the lowest saving is nothing.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from knowledge.catalog import checked, instances, source_of
from knowledge.schemas import Instance
from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE, TARGETS, held
from tools.audit.findings.rule import Ask, Effect, Match, Rule

_QUESTION = """
with used as (
  select name, lower(hardware) as hardware, sum(cost) as amount, sum(rows) as n, min(place, 20) as places,
    round(sum(utilization * abs(cost)) / sum(abs(cost)), 6) as busy
  from machine where utilization is not null and hardware <> '' group by 1, 2 having sum(cost) > 0)
select name, hardware, amount, n, places, busy from used where busy <= 0.5 order by 3 desc, 1, 2"""


def _work(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    for name, hardware, amount, rows, places, busy in ask(_QUESTION, dict(values)):
        machine = held(hardware).instance
        if machine is None or machine.accelerator_count < 2:
            continue
        likely, high = (_saved(machine, busy, target) for target in TARGETS[1:])
        if high is None:
            continue
        count = machine.accelerator_count
        idle = count * (1 - busy)
        source = source_of(machine)
        why = (
            f"List prices of {high[1]} and {machine.name} in {machine.prices[0].region} ({source.ref}, {checked(source)}), "
            "for a machine that is full at three fifths to three quarters of its time; the peak decides"
        )
        saving = (Decimal(0), amount * (likely[0] if likely else 0), amount * high[0])
        note = (
            f"{count:.0f} accelerators, busy {100 * busy:.1f} % of the time: as if {idle:.1f} of them stood idle; {high[1]} would hold it"
        )
        yield Match(name, amount, rows, places, saving, note, Tier.CATALOGUE, why)


def _saved(machine: Instance, busy: float, target: float) -> tuple[Decimal, str] | None:
    """Share saved by the cheapest smaller size that holds the load at `target`, and its name; None where there is none."""
    needed = machine.accelerator_count * busy / target
    here = machine.prices[0]
    best: tuple[Decimal, str] | None = None
    for other in instances().entries.values():
        if other.provider != machine.provider or other.accelerator != machine.accelerator or other.tier != machine.tier:
            continue
        price = other.price(here.region)
        if (
            price is None
            or price.on_demand is None
            or here.on_demand is None
            or not needed <= other.accelerator_count < machine.accelerator_count
        ):
            continue
        if price.on_demand < here.on_demand and (best is None or (price.on_demand, other.name) < best):
            best = (price.on_demand, other.name)
    return (1 - best[0] / here.on_demand, best[1]) if best and here.on_demand else None


RULE = Rule(
    id="idle-accelerators-in-a-node",
    title="Machine with several accelerators, most of them idle",
    confirm="Utilization of each accelerator of the machine: whether the load fits on fewer at the weekly peak.",
    given=MACHINE,
    work=_work,
    effect=Effect.worked_out(Tier.CATALOGUE, ""),
)
