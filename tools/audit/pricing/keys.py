"""The price check and the priced usage as result keys: JSON values, each amount with its exact text. No arithmetic but ratios."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tools.audit.engine import place_of
from tools.audit.pricing.check import Line, PriceCheck
from tools.audit.pricing.usage import PricedUsage
from tools.audit.report import plain

_MOST_LINES = 400


def check_lines(checks: Sequence[PriceCheck]) -> list[dict[str, Any]]:
    """One entry a model and token type, dearest first."""
    return [_line(line, check.currency) for check in checks for line in check.lines][:_MOST_LINES]


def check_totals(checks: Sequence[PriceCheck]) -> list[dict[str, Any]]:
    """One entry a currency with money for tokens."""
    return [
        {
            "currency": check.currency,
            **_amount("spend", check.spend),
            **_amount("checked", check.checked),
            "checked_share": float(check.checked / check.spend) if check.spend > 0 and check.checked >= 0 else None,
            **_amount("expected", check.expected),
            **_amount("explained", check.explained),
            **_amount("unexplained", check.unexplained),
            "not_checked": [{"reason": entry.reason, **_amount("amount", entry.amount), "rows": entry.rows} for entry in check.unchecked],
        }
        for check in checks
        if check.lines or check.unchecked
    ]


def usage_key(usage: PricedUsage | None) -> dict[str, Any] | None:
    """The usage at list prices; None where every row has money."""
    if usage is None:
        return None
    total = usage.total
    return {
        "currency": "USD",
        "tier": "catalogue",
        "total": None if total is None else float(total),
        "total_text": "" if total is None else plain(total),
        "bound": usage.bound,
        "rows": usage.rows,
        "lines": [
            {
                "model": line.model,
                "list_name": line.entry.name,
                "token_type": line.token_type,
                "batch": line.batch,
                "tokens": _number(line.tokens),
                "price_text": plain(line.price),
                **_amount("cost", line.cost),
                "price_date": str(line.source.checked_on or ""),
                "source": line.source.ref,
                "stale": line.stale,
                "note": line.note,
            }
            for line in usage.lines[:_MOST_LINES]
        ],
        "missing": [
            {"model": gap.model, "token_type": gap.token_type, "tokens": _number(gap.tokens), "reason": gap.reason}
            for gap in usage.missing[:_MOST_LINES]
        ],
        "declared": list(usage.declared),
        "price_dates": [day.isoformat() for day in usage.checked_on],
        "stale": usage.stale,
    }


def _line(line: Line, currency: str) -> dict[str, Any]:
    return {
        "model": line.model,
        "list_name": line.entry.name,
        "token_type": line.token_type,
        "batch": line.batch,
        "tokens": _number(line.tokens),
        **_amount("billed", line.billed),
        **_amount("expected", line.expected),
        **_amount("difference", line.difference),
        "currency": currency,
        "ratio": float(line.billed / line.expected) if line.expected else None,
        "price_text": plain(line.prices[0].price) if len(line.prices) == 1 and line.prices[0].price is not None else "",
        "prices": [
            {"token_type": part.token_type, "tokens": _number(part.tokens), "price_text": "" if part.price is None else plain(part.price)}
            for part in line.prices
        ],
        "price_date": str(line.source.checked_on or ""),
        "source": line.source.ref,
        "stale": line.stale,
        "explained": bool(line.explanation),
        "explanation": line.text or "no explanation found in the bill",
        "note": line.note,
        "rows": line.rows,
        "row_numbers": [row for _, row in map(place_of, line.places)],
    }


def _amount(name: str, value: Decimal) -> dict[str, Any]:
    return {name: float(value), f"{name}_text": plain(value)}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
