"""Accelerators first sold before 2020, where newer ones do the same work for less.

The saving compares the catalogue's price per memory bandwidth and per computing speed with the best newer machine of the same
provider whose accelerators hold as much memory: the smaller of the two gains is likely, the larger one the most.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from knowledge.catalog import checked, find_accelerator, instances, source_of
from knowledge.schemas import Accelerator, Instance
from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE, held
from tools.audit.findings.rule import Ask, Effect, Match, Rule

_BEFORE = "2020"
#: Families that the fact base does not carry, by the providers' public instance lists (checked 2026-11-22).
_OLD_FAMILIES = re.compile(
    r"\b(?:ml\.)?(?:p2|g3|g3s|g4ad|inf1)\.|_nc\d+(?:r?s_v[23]|r?$)|_nd\d+r?s(?:$|_v2)|_nv\d+(?:$|_v[23]|s_v[23])|\b(?:k80|m60|p4|p40)\b"
)
_QUESTION = """
select lower(hardware), sum(cost), sum(rows), min(place, 20) from machine
where hardware <> ''
group by 1 having sum(cost) > 0 order by 2 desc, 1"""


def _work(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    for hardware, amount, rows, places in ask(_QUESTION, dict(values)):
        known = held(hardware)
        chip = known.accelerator
        old = bool(chip.released and chip.released < _BEFORE) if chip else bool(_OLD_FAMILIES.search(hardware))
        if not old:
            continue
        note = f"{chip.name}, first sold {chip.released[:4]}" if chip else ""
        better = _better(known.instance, chip) if known.instance and chip else None
        if better is None:
            yield Match(hardware, amount, rows, places, None, note)
            continue
        name, likely, high, why = better
        yield Match(
            hardware, amount, rows, places, (Decimal(0), amount * likely, amount * high), f"{note}; {name} compared", Tier.ESTIMATED, why
        )


def _gain(old: Instance, old_chip: Accelerator, new: Instance, new_chip: Accelerator) -> tuple[Decimal, Decimal] | None:
    """Shares saved for the same memory bandwidth and for the same 16-bit speed, the smaller first; None where a fact is missing."""
    shares = []
    price_old, price_new = old.prices[0].on_demand, new.prices[0].on_demand
    for before, after in ((old_chip.bandwidth_gb_s, new_chip.bandwidth_gb_s), (_speed(old_chip), _speed(new_chip))):
        if not (before and after and price_old and price_new):
            return None
        per_old = price_old / Decimal(str(before * old.accelerator_count))
        shares.append(1 - price_new / Decimal(str(after * new.accelerator_count)) / per_old)
    return min(shares), max(shares)


def _speed(chip: Accelerator) -> float | None:
    return chip.tflops.get("bf16") or chip.tflops.get("fp16")


def _better(old: Instance, old_chip: Accelerator) -> tuple[str, Decimal, Decimal, str] | None:
    """The newer machine that saves most for the same work without costing more an hour: name, likely and high share, reason."""
    here = old.prices[0]
    best: tuple[Decimal, Decimal, str] | None = None
    for new in instances().entries.values():
        chip = find_accelerator(new.accelerator)
        price = new.prices[0]
        if (
            new.provider != old.provider
            or chip is None
            or chip.released < _BEFORE
            or price.region != here.region
            or chip.kind != old_chip.kind
        ):
            continue
        memory = (chip.memory_gib or 0) * new.accelerator_count
        if memory < (old_chip.memory_gib or 0) * old.accelerator_count or not price.on_demand or price.on_demand > (here.on_demand or 0):
            continue
        gain = _gain(old, old_chip, new, chip)
        if gain and gain[0] > 0 and (best is None or (*gain, new.name) > best):
            best = (*gain, new.name)
    if best is None:
        return None
    source = source_of(instances().entries[best[2]])
    why = (
        f"List prices in {here.region} per memory bandwidth and per 16-bit speed, against {best[2]} "
        f"({source.ref}, {checked(source)}); nothing is saved where the model does not use the newer chip"
    )
    return best[2], best[0], best[1], why


RULE = Rule(
    id="old-gpu-generation",
    title="Old accelerator generation",
    confirm="A benchmark of the model on a current accelerator (benchmark_model).",
    given=MACHINE,
    work=_work,
    effect=Effect.worked_out(Tier.ESTIMATED, ""),
)
