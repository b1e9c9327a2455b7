"""One row that is half of all spend or more, in a bill of several rows."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="dominating-line",
    title="One line dominates the bill",
    confirm="That the amount is right and belongs to this period; then start with it.",
    limit=1,
    statement="""
select coalesce(nullif(resource, ''), nullif(description, ''), service) as detail, cost, 1, [place] from spend
where rows = 1 and cost >= 0.5 * $total and $total > 0 and (select sum(rows) from spend) >= 3 order by cost desc, 1""",
)
