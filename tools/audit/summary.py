"""The sums a person asks for first: by service, by kind of spend, by model and token type. Reads the ledger; writes nothing."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tools.audit.engine import Ledger

AI_KINDS = ("gpu", "managed_ai", "api_tokens")
_TOP = 20


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


def summarise(ledger: Ledger, currency: str) -> Summary:
    """Sums of `currency`; the ledger must study it."""
    kinds = dict(ledger.ask("select kind, sum(cost) from spend group by kind order by kind"))
    services = ledger.ask(
        "select coalesce(nullif(service, ''), nullif(model, ''), nullif(resource, ''), nullif(description, ''), '(not named)') as name, sum(cost), sum(rows), min(rule) "  # noqa: E501
        "from spend group by name order by sum(cost) desc, name"
    )
    rest = services[_TOP:]
    shown = services[:_TOP] + (
        [(f"({len(rest)} others)", sum((row[1] for row in rest), Decimal(0)), sum(row[2] for row in rest), "")] if rest else []
    )
    environments = ledger.ask("select environment, sum(cost) from spend where environment <> '' group by 1 order by 2 desc, 1 limit 10")
    teams = ledger.ask("select team, sum(cost) from spend where team <> '' group by 1 order by 2 desc, 1 limit 10")
    return Summary(
        currency,
        sum(kinds.values(), Decimal(0)),
        sum((kinds.get(kind, Decimal(0)) for kind in AI_KINDS), Decimal(0)),
        kinds,
        shown,
        environments,
        teams,
    )


def models(ledger: Ledger) -> list[dict[str, Any]]:
    """Tokens and money by model and token type. A row with one price for several token types has no price by type: cost null."""
    found: list[dict[str, Any]] = []
    for model, token_type, tokens, cost, priced in ledger.ask(
        "select model, token_type, sum(tokens), sum(cost), bool_and(priced) from token_use where model <> '' group by 1, 2 order by 1, 2"
    ):
        found.append(
            {
                "model": model,
                "token_type": token_type,
                "quantity": _number(tokens),
                "cost": float(cost) if priced and cost is not None else None,
            }
        )
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
    return found[:400]


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def token_totals(ledger: Ledger) -> dict[str, Any]:
    """Tokens by type over all rows, with or without a model."""
    return {
        token_type: _number(tokens)
        for token_type, tokens in ledger.ask("select token_type, sum(tokens) from token_use group by 1 order by 1")
    }
