"""How much of a chip a traffic needs: the largest load that keeps the latency targets, and the replicas for a peak.

Latency only grows with load, so the load is searched as a root. Arrivals are Poisson, answers of one length; engines batch at
most what fits in memory. Likely values only; bands and money are added by `estimate.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, exp, log

from tools.estimation.serving.case import Case
from tools.estimation.serving.predict import EXACT, Behaviour, Ready, arriving, in_flight, most_arriving, ready
from tools.estimation.serving.roots import crossing

#: Accelerators that replicas are built from.
COUNTS = (1, 2, 4, 8)
#: Share of the largest rate that a replica is planned for: above it queues grow without bound.
PLANNED = 0.9
#: Requests a second of an idle replica.
TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Target:
    """Latency targets in seconds; infinity = none."""

    ttft_s: float
    tpot_s: float

    def kept(self, found: Behaviour) -> bool:
        """Whether both hold."""
        return found.ttft_s <= self.ttft_s and found.tpot_s <= self.tpot_s


@dataclass(frozen=True, slots=True)
class Sized:
    """`best`: one replica at the largest rate that keeps the targets (None where even one request does not); `alone`: an idle one."""

    case: Case
    alone: Behaviour
    best: Behaviour | None


def size(case: Case, target: Target) -> Sized:
    """The largest sustainable rate of one replica within the targets."""
    made = ready(case)
    alone = arriving(made, 1.0, TINY)
    return Sized(case, alone, _largest(made, target) if target.kept(alone) else None)


def _largest(made: Ready, target: Target) -> Behaviour:
    """Searched over requests in flight, from which the rate follows; below one in flight and at the full batch over the rate itself."""
    limit = most_arriving(made)
    planned = in_flight(made, limit).requests_per_second * PLANNED

    def strain(found: Behaviour) -> float:
        return log(max(found.ttft_s / target.ttft_s, found.tpot_s / target.tpot_s, found.arrivals / planned, 1e-9))

    def search(seen: Callable[[float], Behaviour], low: float, easy: Behaviour, high: float, hard: Behaviour, exact: float) -> Behaviour:
        tried = {low: easy}

        def at(point: float) -> float:
            tried[point] = seen(point)
            return strain(tried[point])

        return tried[crossing(at, low, high, min(strain(easy), 0.0), strain(hard), exact)] if strain(hard) > 0 else hard

    def at_running(log_running: float) -> Behaviour:
        return arriving(made, exp(log_running))

    end = log(limit)
    idle, one, full = arriving(made, 1.0, TINY), arriving(made, 1.0), arriving(made, limit)
    if strain(full) <= 0:
        most = max(planned, full.arrivals)
        best = search(lambda rate: arriving(made, limit, rate), full.arrivals, full, most, arriving(made, limit, most), EXACT * most)
    elif (start := _holding(at_running, strain, one, end)) is not None:
        best = search(at_running, start, at_running(start), end, full, EXACT)
    else:
        best = search(lambda log_rate: arriving(made, 1.0, exp(log_rate)), log(TINY), idle, log(one.arrivals), one, EXACT)
    return replace(best, requests_per_second=best.arrivals, tokens_per_second=best.arrivals * best.load.output_tokens)


def _holding(seen: Callable[[float], Behaviour], strain: Callable[[Behaviour], float], one: Behaviour, end: float) -> float | None:
    """A load that holds. Short prompts that are read together wait less than one by one, so one in flight may fail and several hold."""
    if strain(one) <= 0:
        return 0.0
    return next((end * part for part in (0.75, 0.5, 0.25, 0.1) if strain(seen(end * part)) <= 0), None)


def replicas(peak: float, each: float) -> int:
    """Replicas for a peak."""
    return max(1, ceil(peak / each - 1e-9))
