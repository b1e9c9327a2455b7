"""A case's predicted behaviour: step times, then each metric by its closed form, each with an 80 % band.

The band is the spread of this estimator's own errors on cases that its calibration had not seen, for the nearest kind of
case, wider for what the calibration never met. Refuses what cannot run. Does no pricing and reads no files but the facts.
"""

from dataclasses import dataclass, replace
from math import exp, log2

from tools.estimation.serving.case import MOST_ARRIVING, Case, Load, footprint, load_of
from tools.estimation.serving.metrics import Scheduling, Times, answer_seconds, first_token, first_token_alone, per_token, tokens_per_second
from tools.estimation.serving.rates import Calibration, calibration, chip_generation, kinds_of, model_kind, rates_of
from tools.estimation.serving.steps import Rates, step_seconds

#: Widening of the band (in logarithms) for each kind that the calibration never saw.
UNSEEN = {"engine": 1.6, "generation": 1.6, "format": 1.3, "kind": 1.3, "link": 1.2}
#: Lengths that are our assumption widen the band by this.
ASSUMED_LENGTHS = 1.3
#: Power of a GPU while serving, as a share of its rated power: at the smallest load and at the largest (ML.ENERGY leaderboard v3 rows).
POWER_SHARE = (0.45, 0.85)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Seconds and rates of one replica at a load. `saturated`: more asked than can run, or arrivals above what it serves."""

    load: Load
    times: Times
    scheduling: Scheduling
    ttft_s: float
    tpot_s: float
    tokens_per_second: float
    requests_per_second: float
    power_w: float
    saturated: bool


def behaviour(case: Case, fitted: Calibration | None = None) -> Behaviour:
    """The likely behaviour of one replica."""
    fitted = fitted or calibration()
    model = footprint(case)
    rates = rates_of(case, fitted)
    if case.arrival != "open":
        return _at(case, load_of(case, model), rates)
    asked = 1.0
    wanted = case.rate or 0.0
    now = _at(case, load_of(case, model, asked), rates)
    for _ in range(40):  # Little's law: in flight = arrivals x time in the system; damped, so that it settles
        asked = 0.5 * asked + 0.5 * max(1.0, wanted * (now.ttft_s + case.output_tokens * now.tpot_s))
        most = min(now.load.room, MOST_ARRIVING)
        if asked >= most:
            now = _at(case, load_of(case, model, most), rates)
            return replace(now, saturated=now.requests_per_second < wanted)
        now = _at(case, load_of(case, model, asked), rates)
    return replace(now, saturated=now.requests_per_second < 0.98 * wanted)


def _at(case: Case, load: Load, rates: tuple[Rates, Rates, Scheduling]) -> Behaviour:
    decode, prefill, scheduling = rates
    times = Times(
        step_seconds(load.decode, decode),
        step_seconds(load.alone, prefill),
        step_seconds(load.bulk, prefill) * load.input_tokens / load.together,
    )
    if case.arrival == "open":
        first = first_token_alone(times, scheduling, (case.rate or 0.0) / case.layout.data)
    else:
        waiting = max(0.0, load.asked - load.room) / load.on_rank
        first = first_token(times, scheduling, load.on_rank, load.output_tokens, waiting)
    per_answer = answer_seconds(times, scheduling, load.on_rank, load.output_tokens)
    busy = min(1.0, log2(1 + load.on_rank) / 8)
    power = (case.chip.tdp_w or 0.0) * (POWER_SHARE[0] + (POWER_SHARE[1] - POWER_SHARE[0]) * busy) * case.layout.gpus
    return Behaviour(
        load=load,
        times=times,
        scheduling=scheduling,
        ttft_s=first,
        tpot_s=per_token(times, scheduling, load.on_rank, load.output_tokens),
        tokens_per_second=tokens_per_second(times, scheduling, load.running, load.on_rank, load.output_tokens),
        requests_per_second=load.running / per_answer,
        power_w=power,
        saturated=load.asked > load.room,
    )


def band(case: Case, metric_class: str, fitted: Calibration | None = None) -> tuple[float, float]:
    """Factors on a likely value that bound its 80 % interval. `metric_class`: ttft, tpot, throughput, prefill, energy."""
    fitted = fitted or calibration()
    known = fitted.bands[metric_class]
    keys = (f"{model_kind(case)}|{chip_generation(case.chip)}", model_kind(case), "all")
    low, high = next(known[key] for key in keys if key in known)
    wider = ASSUMED_LENGTHS if not case.stated_lengths else 1.0
    for kind, level in kinds_of(case).items():
        wider *= 1.0 if fitted.knows(kind, level) else UNSEEN[kind]
    return exp(low * wider), exp(high * wider)
