"""Turns what a search picked into an option: rent, replicas, latency, utilization and the month by volume, each as a range.

The range follows the serving estimator's own error band: where a replica carries less than thought more of them are rented, and the
other way round. The rent is the allocation basis, paid around the clock; times utilization it is the usage basis.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from math import ceil
from statistics import median
from typing import Any

from knowledge import catalog
from knowledge.ranges import Range
from tools.estimation.hosting.break_even import Steps
from tools.estimation.hosting.gpu import Pick, steps
from tools.estimation.hosting.offers import Unit
from tools.estimation.hosting.option import Option
from tools.estimation.hosting.question import Question
from tools.estimation.serving.advice import advice
from tools.estimation.serving.case import Case
from tools.estimation.serving.money import WHOLE
from tools.estimation.serving.predict import Behaviour, band, behaviour, token_ms
from tools.estimation.serving.refusals import cannot_serve
from tools.estimation.serving.sizing import replicas, size
from tools.estimation.traffic import SECONDS_PER_MONTH

METHOD = (
    "Replicas for the peak from the calibrated serving estimate, in whole machines, x price an hour x 730 hours, around the clock; the "
    "range is that of the estimator's own errors."
)
BY_THE_CARD = "priced by the accelerator: that so many come in one machine must be asked there"


def gpu_option(pick: Pick, question: Question) -> Option:
    """The option of a pick."""
    case, rate, count = pick.placement.case, pick.placement.rate, pick.placement.case.layout.gpus
    low, high = band(case, "throughput")
    needed = replicas(question.peak_per_second, rate)
    rents = list(_rents(pick, needed).values())
    now = behaviour(replace(case, arrival="open", rate=question.peak_per_second / needed, concurrency=None))
    first = band(case, "ttft")
    return rent(
        question,
        pick.unit,
        _widened((rate * high, rate, rate * low), case, question),
        kind="gpu",
        name=f"{count} x {case.chip.name}" if count > 1 else case.chip.name,
        precision=case.fmt.name,
        count=count,
        quality=pick.placement.quality,
        ttft_ms=Range(now.ttft_s * 1e3 * first[0], now.ttft_s * 1e3, now.ttft_s * 1e3 * first[1]),
        tpot_ms=token_ms(now, case),
        method=METHOD,
        notes=(*_notes(pick.unit, count), *_format_notes(case, now)),
        sellers=len(rents),
        median_usd=median(rents),
    )


def _widened(rates: tuple[float, float, float], case: Case, question: Question) -> tuple[float, float, float]:
    """Requests a second of a replica with what an assumed length leaves open: the same tokens in shorter and in longer requests."""
    ends = question.counted.wide if question.counted is not None else None
    best, likely, worst = rates
    for times in ends or ():
        other = replace(case, input_tokens=case.input_tokens * times, output_tokens=case.output_tokens * times)
        found = size(other, question.target).best if cannot_serve(other) is None else None
        if found is not None:
            share = found.requests_per_second * times / likely  # in requests of the likely length
            best, worst = max(best, rates[0] * share), min(worst, rates[2] * share)
    return best, likely, worst


def _rents(pick: Pick, needed: int) -> dict[str, Decimal]:
    """A month of the replicas at each seller of the accelerators, in the same group and at its cheapest offer."""
    found: dict[str, Decimal] = {}
    for one in pick.placement.units:
        if one.group == pick.unit.group:
            usd, seller = one.usd_per_month * ceil(needed / one.replicas), one.price.provider
            found[seller] = min(usd, found.get(seller, usd))
    return found


def _notes(one: Unit, count: int) -> list[str]:
    price = one.price
    machine = catalog.instances().entries.get(price.machine)
    said = [BY_THE_CARD] if count > 1 and price.accelerators == 1 and price.provider not in WHOLE else []
    if one.accelerators > one.replicas * count:
        said.append("part of the machine stays idle and is paid")
    if machine is not None and machine.tier:
        said.append(f"offered as {machine.tier}")
    return [*said, *filter(None, (price.reserve, price.note))]


def _format_notes(case: Case, now: Behaviour) -> list[str]:
    """Where published runs of the format lost under such a load, as `estimate_serving` says it."""
    found = advice(case, now)
    if found is None or found.verdict != "loses":
        return []
    return [f"published runs of {case.fmt.name} lost throughput under such a load ({found.on}): measure before you rely on it"]


def rent(question: Question, one: Unit, rates: tuple[float, float, float], **more: Any) -> Option:
    """An option on rented machines. `rates`: requests a second of a replica at best, likely and at worst."""
    needed = [replicas(question.peak_per_second, rate) for rate in rates]
    machines = [ceil(n / one.replicas) for n in needed]
    carried = [machines[1] * one.replicas * rate * SECONDS_PER_MONTH for rate in rates]
    work = question.work.own + question.work.moving
    fixed = (work.low, work.likely, work.high)
    price = one.price
    return Option(
        provider=price.provider,
        region=price.region,
        machine=price.machine,
        usd=Range(*(one.usd_per_month * n for n in machines)),
        work=work,
        source=price.source,
        machines=(machines[0], machines[1], machines[2]),
        replicas=(needed[0], needed[1], needed[2]),
        utilization=Range(*(min(1.0, question.requests_per_month / each) for each in carried)),
        full_requests=Range(*reversed(carried)),
        tokens_per_second=Range(*(each / SECONDS_PER_MONTH * question.output_tokens for each in reversed(carried))),
        steps=_three(steps(one, rate, question, float(usd)) for rate, usd in zip(rates, fixed, strict=True)),
        interruptible=one.is_spot,
        reserve=price.reserve,
        aside=one.aside,
        is_old=price.is_old,
        **more,
    )


def _three(found: Iterable[Steps]) -> tuple[Steps, Steps, Steps]:
    best, likely, worst = found
    return best, likely, worst
