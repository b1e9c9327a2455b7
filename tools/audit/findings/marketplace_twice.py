"""The same marketplace product bought in several accounts for the same price on the same day: perhaps one subscription too many."""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="marketplace-twice",
    title="One marketplace product bought in several accounts",
    confirm="Whether both teams use it; one subscription often covers the whole organisation.",
    needs="""category in ('Usage', 'Purchase')
    and regexp_matches(lower(concat_ws(' ', provider, service, description, usage_type)), 'marketplace|subscription|saas\\b')""",
    by_name_and_day=True,
    statement="""
with bought as (
  select coalesce(nullif(service, ''), description) as product, cost, day, count(distinct account) as accounts, sum(cost) as amount, sum(rows) as n, min(place, 20) as places
  from spend_by_name_and_day
  where cost > 0 and account <> '' and $needs
  group by 1, 2, 3 having count(distinct account) > 1)
select product, sum(amount - cost), sum(n), list_sort(flatten(list(places)))[:20], null, format('{} accounts at the same price', max(accounts))
from bought group by product having sum(amount - cost) > 0 order by 2 desc, 1""",  # noqa: E501
    effect=Effect.of(
        "0", "0.5", "1", Tier.ASSUMED, "Assumed: an even chance that one subscription serves all; prices by account save nothing"
    ),
)
