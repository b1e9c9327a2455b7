"""Rented machines without accelerators: decode against the memory bandwidth of their share of a socket, prompts against its arithmetic.

Deliberately wide: software reaches a third to four fifths of the bandwidth, and clouds do not promise a share of it. Published points
behind the shares stand at the constants. One replica a socket; a machine over several sockets holds several. Nothing is calibrated here,
and where a processor's bandwidth is not known the machine is rejected for that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, inf

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.schemas import CpuFamily, CpuMachine, ModelArchitecture
from tools.estimation.hosting.break_even import volume
from tools.estimation.hosting.gpu import steps
from tools.estimation.hosting.offers import Unit, machine_offers
from tools.estimation.hosting.option import Option, Tally
from tools.estimation.hosting.quality import Quality, formats, quality_of
from tools.estimation.hosting.question import Question
from tools.estimation.hosting.rented import rent
from tools.estimation.serving.case import MOST_ARRIVING, reading
from tools.estimation.serving.counts import Footprint, Layout, Step
from tools.estimation.serving.formats import WeightFormat
from tools.estimation.serving.metrics import Scheduling, Times, answer_seconds, first_token_alone, per_token
from tools.estimation.serving.sizing import PLANNED, replicas
from tools.estimation.traffic import HOURS_PER_MONTH

#: Share of a socket's theoretical bandwidth that decoding reaches. Ryzen 7950X, 1.2B Q8, 46.9 tokens/s: 0.7 to 0.8 (ik_llama.cpp
#: discussion 63); EPYC 9175F, 17B active in Q4, 21 to 24 tokens/s: 0.4 to 0.5 (loftllc.dev); two EPYC 9175F, 70B in 16 bits, 2.4 and
#: 4.3 tokens/s: 0.27 and 0.5 (llama.cpp issue 11744).
BANDWIDTH = (0.8, 0.55, 0.3)
#: Share of the arithmetic peak (16 bits where the processor has it) that reading prompts reaches. Ryzen 7950X, 1.2B, 1,110 to 1,270
#: tokens/s: 0.6 to 0.7 of its 16-bit peak (ik_llama.cpp discussion 63); tile units such as AMX reach far less of theirs.
ARITHMETIC = (0.6, 0.3, 0.1)
#: Share of a machine's memory that a model may have: the system and its programs keep the rest. Not the rule of accelerators.
RAM_SHARE = 0.9
METHOD = (
    "Bytes of weights and cache over a share of the memory bandwidth of the rented part of a socket, operations over a share of its "
    "arithmetic peak (best, likely, worst share from published CPU runs); replicas for the peak x price an hour x 730 hours."
)
#: Engines on CPUs mix prompts and answers without head start for either.
_PLAIN = Scheduling(1.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Speed:
    """A replica on one slice of a machine: best, likely, worst. `rates` empty where even one request misses the targets."""

    rates: tuple[float, ...]
    ttft_ms: tuple[float, ...]
    tpot_ms: tuple[float, ...]


@dataclass(frozen=True)
class Slice:
    """What one replica runs on."""

    bandwidth: float  # bytes/s, theoretical
    flops: float
    memory: float  # bytes


@dataclass(frozen=True)
class _Fit:
    machine: CpuMachine
    fmt: WeightFormat
    quality: Quality
    speed: Speed
    unit: Unit
    usd: float


def slices(machine: CpuMachine, family: CpuFamily) -> tuple[int, Slice] | None:
    """How many sockets a machine spans, and what of each it has; None where the processor's bandwidth or arithmetic is not known."""
    threads = family.cores * (machine.vcpus_per_core or family.threads_per_core)
    sockets = ceil(machine.vcpus / threads - 1e-9)
    share = machine.vcpus / sockets / threads
    rates = family.tflops
    peak = rates.get("bf16") or rates.get("fp32")
    if family.bandwidth_gb_s is None or peak is None:
        return None
    return sockets, Slice(family.bandwidth_gb_s * 1e9 * share, peak * 1e12 * share, machine.memory_gib * 2**30 * RAM_SHARE / sockets)


def _seconds(step: Step, part: Slice, case: int) -> float:
    moved = step.weight_bytes + step.expert_bytes + step.kv_bytes
    done = step.gemm_flops + step.expert_flops + step.attention_flops
    return max(moved / (part.bandwidth * BANDWIDTH[case]), done / (part.flops * ARITHMETIC[case]))


def _at(model: Footprint, part: Slice, question: Question, running: float, case: int) -> tuple[float, float, float]:
    """Requests a second, seconds to the first token and a token, with so many requests in flight."""
    length, answer = question.input_tokens, question.output_tokens
    alone = _seconds(reading(model, question.new_tokens, question.new_tokens, length), part, case)
    times = Times(_seconds(model.decode(running, length + answer / 2), part, case), alone, alone)
    rate = PLANNED * running / answer_seconds(times, _PLAIN, running, answer)
    return rate, first_token_alone(times, _PLAIN, rate), per_token(times, _PLAIN, running, answer)


def speed(model: Footprint, part: Slice, question: Question) -> Speed | None:
    """The largest load that likely keeps the targets; None where the model does not fit."""
    each = model.kv_bytes(question.input_tokens + question.output_tokens / 2)
    room = (part.memory - model.held_bytes) / max(each, 1.0)
    if room < 1:
        return None
    running, kept = 1.0, 0.0
    while running <= min(room, MOST_ARRIVING):
        _, first, token = _at(model, part, question, running, 1)
        if first > question.target.ttft_s or token > question.target.tpot_s:
            break
        running, kept = running * 2, running
    found = [_at(model, part, question, kept or 1.0, case) for case in range(3)]
    return Speed(tuple(f[0] for f in found) if kept else (), tuple(f[1] * 1e3 for f in found), tuple(f[2] * 1e3 for f in found))


