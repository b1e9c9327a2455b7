"""Addresses and load balancers that the bill calls idle, or that stand beside no traffic in a file that counts requests."""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="idle-network",
    title="Idle addresses and load balancers",
    confirm="That nothing is registered behind it and no name points to it; then release it.",
    needs="""category = 'Usage' and kind in ('other', 'ai_adjacent', 'unknown')
    and regexp_matches(words, 'idle|unused|unassociated|not in use|load ?balanc|\\b(elb|alb|nlb)\\b')""",
    statement="""
with told as (
  select *, coalesce(nullif(resource, ''), nullif(description, ''), nullif(usage_type, ''), service) as name,
    lower(status) as state
  from spend where $needs),
judged as (
  select *, case when regexp_matches(words, 'idle ?address|(idle|unused|unassociated|not in use)[a-z ]*(public )?(ip|address)|(ip|address)[a-z ]*(idle|unused|unassociated|not in use)') then 'idle address'
    when regexp_matches(words, 'load ?balanc|\\b(elb|alb|nlb)\\b') and (regexp_full_match(state, 'idle|unused|no targets|unassociated') or requests = 0) then 'load balancer without traffic' end as what
  from told)
select name, sum(cost), sum(rows), min(place, 20), null, min(what) from judged where what is not null
group by name having sum(cost) > 0 order by 2 desc, 1""",  # noqa: E501
    effect=Effect.of("0.8", "1", "1", Tier.ASSUMED, "Assumed: releasing it ends the cost; one kept in reserve keeps its own"),
)
