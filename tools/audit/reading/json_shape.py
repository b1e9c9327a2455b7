"""Which lists of a JSON file are its records: one pass that learns where figures stand and which names occur. Holds no rows.

A list is a table where its elements hold figures (costs, amounts, tokens). Lists inside a record that has figures of its own
(credits, messages) stay a cell: taking them apart would count the record several times. Several lists with figures are
several tables, as in a workbook. Texts and dates around a list belong to each of its records; a figure around it does not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from knowledge.errors import UserError
from tools.audit.reading.json_text import Number
from tools.audit.reading.sheet import MOST_COLUMNS

Record = dict[str, Any]
Path = tuple[str, ...]  # dotted names of the lists from the top of the file inwards; "" = the top itself

_DEEPEST = 8  # objects inside each other that become columns
_MOST_KEYS = 100  # an object with more different keys is a map, not columns
_MOST_LISTS = 20
_TEXT_MAPS = ("labels", "annotations", "tags", "metadata")
_ENVELOPE = frozenset(
    {
        "object",
        "has_more",
        "first_id",
        "last_id",
        "next_page",
        "nextpage",
        "nextlink",
        "next_link",
        "nextpagetoken",
        "next_token",
        "nexttoken",
        "odata.nextlink",
        "@odata.nextlink",
        "@odata.context",
        "status",
        "code",
        "message",
        "success",
        "error",
        "errors",
        "etag",
        "kind",
    }
)
_STRONG = re.compile(r"cost|amount|spend|charge|price|tokens?(?![a-z])|(?:^|[._])(?:usd|eur)(?:$|[._])", re.IGNORECASE)
_WEAK = re.compile(r"total|quantity|usage|value|credit|hours|requests", re.IGNORECASE)
_IDENTITY = re.compile(r"(?:^|[._])id$|[a-z]Id$|ID$|account|project|subscription|customer|tenant|workspace", re.IGNORECASE)
_TIME = re.compile(r"time|date|day|month|period|created|(?<![A-Za-z])(?:start|end)|[a-z](?:Start|End)|_at$", re.IGNORECASE)
_MOMENT = re.compile(r"(?:20\d\d(?:0[1-9]|1[0-2])(?:[0-3]\d)?|1\d{9}(?:\d{3})?)(?:\.\d+)?\Z")
_DIGITS = re.compile(
    r"(?:[A-Z]{3}\s?|[$€£¥₹]\s?)?[+-]?[$€£¥₹]?(?:\d{1,3}(?:[,.]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)\s?(?:[A-Z]{3}|[$€£¥₹%])?\Z"
)
COLUMN_LISTS = frozenset({"columns", "fields", "header", "headers"})
GROUPS = "groupdefinitions"


@lru_cache(maxsize=16384)
def _weight(name: str) -> int:
    return 2 if _STRONG.search(name) else 1 if _WEAK.search(name) else 0


def _is_figure(value: Any) -> bool:
    return isinstance(value, str) and (isinstance(value, Number) or _DIGITS.match(value) is not None)


def flatten(item: Mapping[str, Any], kept: frozenset[str] | set[str] = frozenset()) -> Record:
    """The object with dotted names. Lists stay values, and so do maps of free keys (labels, tags) and the names in `kept`."""
    flat: Record = {}
    _flatten(item, "", kept, flat, 0)
    return flat


def _flatten(item: Mapping[str, Any], prefix: str, kept: frozenset[str] | set[str], flat: Record, depth: int) -> None:
    for key, value in item.items():
        name = prefix + key
        if isinstance(value, dict) and depth < _DEEPEST and name not in kept and not key.casefold().endswith(_TEXT_MAPS):
            _flatten(value, name + ".", kept, flat, depth + 1)
        elif key == "Keys" and isinstance(value, list) and "Metrics" in item:  # the groups of AWS Cost Explorer
            flat.update((f"{name}.{at}", group) for at, group in enumerate(value, start=1))
        else:
            flat[name if name not in flat else f"{name} (2)"] = value


def around(flat: Record) -> Record:
    """What a record takes over from the object around its list: texts, identities and dates, never a figure."""
    return {name: value for name, value in flat.items() if _is_carried(name, value)}


def _is_carried(name: str, value: Any) -> bool:
    if isinstance(value, list | dict) or value in (None, "") or is_envelope(name):
        return False
    if not _is_figure(value):
        return True
    if _weight(name):
        return False
    return bool(_IDENTITY.search(name) or (_TIME.search(name) and _MOMENT.match(value)))


def is_envelope(name: str) -> bool:
    """Whether this is a word of the answer that brought the records, not of the records."""
    return name.casefold() in _ENVELOPE


def elements(value: Any, maps: bool = False) -> Iterator[Any]:
    """The records of a list's element: itself, the members of a list of lists, the values of a map keyed by name."""
    if isinstance(value, list) and value and all(inner is None or isinstance(inner, list | dict) for inner in value):
        for inner in value:
            yield from elements(inner)
    elif isinstance(value, dict) and _is_map(value, maps):
        for key, inner in value.items():
            yield {"name": key, **inner}
    elif value is not None and value != []:
        yield value


