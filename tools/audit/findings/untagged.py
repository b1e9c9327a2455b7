"""Spend that carries no tag, where the sheet has tags at all."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="untagged-spend",
    title="Spend without an owner or tag",
    confirm="Tag these resources, or name their owner; then the audit splits them by team.",
    statement="""
select '' as detail, sum(cost), sum(rows), list(place order by place)[:20] from spend
where tagged = '0' and category = 'Usage' and exists (select 1 from spend where tagged = '1') having sum(cost) > 0""",
)
