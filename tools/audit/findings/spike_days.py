"""Days on which a service cost far more than such a day usually does: weekday pattern and slow change taken out.

Needs 14 days of the service; gaps are no zeros. About what happened, not about a saving: the excess may have been wanted work.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tools.audit.findings import daily
from tools.audit.findings.rule import Ask, Match, Rule
from tools.audit.findings.seasons import usual

_LEAST_DAYS = 14
_MOST_SERVICES = 200  # of a bill with thousands of services, the dearest


def _work(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    services = sorted(daily.by_service(ask).items(), key=lambda item: (-item[1].total(), item[0]))
    least = 0.002 * float(values["total"] or 0)
    found = []
    for service, one in services[:_MOST_SERVICES]:
        series = one.series
        if len(series) < _LEAST_DAYS:
            continue
        known = usual(series)
        for day, cost in series.items():
            expected = max(0.0, known.expected[day])
            excess = cost - expected
            if excess > max(5 * known.spread, 0.5 * expected) and excess > least and excess > 0:
                found.append((-excess, day, service, one, expected))
    for _, day, service, one, expected in sorted(found, key=lambda item: item[:3])[: RULE.limit]:
        note = f"{one.cost[day]:.2f} against {expected:.2f} expected for a {day:%A}"
        yield Match(f"{day.isoformat()} {service}", one.cost[day], one.rows[day], daily.places(ask, service, day, day), None, note)


RULE = Rule(
    id="spike-day",
    title="A day that cost far more than usual",
    confirm="What ran on that day: a backfill, a retry loop, a load test, or a one-off purchase.",
    needs_days=True,
    limit=3,
    given=daily.DATED,
    work=_work,
)
