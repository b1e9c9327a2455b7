"""Which share of the steady accelerator hours a commitment covers, where some are covered and some are not.

About order: what more coverage saves is said machine by machine (commitment.py).
"""

from tools.audit.findings.machines import MACHINE
from tools.audit.findings.rule import Rule

RULE = Rule(
    id="commitment-coverage",
    title="Steady accelerator hours outside the commitments",
    confirm="The lowest hour of the month, by machine family: that much can be covered without risk.",
    needs_days=True,
    limit=1,
    given=MACHINE,
    needs="kind in ('gpu', 'managed_ai') and category = 'Usage' and pricing = 'committed'",
    statement="""
with one as (
  select name, sum(cost) filter (where pricing = 'on_demand') as amount, sum(rows) filter (where pricing = 'on_demand') as n,
    min(place, 20) filter (where pricing = 'on_demand') as places, coalesce(sum(hours) filter (where pricing = 'on_demand'), 0) as open_hours,
    coalesce(sum(hours) filter (where pricing = 'committed'), 0) as covered
  from machine where pricing in ('on_demand', 'committed') and environment not in ('dev', 'test', 'staging') and hours is not null
  group by name having sum(hours) >= 0.7 * 24 * $days),
whole as (
  select sum(amount) as amount, sum(n) as n, list_sort(flatten(list(coalesce(places, []))))[:20] as places, sum(open_hours)::double as open_hours, sum(covered)::double as covered
  from one)
select '', amount, n, places, null, format('commitments cover {:.0f} of {:.0f} steady hours ({:.0f} %)', covered, covered + open_hours, 100 * covered / (covered + open_hours))
from whole where $days >= 7 and covered > 0 and covered < 0.8 * (covered + open_hours) and amount > 0""",  # noqa: E501
)
