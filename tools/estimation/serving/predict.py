"""A case's predicted behaviour: step times, then each metric by its closed form, each with an 80 % band.

The band is the spread of this estimator's own errors on cases that its calibration had not seen, for the nearest kind of
case, wider for what the calibration never met. Refuses what cannot run. Does no pricing and reads no files but the facts.
"""

from dataclasses import dataclass, replace
from math import exp, log, log2

from knowledge.ranges import Range
from tools.estimation.serving.case import MOST_ARRIVING, Case, Load, draft_of, footprint, load_of, reading
from tools.estimation.serving.counts import Footprint
from tools.estimation.serving.metrics import Scheduling, Times, answer_seconds, first_token, first_token_alone, per_token, tokens_per_second
from tools.estimation.serving.rates import Calibration, calibration, chip_generation, kinds_of, model_kind, rates_of
from tools.estimation.serving.roots import crossing
from tools.estimation.serving.steps import Rates, least_seconds, step_seconds

#: Relative error of a rate or a number in flight that is searched for.
EXACT = 1e-3
#: Widening of the band (in logarithms) for what none of the calibration's measurements had: drafts, prefix caches, several machines.
#: Assumed; that of an unseen engine, chip, format, model or client is measured (`Calibration.wider`).
UNMEASURED = {"drafting": 1.5, "cache": 1.2, "machines": 1.3}
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
    least_tpot_s: float  # a decode step at the limits of the datasheet, for each token that it yields
    arrivals: float  # requests that come in a second; where so many are always in flight, as many as it serves


@dataclass(frozen=True, slots=True)
class Ready:
    """What no load changes, made once for a model, format, layout, chip and engine: its footprint, rates, and an idle replica's load."""

    case: Case
    model: Footprint
    rates: tuple[Rates, Rates, Scheduling]
    idle: Load
    alone_s: float  # a prompt read alone
    draft: Footprint | None  # of speculative decoding, with its rates
    draft_rates: tuple[Rates, Rates, Scheduling] | None
    tokens_a_step: float


def ready(case: Case, fitted: Calibration | None = None) -> Ready:
    """Prepares a case for being asked at many loads."""
    fitted = fitted or calibration()
    model, rates, draft = footprint(case), rates_of(case, fitted), draft_of(case)
    idle = load_of(case, model, 1.0)
    alone, drafted = step_seconds(idle.alone, rates[1]), None
    if draft is not None and case.drafting and case.drafting.fmt:
        drafted = rates_of(replace(case, shape=draft.shape, fmt=case.drafting.fmt), fitted)
        alone += step_seconds(reading(draft, idle.new_tokens, idle.new_tokens, idle.input_tokens), drafted[1])
    return Ready(case, model, rates, idle, alone, draft, drafted, case.drafting.tokens_a_step if case.drafting else 1.0)


def behaviour(case: Case, fitted: Calibration | None = None) -> Behaviour:
    """The likely behaviour of one replica."""
    made = ready(case, fitted)
    return at_rate(made, case.rate or 0.0) if case.arrival == "open" else in_flight(made)


def in_flight(made: Ready, asked: float | None = None) -> Behaviour:
    """One replica that always has so many requests (`asked`, else the case's, else as much as fits)."""
    load = load_of(made.case, made.model, asked, made.idle)
    times, scheduling = _times(made, load), made.rates[2]
    waiting = max(0.0, load.asked - load.room) / load.on_rank
    first = first_token(_whole_steps(made, times), scheduling, load.on_rank, load.output_tokens, waiting)
    return _seen(made, load, times, first, load.asked > load.room)


def arriving(made: Ready, running: float, rate: float | None = None) -> Behaviour:
    """One replica with so many requests in flight on average under Poisson arrivals, at `rate` or at the rate that causes them."""
    load = load_of(made.case, made.model, running, made.idle)
    times, scheduling, ranks = _times(made, load), made.rates[2], made.case.layout.data * made.case.micro_batches
    whole = _whole_steps(made, times)
    each = per_token(times, scheduling, load.on_rank, load.output_tokens) * load.output_tokens

    def surplus(at: float) -> float:
        return at * (first_token_alone(whole, scheduling, at / ranks) + each) - load.running

    if rate is None:  # Little's law: in flight = arrivals x time in the system
        most = load.running / (first_token_alone(whole, scheduling, 0.0) + each)
        over = surplus(most)
        rate = crossing(surplus, 0.0, most, -load.running, over, most * EXACT) if over > load.running * EXACT else most
    return _seen(made, load, times, first_token_alone(whole, scheduling, rate / ranks), False, rate)


