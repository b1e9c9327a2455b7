"""`Rule` and `Finding`: a finding is data, never an exception, and never a saving: it names the money concerned.

A rule's statement selects (detail, amount, rows, row_numbers) from the views `spend` (counted rows with money in one
currency; `cost` is the chosen basis) and `token_use`; it may use $total, $ai_total and $days. No row = nothing found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Rule:
    """One thing worth looking at."""

    id: str
    title: str  # without figures
    confirm: str  # what would confirm it
    statement: str
    needs_days: bool = False  # only asked where the period is known
    limit: int = 5  # most findings of this rule


@dataclass(frozen=True)
class Finding:
    """One match."""

    rule: str
    title: str
    detail: str  # name of the resource, model or day; cell text, so only ever shown as a name
    amount: Decimal | None
    currency: str
    rows: int
    row_numbers: tuple[int, ...]
    confirm: str
    measures: dict[str, float] = field(default_factory=dict)


def apply(
    rule: Rule, ask: Callable[[str, dict[str, Any]], Sequence[tuple[Any, ...]]], values: dict[str, Any], currency: str
) -> list[Finding]:
    """Runs one rule."""
    if rule.needs_days and not values.get("days"):
        return []
    found = []
    for detail, amount, rows, numbers in ask(rule.statement, values)[: rule.limit]:
        if rows:
            found.append(
                Finding(
                    rule.id, rule.title, str(detail or ""), amount, currency, int(rows), tuple(sorted(numbers or ()))[:20], rule.confirm
                )
            )
    return found
