"""The places a big table can lie, each as a `big_table.Source`: a sheet spooled into the embedded engine, or Parquet files read in place.

A sheet of text is walked once: rows whose meaning depends on where they stand (totals, repeated headers, second tables, exact
duplicates of numbered lines) are kept apart as they are; of all others only the columns that the fold needs are spooled.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from tools.audit.engine import Engine
from tools.audit.fold import Only, Plan, folded, texts_of
from tools.audit.layout import Layout
from tools.audit.ledger import Row, SheetPass
from tools.audit.reading.header import is_blank
from tools.audit.reading.parquet import ParquetTable
from tools.audit.reconcile import DUPLICATE

_BATCH = 20_000
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
    """A text sheet, spooled."""

    def __init__(self, engine: Engine, layout: Layout, plan: Plan, number: int) -> None:
        super().__init__(engine, f"spool_{number}", (layout.sheet.file,))
        self.layout, self.plan = layout, plan
        columns = ", ".join((*(f"c{at} varchar" for at in plan.positions), "row_number bigint", "segment bigint", "mark bigint"))
        engine.ask(f"create or replace table {self.name} ({columns}, file_no integer default 0)")

    def fill(self, sheet_pass: SheetPass, progress: Progress) -> list[tuple[int, Row, bool]]:
        """Walks the sheet; returns the special rows with the segment that each ends."""
        layout, width = self.layout, len(self.layout.header.names)
        pick = itemgetter(*self.plan.positions, -1) if self.plan.positions else itemgetter(-1)
        is_plain = sheet_pass.is_plain_row
        specials: list[tuple[int, Row, bool]] = []
        batch: list[Any] = []
        numbers: list[int] = []
        segments: list[int] = []
        marks: list[int] = []
        after_blank = False
        for number, cells in layout.sheet.rows():
            if number <= layout.header.row:
                continue
            if not any(cells) or all(is_blank(cell) for cell in cells):
                after_blank = True
                continue
            if is_plain(cells, after_blank):
                marks.append(hash(tuple(cells)))
                if len(cells) < width:
                    cells = cells + [""] * (width - len(cells))
                batch.append(pick(cells))
                numbers.append(number)
                segments.append(len(specials))
                if len(batch) >= _BATCH:
                    self._write(batch, numbers, segments, marks)
                    progress(number)
            else:
                specials.append((len(specials), Row(number, cells), after_blank))
                sheet_pass.tally.second_table |= sheet_pass.begins_table(cells, after_blank)
            after_blank = False
        self._write(batch, numbers, segments, marks)
        sheet_pass.tally.second_table = False  # the pass itself meets the special rows again, in order
        return specials

    def marks(self) -> str:
        """SQL of its rows' marks, as unsigned numbers."""
        return (
            f"(select (mark::hugeint + case when mark < 0 then 18446744073709551616::hugeint else 0 end)::ubigint as mark from {self.name})"  # noqa: S608
        )

    def _write(self, batch: list[Any], numbers: list[int], segments: list[int], marks: list[int]) -> None:
        if not batch:
            return
        import pyarrow

        columns = list(zip(*batch, strict=True))[: len(self.plan.positions)]
        arrays = [pyarrow.array(column, pyarrow.string()) for column in columns]
        arrays += [pyarrow.array(values, pyarrow.int64()) for values in (numbers, segments, marks)]
        arrays.append(pyarrow.nulls(len(numbers), pyarrow.int32()).fill_null(0))
        names = [*(f"c{at}" for at in self.plan.positions), "row_number", "segment", "mark", "file_no"]
        self.engine.append(self.name, pyarrow.table(arrays, names=names))
        for values in (batch, numbers, segments, marks):
            values.clear()

    def repeats(self, sheet_pass: SheetPass) -> int:
        """How many rows repeat an earlier one. Where the form numbers its lines they are taken out and told to the pass."""
        rows, different = self.engine.ask(f"select count(*), count(distinct mark) from {self.name}")[0]  # noqa: S608
        if rows == different or not sheet_pass.reconciler.identity:
            return int(rows - different)
        again = (
            f"select row_number from (select row_number, row_number() over (partition by mark order by row_number) as k from {self.name}) "  # noqa: S608
            "where k > 1"
        )
        columns = ", ".join(("row_number", *(f"c{at}" for at in self.plan.positions)))
        for number, *found in self.engine.ask(f"select {columns} from {self.name} where row_number in ({again}) order by row_number"):  # noqa: S608
            cells = [""] * len(self.layout.header.names)
            for at, text in zip(self.plan.positions, found, strict=True):
                cells[at] = text or ""
            sheet_pass.tally.rows_read += 1
            sheet_pass.leave_out(Row(number, cells), DUPLICATE)
        self.engine.ask(f"delete from {self.name} where row_number in ({again})")  # noqa: S608
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
