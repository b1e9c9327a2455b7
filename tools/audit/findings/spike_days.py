"""Days on which a service cost far more than it usually does on such a day (median and median deviation; weekends apart)."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="spike-day",
    title="A day that cost far more than usual",
    confirm="What ran on that day: a backfill, a retry loop, a load test, or a one-off purchase.",
    needs_days=True,
    limit=3,
    statement="""
with daily as (select service, day, sum(cost)::double as c, sum(cost) as amount, sum(rows) as n, list(place order by place)[:20] as places, dayofweek(day) in (0, 6) as weekend
  from spend where day is not null and category = 'Usage' and day_end - day < 2 group by service, day),
usual as (select service, weekend, median(c) as m, count(*) as k from daily group by service, weekend),
spread as (select d.service, d.weekend, median(abs(d.c - u.m)) as s from daily d join usual u using (service, weekend) group by d.service, d.weekend)
select day::varchar || ' ' || service as detail, amount, n, places from daily join usual using (service, weekend) join spread using (service, weekend)
where k >= 4 and c > m + greatest(5 * 1.4826 * s, 0.5 * m) and c - m > 0.002 * $total::double order by c - m desc, 1""",  # noqa: E501
)
