"""The same request sent again directly after itself: same model, key and token counts in the next row of a log of single calls.

Times finer than a day are not kept in the ledger, so "directly after" means the next row of the same day. Token counts can agree by
accident, so short prompts are left out and a share of all calls is needed.
"""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="repeated-calls",
    title="The same request sent again",
    confirm="Request ids or prompt hashes of these neighbouring rows, and the retry settings of the client.",
    effect=Effect.of(
        "0", "0.5", "1", Tier.ASSUMED, "assumed: none to all of the repeats are needless; equal token counts do not prove equal text"
    ),
    needs="input_tokens is not null and part = 0",
    statement="""
with calls as (
  select *, lag(place) over w as before, lag(model) over w as m, lag(account) over w as a, lag(workload) over w as l, lag(input_tokens) over w as i, lag(day) over w as d
  from spend_by_name_and_day where rows = 1 and part = 0 and coalesce(requests, 1) = 1 and input_tokens is not null
  window w as (partition by source order by row_number)),
again as (select * from calls where before = place - 1 and m = model and a = account and l = workload and i = input_tokens and d is not distinct from day and input_tokens >= 200)
select model, sum(cost), sum(rows), min(place, 20), null, sum(rows) || ' of ' || (select sum(c.rows) from calls c where c.model = again.model) || ' calls repeat the one before'
from again group by model having sum(rows) >= 3 and sum(rows) >= 0.01 * (select sum(c.rows) from calls c where c.model = again.model) and sum(cost) > 0
order by 2 desc, 1""",  # noqa: E501
)
