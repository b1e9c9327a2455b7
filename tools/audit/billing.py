"""Ledger -> `Bill`: at most a few hundred cost lines for the planner, adding up to the audited total to the last digit.

Lines are grouped by what they pay for. The smallest groups beyond the limit are folded by kind and charge category, so
nothing is lost. Only made where all money is in one currency.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tools.audit.engine import Ledger, place_of
from tools.audit.period import Period
from tools.contracts.cost_line import Bill, CostLine

_MOST_LINES = 300
_FOLDED_FROM = 260
_KEYS = (
    "kind",
    "category",
    "service",
    "provider",
    "region",
    "model",
    "token_type",
    "hardware",
    "environment",
    "pricing",
    "rule",
    "unit_key",
    "workload_key",
)
_GROUPS = """
with keyed as (
  select *,
    case when kind in ('gpu', 'managed_ai', 'api_tokens') then coalesce(nullif(workload, ''), case when kind = 'api_tokens' then '' else resource end) else workload end as workload_key,
    case when input_tokens is not null or output_tokens is not null then 'tokens' else unit end as unit_key,
    case when input_tokens is not null or output_tokens is not null then coalesce(input_tokens, 0) + coalesce(output_tokens, 0) else quantity end as consumed
  from spend)
select {keys}, sum(billed), sum(effective), sum(consumed),
  case when count(utilization) = count(*) and sum(cost) > 0 then round(sum(utilization * cost::double) / sum(cost::double), 6) end,
  sum(rows), list_sort(list_distinct(min(place, 3) || max(last_place, 2)))
from keyed group by {keys} order by abs(sum(cost)) desc, {keys}
"""  # noqa: E501
_SHEETS = "select source, file, sheet from sheets"


def make_bill(
    ledger: Ledger,
    *,
    files: Mapping[str, str],
    currency: str,
    basis: str,
    total: Decimal,
    period: Period,
    stated_months: Decimal | None,
    evidence_ids: tuple[str, ...],
) -> Bill:
    """The bill in the currency under study. Raises AssertionError where the lines do not add up: that would be our bug."""
    sheets = {source: f"{file}|{sheet}" for source, file, sheet in ledger.ask(_SHEETS)}

    def rows_of(places: Sequence[int]) -> list[str]:
        return [f"{sheets[source]}|{row}" for source, row in map(place_of, places)]

    groups = [(*group, rows_of(places)) for *group, places in ledger.ask(_GROUPS.format(keys=", ".join(_KEYS)))]
    lines = [_line(group, currency) for group in groups[:_FOLDED_FROM]] + _folded(groups[_FOLDED_FROM:], currency)
    known = hashlib.sha256("|".join((*sorted(files.values()), currency, basis)).encode()).hexdigest()[:12]
    bill = Bill(
        id=f"bill-{known}",
        files=tuple(files),
        currency=currency,
        basis=basis,
        total=total,
        period_start=period.start.isoformat() if period.start else "",
        period_end=period.end.isoformat() if period.end else "",
        days=period.days,
        period_months=period.months or stated_months,
        lines=tuple(lines),
        evidence_ids=evidence_ids,
    )
    if sum((bill.cost_of(line) for line in lines), Decimal(0)) != total:
        raise AssertionError("cost lines do not add up to the total")
    return bill


def _line(group: tuple[Any, ...], currency: str) -> CostLine:
    facts = dict(zip(_KEYS, group, strict=False))
    billed, effective, consumed, utilization, count, rows = group[len(_KEYS) :]
    mark = hashlib.sha256("|".join(str(value) for value in (*facts.values(), currency)).encode()).hexdigest()[:10]
    return CostLine(
        id=f"line-{mark}",
        BilledCost=billed,
        EffectiveCost=effective,
        BillingCurrency=currency,
        ChargeCategory=facts["category"],
        ServiceName=facts["service"],
        ProviderName=facts["provider"],
        RegionId=facts["region"],
        ConsumedQuantity=consumed,
        ConsumedUnit=facts["unit_key"],
        x_kind=facts["kind"],
        x_model=facts["model"],
        x_token_type=facts["token_type"],
        x_hardware=facts["hardware"],
        x_workload=facts["workload_key"],
        x_environment=facts["environment"],
        x_pricing=facts["pricing"],
        x_utilization=None if utilization is None else round(min(max(utilization, 0.0), 1.0), 4),
        x_rule=facts["rule"],
        x_rows=tuple(rows),
        x_row_count=count,
    )


def _folded(groups: list[tuple[Any, ...]], currency: str) -> list[CostLine]:
    sums: dict[tuple[str, str], list[Any]] = {}
    for group in groups:
        billed, effective, _, _, count, rows = group[len(_KEYS) :]
        entry = sums.setdefault((group[0], group[1]), [Decimal(0), Decimal(0), 0, []])
        entry[0], entry[1], entry[2] = entry[0] + billed, entry[1] + effective, entry[2] + count
        entry[3] = (entry[3] + list(rows))[:5]
    if len(sums) > _MOST_LINES - _FOLDED_FROM:
        raise AssertionError("more kinds and categories than the ledger can have")
    return [
        CostLine(
            id=f"line-rest-{kind}-{category.lower()}",
            BilledCost=entry[0],
            EffectiveCost=entry[1],
            BillingCurrency=currency,
            ChargeCategory=category,
            ServiceName="other small lines",
            x_kind=kind,
            x_rows=tuple(entry[3]),
            x_row_count=entry[2],
        )
        for (kind, category), entry in sorted(sums.items())
    ]
