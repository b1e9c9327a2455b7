"""How much traffic a question means: the requests of a month and those of its busiest second, one from the other where only one is stated.

What was not stated is assumed in the open (`Assumed`), with the way to set it. The one place where a month becomes a peak. Requests;
a month has 730 hours. Prices and sizes nothing.
"""

from dataclasses import dataclass

from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.source import Source

HOURS_PER_MONTH = 730
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600.0
#: The busiest second over the mean of the month, where it is not said.
PEAK = 3.0
#: What the ratio may be, as `terms_text` reads it.
PEAK_LIMITS = (1.0, 1000.0)
DEFAULT = Source("default of this program")


@dataclass(frozen=True)
class Assumed:
    """A value that the question left open. `term`: how a command sets it; `words`: how a person does."""

    claim: str
    value: Range
    unit: str
    source: Source
    term: str
    words: str


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Requests of a month (None = not known) and a second at the peak (0 = not stated); `assumed` where their ratio was."""

    month: float | None
    peak: float
    assumed: Assumed | None = None

    @property
    def paid_rate(self) -> float:
        """Requests a second that rent by the hour is spread over: the month's mean where it is known, else the peak held all day."""
        return self.peak if self.month is None else self.month / SECONDS_PER_MONTH


def arrivals(month: float, peak: float, ratio: float | None = None) -> Arrivals:
    """The month and its busiest second from what is stated; 0 = not stated. Raises UserError `argument-invalid`."""
    if month and peak:
        if peak < month / SECONDS_PER_MONTH * (1 - 1e-9):
            mean = f"{month / SECONDS_PER_MONTH:.3g}"
            raise UserError(
                "argument-invalid",
                f"The peak is below the mean of the month, {mean} requests a second.",
                "Check both; the peak is the higher.",
            )
        return Arrivals(month, peak)
    if not month and not peak:
        return Arrivals(None, 0.0)
    taken = PEAK if ratio is None else ratio
    assumed = None if ratio is not None else peak_over_mean()
    return (
        Arrivals(month, month / SECONDS_PER_MONTH * taken, assumed) if month else Arrivals(peak / taken * SECONDS_PER_MONTH, peak, assumed)
    )


def peak_over_mean() -> Assumed:
    """The ratio that is taken where none is stated."""
    words = 'say "peak 5 times the mean" to change it'
    return Assumed("Busiest second over the mean of the month", Range.exact(PEAK), "", DEFAULT, "peak=... in --terms", words)
