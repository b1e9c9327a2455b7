"""What interruptions cost a job on spot machines: checkpoints written, work lost, restarts. Plain floats, hours.

The best interval between checkpoints is sqrt(2 x time to write one x time between interruptions) (Young 1974, with Daly 2006 for
the lost half interval). How often a provider takes machines back is not published as a rate: an assumption, and the user's to edit.
"""

from math import sqrt
from typing import NamedTuple

from tools.estimation.memory.formulas import HIGH, LIKELY, LOW

#: Hours between two interruptions of one machine, in the kind, the likely and the unkind case. An assumption.
BETWEEN_HOURS = (700.0, 48.0, 8.0)
#: Hours from an interruption until work goes on: a new machine, loading, the first compiled step. An assumption.
RESTART_HOURS = (0.05, 0.2, 0.5)
#: Bytes a second at which a checkpoint reaches durable storage. An assumption.
WRITE_BYTES = (2e9, 1e9, 0.25e9)


class Loss(NamedTuple):
    """Times in hours; `share` is the time lost over the time of useful work."""

    between: float
    interval: float
    write: float
    restart: float
    share: float


def loss(checkpoint_bytes: float, machines: int, case: int = LIKELY) -> Loss:
    """The loss with the best interval. One interrupted machine stops them all, so more machines are interrupted more often.

    Lost for each interruption: half an interval of work and the restart. The share is at least what writing costs, and is
    measured against the time that is left for work: where nothing is left, it is infinite.
    """
    between = BETWEEN_HOURS[case] / machines
    write = max(checkpoint_bytes / WRITE_BYTES[case] / 3600, 1 / 3600)
    interval = sqrt(2 * write * between)
    lost = write / interval + (interval / 2 + RESTART_HOURS[case]) / between
    return Loss(between, interval, write, RESTART_HOURS[case], lost / (1 - lost) if lost < 1 else float("inf"))


CASES = (LOW, LIKELY, HIGH)
