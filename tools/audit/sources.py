"""The places a big table can lie, each as a `big_table.Source`: a sheet spooled into the embedded engine, or Parquet files read in place.

A sheet of text is walked once: rows whose meaning depends on where they stand (totals, repeated headers, second tables, exact
duplicates of numbered lines) are kept apart as they are; of all others only the columns that the fold needs are spooled.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from tools.audit.doubtful import Doubtful
from tools.audit.engine import Engine
from tools.audit.fold import PLACE_BITS, Near, Plan, Within, by_day, by_name_and_day, summed, texts_of
from tools.audit.layout import Layout
from tools.audit.ledger import Row, SheetPass
from tools.audit.reading.header import is_blank
from tools.audit.reading.parquet import ParquetTable
from tools.audit.reading.plain_text import NotPlain, Part
from tools.audit.reconcile import DUPLICATE

_BATCH = 50_000
_PAGE = 8 * 1024**2  # bytes of the different texts of a column that are written once each; the statistics spare the fold its tests for null
_SPAN_BITS, _MOST_SPANS = 17, 8  # about the rows of a Parquet row group; more spans cost more than they spare
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
        self._keep(texts_of(self._table(self.name), plan, self._table(firsts), key, self._within(firsts)), found)
        self.engine.ask(f"create or replace table {name} as select distinct on ({key}) * from {found}")  # noqa: S608
        self.engine.ask(f"drop table {found}")

    def _within(self, rows: str) -> Within:
        """The files of these rows, and their row numbers in a few spans."""
        files = self.engine.ask(f"select distinct file_no from {rows} order by 1")  # noqa: S608
        blocks = [at for (at,) in self.engine.ask(f"select distinct row_number >> {_SPAN_BITS} from {rows} order by 1")]  # noqa: S608
        widest = sorted(range(1, len(blocks)), key=lambda at: blocks[at - 1] - blocks[at])[: _MOST_SPANS - 1]
        bounds = pairwise([0, *sorted(widest), len(blocks)]) if blocks else ()
        spans = ((blocks[a] << _SPAN_BITS, (blocks[b - 1] + 1 << _SPAN_BITS) - 1) for a, b in bounds)
        return Within(tuple(at for (at,) in files), tuple(spans))

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
        return self._begin(by_day(self._table(self.name), plan, True), name)

    def apart(self, plan: Plan, near: Near, marks: str, name: str) -> Callable[[], object]:
        """See `big_table.Source`."""
        query = by_name_and_day(self._table(self.name), plan, True, replace(near, marks=self._table(marks)))
        return self._begin(query, name)

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

    def _begin(self, query: Any, name: str) -> Callable[[], object]:
        return self.engine.later(self._kept(query, name)).result

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
        plain = self.layout.sheet.plain
        first = next((number for number, _ in self.layout.sheet.rows() if number > self.layout.header.row), None) if plain else None
        ways = [self._by_columns(plain.parts(first, self.width), sheet_pass, progress)] if plain and first else []
        ways += [self._by_columns(self._parts(), sheet_pass, progress), self._by_rows(sheet_pass, progress)]
        for way in ways:  # each reads the file only when it is its turn
            with suppress(NotPlain):
                specials = self._write(way)
                break
        self.engine.ask(f"create or replace view {self.name} as select *, 0::integer as file_no from read_parquet('{self.path}')")  # noqa: S608
        return specials

    def _write(self, parts: Iterator[tuple[Any, list[Special]]]) -> list[Special]:
        import pyarrow
        from pyarrow import parquet

        specials: list[Special] = []
        kinds = [*((f"c{at}", pyarrow.string()) for at in range(self.width)), ("row_number", pyarrow.int64()), ("segment", pyarrow.int64())]
        schema = pyarrow.schema(kinds)
        with (
            parquet.ParquetWriter(self.path, schema, compression="lz4", dictionary_pagesize_limit=_PAGE) as writer,
            ThreadPoolExecutor(1) as pool,
        ):
            writing: Future[None] | None = None
            for table, found in parts:  # one part is written while the next is read
                specials += found
                if writing:
                    writing.result()
                writing = pool.submit(writer.write_table, table) if table.num_rows else None
            if writing:
                writing.result()
        return specials

    def _parts(self) -> Iterator[Part]:
        """The sheet's rows by columns, from a walk over them."""
        import pyarrow

        def part() -> Part:
            return Part(pyarrow.array(numbers, pyarrow.int64()), self._columns(batch), wide)

        batch: list[list[str]] = []
        numbers: list[int] = []
        wide: dict[int, list[str]] = {}
        width, header_row = self.width, self.layout.header.row
        for number, cells in self.layout.sheet.rows():
            if number <= header_row:
                continue
            if len(cells) != width:
                if any(cells[width:]):
                    wide[len(batch)] = cells
                cells = [*cells[:width], *[""] * (width - len(cells))]
            batch.append(cells)
            numbers.append(number)
            if len(batch) >= _BATCH:
                yield part()
                batch, numbers, wide = [], [], {}
        yield part()

    def _columns(self, batch: list[list[str]]) -> Any:
        import pyarrow

        columns = list(zip(*batch, strict=True)) or [()] * self.width
        return pyarrow.table([pyarrow.array(column, pyarrow.string()) for column in columns], names=[f"c{at}" for at in range(self.width)])

    def _by_columns(self, parts: Iterator[Part], sheet_pass: SheetPass, progress: Progress) -> Iterator[tuple[Any, list[Special]]]:
        """The rows by columns: only those that may be special are looked at one by one."""
        import pyarrow
        from pyarrow import compute

        doubtful = Doubtful(sheet_pass.reconciler)
        segment, after_blank = 0, False
        for numbers, table, wide in parts:
            looked_at = sorted({*doubtful.rows(table, after_blank), *wide})
            left: list[int] = []
            places: list[int] = []
            found: list[Special] = []
            rows = zip(*(column.to_pylist() for column in table.take(pyarrow.array(looked_at, pyarrow.int64())).columns), strict=True)
            blank_above = -1 if after_blank else -2
            for index, cells in zip(looked_at, map(list, rows), strict=True):
                cells = wide.get(index, cells)
                below_blank = blank_above == index - 1
                if all(is_blank(cell) for cell in cells):
                    left.append(index)
                    blank_above = index
                elif not sheet_pass.is_plain_row(cells, below_blank):
                    if sheet_pass.begins_table(cells, below_blank):
                        raise NotPlain
                    left.append(index)
                    places.append(index)
                    found.append((segment + len(found), Row(numbers[index].as_py(), cells), below_blank))
            count = table.num_rows
            after_blank = count > 0 and blank_above == count - 1
            table = table.append_column("row_number", numbers).append_column("segment", _segments(segment, places, count))
            if left:
                gone = compute.is_in(pyarrow.arange(0, count), pyarrow.array(left, pyarrow.int64()))
                table = table.filter(compute.invert(gone))
            segment += len(found)
            progress(numbers[-1].as_py() if count else 0)
            yield table, found

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
            f"create or replace view {self.name} as select *, 0::integer as file_no from read_parquet('{self.path}') "  # noqa: S608
            f"where row_number not in (select row_number from {again})"
        )
        return int(rows - different)


def _segments(first: int, ends: list[int], count: int) -> Any:
    """For each of `count` rows how many special rows stand above it; `ends` are the positions of those among them."""
    import pyarrow

    bounds = zip([0, *ends], [*ends, count], strict=True)
    return pyarrow.concat_arrays(
        [pyarrow.repeat(pyarrow.scalar(first + at, pyarrow.int64()), end - start) for at, (start, end) in enumerate(bounds)]
    )


class ParquetSource(_Embedded):
    """Parquet files, read in place."""

    def __init__(self, engine: Engine, parquet: ParquetTable, plan: Plan, number: int) -> None:
        super().__init__(engine, f"source_{number}", parquet.labels)
        self._parquet = parquet
        parquet.expose(self.name, plan.positions)

    def _begin(self, query: Any, name: str) -> Callable[[], object]:
        wait = super()._begin(query, name)

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
