"""DuckDB doing the audit's checks as separate queries, straight over the file: what a person who knows SQL would write.

`CHECKS` is name -> statement; checks of findings carry the rule's id. To add a check of a new rule, add it here and in
audit_pandas.py. The statements have the meaning of tools/audit/summary.py, billing.py, period.py and findings/*.py for FOCUS
columns, and each is as lean as we could make it: grouped by line (SKU) and tags first, then looked up. Kinds of spend come from
the audit's own rules, once over the distinct lines. They give money and counts, not the rows behind them, which the audit does.
Text columns of a result are its key, numbers are its values. `{bill}` is the file, `{days}` and `{total}` what earlier checks found.
"""

import re
import time
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tools.audit.classify import classify
from tools.audit.spend_rules import ADJACENT_WORDS, RULES

#: Kinds that a word in the tags cannot change, because their rules come before it.
_BEFORE_TAGS = {rule.id for rule in RULES[: next(at for at, rule in enumerate(RULES) if rule.field == "tags")]}
OLD_GENERATION = r"^(?:p2|p3|p3dn|g3|g3s|g4dn|g4ad|inf1)\."
LINE_COLUMNS = ("SkuId", "ServiceName", "ChargeDescription", "x_InstanceType", "x_model", "ProviderName")
KIND_COLUMNS = ("SkuId", "kind", "by_tags", "hardware", "rule")

Answers = dict[str, list[float]]

_HOURLY = "join kinds using (SkuId) where kind in ('gpu', 'managed_ai') and ChargeCategory = 'Usage' and ConsumedUnit = 'Hours'"
_ENVIRONMENT = "coalesce(json_extract_string(Tags, '$.environment'), '')"
_KIND = f"case when by_tags and regexp_matches(lower(coalesce(Tags, '')), '{ADJACENT_WORDS}') then 'ai_adjacent' else kind end"
_TOKENS = """select x_model, sum(BilledCost) as cost,
  sum(ConsumedQuantity) filter (where x_token_type in ('output', 'reasoning')) as out_tokens,
  sum(ConsumedQuantity) filter (where x_token_type in ('input', 'cached', 'cache_write')) as in_tokens,
  coalesce(sum(ConsumedQuantity) filter (where x_token_type = 'cached'), 0) as cached,
  sum(ConsumedQuantity) filter (where x_token_type = 'input') as fresh
  from {bill} where x_model is not null group by x_model"""
_OFF = "(hour(ChargePeriodStart) not between 8 and 19 or dayofweek(ChargePeriodStart) in (0, 6))"

