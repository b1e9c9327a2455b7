"""The audit's checks as separate DuckDB queries, straight over the file: what a person who knows SQL would write.

`CHECKS` is name -> statement; checks of findings carry the rule's id. To add a check of a new rule, add it here and in
audit_pandas_findings.py. The statements have the meaning of tools/audit/summary.py, billing.py, period.py and findings/*.py for FOCUS
columns, and each is as lean as we could make it: grouped by line (SKU), resource and tags first, then looked up. They give money and
counts, not the rows behind them, which the audit does. What a rule does after its question (prices, seasons) is done by audit_judging.py
outside the time taken. Rules about columns that this bill does not have (requests, status) have no query. Text columns of a result are its
key, numbers are its values. `{bill}` is the file; `{days}`, `{total}` and `{ai}` are what earlier checks found,
`@name@` is a pattern of audit_judging.WORDS.
"""

import re
import time
from typing import Any

from tests.bench.audit_judging import AI_KINDS, KIND_COLUMNS, WORDS, Row, kinds_of
from tools.audit.spend_rules import ADJACENT_WORDS

_USAGE = "ChargeCategory = 'Usage'"
_HOSTED = f"join kinds using (SkuId) where kind in ('gpu', 'managed_ai') and {_USAGE}"
_PLAIN = "kind not in ('gpu', 'managed_ai', 'api_tokens')"
_ENVIRONMENT = "coalesce(json_extract_string(Tags, '$.environment'), '')"
_APP = "coalesce(json_extract_string(Tags, '$.app'), '')"
_NOT_PROD = f"{_ENVIRONMENT} in ('dev', 'test', 'staging')"
_KIND = f"case when by_tags and regexp_matches(lower(coalesce(Tags, '')), '{ADJACENT_WORDS}') then 'ai_adjacent' else kind end"
_OFF = "(hour(ChargePeriodStart) not between 8 and 19 or dayofweek(ChargePeriodStart) in (0, 6))"
_BUSY = "sum(x_utilization * abs(BilledCost::double)) / sum(abs(BilledCost::double))"
_PRICING = "case PricingCategory when 'Standard' then 'on_demand' when 'Committed' then 'committed' else 'spot' end"


