"""The sums a person asks for first: by service, by kind of spend, by model and token type. Reads the ledger; writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from tools.audit.engine import Ledger

AI_KINDS = ("gpu", "managed_ai", "api_tokens")
_TOP, _MOST_DAYS = 20, 400


@dataclass(frozen=True)
class Summary:
    """Sums of one currency. Money is Decimal."""

    currency: str
    total: Decimal
    ai_total: Decimal
    by_kind: dict[str, Decimal]
    services: list[tuple[str, Decimal, int, str]] = field(default_factory=list)  # name, cost, rows, rule
    environments: list[tuple[str, Decimal]] = field(default_factory=list)
    teams: list[tuple[str, Decimal]] = field(default_factory=list)
    regions: list[tuple[str, Decimal]] = field(default_factory=list)
    accounts: list[tuple[str, Decimal]] = field(default_factory=list)
    providers: list[tuple[str, Decimal]] = field(default_factory=list)
    days: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)  # day (or month, 2026-09), cost, part of it for AI


class _Sum(NamedTuple):
    """Money and rows under one name of one facet."""

    facet: str
    name: str
    cost: Decimal
    rows: int
    rule: str


_SUMS = """
with told as (
  select kind, environment, team, region, account, provider,
    coalesce(nullif(service, ''), nullif(model, ''), nullif(resource, ''), nullif(description, ''), '(not named)') as service,
    cost, rows, rule
  from spend)
select case 0 when grouping(kind) then 'kind' when grouping(environment) then 'environment' when grouping(team) then 'team'
    when grouping(region) then 'region' when grouping(account) then 'account' when grouping(provider) then 'provider'
    else 'service' end as facet,
  coalesce(kind, environment, team, region, account, provider, service) as name, sum(cost), sum(rows), min(rule)
from told
group by grouping sets ((kind), (environment), (team), (region), (account), (provider), (service))
order by facet, sum(cost) desc, name
"""
#: A line that covers several days belongs to no day.
_DAYS = """
select day::varchar, sum(cost), coalesce(sum(cost) filter (where ai), 0)
from spend_by_day where day_end - day < 2 group by day order by day desc limit ?
"""  #: The same by month, where every line starts with a month; nothing where one starts within.
_MONTHS = """
with lines as (select date_trunc('month', day) as month, day, day_end, cost, ai from spend_by_day where day is not null)
select strftime(month, '%Y-%m'), sum(cost), coalesce(sum(cost) filter (where ai), 0)
from lines where day_end <= last_day(day) and (select bool_and(day = month) from lines) group by month order by month desc limit ?
"""

_UNCOUNTED = """
select model, token_type, sum(cost) from counts
where kind = 'api_tokens' and model <> '' and token_type <> '' and cost is not null and (quantity is null or unit <> 'tokens')
  and input_tokens is null and cached_tokens is null and cache_write_tokens is null and output_tokens is null and reasoning_tokens is null
group by 1, 2 order by 1, 2
"""


def summarise(ledger: Ledger, currency: str, *, monthly: bool) -> Summary:
    """Sums of `currency`; the ledger must study it. `monthly`: its period is told in months, so that sums are too where no day is named."""
    facets: dict[str, list[_Sum]] = {}
    for row in ledger.ask(_SUMS):
        one = _Sum(*row)
        facets.setdefault(one.facet, []).append(one)
    facets = {facet: _folded(found) for facet, found in facets.items()}
    kinds = {one.name: one.cost for one in sorted(facets.get("kind", []), key=lambda one: one.name)}
    services = facets.get("service", [])
    days = (ledger.ask(_MONTHS, [_MOST_DAYS]) if monthly else []) or ledger.ask(_DAYS, [_MOST_DAYS])
    rest = services[_TOP:]
    shown = [(one.name, one.cost, one.rows, one.rule) for one in services[:_TOP]]
    if rest:
        shown.append((f"({len(rest)} others)", sum((one.cost for one in rest), Decimal(0)), sum(one.rows for one in rest), ""))
    return Summary(
        currency,
        sum(kinds.values(), Decimal(0)),
        sum((kinds.get(kind, Decimal(0)) for kind in AI_KINDS), Decimal(0)),
        kinds,
        shown,
        [(one.name, one.cost) for one in facets.get("environment", []) if one.name][:10],
        [(one.name, one.cost) for one in facets.get("team", []) if one.name][:10],
        _places(facets.get("region", [])),
        _places(facets.get("account", [])),
        _places(facets.get("provider", [])),
        [(day, cost, ai_cost) for day, cost, ai_cost in reversed(days)],
    )


def _folded(found: Sequence[_Sum]) -> list[_Sum]:
    """`acm9000` and `ACM9000` as one, under the spelling of most rows; the largest sum first."""
    spelled: dict[str, list[_Sum]] = {}
    for one in found:
        spelled.setdefault(one.name.casefold(), []).append(one)
    sums = []
    for same in spelled.values():
        commonest = min(same, key=lambda one: (-one.rows, one.name))
        cost, rows = sum((one.cost for one in same), Decimal(0)), sum(one.rows for one in same)
        sums.append(commonest._replace(cost=cost, rows=rows, rule=min(one.rule for one in same)))
    return sorted(sums, key=lambda one: (-one.cost, one.name))


def _places(found: list[_Sum]) -> list[tuple[str, Decimal]]:
    """Regions, accounts or providers that add up to the total; [] where no line names one."""
    named = [(one.name, one.cost) for one in found if one.name]
    shown, rest = named[:_TOP], named[_TOP:]
    if rest:
        shown.append((f"({len(rest)} others)", sum((cost for _, cost in rest), Decimal(0))))
    return shown + [("(not named)", one.cost) for one in found if not one.name and named]


def tokens(ledger: Ledger) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Tokens and money by model and token type, and tokens by type over all rows, with or without a model.

    A row with one price for several token types has no price by type: cost null. Lines that name a token type and count no tokens have
    their money by type and no quantity.
    """
    found: list[dict[str, Any]] = []
    uncounted: dict[tuple[str, str], Decimal] = {(model, token_type): cost for model, token_type, cost in ledger.ask(_UNCOUNTED)}
    totals: dict[str, Decimal] = {}
    for model, token_type, count, cost, priced in ledger.ask(
        "select model, token_type, sum(tokens), sum(cost), bool_and(priced) from token_use group by 1, 2 order by 1, 2"
    ):
        totals[token_type] = totals.get(token_type, Decimal(0)) + count
        if model:
            known = cost + uncounted.pop((model, token_type), Decimal(0)) if priced and cost is not None else None
            found.append(_of_type(model, token_type, _number(count), known))
    found += [_of_type(model, token_type, None, cost) for (model, token_type), cost in uncounted.items()]
    found.sort(key=lambda entry: (entry["model"], entry["token_type"]))
    for model, cost, requests, rows in ledger.ask(
        "select model, sum(cost), sum(requests), sum(rows) filter (where part = 0) from counts where model <> '' and kind in ('api_tokens', 'managed_ai', 'unknown') group by 1 order by 1"  # noqa: E501
    ):
        found.append(
            {
                "model": model,
                "token_type": "all",
                "quantity": None,
                "cost": None if cost is None else float(cost),
                "requests": _number(requests),
                "rows": rows,
            }
        )
    return found[:400], {token_type: _number(totals[token_type]) for token_type in sorted(totals)}


def _of_type(model: str, token_type: str, quantity: int | float | None, cost: Decimal | None) -> dict[str, Any]:
    return {"model": model, "token_type": token_type, "quantity": quantity, "cost": None if cost is None else float(cost)}


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
