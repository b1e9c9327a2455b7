"""Daily totals of usage, as the rules about days share them: which service cost what on which day. Not a rule.

Only lines of one day count; a line over a week or a month has no day. The last day of a bill is often unfinished: it is told by
costing less than half of what its weekday and level would, and is then left out of what is "usual".
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tools.audit.findings.rule import Ask, Given
from tools.audit.findings.seasons import usual

#: Usage of each service by the days it covers.
DATED = Given(
    "dated",
    """
select service, day, day_end, sum(cost) as cost, sum(rows) as rows, min(place, 20) as places from spend_by_day
where day is not null and category = 'Usage' group by 1, 2, 3""",
)
_QUESTION = "select service, day, sum(cost), sum(rows) from dated where day_end - day < 2 group by 1, 2 order by 1, 2"
_PLACES = """
select list_sort(flatten(list(places)))[:20] from dated
where day_end - day < 2 and ($one_service is null or service = $one_service) and day >= $first_day and day <= $last_day"""


@dataclass(frozen=True)
class Daily:
    """Money and rows by day of one service, or of all."""

    cost: Mapping[date, Decimal]
    rows: Mapping[date, int]

    @property
    def series(self) -> dict[date, float]:
        """Day to cost, as floats for the statistics."""
        return {day: float(cost) for day, cost in self.cost.items()}

    def total(self) -> Decimal:
        """Sum over all days."""
        return sum(self.cost.values(), Decimal(0))


def by_service(ask: Ask) -> dict[str, Daily]:
    """Daily totals of each service that has lines of one day."""
    cost: dict[str, dict[date, Decimal]] = defaultdict(dict)
    rows: dict[str, dict[date, int]] = defaultdict(dict)
    for service, day, amount, count in ask(_QUESTION, {}):
        cost[service][day], rows[service][day] = amount, int(count)
    return {service: Daily(cost[service], rows[service]) for service in cost}


def together(parts: Mapping[str, Daily]) -> Daily:
    """All services added up by day."""
    cost: dict[date, Decimal] = defaultdict(Decimal)
    rows: dict[date, int] = defaultdict(int)
    for part in parts.values():
        for day, amount in part.cost.items():
            cost[day] += amount
            rows[day] += part.rows[day]
    return Daily(dict(cost), dict(rows))


def places(ask: Ask, service: str | None, first: date, last: date) -> list[int]:
    """Where the lines of these days stand; `service` None = all."""
    found = ask(_PLACES, {"one_service": service, "first_day": first, "last_day": last})
    return list(found[0][0] or ())


def finished(daily: Daily) -> tuple[Daily, date | None]:
    """The days without an unfinished last one, and that day where there is one."""
    if len(daily.cost) < 7:
        return daily, None
    last = max(daily.cost)
    before = {day: cost for day, cost in daily.series.items() if day != last}
    known = usual(before)
    nearest = max(before)
    level = known.expected[nearest] - known.weekday[nearest.weekday()]
    if float(daily.cost[last]) >= 0.5 * (level + known.weekday[last.weekday()]):
        return daily, None
    return Daily({d: c for d, c in daily.cost.items() if d != last}, {d: n for d, n in daily.rows.items() if d != last}), last
