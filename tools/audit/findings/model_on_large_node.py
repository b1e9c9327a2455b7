"""Several accelerators paid for one model that fits on fewer, where the bill names both model and machine.

Fits: 16-bit weights and half as much again for the key-value cache and work space. Whether the traffic needs the others is not
in the bill, so the lowest saving is nothing.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import ceil
from typing import Any

from knowledge.catalog import models
from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE, held
from tools.audit.findings.rule import Ask, Effect, Match, Rule

_QUESTION = """
with one as (
  select name, lower(hardware) as hardware, min(model) as model, count(distinct lower(model)) as models, sum(cost) as amount,
    sum(rows) as n, min(place, 20) as places,
    round(sum(utilization * abs(cost)) / sum(abs(cost)) filter (where utilization is not null), 6) as busy
  from machine where hardware <> '' and model <> '' group by 1, 2 having sum(cost) > 0)
select name, hardware, model, amount, n, places from one
where models = 1 and (busy is null or busy < 0.5) order by 4 desc, 1, 2"""
_ROOM = 1.5
_GIB = 2**30


def _work(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    for name, hardware, model, amount, rows, places in ask(_QUESTION, dict(values)):
        machine, shape = held(hardware), models().find(model)
        if machine.instance is None or machine.accelerator is None or machine.accelerator.memory_gib is None or shape is None:
            continue
        count, memory = machine.instance.accelerator_count, machine.accelerator.memory_gib
        weights = (shape.params_b + (shape.extra_params_b or 0)) * 1e9 * 2 / _GIB
        needed = max(1, ceil(weights * _ROOM / memory))
        if count < 2 or needed > count / 2:
            continue
        share = Decimal(str(round(1 - needed / count, 4)))
        fit = f"fit {needed} of {count:.0f} x {machine.accelerator.name} ({memory:g} GiB each)"
        note = f"{shape.name}: {weights:.0f} GiB of 16-bit weights {fit}"
        yield Match(name, amount, rows, places, (Decimal(0), amount * share / 2, amount * share), note)


RULE = Rule(
    id="model-on-large-node",
    title="Several accelerators for a model that fits on fewer",
    confirm="Requests per second at the weekly peak: whether the other accelerators serve copies of the model.",
    given=MACHINE,
    needs="kind in ('gpu', 'managed_ai') and category = 'Usage' and hardware <> '' and model <> ''",
    work=_work,
    effect=Effect.worked_out(
        Tier.ASSUMED, "Assumed: half of what does not hold the model is likely spare; none of it where copies of the model serve traffic"
    ),
)
