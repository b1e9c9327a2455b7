"""JSON and JSON lines, plain or gzip, as tables: one `Sheet` for each list of records, its first row the dotted names.

The file is read once to learn its shape (json_shape.py) and again for every pass over the rows, always as a stream. The header
is row 0 and record n is row n; in JSON lines that is the line. Knows no forms and no money roles, and computes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from knowledge.errors import UserError
from tools.audit.cells import shown
from tools.audit.reading import json_shape as shape
from tools.audit.reading.delimited import encoding_of, open_decoded
from tools.audit.reading.json_text import Item, JsonText, cell, one_after_another, one_document, too_deep
from tools.audit.reading.private import private_notes
from tools.audit.reading.sheet import MOST_COLUMNS, Row, Sheet

_MOST_SINGLES = 200  # values around the lists that are kept
_MOST_LISTS = 1000
_MOST_TABLES = 20  # more lists with figures than this are one map of records

Read = Callable[[Callable[[JsonText], Iterator[Item]]], Iterator[Item]]


@dataclass
class _Shape:
    """What the first pass learned."""

    level: shape.Level
    singles: shape.Record = field(default_factory=dict)  # values of a document outside its lists
    hints: dict[str, list[Any]] = field(default_factory=dict)
    sequence: bool = False
    maps: bool = False  # the one value of the file may be a map keyed by name
    tables: list[shape.Path] = field(default_factory=list)


def open_json(path: Path, name: str, gzipped: bool) -> list[Sheet]:
    """Every list of records as a `Sheet`.

    Raises UserError: json-broken, json-duplicate-key, json-too-deep, json-value-too-large, too-many-columns, file-no-rows and those
    of the text underneath (file-empty, file-binary, file-bomb, encoding-unreadable).
    """
    encoding = encoding_of(path, name, gzipped)

    def read(way: Callable[[JsonText], Iterator[Item]]) -> Iterator[Item]:
        with open_decoded(path, name, gzipped, encoding) as source:
            yield from way(JsonText(source, name))

    try:
        learned = _learn(read, name)
        if not any(_level(learned, path).count for path in learned.tables):
            raise UserError(
                "file-no-rows", f"{name} holds no records: 0 cost rows.", "Upload a file with at least one record of cost or usage."
            )
        return [_sheet(read, name, encoding, learned, path) for path in learned.tables]
    except RecursionError as error:
        raise too_deep(name, "the beginning") from error


def _learn(read: Read, name: str) -> _Shape:
    learned = _Shape(shape.Level())
    lists = learned.level.below
    more = False

    def whole(text: JsonText) -> Iterator[Item]:
        nonlocal more
        yield from one_document(text)
        more = bool(text.next())

    for item in read(whole):
        where = ".".join(item.where)
        if item.in_list:
            shape.hint_element(where, item.value, learned.hints)
            if where in lists or len(lists) < _MOST_LISTS:
                lists.setdefault(where, shape.Level()).observe(item.value, learned.hints, name)
        elif len(learned.singles) <= _MOST_SINGLES:
            learned.singles[where] = item.value
    if not more:
        learned.tables = _tables(learned, name)
        if not lists and [] in learned.singles.values() and not _weighs(learned.singles, name):
            return learned
    return learned if learned.tables else _learn_sequence(read, name, single=not more)


def _tables(learned: _Shape, name: str) -> list[shape.Path]:
    """The tables of one document; none where the document itself is the record, or a map of them."""
    lists = learned.level.below
    heavy = [where for where, level in lists.items() if level.weight()]
    if not heavy and lists:
        largest = max(lists, key=lambda where: lists[where].count)
        heavy = [] if _weighs(learned.singles, name) else [largest]
    if len(heavy) > _MOST_TABLES:
        return []
    return [found for where in heavy for found in lists[where].tables((where,), name)]


def _weighs(singles: shape.Record, name: str) -> bool:
    """Whether the values beside the lists hold figures."""
    beside = shape.Level()
    beside.observe(singles, {}, name)
    return beside.own > 0


def _learn_sequence(read: Read, name: str, single: bool) -> _Shape:
    top = shape.Level()
    learned = _Shape(shape.Level(below={"": top}), sequence=True, maps=single)
    for item in read(one_after_another):
        top.observe(item.value, learned.hints, name, single)
    learned.tables = top.tables(("",), name)
    return learned


def _level(learned: _Shape, path: shape.Path) -> shape.Level:
    level = learned.level
    for step in path:
        level = level.below[step]
    return level


def _sheet(read: Read, name: str, encoding: str, learned: _Shape, path: shape.Path) -> Sheet:
    table = _Table(read, name, learned, path)
    title = ".".join(filter(None, path))
    notes = {"encoding": encoding, "container": "JSON, record after record" if learned.sequence and not learned.maps else "JSON"}
    if title:
        notes["records"] = shown(title, 60)
    if kept := sorted(_level(learned, path).kept):
        notes["kept as text"] = shown(", ".join(kept), 200)
    notes |= private_notes(islice(table.rows(), 400))
    return Sheet(name, title if len(learned.tables) > 1 else "", table.rows, notes)


class _Table:
    """The rows of one list of records."""

    def __init__(self, read: Read, name: str, learned: _Shape, path: shape.Path) -> None:
        self._read, self._name, self._learned, self._path = read, name, learned, path
        self._level = _level(learned, path)
        self._around = {} if learned.sequence else shape.around(shape.flatten(learned.singles))
        self._chosen = {(other[:at], other[at]) for other in learned.tables for at in range(len(other))}
        self._bare = next(other for other in learned.tables if other[:1] == path[:1]) == path
        self._skipped = 0
        names, labels = self._row_names() if self._level.width else (self._names(), [])
        self._columns = names
        self._labels = labels or [self._label(column) for column in names]
        if len(names) > MOST_COLUMNS:
            raise UserError(
                "too-many-columns", f"{name} has {len(names):,} columns; the limit is {MOST_COLUMNS:,}.", "Keep the cost columns only."
            )

    def rows(self) -> Iterator[Row]:
        """The header as row 0, then the records."""
        yield 0, [cell(label) for label in self._labels]
        columns = self._columns
        tags = {at: label.removeprefix("Keys.TAG.") + "$" for at, label in enumerate(self._labels) if label.startswith("Keys.TAG.")}
        last = 0
        try:
            for at, (line, record) in enumerate(self._records()):
                if at < self._skipped:
                    continue
                last = max(last + 1, line)
                cells = [cell(record[column]) if column in record else "" for column in columns]
                for tag, prefix in tags.items():
                    cells[tag] = cells[tag].removeprefix(prefix)
                yield last, cells
        except RecursionError as error:
            raise too_deep(self._name, f"record {last + 1:,}") from error

    def _records(self) -> Iterator[tuple[int, shape.Record]]:
        way = one_after_another if self._learned.sequence else one_document
        top = self._learned.level.below[self._path[0]]
        for item in self._read(way):
            if item.in_list and ".".join(item.where) == self._path[0]:
                for record in self._within(item.value, top, 1, self._around):
                    yield item.line, record

    def _within(self, element: Any, level: shape.Level, at: int, around: shape.Record) -> Iterator[shape.Record]:
        for item in shape.elements(element, self._learned.maps and at == 1):
            if not isinstance(item, dict):
                yield {**around, **_cells(item)}
                continue
            flat = shape.flatten(item, level.kept)
            if at == len(self._path):
                yield {**around, **flat}
            elif shape.record_list(flat.get(step := self._path[at])):
                carried = {**around, **shape.around(flat)}
                for inner in flat[step]:
                    yield from self._within(inner, level.below[step], at + 1, carried)
            elif self._bare and not any(
                shape.record_list(value) for name, value in flat.items() if (self._path[:at], name) in self._chosen
            ):
                own = {name: value for name, value in flat.items() if value not in (None, [], {}) and not shape.is_envelope(name)}
                if own:
                    yield {**around, **own}

    def _names(self) -> list[str]:
        if len(self._path) == 1:
            return list(dict.fromkeys([*self._around, *self._level.names]))
        names: dict[str, None] = {}
        for _, record in self._records():
            names.update(dict.fromkeys(record))
        return list(names)

    def _row_names(self) -> tuple[list[str], list[str]]:
        """Columns of records that are lists of cells: named by the file's list of columns, else by the first of them."""
        width = self._level.width
        columns = [f"column {at}" for at in range(1, width + 1)]
        for name, listed in self._learned.hints.items():
            if name.rpartition(".")[2].casefold() in shape.COLUMN_LISTS and len(listed) == width:
                return columns, [str(one.get("name", "")) if isinstance(one, dict) else cell(one) for one in listed]
        self._skipped = 1
        return columns, [*map(cell, self._level.first_row), *columns[len(self._level.first_row) :]]

    def _label(self, column: str) -> str:
        """The group that AWS Cost Explorer's Keys.1 stands for, where the file says so; else the column's own name."""
        if not column.startswith("Keys."):
            return column
        for name, listed in self._learned.hints.items():
            number = column.removeprefix("Keys.")
            if name.rpartition(".")[2].casefold() == shape.GROUPS and number.isdigit() and int(number) <= len(listed):
                group = listed[int(number) - 1]
                kind, key = (str(group.get("Type", "")), str(group.get("Key", ""))) if isinstance(group, dict) else ("", "")
                return f"Keys.TAG.{key}" if kind == "TAG" else f"Keys.{key}" if key else column
        return column


def _cells(row: Any) -> shape.Record:
    if isinstance(row, list):
        return {f"column {at}": value for at, value in enumerate(row, start=1)}
    return {"value": row}
