"""Accelerators bought on demand that run most of the time: candidates for a commitment once they are right-sized."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="on-demand-could-commit",
    title="Steady on-demand accelerator, no commitment",
    confirm="That it stays needed for a year, after waste and model size are fixed: commit last.",
    needs_days=True,
    statement="""
select detail, amount, n, places from (
  select coalesce(nullif(resource, ''), nullif(workload, ''), hardware) as detail, sum(cost) as amount, sum(rows) as n, list(place order by place)[:20] as places, sum(quantity) as hours
  from spend where kind in ('gpu', 'managed_ai') and category = 'Usage' and pricing = 'on_demand' and environment not in ('dev', 'test', 'staging')
    and regexp_matches(lower(unit), 'hour|hrs|\\bh\\b') group by 1)
where $days >= 7 and hours >= 0.7 * 24 * $days and amount > 0 order by 2 desc, 1""",  # noqa: E501
)
