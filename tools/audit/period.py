"""Period of a bill: first and last day, days covered, gaps and partial months, from the days counted in the ledger pass."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from tools.audit.cells import month_end


@dataclass(frozen=True)
class Period:
    """ISO texts at the border; `months` is exact where the file names whole months, else None (days say it)."""

    start: date | None
    end: date | None
    days: int | None
    gaps: tuple[str, ...]
    partial: bool
    months: Decimal | None
    grain: str  # "day", "month", "" unknown

    def as_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "start": self.start.isoformat() if self.start else "",
            "end": self.end.isoformat() if self.end else "",
            "days": self.days,
            "gaps": list(self.gaps),
            "partial": self.partial,
            "months": None if self.months is None else str(self.months),
            "grain": self.grain,
        }


NONE = Period(None, None, None, (), False, None, "")


def period_of(days: Counter[date], last_day: date | None, month_only: bool) -> Period:
    """Period from the first days of all rows and the last day any row covers."""
    if not days or last_day is None:
        return NONE
    seen = sorted(days)
    start = seen[0]
    monthly = month_only or (len(seen) >= 2 and all(day.day == 1 for day in seen))
    if monthly:
        end = max(month_end(seen[-1]), last_day)
        months = {(day.year, day.month) for day in seen}
        wanted = (end.year - start.year) * 12 + end.month - start.month + 1
        gaps = [f"{y}-{m:02d}" for y, m in _months(start, wanted) if (y, m) not in months]
        return Period(
            start.replace(day=1), end, (end - start.replace(day=1)).days + 1, tuple(gaps[:24]), False, Decimal(len(months)), "month"
        )
    end = max(seen[-1], last_day)
    length = (end - start).days + 1
    gaps = _day_gaps(seen) if len(seen) >= max(3, length * 0.3) else []
    partial = start.day != 1 or end != month_end(end)
    whole = None if partial or gaps else Decimal((end.year - start.year) * 12 + end.month - start.month + 1)
    return Period(start, end, length, tuple(gaps[:24]), partial, whole, "day")


def months_between(start: date, end: date) -> list[date]:
    """The first days of the months after that of `start`, up to that of `end`."""
    count = (end.year - start.year) * 12 + end.month - start.month
    return [date(year, month, 1) for year, month in _months(start, count + 1)[1:]] if count > 0 else []


def _months(start: date, count: int) -> list[tuple[int, int]]:
    first = start.year * 12 + start.month - 1
    return [(at // 12, at % 12 + 1) for at in range(first, first + count)]


def _day_gaps(seen: list[date]) -> list[str]:
    gaps = []
    for before, after in pairwise(seen):
        if (after - before).days > 1:
            first, last = before + timedelta(days=1), after - timedelta(days=1)
            gaps.append(first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}")
    return gaps
