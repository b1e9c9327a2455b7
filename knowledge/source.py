"""How a figure is known (`Tier`) and where it was read (`Source`). Values only; no look-ups, no files."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Tier(StrEnum):
    """The seven ways of knowing, strongest first. Every figure on screen or in a file carries one."""

    MEASURED = "measured"  # run here, on this machine, by our harness
    BILLED = "billed"  # read from the user's own file
    CATALOGUE = "catalogue"  # dated price or datasheet
    PUBLISHED = "published"  # someone's benchmark, under their conditions
    ESTIMATED = "estimated"  # our model, with its own held-out error
    STATED = "stated"  # the user said so
    ASSUMED = "assumed"  # editable default, shown as such


#: Days after which a catalogue price is marked as old on screen.
STALE_AFTER_DAYS = 90


@dataclass(frozen=True)
class Source:
    """Where a value was read: `ref` is a file and row, a public repository or page, or the user's words."""

    ref: str
    checked_on: date | None = None

    def age_days(self, today: date) -> int | None:
        """Days since the value was checked; None where no date applies (the user's own words and files)."""
        return None if self.checked_on is None else (today - self.checked_on).days
