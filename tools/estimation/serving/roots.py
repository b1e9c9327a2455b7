"""Finds where a rising function crosses zero, to a tolerance, with few evaluations: regula falsi after Anderson and Björck (1973).

Our own twenty lines because `scipy.optimize` takes half a second to import and these functions take microseconds. The
function may have kinks; it must not fall. Knows nothing of what it solves.
"""

from collections.abc import Callable

#: Evaluations after which the bracket is halved instead: a bound on the worst case.
PATIENCE = 10
MOST = 60


def crossing(rising: Callable[[float], float], low: float, high: float, at_low: float, at_high: float, tolerance: float) -> float:
    """The largest point known to lie at or below zero, no further than `tolerance` from the crossing. `at_low` <= 0 < `at_high`."""
    side = 0
    for turn in range(MOST):
        if high - low <= tolerance:
            break
        point = (low + high) / 2
        if turn < PATIENCE:  # where the line between both ends crosses, but never so near an end that nothing is learned
            point = min(max(low - at_low / (at_high - at_low) * (high - low), low + 0.9 * tolerance), high - 0.9 * tolerance)
        value = rising(point)
        if value <= 0:  # an end that stays twice is weighed down, so that the next point passes beyond the crossing
            if side < 0:
                at_high *= _weight(value, at_low)
            low, at_low, side = point, value, -1
        else:
            if side > 0:
                at_low *= _weight(value, at_high)
            high, at_high, side = point, value, 1
    return low


def _weight(now: float, before: float) -> float:
    ratio = now / before if before else 1.0
    return 1 - ratio if ratio < 1 else 0.5
