"""Storage that the bill itself calls unattached: volumes and disks by their status or by words in their names."""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="unattached-storage",
    title="Storage attached to nothing",
    confirm="That no machine mounts it and nobody needs its data; take a snapshot, then delete it.",
    statement="""
with told as (
  select *, coalesce(nullif(resource, ''), nullif(description, ''), service) as name,
    lower(concat_ws(' ', resource, usage_type, description)) as named, lower(service) as service_words, lower(status) as state
  from spend where category = 'Usage' and kind in ('other', 'ai_adjacent', 'unknown'))
select name, sum(cost), sum(rows), min(place, 20), null, format('status or name: {}', min(coalesce(nullif(state, ''), regexp_extract(named,
  'unattached|not attached|detached|orphan(ed)?|unmounted|dangling'))))
from told
where regexp_matches(named || ' ' || service_words, 'volume|\\bvol-|disk|block store|\\bebs\\b|storage|file ?system')
  and not regexp_matches(named, 'snapshot|backup')
  and (regexp_matches(named, '\\b(unattached|not attached|detached|orphan(ed)?|unmounted|dangling)\\b')
    or regexp_full_match(state, 'available|unattached|detached|orphaned|unmounted|unused|deallocated'))
group by name having sum(cost) > 0 order by 2 desc, 1""",
    effect=Effect.of(
        "0.5", "0.95", "1", Tier.ASSUMED, "Assumed: deleting ends the cost; data that must be kept moves to a snapshot at part of the price"
    ),
)
