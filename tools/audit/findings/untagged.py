"""Usage that carries no tag, where the sheet has tags at all. About knowing whose it is, not about a saving."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="untagged-spend",
    title="Spend without an owner or tag",
    confirm="Tag these resources, or name their owner; then the audit splits them by team.",
    needs="category = 'Usage' and tagged = '0'",
    statement="""
with known as (select * from spend where tagged in ('0', '1') and category = 'Usage')
select '', sum(cost) filter (where tagged = '0'), sum(rows) filter (where tagged = '0'), min(place, 20) filter (where tagged = '0'), null,
  format('{:.1f} % of the usage in sheets that have tags', 100 * (sum(cost) filter (where tagged = '0'))::double / sum(cost)::double)
from known having count(*) filter (where tagged = '1') > 0 and sum(cost) filter (where tagged = '0') > 0 and sum(cost) > 0""",
)
