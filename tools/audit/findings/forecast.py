"""Month-end forecast of the running month: what is billed so far, and the remaining days at the level, weekday pattern and slope of
the last eight weeks.

The interval (80 %) holds the scatter of single days and what the level may be off. Refuses with fewer than 7 finished days, and
where daily lines are less than four fifths of the month's usage: a monthly fee or tax still to come is not in it. An unfinished
last day counts as forecast where that is more than it has cost so far.
"""

import calendar
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from statistics import median
from typing import Any

from tools.audit.findings import daily
from tools.audit.findings.rule import Ask, Match, Rule
from tools.audit.findings.seasons import slope, usual

_LEAST_DAYS, _LEAST_FOR_SLOPE, _LOOK_BACK, _Z = 7, 14, 56, 1.282
_SO_FAR = """
select coalesce(sum(cost), 0), coalesce(sum(rows), 0),
  coalesce(sum(cost) filter (where category = 'Usage' and day_end - day < 2), 0), coalesce(sum(cost) filter (where category = 'Usage'), 0)
from spend_by_day where day >= $first_day and day <= $last_day"""


def _work(ask: Ask, _: Mapping[str, Any]) -> Iterable[Match]:
    whole = daily.together(daily.by_service(ask))
    if not whole.cost:
        return
    last = max(whole.cost)
    month_start, month_end = last.replace(day=1), last.replace(day=calendar.monthrange(last.year, last.month)[1])
    done, unfinished = daily.finished(whole)
    series = {day: cost for day, cost in done.series.items() if (last - day).days <= _LOOK_BACK}
    if len(series) < _LEAST_DAYS or (last == month_end and unfinished is None):
        return
    so_far, rows, by_day, usage = ask(_SO_FAR, {"first_day": month_start, "last_day": month_end})[0]
    if by_day < Decimal("0.8") * usage or by_day <= 0:
        return
    ahead = [last + timedelta(days=at) for at in range(1, (month_end - last).days + 1)]
    expected, doubt = _ahead(series, [*ahead, unfinished] if unfinished else ahead)
    spent = float(whole.cost[last]) if unfinished else 0.0
    rest = sum(expected[: len(ahead)]) + (max(0.0, expected[-1] - spent) if unfinished else 0.0)
    likely, low, high = (so_far + _money(value) for value in (max(0.0, rest), max(0.0, rest - doubt), max(0.0, rest + doubt)))
    part = f", {unfinished.isoformat()} taken as unfinished" if unfinished else ""
    note = (
        f"{so_far:.2f} until {last.isoformat()}, {low:.2f} to {high:.2f} by {month_end.isoformat()} (80 %), from {len(series)} days{part}"
    )
    yield Match(f"{last:%Y-%m}", likely, int(rows), daily.places(ask, None, month_start, last), None, note, spread=(low, high))


def _ahead(series: Mapping[date, float], days: list[date]) -> tuple[list[float], float]:
    """Expected cost of these days, and half the width of the interval around their sum.

    A slope goes on for half as long as it was seen; one seen for less than two weeks only widens the interval.
    """
    known = usual(series)
    first, last = min(series), max(series)
    points = [((day - first).days, cost - known.weekday[day.weekday()]) for day, cost in sorted(series.items())]
    told = slope(points)
    seen = (last - first).days
    further = [min((day - last).days, seen / 2) for day in days]
    follow = told.certain and len(points) >= _LEAST_FOR_SLOPE
    base = told.level + told.likely * seen if follow else median(cost for _, cost in points[-7:])
    steps = [told.likely * x if follow else 0.0 for x in further]
    expected = [max(0.0, base + step + known.weekday[day.weekday()]) for step, day in zip(steps, days, strict=True)]
    scatter = known.spread * sqrt(len(days))
    level = known.spread * len(days) / sqrt(min(len(points), 7))
    doubt = (told.high - told.low) / 2 if follow else abs(told.likely) if told.certain else 0.0
    return expected, sqrt((_Z * scatter) ** 2 + (_Z * level) ** 2 + (doubt * sum(further)) ** 2)


def _money(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))


RULE = Rule(
    id="month-end-forecast",
    title="At this pace the month ends at",
    confirm="The next days of the bill; whether a commitment, credit or one-off purchase ends or begins before the month does.",
    needs_days=True,
    limit=1,
    given=daily.DATED,
    work=_work,
)
