"""Storage named after checkpoints or past training runs: large files that training leaves behind."""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="stored-checkpoints",
    title="Storage full of training checkpoints",
    confirm="Which checkpoints are still read; a lifecycle rule keeps the last few and moves or drops the rest.",
    needs="""category = 'Usage' and kind in ('other', 'ai_adjacent', 'unknown')
    and regexp_matches(words || ' ' || lower(unit),
      'storage|\\bs3\\b|blob|bucket|\\befs\\b|\\bebs\\b|volume|disk|block store|gb-?mo|gib-?mo')""",
    statement="""
with told as (
  select *, coalesce(nullif(resource, ''), nullif(workload, ''), nullif(description, ''), service) as name,
    lower(concat_ws(' ', resource, workload, description)) as named
  from spend where $needs)
select name, sum(cost), sum(rows), min(place, 20) from told
where regexp_matches(named, '\\bcheckpoints?\\b|\\bckpts?\\b|\\bold[-_ ](models?|runs?|weights)\\b')
group by name having sum(cost) > 0 order by 2 desc, 1""",
    effect=Effect.of("0.1", "0.6", "0.9", Tier.ASSUMED, "Assumed: the last few checkpoints are needed, the earlier ones are not"),
)
