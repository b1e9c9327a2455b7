"""Accelerators whose stated utilization is ten percent or less."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="idle-accelerator",
    title="Accelerator paid for but hardly used",
    confirm="GPU metrics over the same days (DCGM or the cloud's monitor), at hourly resolution.",
    statement="""
select coalesce(nullif(resource, ''), nullif(workload, ''), hardware) as detail, sum(cost), sum(rows), list(place order by place)[:20]
from spend where kind in ('gpu', 'managed_ai') and utilization is not null and category = 'Usage'
group by 1 having sum(utilization * cost) <= 0.10 * sum(cost) and sum(cost) > 0 order by 2 desc, 1""",
)
