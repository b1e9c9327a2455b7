"""Finds the header of a table: below preface lines, over two lines with merged cells, with blank or repeated names.

Works on a sample of text rows; knows no forms and no money roles.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tools.audit.cells import AMBIGUOUS, BLANK, IMPLAUSIBLE, read_day, read_money
from tools.audit.reading.sheet import Row

_SEARCH = 60  # rows from the top in which a header may stand


@dataclass(frozen=True)
class Header:
    """Column names as written (made unique), the row they end on, and the preface above."""

    names: tuple[str, ...]
    row: int  # 1-based row number of the (last) header line; 0 = the table has none
    preface: tuple[tuple[str, ...], ...] = ()
    renamed: tuple[str, ...] = ()  # names we had to make up or number


@lru_cache(maxsize=16384)
def key(name: str) -> str:
    """Header name without case, spaces and separators: `lineItem/UnblendedCost` -> `lineitemunblendedcost`."""
    return re.sub(r"[\W_]+", "", name.casefold())


def is_blank(cell: str) -> bool:
    """Whether a cell says nothing."""
    return cell.strip().casefold() in BLANK


@lru_cache(maxsize=16384)
def _is_number(cell: str) -> bool:
    if not any(c.isdigit() for c in cell):
        return False
    amount = read_money(cell)
    return amount.value is not None or amount.problem in (IMPLAUSIBLE, AMBIGUOUS)


def _is_value(cell: str) -> bool:
    return _is_number(cell) or read_day(cell) is not None


def filled(cells: list[str]) -> int:
    """Number of cells that say something."""
    return sum(not is_blank(cell) for cell in cells)


def header_at(sample: list[Row], at: int, two_lines: bool = True) -> Header:
    """The header on sample index `at`, joined with the line above where that line groups its columns."""
    number, lower = sample[at]
    names = [cell.strip() for cell in lower]
    start = at
    if two_lines and at > 0:
        upper = [cell.strip() for cell in sample[at - 1][1]]
        if filled(upper) >= 2 and not any(_is_number(cell) for cell in upper if cell) and _groups(upper, names):
            names = _joined(upper, names)
            start = at - 1
    unique, renamed = _unique(names)
    preface = tuple(tuple(cell.strip() for cell in row if cell.strip()) for _, row in sample[:start] if filled(row))
    return Header(tuple(unique), number, preface, tuple(renamed))


def _groups(upper: list[str], lower: list[str]) -> bool:
    blanks_above = sum(not cell for cell in upper[: len(lower)]) + max(0, len(lower) - len(upper))
    blanks_below = sum(not cell for cell in lower)
    return blanks_above + blanks_below > 0 and filled(lower) >= 2


def _joined(upper: list[str], lower: list[str]) -> list[str]:
    width = max(len(upper), len(lower))
    upper, lower = upper + [""] * (width - len(upper)), lower + [""] * (width - len(lower))
    names, current = [], ""
    for above, below in zip(upper, lower, strict=True):
        current = above or (current if below else "")
        names.append(f"{current} {below}".strip() if current != below else below)
    return names


def _unique(names: list[str]) -> tuple[list[str], list[str]]:
    seen: Counter[str] = Counter()
    unique, renamed = [], []
    for at, name in enumerate(names):
        base = name or f"column {at + 1}"
        seen[key(base)] += 1
        chosen = base if seen[key(base)] == 1 else f"{base} ({seen[key(base)]})"
        if chosen != name:
            renamed.append(chosen)
        unique.append(chosen)
    return unique, renamed


def find_header(sample: list[Row], likeness: Callable[[list[str]], float]) -> int | None:
    """Sample index of the header of an unknown table: of the text lines above the first typical data row the one most like a header.

    `likeness` scores a line (known header words); where none is known, the line nearest to the data wins.
    """
    if not sample:
        return None
    width = Counter(n for _, cells in sample if (n := filled(cells))).most_common(1)
    typical = width[0][0] if width else 0
    if typical == 1 and all(filled(cells) <= 1 for _, cells in sample):
        return _single(sample, likeness)
    for at, (_, cells) in enumerate(sample[:_SEARCH]):
        if filled(cells) < max(2, 0.5 * typical) or _counting(_numbers(cells)) or not _looks_like_data(sample, at):
            continue
        lines = [above for above in range(at - 1, -1, -1) if filled(sample[above][1]) >= 2 and _mostly_text(sample[above][1])]
        return max(lines, key=lambda above: (likeness(sample[above][1]), above)) if lines else None
    texts_only = [at for at, (_, cells) in enumerate(sample[:_SEARCH]) if filled(cells) >= 2]
    return texts_only[0] if texts_only else None


def _single(sample: list[Row], likeness: Callable[[list[str]], float]) -> int | None:
    """Header of a table of one column: a known word right above a number. Other lines of one cell each are text, not a table."""
    lines = [at for at, (_, cells) in enumerate(sample) if filled(cells)]
    pairs = list(pairwise(lines))[:_SEARCH]
    return next((at for at, below in pairs if likeness(sample[at][1]) and not _numbers(sample[at][1]) and _numbers(sample[below][1])), None)


def _mostly_text(cells: list[str]) -> bool:
    words = [cell.strip() for cell in cells if not is_blank(cell) and not _is_number(cell)]
    return len(words) >= 0.5 * filled(cells) or (len(words) >= 1 and _counting(_numbers(cells)))


def _numbers(cells: list[str]) -> list[str]:
    return [cell.strip() for cell in cells if _is_number(cell)]


def _counting(numbers: list[str]) -> bool:
    """Years or month numbers as column names: 2023 2024 2025, or 1 2 3."""
    if len(numbers) < 2 or not all(number.isdecimal() for number in numbers):
        return False
    values = [int(number) for number in numbers]
    steps = all(after - before == 1 for before, after in pairwise(values))
    return steps and (1990 <= values[0] <= 2100 or (values[0] == 1 and values[-1] <= 31))


def _looks_like_data(sample: list[Row], at: int) -> bool:
    columns = [c for c, cell in enumerate(sample[at][1]) if _is_number(cell)]
    if not columns:
        return False
    below = [cells for _, cells in sample[at + 1 : at + 9] if filled(cells)]
    if not below:
        return True
    return any(sum(c < len(cells) and _is_value(cells[c]) for cells in below) >= 0.4 * len(below) for c in columns)
