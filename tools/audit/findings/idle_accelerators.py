"""Accelerators whose stated utilization is ten percent or less."""

from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="idle-accelerator",
    title="Accelerator paid for but hardly used",
    confirm="GPU metrics over the same days (DCGM or the cloud's monitor), at hourly resolution.",
    given=MACHINE,
    statement="""
with used as (
  select name, sum(cost) as amount, sum(rows) as n, min(place, 20) as places,
    round(sum(utilization * abs(cost)) / sum(abs(cost)), 6) as busy
  from machine where utilization is not null group by name having sum(cost) > 0)
select name, amount, n, places, null, format('busy {:.1f} % of the paid time', 100 * busy)
from used where busy <= 0.10 order by 2 desc, 1""",
    effect=Effect.of(
        "0.5",
        "0.9",
        "1",
        Tier.ASSUMED,
        "Assumed: what hardly works can be stopped; a standby that must stay, or work that moves elsewhere, keeps up to half of it",
    ),
)
