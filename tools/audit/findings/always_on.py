"""AI resources billed for at least 95 % of all hours of a period of a week or more, that are not known to be busy."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="always-on",
    title="Runs around the clock",
    confirm="Requests per hour, or utilization, of this resource: nights and weekends without traffic confirm it.",
    needs_days=True,
    statement="""
select detail, amount, n, places from (
  select coalesce(nullif(resource, ''), nullif(workload, '')) as detail, sum(cost) as amount, sum(rows) as n, list(place order by place)[:20] as places,
    sum(quantity) as hours, avg(utilization) as used, count(distinct day) as days
  from spend where kind in ('gpu', 'managed_ai') and category = 'Usage' and regexp_matches(lower(unit), 'hour|hrs|\\bh\\b')
  group by 1)
where detail is not null and $days >= 7 and hours >= 0.95 * 24 * $days and amount > 0 and (used is null or used < 0.5) order by 2 desc, 1""",  # noqa: E501
)
