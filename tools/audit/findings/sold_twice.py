"""Models of one maker bought from two sellers: volume discounts, commitments and prompt caches are split. About order, not a saving."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="two-sellers-of-one-model",
    title="One maker's models bought from two sellers",
    confirm="Whether both are needed (data location, availability); one contract is easier to discount and to watch.",
    needs="kind = 'api_tokens' and category = 'Usage'",
    statement="""
with named as (
  select regexp_extract(lower(concat_ws(' ', model, service, description)), 'claude|gemini|mistral|llama|deepseek|grok|qwen|command-r|gpt') as maker,
    case when regexp_matches(lower(concat_ws(' ', provider, service)), 'openrouter|together|fireworks|groq') then lower(service)
      when regexp_matches(lower(concat_ws(' ', provider, service)), 'bedrock|amazon|aws') then 'aws'
      when regexp_matches(lower(concat_ws(' ', provider, service)), 'azure|microsoft|foundry') then 'azure'
      when regexp_matches(lower(concat_ws(' ', provider, service)), 'vertex|google|gcp|gemini') then 'google'
      else lower(coalesce(nullif(provider, ''), service)) end as seller, cost, rows, place
  from spend where $needs),
sold as (select maker, seller, sum(cost) as amount, sum(rows) as n, min(place, 20) as places from named where maker <> '' and seller <> '' group by 1, 2 having sum(cost) > 0)
select maker, sum(amount) - max(amount), sum(n), list_sort(flatten(list(places)))[:20], null, string_agg(seller, ', ' order by amount desc, seller)
from sold group by maker having count(*) > 1 order by 2 desc, 1""",  # noqa: E501
)
