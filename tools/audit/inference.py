"""Roles of an unknown sheet's columns, from header words (several languages) and from the values below them.

Each guess carries a confidence from 0 to 1. Two equally good cost columns are a question, not a coin toss.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tools.audit.calendar_words import named_period
from tools.audit.cells import currency_in, currency_of, read_day, read_money
from tools.audit.columns import Column, column_of, match, names
from tools.audit.header_words import (
    ACTUAL_WORDS,
    BEFORE_TAX,
    CANCELLED_WORDS,
    COST_WORDS,
    DURATIONS,
    HOURS,
    HOURS_PER,
    OTHER_AMOUNTS,
    QUANTITY_NOT_MONEY,
    ROLE_WORDS,
    TAX_WORDS,
    WITH_TAX,
)
from tools.audit.layout import Pivot
from tools.audit.money_columns import Choice, choose
from tools.audit.periods_across import periods_across
from tools.audit.reading.header import is_blank, key

#: Cost words that may also stand beside a count: "total tokens", "usage amount".
_VAGUE = frozenset(
    {"total", "totale", "totaal", "amount", "summe", "gesamt", "razem", "итого", "toplam", "合計", "合计", "합계", "कुल", "الإجمالي"}
)
_MONEY_NAMES = tuple(word for word in COST_WORDS if word not in _VAGUE)
_NOT_NAMES = (*OTHER_AMOUNTS.values(), ROLE_WORDS["unit_price"], TAX_WORDS, QUANTITY_NOT_MONEY, DURATIONS)


@dataclass
class Guess:
    """What a sheet's columns seem to be."""

    roles: dict[str, tuple[int, ...]] = field(default_factory=dict)
    confidence: dict[int, float] = field(default_factory=dict)
    pivot: Pivot | None = None
    model_groups: tuple[tuple[int, tuple[int, ...]], ...] = ()
    monthly: bool = False
    before_tax: int | None = None  # column of the same amounts before tax
    currency_hint: tuple[str, str] = ("", "")  # currency and the column that shows the same amounts with a sign
    questions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def put(self, role: str, column: int, confidence: float) -> None:
        """Gives the column this role."""
        self.roles[role] = (*self.roles.get(role, ()), column)
        self.confidence[column] = round(confidence, 2)


def header_likeness(cells: Sequence[str]) -> float:
    """How many cells of a line are known header words; a line with none may still be one."""
    columns = [column_of(at, cell, ()) for at, cell in enumerate(cells) if not is_blank(cell)]
    every = (COST_WORDS, ACTUAL_WORDS, BEFORE_TAX, WITH_TAX, TAX_WORDS, *ROLE_WORDS.values(), *OTHER_AMOUNTS.values())
    return (
        sum(max(match(column, words) for words in every) >= 0.85 for column in columns)
        + sum(read_day(c.name) is not None or named_period(c.name) is not None for c in columns) / 2
    )


def infer(header: Sequence[str], rows: Sequence[Sequence[str]], context: Sequence[str] = ()) -> Guess:
    """Guesses roles for the columns of `header` from sample `rows`; `context` are the lines above the table and the sheet's name."""
    columns = [column_of(at, name, [row[at] if at < len(row) else "" for row in rows]) for at, name in enumerate(header)]
    guess = Guess()
    taken: set[int] = set()
    across = periods_across(columns, context)
    if across:
        guess.pivot = across.pivot
        guess.notes += across.notes
        guess.questions += across.questions
        guess.confidence |= {at: across.confidence for at, _ in across.pivot.columns}
        taken |= across.used
    _text_roles(columns, guess, taken)
    if not guess.pivot:
        _money(columns, guess, taken)
    _scenarios(columns, guess)
    _model_groups(columns, guess)
    _twin(columns, guess)
    return guess


def unit_of(name: str) -> str:
    """Hours, or GPU hours, where the name of a quantity's column says so; else ""."""
    column = column_of(0, name, ())
    if not names(column, HOURS) or names(column, HOURS_PER):
        return ""
    return "GPU hours" if names(column, ("gpu", "gpus")) else "Hours"


def _twin(columns: Sequence[Column], guess: Guess) -> None:
    """A second column that writes the cost with a currency sign (`0.0401` beside `$0.0401`) tells the currency."""
    if "billed" not in guess.roles:
        return
    cost = columns[guess.roles["billed"][0]]
    for column in columns:
        if column is cost or column.signs < 0.9 or len(column.values) != len(cost.values):
            continue
        pairs = [(read_money(a), read_money(b)) for a, b in zip(column.values, cost.values, strict=True)]
        same = all(a.value is not None and b.value is not None and abs(a.value - b.value) <= Decimal("0.01") for a, b in pairs)
        found = {a.currency for a, _ in pairs}
        if same and len(found) == 1 and currency_of(next(iter(found))):
            guess.currency_hint = (found.pop(), column.name)


_NUMBERS = frozenset(
    {
        "input_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "output_tokens",
        "reasoning_tokens",
        "requests",
        "quantity",
        "utilization",
    }
)
_DATES = frozenset({"start", "end"})
_TEXTS_MANY = frozenset({"output_tokens", "model"})


def _fits(role: str, column: Column) -> bool:
    if role in _DATES:
        return column.dates >= 0.6 or column.serials
    if role == "utilization":
        percent = sum(value.rstrip().endswith("%") for value in column.values) / max(1, column.filled)
        shares = column.numeric >= 0.6 and all(amount is None or 0 <= amount <= 100 for amount in column.amounts)
        return (shares and not _is_money(column)) or percent >= 0.6
    if role in _NUMBERS:
        return column.numeric >= 0.6 and not _is_money(column)
    if role == "currency":
        return column.codes >= 0.5 or not column.numeric
    if role == "tokens_blob":
        return sum(value.startswith("{") for value in column.values) >= 0.6 * max(1, column.filled)
    if role == "status" and column.numeric >= 0.6:
        return all(amount is None or 100 <= amount <= 599 for amount in column.amounts)
    if column.numeric >= 0.6 and match(column, COST_WORDS) >= 0.85:
        return False
    return column.numeric < 0.9 or role in ("resource", "account")