def cpu_options(
    question: Question, shape: ModelArchitecture, usd_per_request: float | None, tally: Tally
) -> tuple[list[Option], Option | None]:
    """The cheapest of each seller and processor, and the first to break even; what is not shown goes to the tally."""
    fits = list(_fits(question, shape, tally))
    best: dict[tuple[str, str, bool], _Fit] = {}
    for fit in fits:
        key = (fit.machine.provider, fit.machine.cpu, fit.unit.is_spot)
        if key not in best or (fit.usd, fit.machine.name) < (best[key].usd, best[key].machine.name):
            best[key] = fit
    cheap = sorted(best.values(), key=lambda fit: (fit.usd, fit.machine.name))
    shown = [fit for spot in (False, True) for fit in [f for f in cheap if f.unit.is_spot == spot][: question.shown]]
    kept = {id(fit) for fit in shown}
    for fit in fits:
        if id(fit) not in kept:
            near = f"{fit.machine.name} in {fit.fmt.name} costs {fit.usd:,.0f} USD a month of rent."
            tally.reject("cpu", fit.machine.cpu, "cost", "dearer than what is shown", near, score=fit.usd)
    first = None if usd_per_request is None else _first(question, fits, usd_per_request)
    return [_option(question, fit) for fit in shown], None if first is None else _option(question, first)


def _first(question: Question, fits: Iterable[_Fit], usd_per_request: float) -> _Fit | None:
    fixed = float(question.work.own.likely) + float(question.work.moving.likely)
    best, pick = inf, None
    for fit in fits:
        found = None if fit.unit.is_spot else volume(steps(fit.unit, fit.speed.rates[1], question, fixed), usd_per_request)
        if found is not None and found.first < best:
            best, pick = found.first, fit
    return pick


def _fits(question: Question, shape: ModelArchitecture, tally: Tally) -> Iterable[_Fit]:
    offers = machine_offers(question)
    tried = formats(shape, question.precision, None)
    tally.saw(len(offers) * len(tried))
    known: dict[tuple[str, Slice], Speed | None] = {}
    models = {fmt.name: Footprint.of(shape, fmt, 16.0, Layout()) for fmt in tried}
    judged = {fmt.name: quality_of(shape, fmt, question.input_tokens) for fmt in tried}
    for price in offers:
        machine = catalog.cpu_machines().entries[price.machine]
        part = slices(machine, catalog.cpus().entries[machine.cpu])
        reason = _against(shape, part)
        if reason is not None or part is None:
            stage, text, near = reason or ("calibration", "not known", "")
            tally.reject("cpu", machine.cpu, stage, text, near, count=len(tried))
            continue
        one = Unit(price, 0, part[0], price.usd * Decimal(HOURS_PER_MONTH))
        for fmt in tried:
            if fmt.compute in ("fp8", "fp4"):
                tally.reject(
                    "cpu", machine.cpu, "calibration", f"processors do not compute in {fmt.name}", "Name int8-weight-only or int4."
                )
                continue
            if judged[fmt.name].fails(question.floor):
                tally.reject("cpu", machine.cpu, "quality", f"{fmt.name} keeps less than the quality floor in {judged[fmt.name].text}")
                continue
            key = (fmt.name, part[1])
            if key not in known:
                known[key] = speed(models[fmt.name], part[1], question)
            found = known[key]
            if found is None:
                tally.reject(
                    "cpu", machine.cpu, "fit", f"{shape.name} does not fit in the memory of its machines", "Take a narrower format."
                )
            elif not found.rates:
                tally.reject("cpu", machine.cpu, "latency", *_too_slow(machine, fmt, found), score=found.tpot_ms[1] + found.ttft_ms[1])
            else:
                usd = ceil(replicas(question.peak_per_second, found.rates[1]) / one.replicas) * float(one.usd_per_month)
                yield _Fit(machine, fmt, judged[fmt.name], found, one, usd)


def _against(shape: ModelArchitecture, part: tuple[int, Slice] | None) -> tuple[str, str, str] | None:
    if shape.kind != "decoder":
        return "model", f"{shape.name} does not write text token by token as an LLM does", ""
    if part is None:
        return "calibration", "memory bandwidth or arithmetic of the processor is not known", "Measure it."
    return None


def _too_slow(machine: CpuMachine, fmt: WeightFormat, found: Speed) -> tuple[str, str]:
    alone = f"{found.ttft_ms[1]:,.0f} ms to the first token and {found.tpot_ms[1]:,.0f} ms a token"
    return "the latency target is missed even by one request at a time", f"{machine.name} in {fmt.name} likely takes {alone}."


def _option(question: Question, fit: _Fit) -> Option:
    found = fit.speed
    best, likely, worst = found.rates
    return rent(
        question,
        fit.unit,
        (best, likely, worst),
        kind="cpu",
        name=f"{fit.machine.name} ({fit.machine.cpu})",
        precision=fit.fmt.name,
        count=0,
        quality=fit.quality,
        ttft_ms=Range(*found.ttft_ms),
        tpot_ms=Range(*found.tpot_ms),
        method=METHOD,
        notes=("a cloud does not promise a share of the memory bandwidth: measure before you rely on it",),
    )
