"""Reads a big worksheet while it is checked: pieces of whole rows, each handed as a small workbook to a reader in another thread.

Whole, such a sheet would take 24 bytes and a text for each of its cells before the first of them is seen. fastexcel gives a piece as
typed columns; a piece with a column of several types is read cell by cell with python-calamine. What is not plain (rows out of order
or without numbers, far cells, damage) is left to the reader of whole workbooks. Checks nothing: `package` does, piece by piece.
"""

import io
import logging
import os
import re
import zipfile
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tools.audit.reading.grid import Block, Grid, cell_text
from tools.audit.reading.sheet_scan import SheetScan

PIECE = 16 * 1024**2  # bytes of XML; larger ones are no faster and take more memory
_MOST_THREADS = 4
_MOST_AREA = 1_000_000  # places of a piece, filled or not
_MOST_TEXT = 512 * 1024**2  # bytes that the texts of a piece may come to, were all as long as the longest
_MOST_READ = 1536 * 1024**2  # bytes of all cells
_HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_END = b'<row r="%d"><c r="A%d" t="e"><v>#N/A</v></c></row></sheetData></worksheet>'
_BEGIN = re.compile(rb"<sheetData\b[^>/]*>")
_LAST_ROW = re.compile(rb'<row\b[^>]*?\br=["\'](\d{1,7})["\']')
_EARLIEST = 1901  # before, a moment may be a mere time of day


class _NotPlain(Exception):
    """The piece, and so the sheet, needs the reader of whole workbooks."""


class SheetPieces:
    """Takes the windows of one sheet as the scan sees them. A context: it ends its threads."""

    def __init__(self, name: str, part: str, around: Mapping[str, bytes], longest: int) -> None:
        """`around`: the other parts that the readers need; `longest`: bytes of the longest shared text."""
        self._name, self._part, self._around, self._longest = name, part, around, longest
        self._piece = max(PIECE, 2 * sum(map(len, around.values())))  # each piece reads the shared texts again
        self._windows: list[bytes] = []
        self._size = self._cells = self._last = self._read_bytes = 0
        self._is_open = self._is_closed = False
        self.is_plain = True
        self._blocks: list[Block] = []
        self._reading: deque[tuple[int, Future[Block]]] = deque()
        self._threads = max(1, min(_MOST_THREADS, len(os.sched_getaffinity(0))))
        self._pool = ThreadPoolExecutor(self._threads)
        _load()

    def __enter__(self) -> "SheetPieces":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def feed(self, window: bytes, scan: SheetScan) -> None:
        """The next window, after the scan has seen it."""
        if not self.is_plain or self._is_closed:
            return
        self._windows.append(window)
        self._size += len(window)
        if self._size >= self._piece:
            self._attempt(scan)

    def grid(self, scan: SheetScan, errors: Mapping[int, Mapping[int, str]]) -> Grid | None:
        """All cells, once all windows are fed, and the errors of some; None where the sheet is not plain."""
        if self.is_plain and not self._is_closed:
            self._attempt(scan)
        try:
            while self.is_plain and self._reading:
                self._take()
        except _NotPlain:
            self._give_up()
        return Grid(self._blocks, errors) if self.is_plain and self._is_closed else None

    def _attempt(self, scan: SheetScan) -> None:
        try:
            self._cut(scan)
        except _NotPlain:
            self._give_up()

    def _give_up(self) -> None:
        self.is_plain = False
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._windows, self._blocks = [], []
        self._reading.clear()

    def _cut(self, scan: SheetScan) -> None:
        """Hands on all whole rows."""
        content = b"".join(self._windows)
        start = 0
        if not self._is_open:
            begin = _BEGIN.search(content)
            if begin is None:
                raise _NotPlain
            start, self._is_open = begin.end(), True
        end = content.rfind(b"</row>", start)
        end = start if end < 0 else end + len(b"</row>")
        if end > start:
            self._hand_on(content[start:end], scan)
        self._is_closed = content.find(b"</sheetData", end) >= 0
        self._windows = [] if self._is_closed else [content[end:]]
        self._size = sum(map(len, self._windows))
        if self._size >= self._piece:
            raise _NotPlain

    def _hand_on(self, content: bytes, scan: SheetScan) -> None:
        number = _LAST_ROW.match(content, content.rfind(b"<row"))
        last = int(number[1]) if number else 0
        rows, cells = last - self._last, scan.cells - self._cells
        is_sparse = rows * scan.last_column > max(_MOST_AREA, 50 * cells)
        if rows <= 0 or is_sparse or scan.is_odd or self._longest * cells > _MOST_TEXT:
            raise _NotPlain
        self._reading.append((self._last, self._pool.submit(self._read, content, last)))
        self._last, self._cells = last, scan.cells
        while len(self._reading) > self._threads:
            self._take()

    def _take(self) -> None:
        before, reading = self._reading.popleft()
        block = reading.result()
        self._read_bytes += sum(column.nbytes for column in block.columns)
        if block.first <= before or self._read_bytes > _MOST_READ:
            raise _NotPlain
        self._blocks.append(block)

    def _read(self, content: bytes, last: int) -> Block:
        """The rows of a piece, the last of which is known. A mark below them proves that the readers saw them all."""
        book = io.BytesIO()
        with zipfile.ZipFile(book, "w") as archive:
            for part, whole in self._around.items():
                archive.writestr(part, whole)
            with archive.open(self._part, "w") as sheet:
                for some in (_HEAD, content, _END % (last + 1, last + 1)):
                    sheet.write(some)
        columns = self._by_columns(book.getvalue()) or self._by_cells(book, last)
        count = len(columns[0]) - 1
        return Block(last + 1 - count, count, [column.slice(0, count) for column in columns])

    def _by_columns(self, book: bytes) -> list[Any] | None:
        """The columns, each of one type; None where that would change a cell."""
        import fastexcel

        try:
            sheet = fastexcel.read_excel(book).load_sheet(self._name, header_row=None, schema_sample_rows=None, dtype_coercion="strict")
            batch, errors = sheet.to_arrow_with_errors()
        except fastexcel.FastExcelError:
            return None
        lost = [error.position for error in errors.errors] if errors else []
        return batch.columns if lost == [(batch.num_rows - 1, 0)] and all(map(_is_sure, batch.columns)) else None

    def _by_cells(self, book: io.BytesIO, last: int) -> list[Any]:
        import pyarrow
        from python_calamine import CalamineError, CalamineWorkbook

        try:
            book.seek(0)
            values = CalamineWorkbook.from_filelike(book).get_sheet_by_name(self._name)
        except CalamineError as error:
            raise _NotPlain from error
        rows = values.to_python(skip_empty_area=True)
        if not rows or values.end[0] != last or values.start[1]:
            raise _NotPlain
        columns = zip(*rows, strict=True)
        return [pyarrow.array([cell if type(cell) is str else cell_text(cell) for cell in column], pyarrow.string()) for column in columns]


def _load() -> None:
    """Imports what the threads need, before they would wait for each other."""
    import fastexcel  # noqa: F401
    import pyarrow.compute  # noqa: F401

    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it warns of each empty column


def _is_sure(column: Any) -> bool:
    """Whether a column holds what the cells hold."""
    from pyarrow import compute, types

    if types.is_timestamp(column.type) or types.is_date(column.type):
        first = compute.min(column).as_py()
        return first is None or bool(first.year >= _EARLIEST)
    return types.is_string(column.type) or types.is_float64(column.type) or types.is_boolean(column.type)
