"""The same hardware paid at different hourly prices in regions of this very bill.

Compares lines of one provider, hardware and pricing model. What the bill itself pays elsewhere is the measure, no list.
"""

from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="region-spread",
    title="One hardware, two prices: dearer than in another region of this bill",
    confirm="That both lines are the same product, and that the work may run in the cheaper region.",
    given=MACHINE,
    statement="""
with placed as (
  select provider, lower(hardware) as hardware, lower(region) as region, pricing, sum(cost) as amount, sum(rows) as n,
    min(place, 20) as places, sum(cost)::double / sum(hours)::double as price
  from machine where hardware <> '' and region <> '' and hours > 0 and cost > 0 group by 1, 2, 3, 4),
compared as (
  select *, min(price) over w as best, arg_min(region, (price, region)) over w as best_region
  from placed window w as (partition by provider, hardware, pricing))
select hardware || ' in ' || region, amount, n, places, [0, (1 - best / price) * amount::double / 2, (1 - best / price) * amount::double],
  format('{:.3f} an hour, {:.3f} in {}', price, best, best_region)
from compared where price >= 1.05 * best order by 2 desc, 1, pricing, provider""",
    effect=Effect.worked_out(
        Tier.ESTIMATED, "Prices that this bill pays itself; half of it likely, since data location and latency tie some of the work"
    ),
)
