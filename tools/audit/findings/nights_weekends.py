"""Development machines, notebooks and user-facing services that cost at night and at weekends as they do by day.

Night is 20 to 8 h in the hours that the file states. Flat running puts 64 % of a week's cost there (108 of 168 hours); from half
on it counts. Where a file states no hours, weekends.py judges weekends alone.
"""

from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="nights-and-weekends",
    title="Costs at night and at weekends as by day",
    confirm="Requests or logins by hour of the week; then a schedule, or scale-to-zero with a start on demand.",
    needs_days=True,
    given=MACHINE,
    statement="""
with told as (
  select *, environment in ('dev', 'test', 'staging') or regexp_matches(words, 'notebook|workbench|jupyter|studio') as office,
    regexp_matches(words, 'chat|assistant|copilot|support|search|api\\b|web|app\\b|endpoint|serving|inference') as faced
  from (select *, lower(concat_ws(' ', resource, workload, service, usage_type, description)) as words from machine)),
one as (
  select name, office, sum(cost) as everything, sum(off_hours) as off, sum(rows) filter (where off_hours > 0) as n,
    min(place, 20) filter (where off_hours > 0) as places, count(distinct day) as days
  from told where off_hours is not null and (office or faced) and pricing <> 'committed' group by name, office)
select name, off, n, places,
  case when office then [off::double * 0.5, off::double * 0.85, off::double * 0.95] else [0, off::double * 0.3, off::double * 0.8] end,
  format('{:.0f} % of its cost falls at night or at a weekend; flat running gives 64 %', 100 * off::double / everything::double)
from one where days >= 7 and everything > 0 and off > 0 and off <= everything and off >= 0.5 * everything order by 2 desc, 1, office""",
    effect=Effect.worked_out(
        Tier.ASSUMED,
        "Assumed: development stands still then, but for starts and late workers (half to 95 % saved); "
        "a service for users can shrink, or save nothing where it must answer at full speed",
    ),
)
