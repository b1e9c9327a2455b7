"""Models whose output tokens are at least half of their input tokens: output is the dear direction."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="output-heavy",
    title="Output-heavy model use",
    confirm="A sample of answers: shorter formats, a token limit, or fewer reasoning steps that keep the quality.",
    statement="""
select model as detail,
  (select sum(s.cost) from spend s where s.model = t.model) as amount,
  (select sum(rows) from counts s where s.model = t.model) as n,
  (select list(s.place order by s.place)[:20] from counts s where s.model = t.model) as places
from (select model, sum(tokens) filter (where token_type in ('output', 'reasoning')) as out_tokens, sum(tokens) filter (where token_type in ('input', 'cached', 'cache_write')) as in_tokens
  from token_use where model <> '' group by model) t
where in_tokens > 0 and out_tokens >= 0.5 * in_tokens order by out_tokens desc, 1""",  # noqa: E501
)
