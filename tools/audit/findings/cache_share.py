"""Models with much input and less than a fifth of it read from the prompt cache, where the file states cached tokens."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="low-cache-share",
    title="Little of the input comes from the prompt cache",
    confirm="How much of each prompt repeats (system prompt, documents, history).",
    statement="""
select model as detail,
  (select sum(s.cost) from spend s where s.model = t.model) as amount,
  (select sum(rows) from counts s where s.model = t.model) as n,
  (select list(s.place order by s.place)[:20] from counts s where s.model = t.model) as places
from (select model, coalesce(sum(tokens) filter (where token_type = 'cached'), 0) as cached, sum(tokens) filter (where token_type = 'input') as in_tokens
  from token_use where model <> '' group by model) t
where in_tokens >= 10000 and cached < 0.2 * in_tokens
  and (exists (select 1 from counts where cached_tokens is not null) or exists (select 1 from token_use where token_type = 'cached'))
order by in_tokens desc, 1""",  # noqa: E501
)
