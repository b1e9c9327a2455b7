"""Parquet files of one schema as one table: a `Sheet` of text rows for the sample and for small tables, a view for the engine.

Reads through the embedded engine only, which opens nothing but the files of this audit. Nested columns (tags, credits) appear as
JSON text. What a file does not let be read (damage, encryption) is a UserError that names the file.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from knowledge.errors import UserError
from tools.audit.engine import Engine
from tools.audit.reading.sheet import MOST_COLUMNS, Row, Sheet

_NESTED = ("STRUCT", "MAP", "UNION", "JSON", "VARIANT")


@dataclass(frozen=True)
class ParquetTable:
    """Files with the same columns. `labels` are their names as shown, in the order of `paths`."""

    engine: Engine
    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]  # name, engine type
    row_count: int

    def expose(self, name: str, positions: Sequence[int], first: int = 0) -> None:
        """Makes a view with columns c<position>, row_number, file_no, segment, of the files from number `first` on."""
        files = replace(self, paths=self.paths[first:], labels=self.labels[first:])
        numbered = f"* replace (cast(file_no + {first} as integer) as file_no)" if first else "*"
        self.engine.ask(f"create or replace view {name} as select {numbered} from ({files._select(positions)})")  # noqa: S608

    def blamed(self) -> AbstractContextManager[None]:
        """Errors of the engine inside, as errors of these files."""
        return _named(self.labels[0] if len(self.labels) == 1 else "one of the files")

    def spans(self, start: int) -> list[tuple[int, str, str, int]]:
        """For each file its number, first and last day as ISO text ("" where none reads as a day), and its rows."""
        typed = self.columns[start][1] == "DATE" or self.columns[start][1].startswith("TIMESTAMP")
        day = f"c{start}" if typed else f"try_cast(left(cast(c{start} as varchar), 10) as date)"
        found = self._ask(
            f"select file_no, coalesce(min({day})::date::varchar, ''), coalesce(max({day})::date::varchar, ''), count(*) "  # noqa: S608
            f"from ({self._select([start])}) group by 1 order by 1"
        )
        return [(int(at), first, last, int(rows)) for at, first, last, rows in found]

    def put_marks(self, rank: int, file: int) -> None:
        """Adds a mark of every row of one file to the table row_marks (rank, mark)."""
        columns = ", ".join(f"c{at}" for at in range(len(self.columns)))
        one = replace(self, paths=(self.paths[file],), labels=(self.labels[file],))
        self._ask(f"insert into row_marks select {rank}, hash({columns}) from ({one._select(range(len(self.columns)))})")  # noqa: S608

    def put_lines(self, rank: int, file: int, line: str) -> None:
        """Adds the hash `line` and the mark of every row of one file to the table row_lines (rank, base, mark)."""
        columns = ", ".join(f"c{at}" for at in range(len(self.columns)))
        one = replace(self, paths=(self.paths[file],), labels=(self.labels[file],))
        self._ask(f"insert into row_lines select {rank}, {line}, hash({columns}) from ({one._select(range(len(self.columns)))})")  # noqa: S608

    def without(self, files: set[int]) -> "ParquetTable":
        """The table without some of its files."""
        kept = [at for at in range(len(self.paths)) if at not in files]
        return replace(self, paths=tuple(self.paths[at] for at in kept), labels=tuple(self.labels[at] for at in kept))

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        with _named(self.labels[0]):
            return self.engine.ask(statement)

    def sheet(self) -> Sheet:
        """The table as text rows. Row 0 is the header; with several files the numbers run on."""
        label = self.labels[0] if len(self.labels) == 1 else f"{self.labels[0]} and {len(self.labels) - 1} more"
        return Sheet(label, "", self._rows, {"format": "Parquet"})

    def _rows(self) -> Iterator[Row]:
        yield 0, [name for name, _ in self.columns]
        positions = range(len(self.columns))
        texts = ", ".join(f"coalesce(cast(c{at} as varchar), '')" for at in positions)
        statement = f"select {texts} from ({self._select(positions)}) order by file_no, row_number"  # noqa: S608
        with self.blamed():
            for number, cells in enumerate(self.engine.stream(statement), start=1):
                yield number, list(cells)

    def head(self, count: int) -> Sheet:
        """The first rows only."""
        positions = range(len(self.columns))
        texts = ", ".join(f"coalesce(cast(c{at} as varchar), '')" for at in positions)
        with self.blamed():
            found = self.engine.ask(f"select {texts} from ({self._select(positions)}) limit {int(count)}")  # noqa: S608
        rows: list[Row] = [(0, [name for name, _ in self.columns]), *((at, list(cells)) for at, cells in enumerate(found, start=1))]
        return Sheet(self.sheet().file, "", lambda: iter(rows), {"format": "Parquet"})

    def _select(self, positions: Sequence[int]) -> str:
        columns = [f"{_expression(*self.columns[at])} as c{at}" for at in positions]
        files = ", ".join(_quoted(str(path)) for path in self.paths)
        columns += [
            "file_row_number + 1 as row_number",
            f"cast(list_position([{files}], filename) - 1 as integer) as file_no",
            "0 as segment",
        ]
        return f"select {', '.join(columns)} from {self._scan()}"  # noqa: S608

    def _scan(self) -> str:
        files = ", ".join(_quoted(str(path)) for path in self.paths)
        return f"read_parquet([{files}], file_row_number = true, filename = true, hive_partitioning = false)"


def open_parquet(engine: Engine, paths: Sequence[Path], labels: Sequence[str]) -> list[ParquetTable]:
    """One table for each different set of columns. Raises UserError: parquet-damaged, parquet-encrypted, too-many-columns, file-no-rows."""
    groups: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for at, (path, label) in enumerate(zip(paths, labels, strict=True)):
        groups.setdefault(_columns(engine, path, label), []).append(at)
    tables = []
    for columns, members in groups.items():
        theirs, names = tuple(paths[at] for at in members), tuple(labels[at] for at in members)
        tables.append(ParquetTable(engine, theirs, names, columns, _rows_of(engine, theirs, names)))
    return tables


def _rows_of(engine: Engine, paths: Sequence[Path], labels: Sequence[str]) -> int:
    """The rows of all files, asked at once; where that fails, one by one, so that the error names its file."""
    try:
        return _count(engine, paths, labels[0])
    except UserError:
        return sum(_count(engine, [path], label) for path, label in zip(paths, labels, strict=True))


def _count(engine: Engine, paths: Sequence[Path], label: str) -> int:
    files = ", ".join(_quoted(str(path)) for path in paths)
    return int(_ask(engine, f"select count(*) from read_parquet([{files}])", label)[0][0])  # noqa: S608


def _columns(engine: Engine, path: Path, label: str) -> tuple[tuple[str, str], ...]:
    described = _ask(engine, f"describe select * from read_parquet([{_quoted(str(path))}], hive_partitioning = false)", label)  # noqa: S608
    if len(described) > MOST_COLUMNS:
        raise UserError(
            "too-many-columns", f"{label} has {len(described):,} columns; the limit is {MOST_COLUMNS:,}.", "Keep the cost columns only."
        )
    return tuple((str(name), str(kind)) for name, kind, *_ in described)


def _ask(engine: Engine, statement: str, label: str) -> list[tuple[Any, ...]]:
    with _named(label):
        return engine.ask(statement)


@contextmanager
def _named(label: str) -> Iterator[None]:
    """Errors of the engine inside, as errors of the file: pages are read late, so any step may meet the damage."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        text = str(error).casefold()
        if "encrypt" in text:
            raise UserError("parquet-encrypted", f"{label} is encrypted Parquet.", "Export it without encryption.") from error
        raise UserError(
            "parquet-damaged",
            f"{label} cannot be read as Parquet: its footer or pages are damaged.",
            "Export it again, and check that the upload was complete.",
        ) from error


def _expression(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    if kind.startswith(_NESTED) or kind.endswith("]"):
        return f"cast(to_json({column}) as varchar)"
    if kind == "BLOB":
        return "'(binary)'"
    if kind.startswith("TIMESTAMP") and kind != "TIMESTAMP":
        return f"cast({column} as TIMESTAMP)"
    return column if kind in _SIMPLE or kind.startswith("DECIMAL") else f"cast({column} as varchar)"


_SIMPLE = frozenset(
    (
        "VARCHAR",
        "TIMESTAMP",
        "DATE",
        "DOUBLE",
        "FLOAT",
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
    )
)


def _quoted(text: str) -> str:
    """A path as an SQL text. Paths are ours or named by the operator; quotes are doubled all the same."""
    return "'" + text.replace("'", "''") + "'"
