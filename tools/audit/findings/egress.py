"""Data sent out to the internet, or between regions and zones, where it is at least two percent of the bill."""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="egress",
    title="Data transfer costs more than its share",
    confirm="Which flows these are (flow logs): replicas, model pulls, logs or answers to users; then keep them in one zone or cache them.",
    needs="""category = 'Usage' and kind in ('ai_adjacent', 'other', 'unknown')
    and regexp_matches(words, 'out-bytes|data ?transfer|egress|outbound|bandwidth|regional-bytes|inter[- ]?(region|zone|az)')
    and not regexp_matches(words, 'in-bytes|ingress|inbound|transfer in\\b|nat ?gateway|reservation')""",
    statement="""
with sent as (
  select *, case when regexp_matches(words, 'inter[- ]?(region|zone|az)|regional|between (regions|zones)|cross[- ](region|zone|az)|aws-out-bytes|vpcpeering|availability zone')
    then 'between regions or zones' else 'to the internet or not said' end as way
  from spend where $needs)
select way, sum(cost), sum(rows), min(place, 20), null,
  format('{:.1f} % of the bill', 100 * sum(cost)::double / $total::double)
    || case when sum(cost) filter (where kind = 'ai_adjacent') > 0 then format(', {:.0f} % of it tied to AI by name or tag',
      100 * (sum(cost) filter (where kind = 'ai_adjacent'))::double / sum(cost)::double) else '' end
from sent group by way having sum(cost) >= 0.02 * $total and sum(cost) > 0 order by 2 desc, 1""",  # noqa: E501
    effect=Effect.of(
        "0",
        "0.3",
        "0.7",
        Tier.ASSUMED,
        "Assumed: same-zone placement, caching and compression avoid a third; answers to users must leave anyway",
    ),
)