def _is_money(column: Column) -> bool:
    return names(column, _MONEY_NAMES) or bool(currency_in(column.name)) or column.signs >= 0.5


def _text_roles(columns: Sequence[Column], guess: Guess, taken: set[int]) -> None:
    scored = []
    order = {role: -at for at, role in enumerate(ROLE_WORDS)}
    for role, words in ROLE_WORDS.items():
        if role == "unit_price":
            continue  # money, though not the cost: see money_columns.py
        for column in columns:
            if column.at not in taken and column.filled and (score := match(column, words)) and _fits(role, column):
                scored.append((score, order[role], role, column))
    for score, _, role, column in sorted(scored, key=lambda item: (-item[0], -item[1])):
        if column.at in taken or (role in guess.roles and role not in _TEXTS_MANY):
            continue
        guess.put(role, column.at, 0.95 * score)
        taken.add(column.at)
    for column in columns:
        if column.at not in taken and column.codes >= 0.9 and column.filled and "currency" not in guess.roles:
            guess.put("currency", column.at, 0.8)
            taken.add(column.at)
        elif column.at not in taken and column.dates >= 0.9 and column.numeric < 0.5 and column.filled and "start" not in guess.roles:
            guess.put("start", column.at, 0.6)
            taken.add(column.at)


def _money(columns: Sequence[Column], guess: Guess, taken: set[int]) -> None:
    counts = [at for role in ("quantity", "requests", "input_tokens", "output_tokens") for at in guess.roles.get(role, ())]
    choice = choose(columns, taken, counts)
    guess.notes += choice.notes
    guess.questions += choice.questions
    if choice.column is None:
        _services_across(columns, guess, taken)
        return
    _own_currency(columns, guess, choice)
    words = choice.column.words
    guess.put("billed", choice.column.at, choice.confidence)
    guess.before_tax = choice.before_tax.at if choice.before_tax else None
    guess.monthly = " monthly " in words or " per month " in words or "monatlich" in words


def _own_currency(columns: Sequence[Column], guess: Guess, choice: Choice) -> None:
    """A cost column that names its currency beside a currency column that says otherwise, for rows of another amount column."""
    own = currency_in(choice.column.name) if choice.column else ""
    at = guess.roles.get("currency", (-1,))[0]
    if not own or at < 0 or choice.column is None or all(currency_of(value) == own for value in columns[at].values):
        return
    name, stated = choice.column.name[:40], columns[at].name[:40]
    if any(not currency_in(rival.name) for rival in choice.rivals):
        del guess.roles["currency"]
        guess.notes.append(f'"{stated}" was not used: "{name}" names its own currency')
    else:
        guess.questions.append(f'"{name}" names {own} but "{stated}" says otherwise in some rows; the rows were believed. Is that right?')


def _scenarios(columns: Sequence[Column], guess: Guess) -> None:
    """Rows marked as budget, forecast or cancelled beside rows of actual cost: every row is counted, so that is asked."""
    for column in columns:
        kinds = dict.fromkeys(value.casefold() for value in column.values)
        planned = [kind for kind in kinds if kind in (*OTHER_AMOUNTS["a plan or forecast"], *CANCELLED_WORDS)]
        if planned and 2 <= len(kinds) <= 8 and column.numeric < 0.1:
            value = next(value for value in column.values if value.casefold() == planned[0])
            guess.questions.append(
                f'Rows whose "{column.name[:40]}" is "{value[:40]}" were counted with the others. Should they be left out?'
            )
            guess.confidence |= {at: min(guess.confidence.get(at, 1.0), 0.5) for at in guess.roles.get("billed", ())}


def _services_across(columns: Sequence[Column], guess: Guess, taken: set[int]) -> None:
    """Several unnamed columns of amounts and no cost column: services, teams or projects across the top."""
    free = [c for c in columns if c.at not in taken and c.filled and c.numeric >= 0.9 and c.dates < 0.5 and (c.fractions or c.signs >= 0.5)]
    others = [c for c in columns if c.at not in taken and c.filled and c.numeric >= 0.5 and c not in free]
    if (
        len(free) < 2
        or others
        or any(role.endswith("tokens") for role in guess.roles)
        or any(names(c, every) for c in free for every in _NOT_NAMES)
    ):
        return
    guess.pivot = Pivot("service", tuple((c.at, c.name) for c in free))
    guess.confidence |= {c.at: 0.4 for c in free}
    listed = ", ".join(f'"{c.name[:30]}"' for c in free[:4])
    guess.questions.append(
        f"No column is named as the cost; {listed} were read as the amounts of one service each and added up. Is that right?"
    )


def _model_groups(columns: Sequence[Column], guess: Guess) -> None:
    models, outputs = guess.roles.get("model", ()), guess.roles.get("output_tokens", ())
    if len(models) < 2:
        guess.roles.update({"model": models[:1]} if models else {})
        return
    prefix = {at: key(columns[at].name).replace("model", "") for at in models}
    groups = tuple((at, tuple(o for o in outputs if prefix[at] and key(columns[o].name).startswith(prefix[at]))) for at in models)
    if all(out for _, out in groups):
        guess.model_groups = groups
        del guess.roles["model"], guess.roles["output_tokens"]
    else:
        guess.roles["model"] = models[:1]
