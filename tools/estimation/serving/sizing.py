"""How much of a chip a traffic needs: the largest load that keeps the latency targets, and the replicas for a peak.

Loads are searched by bisection: latency only grows with load. Arrivals are Poisson, answers of one length; engines batch at
most what fits in memory. Likely values only; bands and money are added by `estimate.py`.
"""

from dataclasses import dataclass, replace
from math import ceil

from tools.estimation.serving.case import MOST_ARRIVING, Case
from tools.estimation.serving.predict import Behaviour, behaviour

#: Accelerators that replicas are built from.
COUNTS = (1, 2, 4, 8)
#: Share of the largest rate that a replica is planned for: above it queues grow without bound.
PLANNED = 0.9


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


def at_rate(case: Case, rate: float) -> Behaviour:
    """One replica under Poisson arrivals."""
    return behaviour(replace(case, arrival="open", rate=rate, concurrency=None))


def size(case: Case, target: Target) -> Sized:
    """The largest sustainable rate of one replica within the targets."""
    alone = at_rate(case, 1e-6)
    if not target.kept(alone):
        return Sized(case, alone, None)
    full = behaviour(replace(case, arrival="closed", concurrency=min(alone.load.room, MOST_ARRIVING)))
    low, high = 0.0, full.requests_per_second * PLANNED
    best = at_rate(case, high)
    if target.kept(best) and not best.saturated:
        return Sized(case, alone, _with_rate(best, high))
    best = alone
    for _ in range(30):
        middle = (low + high) / 2
        found = at_rate(case, middle)
        if target.kept(found) and not found.saturated:
            low, best = middle, found
        else:
            high = middle
    return Sized(case, alone, _with_rate(best, max(low, 1e-6)))


def _with_rate(found: Behaviour, rate: float) -> Behaviour:
    """An open system serves what arrives, not what it could."""
    return replace(found, requests_per_second=rate, tokens_per_second=rate * found.load.output_tokens)


def replicas(peak: float, each: float) -> int:
    """Replicas for a peak."""
    return max(1, ceil(peak / each - 1e-9))
