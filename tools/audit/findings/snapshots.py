"""Snapshots and backup images, where they are at least one percent of the bill. Their age is not in a bill."""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="snapshots",
    title="Snapshots that add up",
    confirm="Age and chain of the snapshots; which of them a retention rule would drop.",
    limit=3,
    needs="category = 'Usage' and kind in ('other', 'ai_adjacent', 'unknown') and regexp_matches(words, 'snapshots?\\b|snapshotusage')",
    statement="""
select coalesce(nullif(service, ''), description), sum(cost), sum(rows), min(place, 20), null,
  format('{:.1f} % of the bill', 100 * sum(cost)::double / $total::double)
from spend where $needs
group by 1 having sum(cost) >= 0.01 * $total and sum(cost) > 0 order by 2 desc, 1""",
    effect=Effect.of(
        "0", "0.4", "0.8", Tier.ASSUMED, "Assumed: a retention rule drops the older part; a bill does not tell how old they are"
    ),
)
