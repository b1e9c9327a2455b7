"""Six or more models in use, most of them for little money or few tokens."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="model-sprawl",
    title="Many models, most of them small users",
    confirm="Whether each model has a task that the main one cannot do.",
    limit=1,
    statement="""
with used as (select model, sum(cost) as amount, sum(rows) as n, list(place order by place)[:5] as places from counts where model <> '' and kind = 'api_tokens' group by model),
small as (select * from used where coalesce(amount, 0) < 0.05 * (select greatest(coalesce(sum(amount), 0), 0) from used))
select string_agg(model, ', ' order by amount desc, model), sum(amount), sum(n), flatten(list(places))[:20] from small
having count(*) >= 4 and (select count(*) from used) >= 6 and sum(amount) > 0""",  # noqa: E501
)
