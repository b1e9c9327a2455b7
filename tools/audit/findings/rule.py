"""`Rule`, `Match` and `Finding`: a finding is data, never an exception; it names the money concerned and what acting could save.

A rule asks the ledger: `statement` is one query over the views `spend` (lines with money in the currency under study, by resource,
account and region; `cost` is the chosen basis), `spend_by_day` (the same money by service and day), `spend_by_name_and_day` (everything
about a line, but in a big ledger only of token use and of the lines of rules that say `by_name_and_day`) and `token_use`, selecting the
fields of `Match` in order: (detail, amount, rows, places), where it has them also a saving (null or a list of three) and a note. It may
use $total, $ai_total and $days, and the table it declares as `given`. What it `needs` is asked for all rules at once, so that most
rules cost nothing on a small sheet (`Ledger.meets`). Where a question needs more than SQL (catalogue prices, seasons), `work` is a
function that asks and yields `Match`es. No match = nothing found.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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

    @classmethod
    def of(cls, low: str, likely: str, high: str, tier: Tier, why: str) -> "Effect":
        """From shares written as text, so that they are exact."""
        return cls(Decimal(low), Decimal(likely), Decimal(high), tier, why)

    @classmethod
    def worked_out(cls, tier: Tier, why: str) -> "Effect":
        """For a rule whose matches carry their own saving, or none: only tier and reason are the rule's."""
        return cls(Decimal(0), Decimal(0), Decimal(0), tier, why)


class Match(NamedTuple):
    """What a rule found once. `saving` is money per period of the bill (low, likely, high) where the rule itself works it out."""

    detail: str  # name of the resource, model or day; cell text, so only ever shown as a name
    amount: Decimal | None  # money concerned
    rows: int
    places: Sequence[int]  # ledger `place`s, at most 20
    saving: tuple[Decimal, Decimal, Decimal] | None = None
    note: str = ""  # the measure behind it, in words and figures: "used 62 of 720 hours"
    tier: Tier | None = None  # of this saving, where it differs from the rule's: a dated price instead of a judgement
    why: str = ""  # reason and source of this saving, where they differ from the rule's
    spread: tuple[Decimal, Decimal] | None = None  # lowest and highest `amount`, where it is a projection and no sum of rows
    currency: str = ""  # of the saving, where it rests on list prices because the file has no money; "" = that of the bill


Work = Callable[[Ask, Mapping[str, Any]], Iterable[Match]]


@dataclass(frozen=True)
class Given:
    """A part of the ledger that several rules read, made once for each currency under study. Where it is empty, they find nothing."""

    table: str
    select: str
    by_name_and_day: str = ""  # condition on its lines, where the rules need both

    def made(self, ask: Ask, values: dict[str, Any]) -> bool:
        """Makes the table unless `values` says that it is there; whether it has lines."""
        known: dict[str, bool] = values.setdefault("given", {})
        if self.table not in known:
            lines = ask(f"create or replace temp table {self.table} as {self.select}", {})  # the engine answers with their number
            known[self.table] = bool(lines and lines[0][0])
        return known[self.table]


@dataclass(frozen=True)
class Rule:
    """One thing worth looking at: a `statement` or a `work`, never both."""

    id: str
    title: str  # without figures
    confirm: str  # what would confirm it
    given: Given | None = None  # the part of the ledger that it reads, where others read it too
    needs: str = ""  # condition on what a line is (texts, kind, stated counts): no such line, no finding. In `statement`: $needs
    by_name_and_day: bool = False  # the lines that it `needs` are told apart by name and day in a big ledger too
    statement: str = ""
    work: Work | None = None
    effect: Effect | None = None  # None: the finding is about order, not about a saving
    technique: str = ""  # instead of `effect`: the card in knowledge/ whose constant effect on this spend it is
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
    spread: tuple[Decimal, Decimal] | None = None  # lowest and highest amount where it is a projection


def apply(rule: Rule, ask: Ask, values: dict[str, Any], currency: str) -> list[Finding]:
    """Runs one rule. A saving never exceeds the amount it is taken from."""
    if rule.needs_days and not values.get("days"):
        return []
    if rule.given and not rule.given.made(ask, values):
        return []
    matches = rule.work(ask, values) if rule.work else [Match(*row) for row in ask(rule.statement.replace("$needs", rule.needs), values)]
    found: list[Finding] = []
    for match in matches:
        if not match.rows:
            continue
        if len(found) >= rule.limit:
            break
        effect = _effect(rule)
        found.append(
            Finding(
                rule.id,
                rule.title,
                str(match.detail or ""),
                match.amount,
                match.currency or currency,
                int(match.rows),
                tuple(sorted(set(match.places or ())))[:20],
                rule.confirm,
                _saving(effect, match),
                match.tier or (effect.tier if effect else Tier.ESTIMATED),
                match.why or (effect.why if effect else ""),
                match.note or "",
                match.spread,
            )
        )
    return found


def _effect(rule: Rule) -> Effect | None:
    return effect_of(rule.technique) if rule.technique else rule.effect


def effect_of(technique: str, spend: str = "gpu") -> Effect:
    """What a technique card says about this kind of spend, as the share saved. Raises KnowledgeError where there is no such card.

    Raises ValueError where the card has no constant effect: its saving then depends on facts that the rule must work out.
    """
    from knowledge.techniques import card

    for effect in card(technique).effects:
        if effect.factor is not None and spend in effect.lines:
            low, likely, high = (1 - Decimal(str(share)) for share in (effect.factor.high, effect.factor.likely, effect.factor.low))
            source = f"{effect.source.ref} (checked {effect.source.checked_on})"
            return Effect(low, likely, high, effect.tier, ". ".join(filter(None, (effect.conditions.rstrip("."), source))))
    raise ValueError(f"the technique {technique} has no constant effect")


def _saving(effect: Effect | None, match: Match) -> tuple[Decimal, Decimal, Decimal] | None:
    amount = match.amount
    if match.saving is not None:
        low, likely, high = (value if isinstance(value, Decimal) else Decimal(str(round(value, 2))) for value in match.saving)
    elif effect and effect.high and amount is not None:
        low, likely, high = (amount * share for share in (effect.low, effect.likely, effect.high))
    else:
        return None
    most = max(Decimal(0), high if amount is None else amount)
    high = min(max(high, Decimal(0)), most)
    likely = min(max(likely, Decimal(0)), high)
    return min(max(low, Decimal(0)), likely), likely, high