def _of_lines(words: str, also: str = "true") -> str:
    """A condition on the words of a line, looked up once per line."""
    return f"SkuId in (select SkuId from kinds where {also} and regexp_matches(words, '@{words}@'))"


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
    "daily by service": f"""select ServiceName, ChargePeriodStart::date, sum(BilledCost), count(*) from {{bill}} where {_USAGE}
        group by 1, 2 order by 1, 2""",
    "token use for prices": f"""select x_model, ProviderName, ServiceName, PricingCategory, ChargePeriodStart::date, x_token_type,
        ChargeDescription, sum(ConsumedQuantity), sum(BilledCost), count(*), min(BilledCost), max(BilledCost)
        from {{bill}} where x_model is not null and {_USAGE} group by all""",
    "signs that calls can wait": f"""select x_model, Tags, SubAccountId, sum(BilledCost), sum(BilledCost) filter (where {_OFF})
        from {{bill}} where x_model is not null and {_USAGE} group by all""",
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
    "idle-accelerator": f"""select ResourceId, sum(BilledCost) from {{bill}} {_HOSTED} and x_utilization is not null
        group by 1 having sum(BilledCost) > 0 and {_BUSY} <= 0.10 order by 2 desc, 1 limit 5""",
    "dev-runs-like-prod": f"""with grouped as (select ResourceId, Tags, sum(BilledCost) as c, sum(ConsumedQuantity) as hours
          from {{bill}} {_HOSTED} group by 1, 2)
        select ResourceId || ' (' || {_ENVIRONMENT} || ')' as name, c from grouped
        where {_NOT_PROD} and hours >= 0.5 * 24 * {{days}} and c > 0 order by 2 desc, 1 limit 5""",
    "nights-and-weekends": f"""with grouped as (
          select ResourceId, Tags, SkuId, sum(BilledCost) as c, coalesce(sum(BilledCost) filter (where {_OFF}), 0) as off,
            count(distinct ChargePeriodStart::date) as days from {{bill}} {_HOSTED} and PricingCategory <> 'Committed' group by 1, 2, 3),
        told as (select *, lower(concat_ws(' ', ResourceId, {_APP}, words)) as w from grouped join kinds using (SkuId))
        select ResourceId, off from told where days >= 7 and c > 0 and off > 0 and off <= c and off >= 0.5 * c
          and ({_NOT_PROD} or regexp_matches(w, '@office@')
            or regexp_matches(w, '@faced@'))
        order by 2 desc, 1 limit 5""",
    "always-on": f"""with grouped as (select ResourceId, Tags, sum(BilledCost) as c, sum(ConsumedQuantity) as hours,
            avg(x_utilization) as busy from {{bill}} {_HOSTED} and PricingCategory <> 'Committed' group by 1, 2)
        select ResourceId, c from grouped where {{days}} >= 7 and hours >= 0.95 * 24 * {{days}} and c > 0 and not {_NOT_PROD}
          and (busy is null or busy < 0.5) order by 2 desc, 1 limit 5""",
    "low-utilization": f"""select ResourceId, c from (select ResourceId, sum(BilledCost) as c, {_BUSY} as busy
        from {{bill}} {_HOSTED} and x_utilization is not null group by 1 having sum(BilledCost) > 0)
        where busy > 0.10 and busy <= 0.40 order by 2 desc, 1 limit 5""",
    "idle-accelerators-in-a-node": f"""select ResourceId, hardware, c, n, busy from (
          select ResourceId, lower(hardware) as hardware, sum(BilledCost) as c, count(*) as n, {_BUSY} as busy
          from {{bill}} {_HOSTED} and x_utilization is not null and hardware <> '' group by 1, 2 having sum(BilledCost) > 0)
        where busy <= 0.5 order by 3 desc, 1, 2""",
    "model-on-large-node": f"""select ResourceId, lower(hardware), x_model, sum(BilledCost), count(*) from {{bill}} {_HOSTED}
        and hardware <> '' and x_model is not null group by 1, 2, 3 having sum(BilledCost) > 0 order by 4 desc, 1, 2""",
    "large-host": f"""select lower(hardware), sum(BilledCost), count(*) from {{bill}} {_HOSTED} and hardware <> ''
        and PricingCategory <> 'Committed' group by 1 having sum(BilledCost) > 0 order by 2 desc, 1""",
    "old-gpu-generation": f"""select lower(hardware), sum(BilledCost), count(*) from {{bill}} {_HOSTED} and hardware <> ''
        group by 1 having sum(BilledCost) > 0 order by 2 desc, 1""",
    "spot-candidate": f"""with grouped as (
          select ResourceId, Tags, SkuId, RegionId, sum(BilledCost) as c, count(*) as n
          from {{bill}} {_HOSTED} and PricingCategory = 'Standard' group by 1, 2, 3, 4),
        told as (select *, lower(concat_ws(' ', ResourceId, {_APP}, words)) as w, {_ENVIRONMENT} as e from grouped join kinds using (SkuId))
        select ResourceId, lower(hardware), lower(RegionId), sum(c), sum(n)::bigint,
          coalesce(min(case when e in ('dev', 'test') then 'environment ' || e end),
            'named ' || min(regexp_extract(w, '@can_wait@')))
        from told where not regexp_matches(w, '@serves@') and (e in ('dev', 'test')
          or regexp_matches(w, '@waits@'))
        group by 1, 2, 3 having sum(c) > 0 order by 4 desc, 1, 2, 3""",
    "dear-region": f"""select lower(hardware), lower(RegionId), sum(BilledCost), count(*) from {{bill}} {_HOSTED} and hardware <> ''
        and RegionId is not null and PricingCategory <> 'Committed' group by 1, 2 having sum(BilledCost) > 0 order by 3 desc, 1, 2""",
    "region-spread": f"""with placed as (
          select ProviderName as p, lower(hardware) as h, lower(RegionId) as r, PricingCategory as k, sum(BilledCost) as c,
            sum(BilledCost)::double / sum(ConsumedQuantity)::double as price
          from {{bill}} {_HOSTED} and hardware <> '' and RegionId is not null and ConsumedQuantity > 0 and BilledCost > 0
          group by 1, 2, 3, 4)
        select h || ' in ' || r, c from (select *, min(price) over (partition by p, h, k) as best from placed)
        where price >= 1.05 * best order by 2 desc, 1 limit 5""",
    "on-demand-could-commit": f"""with grouped as (select ResourceId, Tags, sum(BilledCost) as c, sum(ConsumedQuantity) as hours,
            avg(x_utilization) as busy from {{bill}} {_HOSTED} and PricingCategory = 'Standard' group by 1, 2)
        select ResourceId, c from grouped where {{days}} >= 7 and hours >= 0.7 * 24 * {{days}} and c > 0 and not {_NOT_PROD}
          and (busy is null or busy > 0.10) order by 2 desc, 1 limit 5""",
    "commitment-coverage": f"""with grouped as (
          select ResourceId, Tags, sum(BilledCost) filter (where PricingCategory = 'Standard') as c, sum(ConsumedQuantity) as hours,
            coalesce(sum(ConsumedQuantity) filter (where PricingCategory = 'Committed'), 0) as covered
          from {{bill}} {_HOSTED} and PricingCategory in ('Standard', 'Committed') group by 1, 2),
        steady as (select * from grouped where not {_NOT_PROD} and hours >= 0.7 * 24 * {{days}})
        select '', sum(c) from steady having {{days}} >= 7 and sum(covered) > 0 and sum(covered) < 0.8 * sum(hours) and sum(c) > 0""",
    "unused-commitment": """select '', sum(EffectiveCost) from {bill}
        where (ChargeCategory = 'Purchase' and PricingCategory = 'Committed' and EffectiveCost > 0 and BilledCost <> EffectiveCost)
        or CommitmentDiscountStatus = 'Unused' having sum(EffectiveCost) > 0""",
    "model-sprawl": """with used as (select x_model as model, sum(BilledCost) as c from {bill} join kinds using (SkuId)
          where kind = 'api_tokens' and x_model is not null group by 1),
        small as (select * from used where c < 0.05 * (select sum(c) from used))
        select string_agg(model, ', ' order by c desc, model), sum(c) from small
        having count(*) >= 4 and (select count(*) from used) >= 6 and sum(c) > 0""",
    "api-concentration": f"""with sums as (select SubAccountId as who, sum(BilledCost) as c from {{bill}}
          where {_USAGE} and SkuId in (select SkuId from kinds where kind = 'api_tokens') group by 1)
        select who, c from sums where c >= 0.6 * (select sum(c) from sums) and c > 0 and (select count(*) from sums) >= 3""",
    "unattached-storage": f"""select ResourceId, sum(c) from (
          select ResourceId, SkuId, sum(BilledCost) as c from {{bill}} where {_USAGE}
          and {_of_lines("volume", _PLAIN)} group by 1, 2) join kinds using (SkuId)
        where not regexp_matches(lower(concat_ws(' ', ResourceId, words)), 'snapshot|backup')
          and regexp_matches(lower(concat_ws(' ', ResourceId, words)), '@unattached@')
        group by 1 having sum(c) > 0 order by 2 desc, 1 limit 5""",
    "stored-checkpoints": f"""select ResourceId, sum(c) from (
          select ResourceId, Tags, sum(BilledCost) as c from {{bill}} where {_USAGE}
          and {_of_lines("storage", _PLAIN)} group by 1, 2)
        where regexp_matches(lower(concat_ws(' ', ResourceId, {_APP})), '@checkpoint@')
        group by 1 having sum(c) > 0 order by 2 desc, 1 limit 5""",
    "snapshots": f"""select ServiceName, sum(BilledCost) from {{bill}} where {_USAGE} and {_of_lines("snapshot", _PLAIN)}
        group by 1 having sum(BilledCost) >= 0.01 * {{total}} and sum(BilledCost) > 0 order by 2 desc, 1 limit 3""",
    "idle-network": f"""select ResourceId, sum(BilledCost) from {{bill}} where {_USAGE}
        and {_of_lines("idle_address", _PLAIN)}
        group by 1 having sum(BilledCost) > 0 order by 2 desc, 1 limit 5""",
    "egress": f"""select case when regexp_matches(words, '@between@') then 'between regions or zones'
          else 'to the internet or not said' end as way, sum(c) from (select SkuId, sum(BilledCost) as c from {{bill}} where {_USAGE}
            and {_of_lines("sent", _PLAIN)} group by 1)
          join kinds using (SkuId) where not regexp_matches(words, '@received@')
        group by 1 having sum(c) >= 0.02 * {{total}} and sum(c) > 0 order by 2 desc, 1 limit 5""",
    "nat-gateway": f"""select '', sum(BilledCost) from {{bill}} where {_USAGE} and {_of_lines("nat")}
        having sum(BilledCost) >= 0.01 * {{total}} and sum(BilledCost) > 0""",
    "log-cost": f"""select ServiceName, sum(BilledCost) from {{bill}} where {_USAGE}
        and {_of_lines("logs", _PLAIN)}
        group by 1 having {{ai}} > 0 and sum(BilledCost) >= 0.05 * {{ai}} order by 2 desc, 1 limit 3""",
    "marketplace-twice": f"""with bought as (
          select ServiceName, BilledCost as cost, count(distinct SubAccountId) as accounts, sum(BilledCost) as amount from {{bill}}
          where BilledCost > 0 and ChargeCategory in ('Usage', 'Purchase') and {_of_lines("marketplace")}
          group by ServiceName, BilledCost, ChargePeriodStart::date having accounts > 1)
        select ServiceName, sum(amount - cost) from bought group by 1 having sum(amount - cost) > 0 order by 2 desc, 1 limit 5""",
    "two-sellers-of-one-model": f"""with lines as (select SkuId, ProviderName, ServiceName, sum(BilledCost) as c from {{bill}}
          where {_USAGE} and SkuId in (select SkuId from kinds where kind = 'api_tokens') group by 1, 2, 3),
        named as (select regexp_extract(words, '@maker@') as maker,
          case when regexp_matches(lower(ProviderName || ' ' || ServiceName), 'bedrock|amazon|aws') then 'aws'
            when regexp_matches(lower(ProviderName || ' ' || ServiceName), 'azure|microsoft|foundry') then 'azure'
            else lower(ProviderName) end as seller, c from lines join kinds using (SkuId)),
        sold as (select maker, seller, sum(c) as c from named where maker <> '' group by 1, 2 having sum(c) > 0)
        select maker, sum(c) - max(c) from sold group by 1 having count(*) > 1 order by 2 desc, 1 limit 5""",
    "support-fee": f"""select '', sum(BilledCost) as fee from {{bill}} where ChargeCategory in ('Usage', 'Purchase')
        and {_of_lines("support", _PLAIN)}
        having fee > 0 and fee >= 0.03 * ({{total}} - fee)""",
    "credits-cover-usage": """with given as (select ChargeDescription as name, -sum(BilledCost) as c from {bill}
          where ChargeCategory = 'Credit' group by 1 having sum(BilledCost) < 0)
        select name, c from given
        where (select sum(c) from given) >= 0.05 * (select sum(BilledCost) from {bill} where ChargeCategory = 'Usage')
        order by 2 desc, 1 limit 3""",
    "dominating-line": """select coalesce(ResourceId, ChargeDescription), BilledCost from {bill} where BilledCost >= 0.5 * {total}
        and {total} > 0 order by 2 desc, 1 limit 1""",
    "untagged-spend": """select '', sum(BilledCost) from {bill} where Tags is null and ChargeCategory = 'Usage'
        having sum(BilledCost) > 0""",
}


