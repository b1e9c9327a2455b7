"""Which of a sheet's figure columns is the cost: by name, and by arithmetic (sums, running totals, price times quantity, tax).

Every figure column that is not the cost is listed with the reason. Two columns that could both be the cost are a question with low
confidence, never a silent choice. Of the amounts before and with tax the one with tax is the cost, as taxes are part of every other
bill's total, and tax_question.py asks for the other. Works on a sample; the ledger pass reads every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, pairwise

from tools.audit.cells import currency_in, style_evidence
from tools.audit.columns import Column, match, names
from tools.audit.header_words import (
    ACTUAL_WORDS,
    AFTER_DISCOUNT,
    BEFORE_DISCOUNT,
    BEFORE_TAX,
    COST_WORDS,
    DURATIONS,
    OTHER_AMOUNTS,
    QUANTITY_NOT_MONEY,
    ROLE_WORDS,
    TAX_WORDS,
    WITH_TAX,
)

_CENT = Decimal("0.011")
_MOST = 14  # columns compared by arithmetic
_MOST_ROWS = 100
_PRICE_WORDS = ("price", "preis", "prix", "precio", "prezzo", "preço", "prijs", "cena", "цена", "ціна", "fiyat")
_FALLBACK = ("a plan or forecast", "a list price", "a running total")


@dataclass
class Figure:
    """A column of figures and what it seems to be."""

    column: Column
    strength: float  # how much its name says "cost", 0 to 1
    kind: str = ""  # "net", "gross", "tax", "unit price" or ""
    why_not: str = ""
    proven: bool = False  # arithmetic says it is the cost
    net_of: "Figure | None" = None  # the same amounts with tax

    @property
    def currency(self) -> str:
        """Currency in its name."""
        return currency_in(self.column.name)

    @property
    def score(self) -> float:
        """Confidence that this is the cost; below 0.2 it is no candidate."""
        readable = self.column.numeric
        stated = 0.25 if self.column.signs >= 0.5 or self.currency else 0.0
        word = 0.7 * self.strength * (0.4 + 0.6 * readable)
        return min(0.98, word + stated + 0.2 * readable + (0.1 if self.proven else 0.0)) if word + stated > 0.1 or self.proven else 0.0


@dataclass
class Choice:
    """The cost column with its confidence; None where no column is money."""

    column: Column | None = None
    confidence: float = 0.0
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    rivals: tuple[Column, ...] = ()  # other columns that could be the cost
    before_tax: Column | None = None  # the same amounts before tax, where the cost holds it


def choose(columns: Sequence[Column], taken: set[int], counts: Sequence[int]) -> Choice:
    """Chooses among the columns not `taken` by other roles; `counts` are those read as quantities."""
    figures = [figure for column in columns if column.at not in taken and (figure := _figure(column))]
    _arithmetic(figures, [columns[at] for at in counts])
    choice = Choice()
    chosen = _best(figures, choice) or _fallback(figures, choice)
    if chosen is None:
        return choice
    choice.column = chosen.column
    choice.before_tax = next((f.column for f in figures if f.net_of is chosen), None)
    asked = len(choice.questions)
    choice.confidence = max(0.3, chosen.score) if chosen.proven or chosen.strength else min(0.6, max(0.3, chosen.score))
    if asked:
        choice.confidence = min(choice.confidence, 0.5)
    _mention(figures, chosen, choice, [columns[at] for at in counts])
    return choice


def _figure(column: Column) -> Figure | None:
    strength = 1.0 if names(column, ACTUAL_WORDS) else match(column, COST_WORDS)
    if not column.filled or (column.numeric < 0.5 and strength < 0.85) or (column.dates >= 0.9 and not column.signs and strength < 0.85):
        return None
    if strength and match(column, _PRICE_WORDS) >= strength:
        strength *= 0.8
    figure = Figure(column, strength)
    if names(column, AFTER_DISCOUNT):
        figure.strength = max(strength, 0.95)
        return figure
    if names(column, BEFORE_DISCOUNT):
        figure.why_not = "a list price"
        return figure
    figure.why_not = next((kind for kind, words in OTHER_AMOUNTS.items() if names(column, words)), "a share" if "%" in column.name else "")
    if figure.why_not:
        return figure
    if match(column, ROLE_WORDS["unit_price"]) >= 0.85 or names(column, ROLE_WORDS["unit_price"]):
        figure.kind, figure.why_not = "unit price", "a unit price"
    elif names(column, BEFORE_TAX):
        figure.kind, figure.strength = "net", max(strength, 0.8)
    elif names(column, WITH_TAX):
        figure.kind, figure.strength = "gross", max(strength, 0.9)
    elif names(column, TAX_WORDS) or match(column, TAX_WORDS) == 1:
        figure.kind, figure.why_not = "tax", "tax"
    elif names(column, DURATIONS) and not column.signs and not figure.currency and strength < 0.85:
        figure.why_not = "a time"
    elif names(column, QUANTITY_NOT_MONEY) and not column.signs and not figure.currency and strength < 0.85:
        figure.why_not = "a quantity"
    return figure


def _arithmetic(figures: Sequence[Figure], counts: Sequence[Column]) -> None:
    some = [figure for figure in figures if figure.column.numeric >= 0.5][:_MOST]
    for one, other in ((a, b) for a in some for b in some if a is not b):
        if not one.why_not and not other.why_not and _running(one.column, other.column):
            one.why_not = f'the running total of "{other.column.name[:40]}"'
    _products(some, counts)
    _sums(some)
    for one, other in combinations([figure for figure in some if not figure.why_not], 2):
        if one.column.amounts == other.column.amounts and any(one.column.amounts) and (one.currency or "x") == (other.currency or "x"):
            weaker = min((other, one), key=lambda figure: figure.score)
            weaker.why_not = "the same amounts as another column"


def _rows(*columns: Column) -> list[tuple[Decimal, ...]]:
    rows = zip(*(column.amounts[:_MOST_ROWS] for column in columns), strict=True)
    return [tuple(value for value in row if value is not None) for row in rows if all(value is not None for value in row)]


def _running(total: Column, step: Column) -> bool:
    rows = _rows(total, step)
    steps = [abs(b[0] - a[0] - b[1]) <= _CENT and b[1] != 0 for a, b in pairwise(rows)]
    return len(steps) >= 2 and sum(steps) >= 0.8 * len(steps)


def _products(figures: Sequence[Figure], counts: Sequence[Column]) -> None:
    by_column = {figure.column.at: figure for figure in figures}
    numeric = [*counts, *(figure.column for figure in figures)]
    for target in figures:
        if target.why_not:
            continue
        for one, other in combinations([column for column in numeric if column is not target.column], 2):
            if target.currency and any((code := currency_in(factor.name)) and code != target.currency for factor in (one, other)):
                continue  # the same amounts in another currency times a rate
            rows = [row for row in _rows(target.column, one, other) if row[1] not in (0, 1) and row[2] not in (0, 1)]
            agree = sum(abs(row[0] - row[1] * row[2]) <= max(_CENT, abs(row[0]) / 200) for row in rows)
            if len(rows) >= 2 and agree >= 0.9 * len(rows):
                target.proven = True
                for factor in (one, other):
                    if factor.at in by_column and not by_column[factor.at].why_not:
                        by_column[factor.at].why_not = f'a factor of "{target.column.name[:40]}"'


def _sums(figures: Sequence[Figure]) -> None:
    parts_of = [f for f in figures if not f.why_not or f.kind == "tax" or f.why_not == "a saving or discount"]
    for size in range(len(parts_of) - 1, 1, -1):
        if 2 < size < len(parts_of) - 1:
            continue  # all the others, or a pair
        for target in parts_of:
            if target.why_not:
                continue
            for parts in combinations([figure for figure in parts_of if figure is not target], size):
                if _adds_up(target.column, [part.column for part in parts]):
                    _settle_sum(target, parts)
                    return


def _adds_up(total: Column, parts: Sequence[Column]) -> bool:
    checked = agreed = 0
    alone = [0] * len(parts)
    for at, amount in enumerate(total.amounts[:_MOST_ROWS]):
        values = [part.amounts[at] or Decimal(0) for part in parts]
        if amount is None or not amount:
            continue
        checked += 1
        agreed += abs(sum(values, Decimal(0)) - amount) <= _CENT
        for position, value in enumerate(values):
            alone[position] += value != 0
    return checked >= 2 and agreed >= 0.9 * checked and sum(count > 0 for count in alone) >= 2


def _settle_sum(target: Figure, parts: Sequence[Figure]) -> None:
    discounts = [part for part in parts if part.why_not == "a saving or discount"]
    costs = [part for part in parts if not part.why_not]
    if discounts and len(costs) == 1 and not any((amount or 0) < 0 for part in discounts for amount in part.column.amounts):
        target.why_not, costs[0].proven = f'the amount before "{discounts[0].column.name[:40]}"', True
        costs[0].strength = max(costs[0].strength, target.strength)
        return
    target.proven = True
    if len(costs) == 1 and all(part is costs[0] or part.kind == "tax" for part in parts):
        costs[0].why_not, costs[0].net_of = "the amount before tax", target
        return
    for part in costs:
        part.why_not = f'a part of "{target.column.name[:40]}"'


def _best(figures: Sequence[Figure], choice: Choice) -> Figure | None:
    ranked = sorted((f for f in figures if not f.why_not and f.score >= 0.2), key=lambda f: (-f.score, f.column.at))
    if not ranked:
        return None
    ranked = _net_or_gross(ranked, choice)
    best = ranked[0]
    if len(ranked) > 1 and not best.currency and ranked[1].strength and any(f.currency for f in ranked):
        best = next((f for f in ranked if f.currency and best.score - f.score < 0.2), best)
    rivals = [
        f for f in ranked if f is not best and not (best.proven and not f.strength) and (best.score - f.score < 0.2 or f.strength >= 0.85)
    ]
    if rivals:
        shown = ", ".join(f'"{f.column.name[:40]}"' for f in (best, *rivals[:3]))
        choice.questions.append(
            f'Which column is the cost: {shown}? "{best.column.name[:40]}" was counted; '
            f'say "cost={rivals[0].column.name[:40]}" to change it.'
        )
    choice.rivals = tuple(rival.column for rival in rivals)
    for rival in rivals:
        rival.why_not = f'it could be the cost too; "{best.column.name[:40]}" was counted'
    return best


def _net_or_gross(ranked: list[Figure], choice: Choice) -> list[Figure]:
    net = next((f for f in ranked if f.kind == "net"), None)
    gross = next((f for f in ranked if f.kind == "gross"), None)
    if not net or not gross:
        return ranked
    ratios = [row[1] / row[0] for row in _rows(net.column, gross.column) if row[0]]
    middle = sorted(ratios)[len(ratios) // 2] if ratios else Decimal(0)
    usual_tax = Decimal("1.03") <= middle <= Decimal("1.30")
    steady = sum(abs(ratio - middle) < Decimal("0.005") for ratio in ratios) >= 0.8 * max(1, len(ratios))
    keep, drop = (gross, net) if usual_tax and steady else (net, gross)
    drop.why_not = "the amount before tax" if keep is gross else "the amount before discounts or credits"
    if keep is gross:
        net.net_of = gross
    if keep is net:
        choice.questions.append(
            f'"{net.column.name[:40]}" was counted and "{gross.column.name[:40]}" was not; '
            f"they do not differ by one tax rate. Is that right (cost={gross.column.name[:40]} counts the other)?"
        )
    return [keep, *(f for f in ranked if f not in (net, gross))]


def _fallback(figures: Sequence[Figure], choice: Choice) -> Figure | None:
    """The only column that could be money where no name says cost; always with a question."""
    only = [f for f in figures if f.why_not in _FALLBACK and f.strength >= 0.85]
    free = only or [
        f
        for f in figures
        if not f.why_not and f.column.numeric >= 0.8 and f.column.dates < 0.5 and any(style_evidence(value) for value in f.column.values)
    ]
    proven = [f for f in free if f.proven]
    one = proven[0] if len(proven) == 1 else free[0] if len(free) == 1 else None
    if one is None:
        return None
    kind = f"its name says {one.why_not}" if only else "its name does not say so"
    one.why_not = ""
    choice.questions.append(f'Is "{one.column.name[:40]}" the cost? It is the only column that looks like money; {kind}.')
    return one


def _mention(figures: Sequence[Figure], chosen: Figure, choice: Choice, counts: Sequence[Column]) -> None:
    name = chosen.column.name[:40]
    for figure in figures:
        if figure is not chosen:
            reason = figure.why_not or "its name does not say cost"
            choice.notes.append(f'"{figure.column.name[:40]}" was not counted: {reason}')
    plans = [figure for figure in figures if figure is not chosen and figure.why_not == "a plan or forecast"]
    if plans:
        plan = plans[0].column.name[:40]
        choice.questions.append(
            f'"{name}" was counted and "{plan}" was not ({plans[0].why_not}). Is that right (cost={plan} counts the other)?'
        )
    credits = [figure for figure in figures if figure.why_not == "a column of credits"]
    if credits:
        choice.questions.append(
            f'"{name}" was counted and the credits in "{credits[0].column.name[:40]}" were not taken off. Should they be?'
        )
        choice.confidence = min(choice.confidence, 0.5)
    taxes = [figure for figure in figures if figure.kind == "tax"]
    if taxes and not chosen.proven and chosen.kind != "gross":
        choice.questions.append(f'Does "{name}" include "{taxes[0].column.name[:40]}"? Only "{name}" was counted.')
    priced = match(chosen.column, (*_PRICE_WORDS, "monthly", "per month", "each", "monatlich", "per unit")) > 0 and not chosen.proven
    several = next((column for column in counts if any(value is not None and value > 1 for value in column.amounts)), None)
    if priced and several is not None:
        choice.questions.append(
            f'Is "{name}" for each of "{several.name[:40]}" or for all of them? It was counted as the amount of the row.'
        )
        choice.confidence = min(choice.confidence, 0.5)
