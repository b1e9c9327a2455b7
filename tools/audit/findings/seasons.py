"""Robust statistics of a daily series: level, weekday pattern, spread, slope. Not a rule; knows nothing of bills.

Medians throughout, so that a few wild days bend nothing. A day without a value is a gap, never a zero. Money enters as float:
what comes out are expectations, not sums.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import median

#: Half the width of the window in which the local level is taken, in days.
_HALF_WINDOW = 10
#: Makes the median deviation comparable to a standard deviation under a normal distribution.
_MAD = 1.4826


@dataclass(frozen=True)
class Usual:
    """What each day would usually cost, and how far days usually are from that."""

    expected: Mapping[date, float]
    weekday: Sequence[float]  # seven offsets, Monday first
    spread: float


def usual(series: Mapping[date, float]) -> Usual:
    """Local level (median of the days around) plus weekday offset (median distance from the level), as STL does with means."""
    days = sorted(series)
    offsets = [0.0] * 7
    level: dict[date, float] = {}
    for _ in range(2):
        flat = {day: series[day] - offsets[day.weekday()] for day in days}
        level = _levels(days, flat)
        offsets = [_offset(weekday, {day: series[day] - level[day] for day in days}) for weekday in range(7)]
        middle = median(offsets)
        offsets = [offset - middle for offset in offsets]
    expected = {day: level[day] + offsets[day.weekday()] for day in days}
    return Usual(expected, offsets, _MAD * median(abs(series[day] - expected[day]) for day in days))


def _offset(weekday: int, distance: Mapping[date, float]) -> float:
    """Median distance of that weekday; of all working days or all weekend days where it was seen less than three times."""
    own = [away for day, away in distance.items() if day.weekday() == weekday]
    if len(own) < 3:
        own = [away for day, away in distance.items() if (day.weekday() >= 5) == (weekday >= 5)]
    return median(own) if own else 0.0


def _levels(days: Sequence[date], flat: Mapping[date, float]) -> dict[date, float]:
    """For each of the ordered days the median of those around it; of all days where only few are near."""
    numbers = [day.toordinal() for day in days]
    values = [flat[day] for day in days]
    whole = median(values)
    level = {}
    for at, day in enumerate(days):
        first, last = bisect_left(numbers, numbers[at] - _HALF_WINDOW), bisect_right(numbers, numbers[at] + _HALF_WINDOW)
        near = values[first:at] + values[at + 1 : last]
        level[day] = median(near) if len(near) >= 4 else whole
    return level


@dataclass(frozen=True)
class Slope:
    """Change a step with its 90 % interval (Theil-Sen with Sen's rank interval), and the level at step 0."""

    low: float
    likely: float
    high: float
    level: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out zero: the direction is told."""
        return self.low > 0 or self.high < 0


def slope(points: Sequence[tuple[float, float]]) -> Slope:
    """Theil-Sen slope of (x, y) points with distinct x. Raises ValueError with fewer than 4 points.

    The interval takes the points as independent; days that follow each other are not quite, so it is somewhat too narrow.
    """
    if len(points) < 4:
        raise ValueError("a slope needs at least 4 points")
    ordered = sorted(points)
    slopes = sorted((y2 - y1) / (x2 - x1) for at, (x1, y1) in enumerate(ordered) for x2, y2 in ordered[at + 1 :])
    n, count = len(ordered), len(slopes)
    reach = 1.645 * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = slopes[max(0, int((count - reach) / 2))]
    high = slopes[min(count - 1, int((count + reach) / 2) + 1)]
    likely = median(slopes)
    return Slope(low, likely, high, median(y - likely * x for x, y in ordered))
