"""Commitments that were paid for and not used: unused reservations and savings plans."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="unused-commitment",
    title="Commitment paid for and not used",
    confirm="Whether the commitment can be exchanged, shared or left to run out.",
    limit=1,
    statement="""
select '' as detail, sum(effective), sum(rows), list(place order by place)[:20] from spend
where (category = 'Purchase' and pricing = 'committed' and effective > 0 and billed <> effective) or regexp_matches(lower(description), 'unused ?reservation|unused ?savings')
having sum(effective) > 0""",  # noqa: E501
)