def at_rate(made: Ready, rate: float) -> Behaviour:
    """One replica under Poisson arrivals at a rate."""
    one = arriving(made, 1.0)
    if rate <= one.arrivals:
        return arriving(made, 1.0, rate)
    limit = most_arriving(made)
    full = arriving(made, limit)
    if rate >= full.arrivals:
        now = arriving(made, limit, rate)
        return replace(now, saturated=now.requests_per_second < rate)

    def excess(log_running: float) -> float:
        return log(arriving(made, exp(log_running)).arrivals / rate)

    found = crossing(excess, 0.0, log(limit), log(one.arrivals / rate), log(full.arrivals / rate), EXACT)
    now = arriving(made, exp(found), rate)
    return replace(now, saturated=now.requests_per_second < 0.98 * rate)


def most_arriving(made: Ready) -> float:
    """Requests in flight at most, where they arrive one by one."""
    return max(min(made.idle.room, MOST_ARRIVING), 1.0)


def _times(made: Ready, load: Load) -> Times:
    decode, prefill = step_seconds(load.decode, made.rates[0]), step_seconds(load.bulk, made.rates[1])
    if made.draft is not None and made.draft_rates is not None and made.case.drafting:
        one = made.draft.decode(load.on_rank, load.input_tokens + load.output_tokens / 2)
        decode += made.case.drafting.tokens * step_seconds(one, made.draft_rates[0])
        prefill += step_seconds(reading(made.draft, load.together, load.new_tokens, load.input_tokens), made.draft_rates[1])
    return Times(decode / made.tokens_a_step, made.alone_s, prefill * load.new_tokens / load.together)


def _whole_steps(made: Ready, times: Times) -> Times:
    """A new request waits for a whole step, however many tokens that yields."""
    return replace(times, decode=times.decode * made.tokens_a_step) if made.tokens_a_step != 1 else times


def _seen(made: Ready, load: Load, times: Times, first: float, saturated: bool, arrivals: float | None = None) -> Behaviour:
    case, scheduling = made.case, made.rates[2]
    per_answer = answer_seconds(times, scheduling, load.on_rank, load.output_tokens)
    busy = min(1.0, log2(1 + load.on_rank) / 8)
    power = (case.chip.tdp_w or 0.0) * (POWER_SHARE[0] + (POWER_SHARE[1] - POWER_SHARE[0]) * busy) * case.layout.gpus
    served = load.running / per_answer
    return Behaviour(
        load=load,
        times=times,
        scheduling=scheduling,
        ttft_s=first,
        tpot_s=per_token(times, scheduling, load.on_rank, load.output_tokens),
        tokens_per_second=tokens_per_second(times, scheduling, load.running, load.on_rank, load.output_tokens),
        requests_per_second=served,
        power_w=power,
        saturated=saturated,
        least_tpot_s=least_seconds(load.decode, made.rates[0]) / made.tokens_a_step,
        arrivals=served if arrivals is None else arrivals,
    )


def nearest_kind(case: Case, metric_class: str, fitted: Calibration | None = None) -> str:
    """The nearest kind of case whose errors are known: "dense|hopper", "dense" or "all"."""
    known = (fitted or calibration()).bands[metric_class]
    keys = (f"{model_kind(case)}|{chip_generation(case.chip)}", model_kind(case), "all")
    return next(key for key in keys if key in known)


def band(case: Case, metric_class: str, fitted: Calibration | None = None) -> tuple[float, float]:
    """Factors on a likely value that bound its 80 % interval. `metric_class`: ttft, tpot, throughput, prefill, energy."""
    fitted = fitted or calibration()
    low, high = fitted.bands[metric_class][nearest_kind(case, metric_class, fitted)]
    wider = ASSUMED_LENGTHS if not case.stated_lengths else 1.0
    for kind, is_so in (("drafting", case.drafting is not None), ("cache", case.cached_share > 0), ("machines", case.layout.gpus > 8)):
        wider *= UNMEASURED[kind] if is_so else 1.0
    kinds = kinds_of(case)
    wider *= max(1.0 if fitted.knows(kind, kinds[kind]) else factor for kind, factor in fitted.wider.items())
    return exp(low * wider), exp(high * wider)


def token_ms(now: Behaviour, case: Case) -> Range:
    """Mean time per output token with its 80 % interval, ms; the interval ends where the datasheet does."""
    low, high = band(case, "tpot")
    return Range(max(now.tpot_s * low, now.least_tpot_s) * 1e3, now.tpot_s * 1e3, now.tpot_s * high * 1e3)
