"""Six or more models in use, most of them for little money or, where there is no money, for few tokens."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="model-sprawl",
    title="Many models, most of them small users",
    confirm="Whether each model has a task that the main one cannot do.",
    limit=1,
    needs="model <> '' and kind = 'api_tokens'",
    statement="""
with used as (
  select model, sum(cost) as amount, sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) as tokens, sum(rows) as n,
    min(place, 5) as places
  from counts where $needs group by model),
sized as (select *, case when (select sum(amount) from used) > 0 then coalesce(amount, 0) else tokens end as size from used),
small as (select * from sized where size < 0.05 * (select sum(size) from sized))
select string_agg(model, ', ' order by size desc, model), sum(amount), sum(n), list_sort(flatten(list(places order by model)))[:20], null,
  count(*) || ' of ' || (select count(*) from used) || ' models have less than 5 % each'
from small having count(*) >= 4 and (select count(*) from used) >= 6 and sum(size) > 0""",
)
