"""Days that cost far more than the same weekday usually does (median and median deviation, so weekly rhythm is no spike)."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="spike-day",
    title="A day that cost far more than usual",
    confirm="What ran on that day: a backfill, a retry loop, a load test, or a one-off purchase.",
    needs_days=True,
    statement="""
with daily as (select day, sum(cost)::double as c, sum(cost) as amount, count(*) as n, list(row_number)[:20] as numbers, dayofweek(day) in (0, 6) as weekend
  from spend where day is not null and category = 'Usage' and day_end - day < 2 group by day),
usual as (select weekend, median(c) as m, count(*) as k from daily group by weekend),
spread as (select d.weekend, median(abs(d.c - u.m)) as s from daily d join usual u using (weekend) group by d.weekend)
select day::varchar as detail, amount, n, numbers from daily join usual using (weekend) join spread using (weekend)
where k >= 4 and (select count(*) from daily) >= 10 and c > m + greatest(5 * 1.4826 * s, 0.5 * m) and c - m > 0.01 * $total::double order by amount desc""",
)
