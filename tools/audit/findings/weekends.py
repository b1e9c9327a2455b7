"""Development machines and notebooks that cost at weekends what they cost on working days, where the file has days but no hours.

Needs four weekend days and eight working days of the machine. Nights cannot be judged from days; see nights_weekends.py.
"""

from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="weekends",
    title="Costs at weekends as on working days",
    confirm="Who used it on the last two weekends; if nobody, a schedule from Monday to Friday.",
    needs_days=True,
    given=MACHINE,
    statement="""
with daily as (
  select name, day, dayofweek(day) in (0, 6) as weekend, sum(cost) as amount, sum(rows) as n, min(place, 20) as places
  from machine
  where off_hours is null and day is not null and day_end - day < 2 and pricing <> 'committed' and (environment in ('dev', 'test', 'staging')
    or regexp_matches(lower(concat_ws(' ', resource, workload, service, usage_type, description)), 'notebook|workbench|jupyter|studio'))
  group by name, day),
one as (
  select name, sum(amount) filter (where weekend) as amount, sum(n) filter (where weekend) as n,
    list_sort(flatten(list(places) filter (where weekend)))[:20] as places, count(*) filter (where weekend) as free, count(*) filter (where not weekend) as worked,
    (avg(amount) filter (where weekend))::double as free_day, (avg(amount) filter (where not weekend))::double as worked_day
  from daily group by name)
select name, amount, n, places, null, format('{:.2f} on a weekend day, {:.2f} on a working day, over {} weekend days', free_day, worked_day, free)
from one where free >= 4 and worked >= 8 and amount > 0 and worked_day > 0 and free_day >= 0.8 * worked_day order by 2 desc, 1""",  # noqa: E501
    effect=Effect.of(
        "0.5", "0.9", "1", Tier.ASSUMED, "Assumed: development stands still at weekends; jobs that run over a weekend keep up to half"
    ),
)
