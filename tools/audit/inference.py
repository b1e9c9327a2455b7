"""Roles of an unknown sheet's columns, from header words (several languages) and from the values below them.

Each guess carries a confidence from 0 to 1. Two equally good cost columns are a question, not a coin toss.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tools.audit.cells import AMBIGUOUS, IMPLAUSIBLE, currency_in, currency_of, read_day, read_money, style_evidence
from tools.audit.header_words import COST_WORDS, NOT_COST_WORDS, ROLE_WORDS
from tools.audit.layout import Pivot
from tools.audit.reading.header import is_blank, key


@dataclass
class Guess:
    """What a sheet's columns seem to be."""

    roles: dict[str, tuple[int, ...]] = field(default_factory=dict)
    confidence: dict[int, float] = field(default_factory=dict)
    pivot: Pivot | None = None
    model_groups: tuple[tuple[int, tuple[int, ...]], ...] = ()
    monthly: bool = False
    currency_hint: tuple[str, str] = ("", "")  # currency and the column that shows the same amounts with a sign
    questions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def put(self, role: str, column: int, confidence: float) -> None:
        """Gives the column this role."""
        self.roles[role] = (*self.roles.get(role, ()), column)
        self.confidence[column] = round(confidence, 2)


@dataclass(frozen=True)
class _Column:
    at: int
    name: str
    words: str  # space-separated lower-case words with spaces at both ends
    numeric: float  # shares of the filled sample cells
    dates: float
    signs: float
    codes: float
    filled: int
    values: tuple[str, ...]


def _spaced(name: str) -> str:
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return f" {' '.join(re.sub(r'[_/().:#|,;-]+', ' ', split).casefold().split())} "


def _column(at: int, name: str, cells: Sequence[str]) -> _Column:
    values = tuple(cell.strip() for cell in cells if not is_blank(cell))
    total = max(1, len(values))
    money = [read_money(value) for value in values]
    return _Column(
        at,
        name,
        _spaced(re.sub(r" \(\d+\)$", "", name)),
        sum(m.value is not None or m.problem in (AMBIGUOUS, IMPLAUSIBLE) for m in money) / total,
        sum(read_day(value) is not None for value in values) / total,
        sum(bool(m.currency) for m in money) / total,
        sum(bool(currency_of(value)) and not any(c.isdigit() for c in value) for value in values) / total,
        len(values),
        values,
    )


def _match(column: _Column, words: Sequence[str]) -> float:
    joined = key(column.name)
    best = 0.0
    for word in words:
        if column.words.strip() == word or joined == key(word):
            return 1.0
        if f" {word} " in column.words:
            best = max(best, 0.85)
        elif (len(word) >= 5 and key(word) in joined) or (not word.isascii() and word in column.name.casefold()):
            best = max(best, 0.7)
    return best


def header_likeness(cells: Sequence[str]) -> float:
    """How many cells of a line are known header words; a line with none may still be one."""
    columns = [_column(at, cell, ()) for at, cell in enumerate(cells) if not is_blank(cell)]
    every = (COST_WORDS, *ROLE_WORDS.values())
    return (
        sum(max(_match(column, words) for words in every) >= 0.85 for column in columns)
        + sum(read_day(c.name) is not None for c in columns) / 2
    )


def infer(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Guess:
    """Guesses roles for columns `names` from sample `rows` (padded by the caller)."""
    columns = [_column(at, name, [row[at] if at < len(row) else "" for row in rows]) for at, name in enumerate(names)]
    guess = Guess()
    taken: set[int] = set()
    guess.pivot = _months_across(columns)
    if guess.pivot:
        taken |= {at for at, _ in guess.pivot.columns}
        taken |= {column.at for column in columns if _match(column, ("total", "sum", "gesamt", "summe", "grand total", "ytd")) == 1.0}
    _text_roles(columns, guess, taken)
    if not guess.pivot:
        _cost(columns, guess, taken)
    _model_groups(columns, guess)
    _twin(columns, guess)
    return guess


def _twin(columns: Sequence[_Column], guess: Guess) -> None:
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
        if same and len(found) == 1:
            guess.currency_hint = (found.pop(), column.name)


def _months_across(columns: Sequence[_Column]) -> Pivot | None:
    across = [c for c in columns if (read_day(c.name) is not None or (re.fullmatch(r"Q[1-4][ -]?\d{2,4}|[A-Z][a-z]{2,8}", c.name) and read_day(f"{c.name} 2000"))) and (c.numeric >= 0.6 or not c.filled)]  # fmt: skip  # noqa: E501
    filled = [c for c in across if c.filled]
    return Pivot("start", tuple((c.at, c.name) for c in across)) if len(filled) >= 2 else None


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
        "unit_price",
        "tax",
        "net",
    }
)
_DATES = frozenset({"start", "end"})
_TEXTS_MANY = frozenset({"output_tokens", "model"})


