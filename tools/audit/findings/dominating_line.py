"""One row that is half of all spend or more, in a bill of several rows. About where to begin, not about a saving."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="dominating-line",
    title="One line dominates the bill",
    confirm="That the amount is right and belongs to this period; then start with it.",
    limit=1,
    statement="""
select coalesce(nullif(resource, ''), nullif(description, ''), service), cost, 1, [place], null,
  format('{:.1f} % of the bill', 100 * cost::double / $total::double)
from spend where rows = 1 and cost::double >= 0.5 * $total::double and $total > 0 and (select sum(rows) from spend) >= 3
order by cost desc, 1, place""",
)