def _is_map(value: Mapping[str, Any], alike: bool) -> bool:
    if not value or not all(isinstance(inner, dict) and inner for inner in value.values()):
        return False
    if all(inner.get("name") == key for key, inner in value.items()):
        return True
    return alike and len(value) > 1 and len({frozenset(inner) for inner in value.values()}) == 1


def record_list(value: Any) -> bool:
    """Whether a value inside a record could be a list of records."""
    return isinstance(value, list) and any(isinstance(inner, dict) for inner in value[:20])


@dataclass
class Level:
    """What was seen of the elements of one list."""

    count: int = 0
    own: int = 0  # 0 no figures, 1 such as a total or quantity, 2 money or tokens
    names: dict[str, None] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)  # maps with too many keys for columns
    below: dict[str, "Level"] = field(default_factory=dict)
    first_row: list[Any] = field(default_factory=list)  # where the elements are lists of cells
    width: int = 0

    def observe(self, element: Any, hints: dict[str, list[Any]], file: str, maps: bool = False) -> None:
        """Takes one element in."""
        for item in elements(element, maps):
            self.count += 1
            if isinstance(item, dict):
                self._record(item, hints, file)
            elif isinstance(item, list):
                self.first_row = self.first_row or item
                self.width = max(self.width, len(item))
                self.own = 2 if any(isinstance(inner, Number) for inner in item) else self.own
            else:
                self.names["value"] = None

    def _record(self, item: Mapping[str, Any], hints: dict[str, list[Any]], file: str) -> None:
        flat = flatten(item, self.kept)
        self.names.update(dict.fromkeys(flat))
        if len(self.names) > 2 * MOST_COLUMNS:
            self.settle(file)
        for name, value in flat.items():
            if isinstance(value, list):
                _hint(name, value, hints)
                if record_list(value) and (name in self.below or len(self.below) < _MOST_LISTS):
                    level = self.below.setdefault(name, Level())
                    for inner in value:
                        level.observe(inner, hints, file)
            elif self.own < 2 and _is_figure(value):
                self.own = max(self.own, _weight(name))

    def settle(self, file: str) -> None:
        """Folds maps of many keys into one name each. Raises UserError: too-many-columns."""
        children: dict[str, set[str]] = {}
        for name in self.names:
            parts = name.split(".")
            for at in range(1, len(parts)):
                children.setdefault(".".join(parts[:at]), set()).add(parts[at])
        self.kept |= {prefix for prefix, inner in children.items() if len(inner) > _MOST_KEYS}
        self.names = dict.fromkeys(self._folded(name) for name in self.names)
        self.below = {name: level for name, level in self.below.items() if self._folded(name) == name}
        if len(self.names) > MOST_COLUMNS:
            raise UserError(
                "too-many-columns", f"{file} has {len(self.names):,} columns; the limit is {MOST_COLUMNS:,}.", "Keep the cost columns only."
            )

    def _folded(self, name: str) -> str:
        at = name.find(".")
        while at > 0:
            if name[:at] in self.kept:
                return name[:at]
            at = name.find(".", at + 1)
        return name

    def weight(self) -> int:
        """The heaviest figures here or in a list below."""
        return max([self.own, *(level.weight() for level in self.below.values())])

    def tables(self, path: Path, file: str) -> list[Path]:
        """Paths of the tables at or below this level."""
        self.settle(file)
        heavier = {name: level for name, level in self.below.items() if level.weight() > self.own}
        if not heavier:
            return [path]
        return [found for name, level in heavier.items() for found in level.tables((*path, name), file)]


def _hint(name: str, value: Sequence[Any], hints: dict[str, list[Any]]) -> None:
    last = name.rpartition(".")[2].casefold()
    if (last in COLUMN_LISTS or last == GROUPS) and value:
        hints.setdefault(name, list(value[: MOST_COLUMNS + 1]))


def hint_element(where: str, value: Any, hints: dict[str, list[Any]]) -> None:
    """Keeps an element of a list that names columns or groups, met while walking a document."""
    last = where.rpartition(".")[2].casefold()
    if (last in COLUMN_LISTS or last == GROUPS) and len(found := hints.setdefault(where, [])) <= MOST_COLUMNS:
        found.append(value)
