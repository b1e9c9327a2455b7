"""Calls that were billed (or counted) and brought nothing whole: errors, cancelled, blocked by a filter, cut off at the token limit.

Status texts are finish reasons, outcomes or HTTP codes. How much of the money better calls would save is assumed for each kind.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from knowledge.source import Tier
from tools.audit.findings.rule import Ask, Match, Rule

#: Outcome -> assumed shares of its money that can be saved (low, likely, high).
_LOST, _MARRED = (Decimal("0.25"), Decimal("0.6"), Decimal(1)), (Decimal(0), Decimal("0.3"), Decimal(1))
SHARES = {"failed": _LOST, "cancelled": _LOST, "blocked by a filter": _MARRED, "cut off at the token limit": _MARRED}
WHY = "assumed: a quarter to all of what failed or was cancelled, none to all of what was cut off or blocked"
_CALLS = """
with stated as (
  select cost, rows, place, lower(status) as said, case
    when regexp_full_match(said, '(no|none|null|false|0|ok|success)\\b.*') then ''
    when regexp_full_match(said, '[45]\\d\\d(\\.0)?\\b.*|.*(error|fail|timed?.?out|exception|rate.?limit|overload).*') then 'failed'
    when regexp_full_match(said, '.*(cancel|abort|disconnect|interrupt).*') then 'cancelled'
    when regexp_full_match(said, '.*(content.?filter|safety|blocked|refus|recitation|prohibited).*') then 'blocked by a filter'
    when regexp_full_match(said, 'length|max.?tokens?|.*(max.?output|token.?limit|truncat|model.?length).*')
      then 'cut off at the token limit'
    else '' end as outcome
  from counts where status <> '' and (kind = 'api_tokens' or input_tokens is not null or output_tokens is not null)),
bad as (select outcome, sum(cost) as amount, sum(rows) as n, min(place, 20) as places from stated where outcome <> '' group by outcome)
select outcome, amount, n, places, (select sum(rows) from stated) from bad
where n >= 0.01 * (select sum(rows) from stated) order by coalesce(amount, 0) desc, n desc, outcome"""


def _failed(ask: Ask, _: Mapping[str, Any]) -> list[Match]:
    found = []
    for outcome, amount, rows, places, stated in ask(_CALLS, {}):
        low, likely, high = SHARES[outcome]
        amount = amount or None  # calls that cost nothing are a finding about calls, not money
        saving = None if amount is None else (amount * low, amount * likely, amount * high)
        found.append(
            Match(
                f"calls {outcome}", amount, rows, places, saving, f"{rows:,} of {stated:,} calls with a status", tier=Tier.ASSUMED, why=WHY
            )
        )
    return found


RULE = Rule(
    id="failed-calls",
    title="Calls that failed or were cut off",
    confirm="The reasons in the log: limits, timeouts and retries in the client, prompts that trip a filter, token limits set too low.",
    needs="status <> '' and (kind = 'api_tokens' or input_tokens is not null or output_tokens is not null)",
    work=_failed,
)
