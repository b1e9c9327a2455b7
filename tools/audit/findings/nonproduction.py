"""Development and test AI machines that run at production hours (half of all hours or more)."""

from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="dev-runs-like-prod",
    title="Development or test resource running like production",
    confirm="Whether anyone uses it outside working hours; a schedule or scale-to-zero ends it.",
    needs_days=True,
    given=MACHINE,
    needs="kind in ('gpu', 'managed_ai') and category = 'Usage' and environment in ('dev', 'test', 'staging')",
    statement="""
with one as (
  select name || ' (' || environment || ')' as label, sum(cost) as amount, sum(rows) as n, min(place, 20) as places,
    least(1.0, sum(hours) / (24.0 * $days)) as running, sum(hours)::double as used
  from machine where environment in ('dev', 'test', 'staging') and hours is not null group by name, environment)
select label, amount, n, places,
  [(1 - 0.5 / running) * amount::double / 2, (1 - 0.298 / running) * amount::double, (1 - 0.238 / running) * amount::double],
  format('billed {:.0f} of {:.0f} hours', used, 24.0 * $days)
from one where $days >= 3 and running >= 0.5 and amount > 0 order by 2 desc, 1""",
    effect=Effect.worked_out(
        Tier.ASSUMED,
        "Assumed: 50 hours a week are worked (40 to 84); reserved hardware saves nothing when it stops",
    ),
)
