"""`Form`: how one export names its columns. A declaration; no reading, no arithmetic.

Header names are compared without case, spaces and separators, so `line_item_unblended_cost` (CUR 2.0) and
`lineItem/UnblendedCost` (legacy) are one name. A currency in brackets is no part of a name (`Cost (€)` is `Cost`), and a name in
brackets is a second name (`Ressourcengruppe (ResourceGroup)`, the Azure portal in other languages). Roles: tools/audit/layout.py.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from tools.audit.cells import SHARED_SIGNS, DateOrder, currency_of, read_money
from tools.audit.reading.header import key

_BRACKET = re.compile(r"(.*\S)\s*\(([^()]{1,60})\)\Z", re.DOTALL)
_SECOND_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{3,}\Z")


@lru_cache(maxsize=16384)
def names_of(name: str) -> tuple[str, ...]:
    """Every key that a header name answers to, best first."""
    found = [key(name)]
    if bracket := _BRACKET.match(name.strip()):
        if currency_of(bracket[2]) or bracket[2] in SHARED_SIGNS:
            found.append(key(bracket[1]))
        elif _SECOND_NAME.match(bracket[2]):
            found.append(key(bracket[2]))
    return tuple(dict.fromkeys(filter(None, found)))


class Inside(NamedTuple):
    """A value inside the JSON text of a cell: its column, its key without separators, and how many columns of the role come first."""

    at: int
    path: str
    rank: int


@dataclass(frozen=True)
class Form:
    """One recognised export.

    `needs` must all be in the header, and one name of each group in `one_of`. `roles` gives column names by preference;
    text roles fall back per row to the next name, money roles use the first name found. A name with a dot (`product.region`) is a
    column, or else a key of the JSON text in the column before the dot.
    """

    id: str
    title: str
    needs: tuple[str, ...]
    roles: Mapping[str, tuple[str, ...]]
    one_of: tuple[tuple[str, ...], ...] = ()
    unless: tuple[str, ...] = ()  # a header with one of these names is another form's
    currency: str = ""  # where the format itself defines it
    provider: str = ""
    date_order: DateOrder = ""
    tag_prefixes: tuple[str, ...] = ()
    pivot: bool = False  # columns are services or accounts, rows are days
    ends_exclusive: bool = True  # an end at midnight is the first moment not covered
    minor_units: bool = False  # amounts are hundredths of the currency
    effective_rule: str = ""  # named rule of tools/audit/effective.py
    kind: str = ""  # every row is this kind of spend
    usage_only: bool = False  # the export has counts and no money by design
    cached_apart: bool = False  # input tokens do not include the cached ones; kinds of cache writes add up
    adds: tuple[str, ...] = ()  # other counts whose names add up
    fixed: Mapping[str, str] = field(default_factory=dict)  # role -> text for every row
    variant_of: str = ""  # same header as that form: told from it by a row with an amount that has all words of one of `marks`
    marks: tuple[Mapping[str, tuple[str, ...]], ...] = ()  # column name -> its words, by key
    note: str = ""  # what the reader of the result must know about this export

    def matches(self, keys: frozenset[str]) -> int:
        """0 = not this form; else the number of header names it understands. `keys`: all `names_of` the header's cells."""
        if not all(key(name) in keys for name in self.needs) or any(key(name) in keys for name in self.unless):
            return 0
        if not all(any(key(name) in keys for name in group) for group in self.one_of):
            return 0
        named = {key(name) for names in self.roles.values() for name in names}
        return len(named & keys) + len(self.needs)

    def marked(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
        """Whether any of these rows shows that the sheet is this variant."""
        roles = self.columns(header)
        cost = (roles.get("billed") or roles.get("effective", ()))[:1]
        at = {name: position for position, head in reversed(list(enumerate(header))) for name in names_of(head)}
        for mark in self.marks:
            tests = [(at[key(name)], frozenset(words)) for name, words in mark.items() if key(name) in at]
            if len(tests) != len(mark):
                continue
            for cells in rows:
                if all(here < len(cells) and key(cells[here]) in words for here, words in tests) and any(
                    money < len(cells) and read_money(cells[money]).value for money in cost
                ):
                    return True
        return False

    def columns(self, header: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Column positions of each role in this header, by preference."""
        at = _positions(header)
        found = {role: tuple(dict.fromkeys(at[key(name)] for name in names if key(name) in at)) for role, names in self.roles.items()}
        return {role: positions for role, positions in found.items() if positions}

    def inside(self, header: Sequence[str]) -> dict[str, tuple[Inside, ...]]:
        """Keys of JSON text in cells of this header, by role; those of a money role stand in for a column that is not there."""
        at = _positions(header)
        found: dict[str, list[Inside]] = {}
        for role, names in self.roles.items():
            before: set[int] = set()
            for name in names:
                column, dot, path = name.partition(".")
                if key(name) in at:
                    before.add(at[key(name)])
                elif dot and key(column) in at:
                    found.setdefault(role, []).append(Inside(at[key(column)], key(path), len(before)))
        return {role: tuple(entries) for role, entries in found.items()}


def _positions(header: Sequence[str]) -> dict[str, int]:
    """Column position of each name; a whole name beats a name in brackets, and of two equal names the first column counts."""
    at: dict[str, int] = {}
    for rank in (0, 1):
        for position, name in enumerate(header):
            names = names_of(name)
            if len(names) > rank:
                at.setdefault(names[rank], position)
    return at
