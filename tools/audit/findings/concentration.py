"""One key, project or user behind most of the API spend, where there are at least three."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="api-concentration",
    title="One key or project is behind most API spend",
    confirm="Who owns it, and whether it has a budget and a limit.",
    limit=1,
    needs="category = 'Usage' and (kind = 'api_tokens' or (model <> '' and input_tokens is not null))",
    statement="""
with named as (select coalesce(nullif(account, ''), nullif(workload, ''), nullif(team, '')) as who, cost, rows, place from spend
  where $needs),
sums as (select who, sum(cost) as amount, sum(rows) as n, min(place, 20) as places from named where who is not null group by who)
select who, amount, n, places, null, round(100 * amount / (select sum(cost) from named), 1) || ' % of API spend; ' || (select count(*) from sums) || ' keys or projects'
from sums where amount >= 0.6 * (select sum(cost) from named) and amount > 0 and (select count(*) from sums) >= 3 order by amount desc, who""",  # noqa: E501
)
