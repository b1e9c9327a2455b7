"""`Column`: what the cells below one header look like, and how well its name matches a list of words. Judges no roles."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from tools.audit.cells import AMBIGUOUS, IMPLAUSIBLE, Style, currency_of, read_day, read_money, style_evidence
from tools.audit.days import is_serial
from tools.audit.reading.header import is_blank, key


@dataclass(frozen=True)
class Column:
    """One column of a sample; shares are of its filled cells."""

    at: int
    name: str
    words: str  # space-separated lower-case words with spaces at both ends
    numeric: float
    dates: float
    signs: float
    codes: float
    filled: int
    values: tuple[str, ...]  # filled cells
    cells: tuple[str, ...]  # all cells

    @cached_property
    def style(self) -> Style:
        """Decimal sign that most of its cells prove."""
        proofs = [proof for value in self.values[:200] if (proof := style_evidence(value))]
        return "comma" if proofs.count("comma") > len(proofs) / 2 else "dot"

    @cached_property
    def amounts(self) -> tuple[Decimal | None, ...]:
        """All cells as numbers; None where empty or unreadable."""
        return tuple(read_money(cell, self.style).value for cell in self.cells)

    @cached_property
    def fractions(self) -> bool:
        """Whether any cell has digits after a decimal sign."""
        return any(amount is not None and amount != amount.to_integral_value() for amount in self.amounts)

    @cached_property
    def serials(self) -> bool:
        """Whether the cells could all be a spreadsheet's day numbers."""
        return bool(self.values) and sum(is_serial(value) for value in self.values) >= 0.9 * len(self.values)


def spaced(name: str) -> str:
    """`unblendedCost_USD` -> ` unblended cost usd `."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return f" {' '.join(re.sub(r'[_/().:#|,;*-]+', ' ', split).casefold().split())} "


def column_of(at: int, name: str, cells: Sequence[str]) -> Column:
    """Measures one column."""
    values = tuple(cell.strip() for cell in cells if not is_blank(cell))
    total = max(1, len(values))
    money = [read_money(value) for value in values]
    return Column(
        at,
        name,
        spaced(re.sub(r" \(\d+\)$", "", name)),
        sum(m.value is not None or m.problem in (AMBIGUOUS, IMPLAUSIBLE) for m in money) / total,
        sum(read_day(value) is not None for value in values) / total,
        sum(bool(m.currency) for m in money) / total,
        sum(bool(currency_of(value)) and not any(c.isdigit() for c in value) for value in values) / total,
        len(values),
        values,
        tuple(cell.strip() for cell in cells),
    )


def _word_score(words: str, joined: str, name: str, word: str) -> float:
    if words.strip() == word or joined == key(word):
        return 1.0
    if f" {word} " in words:
        return 0.85
    if (len(word) >= 5 and key(word) and key(word) in joined) or (not word.isascii() and word in name):
        return 0.7
    return 0.0


def match(column: Column, words: Sequence[str]) -> float:
    """1 where the name is one of the words, less where it holds one, 0 where it holds none."""
    return _best_score(column.words, column.name, tuple(words))


@lru_cache(maxsize=65536)
def _best_score(spaced_words: str, column_name: str, words: tuple[str, ...]) -> float:
    joined, name = key(column_name), column_name.casefold()
    return max((_word_score(spaced_words, joined, name, word) for word in words), default=0.0)


def names(column: Column, words: Sequence[str]) -> bool:
    """Whether the name holds one of the words as a word of its own, or a long or non-Latin one anywhere."""
    return any(
        f" {word} " in column.words or (len(word) > 5 and word in column.words) or (not word.isascii() and _inside(word, column.words))
        for word in words
    )


def _inside(word: str, words: str) -> bool:
    """Scripts without spaces are searched anywhere; Latin and Cyrillic words with accents must begin a word."""
    return word in words if "\u3000" <= word[-1] <= "\ud7ff" or word[-1] == "Δ" else f" {word}" in words
