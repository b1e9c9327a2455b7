"""Credits that hide at least a twentieth of the usage: what the bill becomes when they end. About order, not a saving."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="credits-cover-usage",
    title="Credits cover part of the usage: without them the bill is higher by",
    confirm="When the credits end and how much is left of them; plan with the bill without credits.",
    limit=3,
    needs="category = 'Credit'",
    statement="""
with given_back as (
  select coalesce(nullif(description, ''), service) as name, -sum(cost) as amount, sum(rows) as n, min(place, 20) as places
  from spend where category = 'Credit' group by 1 having sum(cost) < 0),
used as (select sum(cost) as amount from spend where category = 'Usage')
select name, g.amount, n, places, null, format('{:.1f} % of the usage', 100 * g.amount::double / u.amount::double)
from given_back g, used u
where u.amount > 0 and (select sum(amount) from given_back) >= 0.05 * u.amount order by 2 desc, 1""",
)
