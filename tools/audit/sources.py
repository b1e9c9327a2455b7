"""The places a big table can lie, each as a `big_table.Source`: a sheet spooled into the embedded engine, or Parquet files read in place.

A sheet of text is walked once: rows whose meaning depends on where they stand (totals, repeated headers, second tables, exact
duplicates of numbered lines) are kept apart as they are; of all others only the columns that the fold needs are spooled.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

from tools.audit.cells import BLANK
from tools.audit.engine import Engine
from tools.audit.fold import PLACE_BITS, Near, Plan, by_day, summed, texts_of
from tools.audit.layout import Layout
from tools.audit.ledger import Row, SheetPass
from tools.audit.reading.header import is_blank
from tools.audit.reading.parquet import ParquetTable
from tools.audit.reading.plain_text import NotPlain
from tools.audit.reconcile import DUPLICATE

_BATCH = 50_000
Special = tuple[int, Row, bool]
Progress = Callable[[float], None]


class _Embedded:
    """What sources in the embedded engine share: queries are compiled by Ibis and run there."""

    def __init__(self, engine: Engine, name: str, files: tuple[str, ...]) -> None:
        self.engine, self.name, self.files = engine, name, files

    def fold(self, plan: Plan, name: str) -> None:
        """See `big_table.Source`."""
        self._keep(summed(self._table(self.name), plan, True), name)

    def texts(self, plan: Plan, sums: str, key: str, name: str) -> None:
        """See `big_table.Source`."""
        firsts, found = f"firsts_{name}", f"found_{name}"
        self.engine.ask(
            f"create or replace table {firsts} as select cast(first >> {PLACE_BITS} as integer) as file_no, "  # noqa: S608
            f"first & {(1 << PLACE_BITS) - 1} as row_number from (select min(first) as first from {sums} group by {key})"
        )
        self._keep(texts_of(self._table(self.name), plan, self._table(firsts), key), found)
        self.engine.ask(f"create or replace table {name} as select distinct on ({key}) * from {found}")  # noqa: S608
        self.engine.ask(f"drop table {found}")

    def span(self, plan: Plan) -> tuple[str, str]:
        """See `big_table.Source`."""
        if plan.start is None:
            return "", ""
        start, end = (
            f"try_cast(left(cast(c{at} as varchar), 10) as date)" for at in (plan.start, plan.start if plan.end is None else plan.end)
        )
        found = self.engine.ask(f"select coalesce(min({start})::varchar, ''), coalesce(max({end})::varchar, '') from {self.name}")  # noqa: S608
        return found[0][0], found[0][1]

    def days(self, plan: Plan, name: str) -> Callable[[], object]:
        """See `big_table.Source`."""
        return self.engine.later(self._kept(by_day(self._table(self.name), plan, True), name)).result

    def apart(self, plan: Plan, near: Near, marks: str, name: str) -> None:
        """See `big_table.Source`."""
        self._keep(by_day(self._table(self.name), plan, True, replace(near, marks=self._table(marks))), name)

    def keep(self, number: int) -> None:
        """See `big_table.Source`."""

    def _table(self, name: str) -> Any:
        """A table or view as an Ibis table, its types read from the engine."""
        import ibis
        from ibis.backends.sql.datatypes import DuckDBType

        columns = self.engine.ask(f"describe {name}")
        return ibis.table({column: DuckDBType.from_string(kind) for column, kind, *_ in columns}, name=name)

    def _keep(self, query: Any, name: str) -> None:
        self.engine.ask(self._kept(query, name))

    def _kept(self, query: Any, name: str) -> str:
        import ibis

        return f"create or replace table {name} as {ibis.to_sql(query, dialect='duckdb')}"


class Spool(_Embedded):
    """A text sheet, spooled as Parquet into the audit's scratch folder: all its columns c0.., row_number, segment and file_no."""

    def __init__(self, engine: Engine, layout: Layout, number: int, folder: Path) -> None:
        super().__init__(engine, f"spool_{number}", (layout.sheet.file,))
        self.layout, self.path = layout, folder / f"spool-{number}.parquet"
        self.width = len(layout.header.names)

    def fill(self, sheet_pass: SheetPass, progress: Progress) -> list[Special]:
        """Spools the plain rows; returns the special ones with the segment that each ends."""
        plain, header_row = self.layout.sheet.plain, self.layout.header.row
        ways = [self._by_columns(plain.tables(header_row, self.width), sheet_pass, progress)] if plain else []
        ways += [self._by_columns(self._tables(), sheet_pass, progress), self._by_rows(sheet_pass, progress)]
        for way in ways:  # each reads the file only when it is its turn
            with suppress(NotPlain):
                specials = self._write(way)
                break
        self.engine.ask(f"create or replace view {self.name} as select * from read_parquet('{self.path}')")  # noqa: S608
        return specials

    def _write(self, parts: Iterator[tuple[Any, list[Special]]]) -> list[Special]:
        import pyarrow
        from pyarrow import parquet

        specials: list[Special] = []
        names = [f"c{at}" for at in range(self.width)]
        kinds = [*((name, pyarrow.string()) for name in names), ("row_number", pyarrow.int64()), ("segment", pyarrow.int64())]
        schema = pyarrow.schema([*kinds, ("file_no", pyarrow.int32())])
        with parquet.ParquetWriter(self.path, schema, compression="lz4") as writer:
            for table, found in parts:
                specials += found
                if table.num_rows:
                    zeros = pyarrow.array([0] * table.num_rows, pyarrow.int32())
                    writer.write_table(table.append_column("file_no", zeros).cast(schema))
        return specials

    def _tables(self) -> Iterator[tuple[int, Any]]:
        """The sheet's rows as tables of text columns, with the number of their first row."""
        batch: list[list[str]] = []
        start = self.layout.header.row + 1
        for number, cells in self.layout.sheet.rows():
            if number <= self.layout.header.row:
                continue
            if number != start + len(batch) or len(cells) > self.width:
                raise NotPlain  # rows of several lines, side by side, or wider than the header
            batch.append(cells if len(cells) == self.width else cells + [""] * (self.width - len(cells)))
            if len(batch) >= _BATCH:
                yield start, self._columns(batch)
                start, batch = start + len(batch), []
        yield start, self._columns(batch)

    def _columns(self, batch: list[list[str]]) -> Any:
        import pyarrow

        columns = list(zip(*batch, strict=True)) or [()] * self.width
        return pyarrow.table([pyarrow.array(column, pyarrow.string()) for column in columns], names=[f"c{at}" for at in range(self.width)])

    def _by_columns(
        self, tables: Iterator[tuple[int, Any]], sheet_pass: SheetPass, progress: Progress
    ) -> Iterator[tuple[Any, list[Special]]]:
        """The rows by columns: only those that may be special by their number of cells or one of their words are looked at one by one."""
        import pyarrow

        segment, after_blank = 0, False
        for first_number, whole in tables:
            table, doubtful = self._doubtful(whole, sheet_pass, after_blank)
            left: list[int] = []
            found: list[Special] = []
            rows = zip(*(column.to_pylist() for column in table.take(doubtful).columns), strict=True)
            blank_above = -1 if after_blank else -2
            for index, cells in zip(doubtful.to_pylist(), map(list, rows), strict=True):
                if all(is_blank(cell) for cell in cells):
                    left.append(index)
                    blank_above = index
                elif not sheet_pass.is_plain_row(cells, blank_above == index - 1):
                    if sheet_pass.begins_table(cells, blank_above == index - 1):
                        raise NotPlain
                    left.append(index)
                    found.append((segment + len(found), Row(first_number + index, cells), blank_above == index - 1))
            after_blank = table.num_rows > 0 and blank_above == table.num_rows - 1
            segments = pyarrow.array(
                _segments(segment, [row.number - first_number for _, row, _ in found], table.num_rows), pyarrow.int64()
            )
            numbers = pyarrow.array(range(first_number, first_number + table.num_rows), pyarrow.int64())
            table = table.append_column("row_number", numbers).append_column("segment", segments)
            if left:
                gone = set(left)
                table = table.filter(pyarrow.array([at not in gone for at in range(table.num_rows)]))
            segment += len(found)
            progress(first_number)
            yield table, found

    def _doubtful(self, whole: Any, sheet_pass: SheetPass, after_blank: bool) -> tuple[Any, Any]:
        """The table without leading spaces, and positions of rows to look at: few cells, a word like Total, below a blank line."""
        import pyarrow
        from pyarrow import compute

        reconciler = sheet_pass.reconciler
        table = pyarrow.table([compute.utf8_ltrim(column, " ") for column in whole.columns], names=whole.column_names)
        if not table.num_rows:
            return table, pyarrow.array([], pyarrow.int64())
        machine = reconciler.machine_form
        blanks = pyarrow.array([""] if machine else sorted(BLANK))
        said = [compute.invert(compute.is_in(c if machine else compute.utf8_lower(c), blanks)) for c in table.columns]
        filled = reduce(compute.add, (compute.cast(column, pyarrow.int16()) for column in said))
        doubtful = compute.less_equal(filled, reconciler.well_filled if machine else reconciler.sparse)
        for at in [0] if machine else range(self.width):
            words = compute.filter(table.column(at), compute.invert(compute.match_substring_regex(table.column(at), "^[0-9].*[0-9]$")))
            heads = [head for head in compute.unique(words).to_pylist() if reconciler.may_be_label(head, at)]
            doubtful = compute.or_(doubtful, compute.is_in(table.column(at), pyarrow.array(heads, pyarrow.string())))
        if not machine:
            blank = compute.equal(filled, 0).combine_chunks()
            below = pyarrow.concat_arrays([pyarrow.array([after_blank]), blank[:-1]])
            doubtful = compute.or_(doubtful, below)
        return table, compute.indices_nonzero(doubtful)

    def _by_rows(self, sheet_pass: SheetPass, progress: Progress) -> Iterator[tuple[Any, list[Special]]]:
        """Any sheet's rows, one by one."""
        layout, width = self.layout, self.width
        is_plain = sheet_pass.is_plain_row
        found: list[Special] = []
        batch: list[list[str]] = []
        numbers: list[int] = []
        segments: list[int] = []
        segment, after_blank = 0, False
        for number, cells in layout.sheet.rows():
            if number <= layout.header.row:
                continue
            if not (cells and cells[0]) and all(is_blank(cell) for cell in cells):
                after_blank = True
                continue
            if is_plain(cells, after_blank):
                batch.append(cells if len(cells) == width else cells + [""] * (width - len(cells)))
                numbers.append(number)
                segments.append(segment)
                if len(batch) >= _BATCH:
                    yield self._rows_table(batch, numbers, segments), found
                    batch, numbers, segments, found = [], [], [], []
                    progress(number)
            else:
                found.append((segment, Row(number, cells), after_blank))
                segment += 1
                sheet_pass.tally.second_table |= sheet_pass.begins_table(cells, after_blank)
            after_blank = False
        yield self._rows_table(batch, numbers, segments), found
        sheet_pass.tally.second_table = False  # the pass itself meets the special rows again, in order

    def _rows_table(self, batch: list[list[str]], numbers: list[int], segments: list[int]) -> Any:
        import pyarrow

        table = self._columns(batch).append_column("row_number", pyarrow.array(numbers, pyarrow.int64()))
        return table.append_column("segment", pyarrow.array(segments, pyarrow.int64()))

    @property
    def mark(self) -> str:
        """SQL of a row's mark."""
        return f"hash({', '.join(f'c{at}' for at in range(self.width))})"

    def repeats(self, sheet_pass: SheetPass) -> int:
        """How many rows repeat an earlier one. Where the form numbers its lines they are taken out and told to the pass."""
        rows, different = self.engine.ask(f"select count(*), count(distinct {self.mark}) from {self.name}")[0]  # noqa: S608
        if rows == different or not sheet_pass.reconciler.identity:
            return int(rows - different)
        again = f"again_{self.name}"
        self.engine.ask(
            f"create or replace table {again} as select row_number from ("  # noqa: S608
            f"select row_number, row_number() over (partition by {self.mark} order by row_number) as k from {self.name}) where k > 1"
        )
        columns = ", ".join(("row_number", *(f"c{at}" for at in range(self.width))))
        doubles = self.engine.ask(
            f"select {columns} from {self.name} where row_number in (select row_number from {again}) order by row_number"  # noqa: S608
        )
        for number, *cells in doubles:
            sheet_pass.tally.rows_read += 1
            sheet_pass.leave_out(Row(number, cells), DUPLICATE)
        self.engine.ask(
            f"create or replace view {self.name} as select * from read_parquet('{self.path}') "  # noqa: S608
            f"where row_number not in (select row_number from {again})"
        )
        return int(rows - different)


