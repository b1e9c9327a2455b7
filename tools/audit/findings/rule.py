"""`Rule`, `Match` and `Finding`: a finding is data, never an exception; it names the money concerned and what acting could save.

A rule asks the ledger: `statement` is one query over the views `spend` (lines with money in the currency under study; `cost` is the
chosen basis) and `token_use`, selecting (detail, amount, rows, places); it may use $total, $ai_total and $days. Where a question
needs more than SQL (catalogue prices, seasons), `work` is a function that asks and yields `Match`es. No match = nothing found.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from knowledge.source import Tier

Ask = Callable[[str, dict[str, Any]], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class Effect:
    """Which share of the money concerned acting could save, 0..1. `why` names the reason and the source of the shares."""

    low: Decimal
    likely: Decimal
    high: Decimal
    tier: Tier
    why: str


class Match(NamedTuple):
    """What a rule found once. `saving` is money per period of the bill (low, likely, high) where the rule itself works it out."""

    detail: str  # name of the resource, model or day; cell text, so only ever shown as a name
    amount: Decimal | None  # money concerned
    rows: int
    places: Sequence[int]  # ledger `place`s, at most 20
    saving: tuple[Decimal, Decimal, Decimal] | None = None
    note: str = ""  # the measure behind it, in words and figures: "used 62 of 720 hours"


Work = Callable[[Ask, Mapping[str, Any]], Iterable[Match]]


@dataclass(frozen=True)
class Rule:
    """One thing worth looking at: a `statement` or a `work`, never both."""

    id: str
    title: str  # without figures
    confirm: str  # what would confirm it
    statement: str = ""
    work: Work | None = None
    effect: Effect | None = None  # None: the finding is about order, not about a saving
    needs_days: bool = False  # only asked where the period is known
    limit: int = 5  # most findings of this rule


@dataclass(frozen=True)
class Finding:
    """One match of one rule, with its money."""

    rule: str
    title: str
    detail: str
    amount: Decimal | None
    currency: str
    rows: int
    places: tuple[int, ...]
    confirm: str
    saving: tuple[Decimal, Decimal, Decimal] | None = None  # low, likely, high, for the period of the bill
    tier: Tier = Tier.ESTIMATED  # of the saving; the amount itself is billed
    why: str = ""
    note: str = ""
    measures: dict[str, float] = field(default_factory=dict)


def apply(rule: Rule, ask: Ask, values: dict[str, Any], currency: str) -> list[Finding]:
    """Runs one rule. A saving never exceeds the amount it is taken from."""
    if rule.needs_days and not values.get("days"):
        return []
    matches: Iterable[Match] = rule.work(ask, values) if rule.work else (Match(*row) for row in ask(rule.statement, values))
    found: list[Finding] = []
    for match in matches:
        if not match.rows:
            continue
        if len(found) >= rule.limit:
            break
        found.append(
            Finding(
                rule.id,
                rule.title,
                str(match.detail or ""),
                match.amount,
                currency,
                int(match.rows),
                tuple(sorted(match.places or ()))[:20],
                rule.confirm,
                _saving(rule, match),
                rule.effect.tier if rule.effect else Tier.ESTIMATED,
                rule.effect.why if rule.effect else "",
                match.note,
            )
        )
    return found


def _saving(rule: Rule, match: Match) -> tuple[Decimal, Decimal, Decimal] | None:
    amount = match.amount
    if match.saving is not None:
        low, likely, high = match.saving
    elif rule.effect and amount is not None:
        low, likely, high = amount * rule.effect.low, amount * rule.effect.likely, amount * rule.effect.high
    else:
        return None
    if amount is None:
        return low, likely, high
    return min(low, amount), min(likely, amount), min(high, amount)
