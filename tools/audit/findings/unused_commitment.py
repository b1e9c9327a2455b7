"""Commitments that were paid for and not used: unused reservations and savings plans."""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

_NAMED = "regexp_matches(lower(concat_ws(' ', description, usage_type, status)), 'unused ?_?-?(reservation|savings|commitment)')"
RULE = Rule(
    id="unused-commitment",
    title="Commitment paid for and not used",
    confirm="Whether the commitment can be exchanged, shared or left to run out.",
    limit=1,
    needs=f"pricing = 'committed' or {_NAMED}",
    statement=f"""
with unused as (
  select * from spend
  where ($needs)
    and ({_NAMED} or regexp_full_match(lower(status), 'unused') or (category = 'Purchase' and effective > 0 and billed <> effective)))
select '', sum(effective), sum(rows), min(place, 20), null,
  format('{{:.1f}} % of what the commitments cost in all',
    100 * sum(effective)::double / nullif((select sum(effective) from spend where pricing = 'committed' and effective > 0), 0)::double)
from unused having sum(effective) > 0""",  # noqa: S608 - constants of this program
    effect=Effect.of(
        "0",
        "0.3",
        "0.9",
        Tier.ASSUMED,
        "Assumed: other usage can fill a part; most commitments can be neither cancelled nor sold before they end",
    ),
)