CHECKS: dict[str, str] = {
    "totals": """select BillingCurrency, sum(BilledCost), sum(EffectiveCost) from {bill} group by 1""",
    "reconciliation": """select count(*), count(*) filter (where BilledCost is null), count(*) filter (where BilledCost < 0),
        count(*) filter (where BilledCost = 0), count(*) filter (where BillingCurrency is null) from {bill}""",
    "categories": """select ChargeCategory, BillingCurrency, sum(BilledCost), count(*) from {bill} group by 1, 2""",
    "period": """select min(ChargePeriodStart)::date::varchar, max(ChargePeriodEnd - interval 1 second)::date::varchar,
        date_diff('day', min(ChargePeriodStart), max(ChargePeriodEnd)) from {bill}""",
    "gaps": """select day::varchar, date_diff('day', before, day) - 1 from (
        select day, lag(day) over (order by day) as before from (select distinct ChargePeriodStart::date as day from {bill}))
        where date_diff('day', before, day) > 1""",
    "lines": """select distinct SkuId, ServiceName, ChargeDescription, x_InstanceType, x_model, ProviderName from {bill}""",
    "by service": """select ServiceName, sum(BilledCost), count(*) from {bill} group by 1""",
    "by kind": f"""select {_KIND} as k, sum(c) from (select SkuId, Tags, sum(BilledCost) as c from {{bill}} group by 1, 2)
        join kinds using (SkuId) group by 1""",
    "by model and token type": """select x_model, x_token_type, sum(ConsumedQuantity), sum(BilledCost) from {bill}
        where x_model is not null group by 1, 2""",
    "by team": """select json_extract_string(Tags, '$.team') as t, sum(c) from (
        select Tags, sum(BilledCost) as c from {bill} where Tags is not null group by 1) where t is not null group by 1""",
    "by environment": """select json_extract_string(Tags, '$.environment') as t, sum(c) from (
        select Tags, sum(BilledCost) as c from {bill} where Tags is not null group by 1) where t is not null group by 1""",
    "by region": """select coalesce(RegionId, ''), sum(BilledCost) from {bill} group by 1""",
    "by account": """select SubAccountId, sum(BilledCost) from {bill} group by 1""",
    "by day": """select ChargePeriodStart::date::varchar, sum(BilledCost) from {bill} group by 1""",
    "trend of AI spend": """select regr_slope(c, place) from (select date_diff('day', date '2026-01-01', ChargePeriodStart::date) as place,
        sum(BilledCost)::double as c from {bill} join kinds using (SkuId)
        where kind in ('gpu', 'managed_ai', 'api_tokens') and ChargeCategory = 'Usage' group by 1)""",
    "nights and weekends": f"""select ResourceId, sum(BilledCost) filter (where {_OFF}) as c from {{bill}} {_HOURLY}
        group by 1 having c > 0 order by 2 desc, 1 limit 20""",
    "top lines": """select coalesce(ResourceId, ''), ServiceName, ChargePeriodStart::varchar, BilledCost from {bill}
        order by 4 desc, 1, 2, 3 limit 20""",
    "cost lines for the plan": f"""with grouped as (
          select SkuId, kind, by_tags, ChargeCategory, RegionId, Tags, PricingCategory,
            case when kind in ('gpu', 'managed_ai') then ResourceId end as resource, sum(BilledCost) as billed,
            sum(EffectiveCost) as effective, sum(ConsumedQuantity) as quantity,
            sum(x_utilization * BilledCost::double) as used, count(*) as n
          from {{bill}} join kinds using (SkuId) group by all),
        named as (select SkuId, {_KIND} as k, ChargeCategory, RegionId, {_ENVIRONMENT} as e, PricingCategory,
            coalesce(json_extract_string(Tags, '$.app'), resource, '') as w, sum(billed) as billed, sum(effective) as effective,
            sum(quantity) as quantity, sum(used) as used, sum(n) as n from grouped group by all),
        ranked as (select *, row_number() over (order by abs(billed) desc) <= 260 as shown from named)
        select k, ChargeCategory, sum(billed), sum(effective), sum(n)::bigint from ranked group by 1, 2
        union all select 'largest', '', sum(billed), count(*), 0 from ranked where shown""",
    "idle-accelerator": """select ResourceId, sum(BilledCost) from {bill} join kinds using (SkuId)
        where kind in ('gpu', 'managed_ai') and x_utilization is not null and ChargeCategory = 'Usage'
        group by 1 having sum(x_utilization * BilledCost) <= 0.10 * sum(BilledCost) and sum(BilledCost) > 0 order by 2 desc, 1 limit 5""",
    "dev-runs-like-prod": f"""with grouped as (select ResourceId, Tags, sum(BilledCost) as c, sum(ConsumedQuantity) as hours
          from {{bill}} {_HOURLY} group by 1, 2),
        named as (select ResourceId || ' (' || {_ENVIRONMENT} || ')' as name, {_ENVIRONMENT} as e, sum(c) as c, sum(hours) as hours
          from grouped group by 1, 2)
        select name, c from named where e in ('dev', 'test', 'staging') and hours >= 0.5 * 24 * {{days}} and c > 0
        order by 2 desc, 1 limit 5""",
    "always-on": f"""select ResourceId, c from (select ResourceId, sum(BilledCost) as c, sum(ConsumedQuantity) as hours,
        avg(x_utilization) as used from {{bill}} {_HOURLY} group by 1)
        where {{days}} >= 7 and hours >= 0.95 * 24 * {{days}} and c > 0 and (used is null or used < 0.5) order by 2 desc, 1 limit 5""",
    "old-gpu-generation": f"""select lower(hardware), sum(BilledCost) from {{bill}} join kinds using (SkuId)
        where kind in ('gpu', 'managed_ai') and ChargeCategory = 'Usage' and regexp_matches(lower(hardware), '{OLD_GENERATION}')
        group by 1 having sum(BilledCost) > 0 order by 2 desc, 1 limit 5""",
    "on-demand-could-commit": f"""with grouped as (select ResourceId, Tags, sum(BilledCost) as c, sum(ConsumedQuantity) as hours
          from {{bill}} {_HOURLY} and PricingCategory = 'Standard' group by 1, 2),
        named as (select ResourceId, sum(c) as c, sum(hours) as hours from grouped
          where {_ENVIRONMENT} not in ('dev', 'test', 'staging') group by 1)
        select ResourceId, c from named where hours >= 0.7 * 24 * {{days}} and c > 0 order by 2 desc, 1 limit 5""",
    "unused-commitment": """select '', sum(EffectiveCost) from {bill}
        where (ChargeCategory = 'Purchase' and PricingCategory = 'Committed' and EffectiveCost > 0 and BilledCost <> EffectiveCost)
        or CommitmentDiscountStatus = 'Unused' having sum(EffectiveCost) > 0""",
    "output-heavy": f"""select x_model, cost from ({_TOKENS}) where in_tokens > 0 and out_tokens >= 0.5 * in_tokens
        order by out_tokens desc, 1 limit 5""",
    "low-cache-share": f"""select x_model, cost from ({_TOKENS}) where fresh >= 10000 and cached < 0.2 * fresh
        order by fresh desc, 1 limit 5""",
    "model-sprawl": """with used as (select x_model as model, sum(BilledCost) as c from {bill} join kinds using (SkuId)
          where kind = 'api_tokens' and x_model is not null group by 1),
        small as (select * from used where c < 0.05 * (select sum(c) from used))
        select string_agg(model, ', ' order by c desc, model), sum(c) from small
        having count(*) >= 4 and (select count(*) from used) >= 6 and sum(c) > 0""",
    "dominating-line": """select coalesce(ResourceId, ChargeDescription), BilledCost from {bill} where BilledCost >= 0.5 * {total}
        and {total} > 0 order by 2 desc, 1 limit 1""",
    "spike-day": """with daily as (select ServiceName as service, ChargePeriodStart::date as day, sum(BilledCost)::double as c
          from {bill} where ChargeCategory = 'Usage' group by 1, 2),
        marked as (select *, dayofweek(day) in (0, 6) as weekend from daily),
        usual as (select service, weekend, median(c) as m, count(*) as k from marked group by 1, 2),
        spread as (select service, weekend, median(abs(c - m)) as s from marked join usual using (service, weekend) group by 1, 2)
        select day::varchar || ' ' || service, c from marked join usual using (service, weekend) join spread using (service, weekend)
        where k >= 4 and c > m + greatest(5 * 1.4826 * s, 0.5 * m) and c - m > 0.002 * {total} order by c - m desc, 1 limit 3""",
    "untagged-spend": """select '', sum(BilledCost) from {bill} where Tags is null and ChargeCategory = 'Usage'
        having sum(BilledCost) > 0""",
}


