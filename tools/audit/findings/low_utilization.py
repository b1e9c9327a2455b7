"""Machines busy ten to forty percent of the paid time: not idle, yet the work would fit on fewer or smaller ones.

A single machine cannot be split, so the lowest saving is nothing. Where the fact base knows a smaller size, see smaller_size.py.
"""

from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE, TARGETS_WHY
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="low-utilization",
    title="Accelerator used well below what it could do",
    confirm="Utilization and queue length by the minute over a week: the weekly peak decides what fits on fewer or smaller machines.",
    given=MACHINE,
    statement="""
with used as (
  select name, sum(cost) as amount, sum(rows) as n, min(place, 20) as places,
    round(sum(utilization * abs(cost)) / sum(abs(cost)), 6) as busy
  from machine where utilization is not null group by name having sum(cost) > 0)
select name, amount, n, places, [0, (1 - busy / 0.6) * amount::double, (1 - busy / 0.75) * amount::double],
  format('busy {:.1f} % of the paid time', 100 * busy)
from used where busy > 0.10 and busy <= 0.40 order by 2 desc, 1""",
    effect=Effect.worked_out(Tier.ASSUMED, f"{TARGETS_WHY}; what is left can be shared out, unless it is one machine that cannot be split"),
)
