"""AI machines billed for at least 95 % of all hours of a period of a week or more, that are not known to be busy.

Development and test machines are judged by nonproduction.py, and those that serve as a commitment already are left out.
"""

from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="always-on",
    title="Runs around the clock",
    confirm="Requests per hour, or utilization, of this resource: nights and weekends without traffic confirm it.",
    needs_days=True,
    given=MACHINE,
    statement="""
with one as (
  select name, sum(cost) as amount, sum(rows) as n, min(place, 20) as places, sum(hours) as used, avg(utilization) as busy
  from machine
  where (resource <> '' or workload <> '')
    and environment not in ('dev', 'test', 'staging') and pricing <> 'committed' and hours is not null
  group by name)
select name, amount, n, places, null, format('billed {:.0f} of {:.0f} hours', used::double, 24.0 * $days)
from one where $days >= 7 and used >= 0.95 * 24 * $days and amount > 0 and (busy is null or busy < 0.5) order by 2 desc, 1""",
    effect=Effect.of(
        "0",
        "0.3",
        "0.64",
        Tier.ASSUMED,
        "Assumed: nights and weekends are 108 of 168 hours a week; half of them off is likely, none where the service must answer at night",
    ),
)
