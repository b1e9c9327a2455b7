"""Endpoints and notebooks billed by the hour whose file states requests or tokens, and hardly any of them.

Judged only where the file itself counts requests or tokens: an endpoint without such a count is not known to be idle.
"""

from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="idle-endpoint",
    title="Endpoint paid by the hour with hardly any requests",
    confirm="The endpoint's invocation count over the same days, and whether anything still names it.",
    given=MACHINE,
    needs="""kind in ('gpu', 'managed_ai') and category = 'Usage'
    and (requests is not null or input_tokens is not null or output_tokens is not null)""",
    statement="""
with one as (
  select name, sum(cost) as amount, sum(rows) as n, min(place, 20) as places, sum(hours) as used, sum(requests) as calls,
    case when count(input_tokens) + count(output_tokens) > 0
      then coalesce(sum(input_tokens), 0) + coalesce(sum(output_tokens), 0) end as tokens
  from machine where name <> '' group by name)
select name, amount, n, places, null,
  concat_ws(' and ', case when calls is not null then format('{:.0f} requests', calls::double) end,
    case when tokens is not null then format('{:.0f} tokens', tokens::double) end) || format(' in {:.0f} paid hours', used::double)
from one where used >= 24 and amount > 0 and (calls is not null or tokens is not null)
  and (calls is null or calls < used / 24) and (tokens is null or tokens < 1000 * used / 24) order by 2 desc, 1""",
    effect=Effect.of(
        "0.6",
        "0.95",
        "1",
        Tier.ASSUMED,
        "Assumed: fewer than one request a day can wait for a start, or move to an endpoint paid by use; a standby keeps a part",
    ),
)
