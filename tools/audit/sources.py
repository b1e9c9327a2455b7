"""The places a big table can lie, each as a `big_table.Source`: a sheet spooled into the embedded engine, or Parquet files read in place.

A sheet of text is walked once: rows whose meaning depends on where they stand (totals, repeated headers, second tables, exact
duplicates of numbered lines) are kept apart as they are; of all others only the columns that the fold needs are spooled.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

from tools.audit.engine import Engine
from tools.audit.fold import Only, Plan, folded, texts_of
from tools.audit.layout import Layout
from tools.audit.ledger import Row, SheetPass
from tools.audit.reading.header import is_blank
from tools.audit.reading.parquet import ParquetTable
from tools.audit.reading.plain_text import NotPlain, PlainText
from tools.audit.reconcile import DUPLICATE

_BATCH = 50_000
Special = tuple[int, Row, bool]
Progress = Callable[[float], None]


class _Embedded:
    """What sources in the embedded engine share: queries are compiled by Ibis and run there."""

    def __init__(self, engine: Engine, name: str, files: tuple[str, ...]) -> None:
        self.engine, self.name, self.files = engine, name, files

    def fold(self, plan: Plan, name: str, only: Only | None = None) -> None:
        """See `big_table.Source`."""
        marks = self._table(only.marks) if only else None
        self._keep(folded(self._table(self.name), plan, True, only, marks), name)

    def texts(self, plan: Plan, sums: str, name: str) -> None:
        """See `big_table.Source`."""
        firsts = f"firsts_{name}"
        self.engine.ask(
            f"create or replace table {firsts} as "  # noqa: S608
            f"select mark, cast(first >> 40 as integer) as file_no, first & {(1 << 40) - 1} as row_number from {sums}"
        )
        self._keep(texts_of(self._table(self.name), plan, self._table(firsts)), name)

    def _table(self, name: str) -> Any:
        """A table or view as an Ibis table, its types read from the engine."""
        import ibis
        from ibis.backends.sql.datatypes import DuckDBType

        columns = self.engine.ask(f"describe {name}")
        return ibis.table({column: DuckDBType.from_string(kind) for column, kind, *_ in columns}, name=name)

    def _keep(self, query: Any, name: str) -> None:
        import ibis

        self.engine.ask(f"create or replace table {name} as {ibis.to_sql(query, dialect='duckdb')}")


class Spool(_Embedded):
    """A text sheet, spooled as Parquet into the audit's scratch folder: all its columns c0.., row_number, segment and file_no."""

    def __init__(self, engine: Engine, layout: Layout, number: int, folder: Path) -> None:
        super().__init__(engine, f"spool_{number}", (layout.sheet.file,))
        self.layout, self.path = layout, folder / f"spool-{number}.parquet"
        self.width = len(layout.header.names)

    def fill(self, sheet_pass: SheetPass, progress: Progress) -> list[tuple[int, Row, bool]]:
        """Spools the plain rows; returns the special ones with the segment that each ends."""
        plain = self.layout.sheet.plain
        try:
            if not (plain and sheet_pass.reconciler.machine_form):
                raise NotPlain
            specials = self._write(self._by_columns(plain, sheet_pass, progress))
        except NotPlain:
            specials = self._write(self._by_rows(sheet_pass, progress))
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

    def _by_columns(self, plain: PlainText, sheet_pass: SheetPass, progress: Progress) -> Iterator[tuple[Any, list[Special]]]:
        """An export's rows, by columns: only rows that are short of cells or begin with a word like Total are looked at one by one."""
        import pyarrow
        from pyarrow import compute

        segment = 0
        for first_number, whole in plain.tables(self.layout.header.row, self.width):
            table = pyarrow.table([compute.utf8_ltrim(column, " ") for column in whole.columns], names=whole.column_names)
            filled = reduce(compute.add, (compute.cast(compute.not_equal(column, ""), pyarrow.int16()) for column in table.columns))
            doubtful = compute.less_equal(filled, sheet_pass.reconciler.well_filled)
            heads = [head for head in compute.unique(table.column(0)).to_pylist() if sheet_pass.reconciler.may_head_total(head)]
            doubtful = compute.or_(doubtful, compute.is_in(table.column(0), pyarrow.array(heads, pyarrow.string())))
            at = compute.indices_nonzero(doubtful)
            left: list[int] = []
            found: list[Special] = []
            for index, cells in zip(at.to_pylist(), zip(*(c.to_pylist() for c in table.take(at).columns), strict=True), strict=True):
                row = list(cells)
                if all(is_blank(cell) for cell in row):
                    left.append(index)
                elif not sheet_pass.is_plain_row(row, False):
                    left.append(index)
                    found.append((segment + len(found), Row(first_number + index, row), False))
            numbers = pyarrow.array(range(first_number, first_number + table.num_rows), pyarrow.int64())
            starts = [row.number for _, row, _ in found]
            segments = [segment] * table.num_rows
            for start in starts:
                for index in range(start - first_number, table.num_rows):
                    segments[index] += 1
            table = table.append_column("row_number", numbers).append_column("segment", pyarrow.array(segments, pyarrow.int64()))
            if left:
                keep = pyarrow.array([True] * table.num_rows).to_numpy(zero_copy_only=False)
                keep[left] = False
                table = table.filter(pyarrow.array(keep))
            segment += len(found)
            progress(first_number)
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

        columns = list(zip(*batch, strict=True)) or [()] * self.width
        arrays = [pyarrow.array(column, pyarrow.string()) for column in columns]
        arrays += [pyarrow.array(numbers, pyarrow.int64()), pyarrow.array(segments, pyarrow.int64())]
        return pyarrow.table(arrays, names=[*(f"c{at}" for at in range(self.width)), "row_number", "segment"])

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


class ParquetSource(_Embedded):
    """Parquet files, read in place."""

    def __init__(self, engine: Engine, parquet: ParquetTable, plan: Plan, number: int) -> None:
        super().__init__(engine, f"source_{number}", parquet.labels)
        self._parquet = parquet
        parquet.expose(self.name, plan.positions)

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