def kinds_of(lines: Iterable[Sequence[Any]]) -> list[tuple[str, str, bool, str, str]]:
    """Rows of KIND_COLUMNS for the distinct lines, by the audit's own rules. A line must mean one thing."""
    found: dict[str, tuple[str, str, bool, str, str]] = {}
    for sku, *texts in lines:
        service, description, instance, model, provider = (text or "" for text in texts)
        spend = classify(service, description, instance, model, provider, "")
        row = (sku, spend.kind, spend.rule not in _BEFORE_TAGS, spend.hardware, spend.rule)
        if found.setdefault(sku, row) != row:
            raise AssertionError(f"line {sku} means two things")
    return list(found.values())


def answers_of(rows: Iterable[Sequence[Any]]) -> Answers:
    """Key -> values: texts joined, numbers as float rounded far below a cent."""
    found: Answers = {}
    for row in rows:
        words = [value.isoformat() if isinstance(value, date) else str(value) for value in row if not _is_number(value)]
        found["|".join(words)] = [round(float(value), 6) for value in row if _is_number(value)]
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def run(path: str, folder: str, memory_limit: str, threads: int) -> tuple[dict[str, Answers], dict[str, float]]:
    """All checks: answers and seconds by check."""
    import duckdb

    con: Any = duckdb.connect(":memory:", config={"memory_limit": memory_limit, "threads": threads, "temp_directory": folder})
    read = "read_csv" if path.endswith(".csv") else "read_parquet"
    values = {"bill": f"{read}('{path}')", "total": "0", "days": "0"}
    answers: dict[str, Answers] = {}
    seconds: dict[str, float] = {}
    for name, statement in CHECKS.items():
        begun = time.perf_counter()
        rows = con.execute(re.sub(r"\{(bill|total|days)\}", lambda match: values[match[1]], statement)).fetchall()
        if name == "lines":
            con.execute("create table kinds (SkuId varchar, kind varchar, by_tags boolean, hardware varchar, rule varchar)")
            con.executemany("insert into kinds values (?, ?, ?, ?, ?)", kinds_of(rows))
        else:
            answers[name] = answers_of(rows)
        seconds[name] = time.perf_counter() - begun
        if name == "totals":
            values["total"] = str(rows[0][1])
        if name == "period":
            values["days"] = str(rows[0][2])
    return answers, seconds
