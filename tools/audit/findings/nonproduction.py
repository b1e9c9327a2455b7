"""Development and test AI resources that run at production hours (half of all hours or more)."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="dev-runs-like-prod",
    title="Development or test resource running like production",
    confirm="Whether anyone uses it outside working hours; a schedule or scale-to-zero ends it.",
    needs_days=True,
    statement="""
select detail, amount, n, places from (
  select coalesce(nullif(resource, ''), nullif(workload, ''), hardware) || ' (' || environment || ')' as detail, sum(cost) as amount, sum(rows) as n,
    list(place order by place)[:20] as places, sum(quantity) as hours
  from spend where kind in ('gpu', 'managed_ai') and category = 'Usage' and environment in ('dev', 'test', 'staging')
    and regexp_matches(lower(unit), 'hour|hrs|\\bh\\b') group by coalesce(nullif(resource, ''), nullif(workload, ''), hardware), environment)
where $days >= 3 and hours >= 0.5 * 24 * $days and amount > 0 order by 2 desc, 1""",  # noqa: E501
)