def _fits(role: str, column: _Column) -> float:
    if role in _DATES:
        return 1.0 if column.dates >= 0.6 else 0.0
    if role == "utilization":
        percent = sum(value.rstrip().endswith("%") for value in column.values) / max(1, column.filled)
        return 1.0 if column.numeric >= 0.6 or percent >= 0.6 else 0.0
    if role in _NUMBERS:
        return 1.0 if column.numeric >= 0.6 else 0.0
    if role == "currency":
        return 1.0 if column.codes >= 0.5 or not column.numeric else 0.0
    if role == "tokens_blob":
        return 1.0 if sum(value.startswith("{") for value in column.values) >= 0.6 * max(1, column.filled) else 0.0
    return 1.0 if column.numeric < 0.9 or role in ("resource", "account") else 0.0


def _text_roles(columns: Sequence[_Column], guess: Guess, taken: set[int]) -> None:
    scored = []
    for role, words in ROLE_WORDS.items():
        for column in columns:
            if column.at not in taken and column.filled and (score := _match(column, words) * _fits(role, column)) > 0:
                if (
                    role not in ("tax", "net", "unit_price")
                    and column.numeric >= 0.6
                    and role not in _NUMBERS | _DATES
                    and _match(column, COST_WORDS) >= 0.85
                ):
                    continue
                scored.append((score, -list(ROLE_WORDS).index(role), role, column))
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


def _cost(columns: Sequence[_Column], guess: Guess, taken: set[int]) -> None:
    net_tax = {at for role in ("net", "tax") for at in guess.roles.get(role, ())}
    candidates: list[tuple[float, _Column]] = []
    for column in columns:
        looks_like_date = column.dates >= 0.9 and not column.signs and _match(column, COST_WORDS) < 0.85
        if (column.at in taken and column.at not in net_tax) or not column.filled or looks_like_date:
            continue
        readable = column.numeric
        word = (
            0.0
            if any(f" {w} " in column.words or (len(w) > 5 and w in column.words) for w in NOT_COST_WORDS)
            else _match(column, COST_WORDS)
        )
        stated = 0.25 if column.signs >= 0.5 or currency_in(column.name) else 0.0
        if readable < 0.5 and word < 0.85:
            continue  # an unreadable column is the cost only where its name says so
        score = 0.7 * word * (0.4 + 0.6 * readable) + stated - (0.3 if column.at in net_tax else 0.0)
        if score > 0.1 and not (word == 0 and any(f" {w} " in column.words for w in NOT_COST_WORDS)):
            candidates.append((min(0.98, score + 0.2 * readable), column))
    if not candidates:
        _only_number(columns, guess, taken)
        return
    chosen = _best_cost(candidates, columns, guess)
    for role in ("net", "tax"):
        if chosen.at in guess.roles.get(role, ()):
            del guess.roles[role]
    guess.put("billed", chosen.at, max(score for score, column in candidates if column is chosen))
    guess.monthly = " monthly " in chosen.words or " per month " in chosen.words or "monatlich" in chosen.words


def _only_number(columns: Sequence[_Column], guess: Guess, taken: set[int]) -> None:
    free = [
        c
        for c in columns
        if c.at not in taken and c.filled and c.numeric >= 0.8 and c.dates < 0.5 and any(style_evidence(v) for v in c.values)
    ]
    if len(free) == 1 and not any(role.endswith("tokens") for role in guess.roles):
        guess.put("billed", free[0].at, 0.4)
        guess.questions.append(f'Is "{free[0].name[:40]}" the cost? It is the only column that looks like money; its name does not say so.')


def _best_cost(candidates: list[tuple[float, _Column]], columns: Sequence[_Column], guess: Guess) -> _Column:
    ranked = sorted(candidates, key=lambda item: -item[0])
    total = _sum_column([column for _, column in ranked], columns)
    if total is not None:
        guess.notes.append(f'"{total.name[:40]}" equals the sum of the other money columns in every sampled row')
        return total
    best = ranked[0][1]
    rivals = [column for score, column in ranked[1:] if ranked[0][0] - score < 0.1 and column.values != best.values]
    if rivals:
        names = ", ".join(f'"{column.name[:40]}"' for column in (best, *rivals[:3]))
        guess.questions.append(f'Which column is the cost: {names}? The first was used; say "cost={rivals[0].name[:40]}" to change it.')
    return best


def _sum_column(money: Sequence[_Column], columns: Sequence[_Column]) -> _Column | None:
    """The money column that is the row-wise sum of two or more others (net + tax = gross, CPU + RAM = total)."""
    numeric = [
        c
        for c in columns
        if c.numeric >= 0.6 and c.filled and (c in money or _match(c, (*ROLE_WORDS["tax"], *ROLE_WORDS["net"], *COST_WORDS)))
    ]
    for target in money:
        others = [c for c in numeric if c is not target and len(c.values) == len(target.values)]
        if len(others) < 2 or not target.values:
            continue
        sums = [sum((read_money(c.values[at]).value or Decimal(0) for c in others), Decimal(0)) for at in range(len(target.values))]
        if all(
            abs(total - (read_money(value).value or Decimal(0))) <= Decimal("0.011")
            for total, value in zip(sums, target.values, strict=True)
        ) and any(sums):
            return target
    return None


def _model_groups(columns: Sequence[_Column], guess: Guess) -> None:
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
