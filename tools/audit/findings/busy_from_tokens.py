"""Machines whose own tokens would fill only a small part of the paid hours, even if requests came one at a time.

An upper bound of the busy time from the fact base: every output token reads all weights once (memory bandwidth), every input token
is multiplied once (16-bit speed), both at half of what the datasheet says. Batching makes the true busy time shorter. Needs a bill
that names machine, model, hours and tokens together; says nothing where stated utilization exists.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from knowledge.catalog import models
from knowledge.schemas import Accelerator, ModelArchitecture
from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE, TARGETS, TARGETS_WHY, held
from tools.audit.findings.rule import Ask, Effect, Match, Rule

_QUESTION = """
with one as (
  select name, lower(hardware) as hardware, min(model) as model, count(distinct lower(model)) as models, sum(cost) as amount,
    sum(rows) as n, min(place, 20) as places, sum(hours)::double as used,
    coalesce(sum(input_tokens), 0)::double as read_in, sum(output_tokens)::double as made,
    count(utilization) as stated
  from machine where hardware <> '' and model <> '' group by 1, 2 having sum(cost) > 0)
select name, hardware, model, amount, n, places, used, read_in, made from one
where models = 1 and stated = 0 and used >= 24 and made > 0 order by 4 desc, 1, 2"""
_REACHED = 0.5  # of the datasheet's bandwidth and speed
_LOW = 0.4


def _work(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    for name, hardware, model, amount, rows, places, hours, read_in, made in ask(_QUESTION, dict(values)):
        machine, shape = held(hardware), models().find(model)
        seconds = _longest(shape, machine.accelerator, read_in, made) if shape and machine.accelerator else None
        if seconds is None or shape is None:
            continue
        busy = seconds / 3600 / hours
        if busy > _LOW:
            continue
        shares = [Decimal(str(round(1 - busy / target, 4))) for target in TARGETS[1:]]
        note = (
            f"{made:.0f} output and {read_in:.0f} input tokens of {shape.name} keep it busy at most {100 * busy:.1f} % of {hours:.0f} hours"
        )
        yield Match(name, amount, rows, places, (Decimal(0), amount * shares[0], amount * shares[1]), note)


def _longest(shape: ModelArchitecture, chip: Accelerator, read_in: float, made: float) -> float | None:
    """Seconds on one accelerator, requests one at a time. None where the datasheet's figures are unknown."""
    speed = chip.tflops.get("bf16") or chip.tflops.get("fp16")
    if not speed or not chip.bandwidth_gb_s:
        return None
    weights_gb = shape.params_b * 2
    return (made * weights_gb / chip.bandwidth_gb_s + read_in * 2 * shape.params_b * 1e9 / (speed * 1e12)) / _REACHED


RULE = Rule(
    id="few-tokens-for-the-hours",
    title="Few tokens for the hours paid",
    confirm="Tokens per hour of this machine at the weekly peak, and its utilization (DCGM or the cloud's monitor).",
    given=MACHINE,
    needs="kind in ('gpu', 'managed_ai') and category = 'Usage' and hardware <> '' and model <> ''",
    work=_work,
    effect=Effect.worked_out(
        Tier.ESTIMATED,
        f"Busy time at most, from the datasheet's bandwidth and speed at half. {TARGETS_WHY}; none where one machine must stay up",
    ),
)