def run(path: str, folder: str, memory_limit: str, threads: int) -> tuple[dict[str, list[Row]], dict[str, float]]:
    """All checks: rows and seconds by check."""
    import duckdb

    con: Any = duckdb.connect(":memory:", config={"memory_limit": memory_limit, "threads": threads, "temp_directory": folder})
    values = {"bill": f"read_parquet('{path}')", "total": "0", "days": "0", "ai": "0"}
    found: dict[str, list[Row]] = {}
    seconds: dict[str, float] = {}
    for name, statement in CHECKS.items():
        begun = time.perf_counter()
        told = re.sub(r"\{(bill|total|days|ai)\}", lambda match: values[match[1]], statement)
        found[name] = rows = con.execute(re.sub(r"@(\w+)@", lambda match: WORDS[match[1]], told)).fetchall()
        if name == "lines":
            con.execute(f"create table kinds ({', '.join(f'{column} {kind}' for column, kind in KIND_COLUMNS.items())})")
            con.executemany(f"insert into kinds values ({', '.join('?' for _ in KIND_COLUMNS)})", kinds_of(rows))
        seconds[name] = time.perf_counter() - begun
        if name == "totals":
            values["total"] = str(rows[0][1])
        elif name == "period":
            values["days"] = str(rows[0][2])
        elif name == "by kind":
            values["ai"] = str(sum(amount for kind, amount in rows if kind in AI_KINDS))
    return found, seconds
