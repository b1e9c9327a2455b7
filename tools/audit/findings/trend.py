"""Services whose cost rises or falls steadily: change a month with its interval, from days (14 or more) or months (6 or more).

The amount is the change of a month's cost at today's pace, negative where it falls: a projection, not a sum of rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tools.audit.findings import daily
from tools.audit.findings.rule import Ask, Match, Rule
from tools.audit.findings.seasons import Slope, slope, usual

_LEAST_DAYS, _LEAST_MONTHS, _MOST_SERVICES, _MOST_DAYS = 14, 6, 50, 366
_DAYS_A_MONTH = 30.4
#: Change over the whole period, as a share of the level, from which a trend is worth a word.
_WORTH = 0.15
#: Change a month, as a share of the bill, below which it is left out.
_LEAST_SHARE = 0.005
_MONTHS = """
select service, date_trunc('month', day)::date as month, sum(cost), sum(rows), list_sort(flatten(list(places)))[:20] from dated
where day_end < date_trunc('month', day) + interval 1 month group by 1, 2 order by 1, 2"""


def _work(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    services = daily.by_service(ask)
    whole, _ = daily.finished(daily.together(services))
    if len(whole.cost) < _LEAST_DAYS:
        return _by_month(ask, values)
    last = max(whole.cost)
    found = []
    for service, one in sorted(services.items(), key=lambda item: (-item[1].total(), item[0]))[:_MOST_SERVICES]:
        series = {day: cost for day, cost in one.series.items() if day <= last and (last - day).days < _MOST_DAYS}
        if len(series) < _LEAST_DAYS:
            continue
        known = usual(series)
        first = min(series)
        told = slope([((day - first).days, cost - known.weekday[day.weekday()]) for day, cost in series.items()])
        if _worth(told, (max(series) - first).days):
            change = [told.low * _DAYS_A_MONTH**2, told.likely * _DAYS_A_MONTH**2, told.high * _DAYS_A_MONTH**2]
            interval = f"{told.likely:+.2f} a day every day ({told.low:+.2f} to {told.high:+.2f})"
            note = f"{interval}, over {len(series)} days, weekday pattern taken out"
            rows = sum(one.rows[day] for day in series)
            found.append((service, change, rows, daily.places(ask, service, first, last), note))
    return _matches(found, values)


def _by_month(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    services: dict[str, list[tuple[date, float, int, list[int]]]] = {}
    for service, month, cost, rows, places in ask(_MONTHS, dict(values)):
        services.setdefault(service, []).append((month, float(cost), int(rows), places))
    found = []
    for service, months in services.items():
        if len(months) < _LEAST_MONTHS:
            continue
        at = [(month.year * 12.0 + month.month, cost) for month, cost, _, _ in months]
        told = slope(at)
        if _worth(Slope(told.low, told.likely, told.high, told.level + told.likely * at[0][0]), at[-1][0] - at[0][0]):
            note = f"{told.likely:+.2f} a month every month ({told.low:+.2f} to {told.high:+.2f}), over {len(months)} months"
            places = sorted(place for _, _, _, many in months for place in many)[:20]
            found.append((service, [told.low, told.likely, told.high], sum(rows for _, _, rows, _ in months), places, note))
    return _matches(found, values)


def _worth(told: Slope, length: float) -> bool:
    return told.certain and abs(told.likely) * length >= _WORTH * abs(told.level)


def _matches(found: Sequence[tuple[str, list[float], int, list[int], str]], values: Mapping[str, Any]) -> list[Match]:
    least = _LEAST_SHARE * abs(float(values["total"] or 0))
    ordered = sorted((one for one in found if abs(one[1][1]) >= least), key=lambda item: (-abs(item[1][1]), item[0]))
    return [
        Match(
            f"{service} {'rises' if change[1] > 0 else 'falls'}",
            _money(change[1]),
            rows,
            places,
            None,
            note,
            spread=(_money(change[0]), _money(change[2])),
        )
        for service, change, rows, places, note in ordered
    ]


def _money(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))


RULE = Rule(
    id="trend",
    title="Cost that changes steadily: difference of the next month to this one",
    confirm="What grows: users, prompts a user, tokens a prompt, or machines; each has its own remedy.",
    needs_days=True,
    limit=3,
    given=daily.DATED,
    work=_work,
)
