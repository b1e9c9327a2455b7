"""Machines bought on demand, or nobody says how, that run most of the time: candidates for a commitment once right-sized.

Machines known to be idle are left out: committing to waste makes it permanent.
"""

from tools.audit.findings.machines import MACHINE
from tools.audit.findings.rule import Rule

RULE = Rule(
    id="on-demand-could-commit",
    title="Steady accelerator without a known commitment",
    confirm="That it stays needed for a year, after waste and model size are fixed: commit last.",
    needs_days=True,
    given=MACHINE,
    statement="""
with one as (
  select name, sum(cost) as amount, sum(rows) as n, min(place, 20) as places, sum(hours) as used, avg(utilization) as busy,
    bool_and(pricing = '') as unstated
  from machine where pricing in ('on_demand', '') and environment not in ('dev', 'test', 'staging') and hours is not null group by name)
select name, amount, n, places, null, format('billed {:.0f} of {:.0f} hours{}', used::double, 24.0 * $days,
    case when unstated then '; how it was bought is not stated' else ' on demand' end)
from one where $days >= 7 and used >= 0.7 * 24 * $days and amount > 0 and (busy is null or busy > 0.10) order by 2 desc, 1""",
    technique="commitments",
)
