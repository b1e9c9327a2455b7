"""Where self-hosting pays: its month is a step function of the volume, an API's month a straight line; roots are searched, not read off.

Pure arithmetic on floats, USD a month and requests a month; knows no prices, models or machines. A step is one more unit (a machine,
or the accelerators of one replica), paid around the clock however little it does: the allocation basis.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

#: Halvings of an interval: beyond these a float does not change.
_HALVINGS = 200


@dataclass(frozen=True, slots=True)
class Steps:
    """The month of self-hosting by volume. `fixed_usd`: what it costs beside the machines, whatever the volume."""

    unit_usd: float
    unit_requests: float  # requests a month that one more unit carries at the workload's peak
    fixed_usd: float = 0.0

    def units(self, volume: float) -> int:
        """Units that are rented for a volume; the first is rented however small it is."""
        return max(1, ceil(volume / self.unit_requests - 1e-9))

    def cost(self, volume: float) -> float:
        """USD a month, the allocation basis."""
        return self.paid(self.units(volume))

    def paid(self, units: int) -> float:
        """USD a month for so many units."""
        return self.fixed_usd + units * self.unit_usd


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Requests a month. `first`: from there self-hosting is cheaper. `always`: from there on it stays so, after every further step.

    `units`: units rented at `first`.
    """

    first: float
    always: float
    units: int

    @property
    def stays_cheaper(self) -> bool:
        """Whether no further step makes it dearer again."""
        return self.always <= self.first * (1 + 1e-9)


def root(surplus: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses zero, by bisection; `surplus(low)` <= 0 <= `surplus(high)`."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if surplus(middle) < 0 else (low, middle)
    return high


def volume(steps: Steps, usd_per_request: float) -> BreakEven | None:
    """The break-even volume against a price per request; None where there is none at any volume.

    None exactly where a unit that is always full costs as much a request as the API or more.
    """
    margin = usd_per_request * steps.unit_requests - steps.unit_usd  # what a full unit saves a month
    if margin <= 0:
        return None
    first = max(1, ceil(steps.fixed_usd / margin - 1e-12))  # the first step at whose end self-hosting is not dearer
    again = floor((steps.fixed_usd + steps.unit_usd) / margin - 1e-12)  # the last step whose successor starts dearer than the API
    at = _crossing(steps, usd_per_request, first)
    return BreakEven(at, at if again < first else _crossing(steps, usd_per_request, again + 1), first)


def _crossing(steps: Steps, usd_per_request: float, units: int) -> float:
    """Inside one step the cost does not move: the volume at which the API's line reaches it."""
    paid = steps.paid(units)
    return root(
        lambda at: usd_per_request * at - paid, (units - 1) * steps.unit_requests, max(units * steps.unit_requests, paid / usd_per_request)
    )


def utilization(paid_usd: float, full_requests: float, usd_per_request: float) -> float | None:
    """Share of what is paid that must be at work for the API to cost as much; None where not even all of it is enough.

    `paid_usd`: the month of what is rented and its work; `full_requests`: what that carries in a month without a pause.
    """
    if paid_usd > usd_per_request * full_requests:
        return None
    return root(lambda share: usd_per_request * full_requests * share - paid_usd, 0.0, 1.0)
