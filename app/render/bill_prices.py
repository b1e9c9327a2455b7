"""The part of the Bill panel about list prices: what the tokens were billed beside what the dated list says, and usage priced from it.

Shows the audit's figures; computes none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.contracts.figures import money_text

MOST_ROWS = 100


@dataclass(frozen=True)
class Prices:
    """A table of (model, token type, tokens, first amount, second amount, words) with what stands around it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    left: int


def check(result: Mapping[str, Any]) -> Prices | None:
    """Billed beside list price, dearest first."""
    lines = list(result.get("price_check") or ())
    if not lines:
        return None
    rows = tuple(
        (
            *_what(line),
            _money(line["billed_text"], line["currency"]),
            _money(line["expected_text"], line["currency"]),
            str(line.get("explanation") or ""),
        )
        for line in lines[:MOST_ROWS]
    )
    notes = [_checked(one) for one in result.get("price_check_totals") or ()]
    notes += [
        f"Not checked: {gap['reason']}, {_money(gap['amount_text'], one['currency'])}."
        for one in result.get("price_check_totals") or ()
        for gap in one["not_checked"][:8]
    ]
    return Prices(
        ("Model", "Token type", "Tokens", "Billed", "At list price", "What explains it"),
        rows,
        (*notes, *_dated(lines)),
        len(lines) - MOST_ROWS,
    )


def _checked(one: Mapping[str, Any]) -> str:
    amount = {name: _money(one[f"{name}_text"], one["currency"]) for name in ("spend", "checked", "unexplained")}
    return f"Of {amount['spend']} for tokens, {amount['checked']} could be checked; {amount['unexplained']} is not explained."


def usage(result: Mapping[str, Any]) -> Prices | None:
    """Usage that the file gives no money for, at list prices."""
    priced = result.get("priced_usage") or {}
    lines = list(priced.get("lines") or ())
    if not lines:
        return None
    rows = tuple((*_what(line), _money(line["cost_text"], priced["currency"]), str(line.get("note") or "")) for line in lines[:MOST_ROWS])
    total = (
        f"The file holds no money for this use. At list prices it is {_money(priced['total_text'], priced['currency'])}."
        if priced.get("total_text")
        else ""
    )
    missing = [f"No price for {gap['model']} {gap['token_type']}: {gap['reason']}." for gap in list(priced.get("missing") or ())[:8]]
    notes = tuple(filter(None, (total, *missing, *_dated(lines))))
    return Prices(("Model", "Token type", "Tokens", "At list price", "Note"), rows, notes, len(lines) - MOST_ROWS)


def _what(line: Mapping[str, Any]) -> tuple[str, str, str]:
    kind = str(line["token_type"]).replace("_", " ") + (", batch" if line.get("batch") else "")
    return str(line["model"]), kind, "" if line.get("tokens") is None else f"{line['tokens']:,.0f}"


def _dated(lines: list[Mapping[str, Any]]) -> list[str]:
    days = sorted({str(line["price_date"]) for line in lines if line.get("price_date")})
    old = " Some prices are older than they should be." if any(line.get("stale") for line in lines) else ""
    return [f"List prices of {', '.join(days[:4])}.{old}"] if days else []


def _money(value: Any, currency: str) -> str:
    return money_text(Decimal(str(value)), currency).strip()