def _segments(first: int, ends: list[int], count: int) -> list[int]:
    """For each of `count` rows how many special rows stand above it; `ends` are the positions of those among them."""
    found, start = [], 0
    for at, end in enumerate(ends):
        found += [first + at] * (end - start)
        start = end
    return found + [first + len(ends)] * (count - start)


class ParquetSource(_Embedded):
    """Parquet files, read in place."""

    def __init__(self, engine: Engine, parquet: ParquetTable, plan: Plan, number: int) -> None:
        super().__init__(engine, f"source_{number}", parquet.labels)
        self._parquet = parquet
        parquet.expose(self.name, plan.positions)

    def days(self, plan: Plan, name: str) -> Callable[[], object]:
        """See `big_table.Source`."""
        wait = super().days(plan, name)

        def told() -> None:
            with self._parquet.blamed():
                wait()

        return told

    def _keep(self, query: Any, name: str) -> None:
        with self._parquet.blamed():
            super()._keep(query, name)


def paths_of(given: Sequence[str]) -> list[Path]:
    """The files behind what the user named: a file, a folder (all its files below), or a pattern."""
    found: list[Path] = []
    for text in given:
        path = Path(text)
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "_")))
        elif any(mark in path.name for mark in "*?[") and not path.exists():
            found += sorted(p for p in path.parent.glob(path.name) if p.is_file())
        else:
            found.append(path)
    return found
