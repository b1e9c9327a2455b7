"""Big delimited text as Arrow tables of text columns: for exports, where a row-by-row walk would take minutes.

Gives the same rows, cells and line numbers as `delimited`: line breaks inside cells, short, long and blank rows and every encoding
included. What it cannot be sure of (a bare carriage return, a quote after a space, a quote never closed, a record over 2 MB) raises
`NotPlain`, and the caller walks the file row by row, which also names what is wrong with it.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from tools.audit.reading.sheet import LONGEST_CELL

#: A record is at most as long. Larger blocks cost more: their memory is fetched from the system again and again.
_BLOCK = 2 * 1024**2
_PART = 16 * 1024**2  # bytes of cells given at a time
_MOST_ODD = 10_000  # rows of another width; each is read singly


class NotPlain(Exception):
    """The file needs the row-by-row reader. Never reaches a user."""


class Part(NamedTuple):
    """Some rows of a sheet, in order. A row shorter than the table is filled up, a longer one is cut."""

    numbers: Any  # the line that each row begins on
    table: Any  # text columns c0..
    wide: Mapping[int, list[str]]  # position -> all cells of a row that says more than the header has columns


@dataclass(frozen=True)
class PlainText:
    """A delimited text file; `open` gives its bytes, unpacked."""

    open: Callable[[], BinaryIO]
    encoding: str
    delimiter: str

    def parts(self, first_line: int, width: int) -> Iterator[Part]:
        """The rows from a line on, which must begin a row. Raises NotPlain."""
        import pyarrow
        from pyarrow import csv as arrow

        names = [f"c{at}" for at in range(width)]
        odd: deque[tuple[int, str]] = deque()

        def put_aside(row: Any) -> str:
            odd.append((row.number, row.text))
            return "skip" if len(odd) <= _MOST_ODD else "error"

        with self.open() as file:
            stream = _Lines(file, self.encoding, first_line - 1)
            records = _Records(first_line, names, self.delimiter, odd)
            try:
                reader = arrow.open_csv(
                    pyarrow.PythonFile(stream, "r"),
                    # rows of another width are numbered only where one thread reads
                    read_options=arrow.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=False),
                    parse_options=arrow.ParseOptions(
                        delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=put_aside
                    ),
                    convert_options=arrow.ConvertOptions(column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False),
                )
                yield from _joined(records.part(batch) for batch in reader)
            except (pyarrow.ArrowInvalid, pyarrow.ArrowKeyError, UnicodeDecodeError) as error:
                raise NotPlain from error
            yield records.rest()
        if records.line != stream.lines + 1 or stream.is_open(records.last_breaks):
            raise NotPlain


class _Lines(io.RawIOBase):
    """The bytes of a text as UTF-8 without NUL, from a line on; counts the lines."""

    def __init__(self, file: BinaryIO, encoding: str, skip: int) -> None:
        self._file, self._skip, self.lines = file, skip, 0
        self._decoder = None if encoding in ("utf-8", "utf-8-sig", "ascii") else codecs.getincrementaldecoder(encoding)()
        self._held, self._tail, self._ended = b"", (b"", b"\n"), False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, none only at the end. Raises NotPlain where a carriage return stands alone."""
        text = b""
        while not text and not self._ended:
            text = self._next(size)
        return text

    def _next(self, size: int) -> bytes:
        raw = self._file.read(size - 1 if self._decoder is None else size // 3 - 1)  # in UTF-8 a character may take three times its bytes
        self._ended = not raw
        text = self._held + (raw if self._decoder is None else self._decoder.decode(raw, final=not raw).encode("utf-8"))
        self._held = b""
        if b"\0" in text:
            text = text.replace(b"\0", b"")
        if returns := text.count(b"\r"):
            if text.endswith(b"\r") and raw:
                text, self._held, returns = text[:-1], b"\r", returns - 1
            if returns != text.count(b"\r\n") + text.endswith(b"\r"):
                raise NotPlain
        if text:
            self.lines += text.count(b"\n")
            self._tail = (self._tail[1], text)
        if self._ended:
            self.lines += not self._tail[1].endswith(b"\n")
        while text and self._skip:
            _, ended, text = text.partition(b"\n")
            self._skip -= bool(ended)
        return text

    def is_open(self, breaks: int) -> bool:
        """Whether the last record, which holds so many line breaks, opens a quote that is never closed."""
        if not breaks:
            return False
        lines = b"".join(self._tail).removesuffix(b"\n").rsplit(b"\n", breaks + 1)
        return b"\n".join(lines[-breaks - 1 :]).count(b'"') % 2 == 1


@dataclass
class _Records:
    """Numbers the records of the batches and puts the odd ones back between them."""

    line: int  # of the next record
    names: list[str]
    delimiter: str
    odd: deque[tuple[int, str]]
    seen: int = 0  # records given
    last_breaks: int = 0

    def part(self, batch: Any) -> Part:
        """One batch and the odd records before and between its rows."""
        import pyarrow

        count = batch.num_rows
        places: list[int] = []
        rows: list[list[str]] = []
        while self.odd and self.odd[0][0] <= self.seen + count + len(rows) + 1:
            number, text = self.odd.popleft()
            places.append(number - self.seen - 1)
            rows.append(self._cells(text))
        table = pyarrow.table([_trimmed(column) for column in batch.columns], names=self.names)
        return self._numbered(*_merged(table, places, rows)) if rows else self._numbered(table, {})

    def rest(self) -> Part:
        """The odd records at the end."""
        import pyarrow

        return self.part(pyarrow.record_batch([pyarrow.array([], pyarrow.string())] * len(self.names), names=self.names))

    def _cells(self, text: str) -> list[str]:
        if text.count('"') % 2:
            raise NotPlain  # a quote that only the row-by-row reader takes for one
        try:
            return next(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, skipinitialspace=True, strict=True), [])
        except csv.Error as error:  # a quote still open at the end, or closed within a cell
            raise NotPlain from error

    def _numbered(self, table: Any, wide: Mapping[int, list[str]]) -> Part:
        import pyarrow
        from pyarrow import compute

        count, breaks = table.num_rows, None
        for column in table.columns:
            if any(_holds_break(chunk) for chunk in column.chunks):
                found = compute.count_substring(column, "\n").cast(pyarrow.int64())
                breaks = found if breaks is None else compute.add(breaks, found)
        numbers = pyarrow.arange(self.line, self.line + count)
        if breaks is not None:
            below = compute.cumulative_sum(breaks)
            numbers = compute.add(numbers, compute.subtract(below, breaks)).combine_chunks()
            self.line += below[-1].as_py()
            self.last_breaks = breaks[-1].as_py()
        elif count:
            self.last_breaks = 0
        self.seen += count
        self.line += count
        return Part(numbers, table, wide)


def _trimmed(column: Any) -> Any:
    """The cells without the spaces before them."""
    from pyarrow import compute

    if not compute.any(compute.starts_with(column, " ")).as_py():
        return column
    if compute.any(compute.match_substring_regex(column, '^ +"')).as_py():
        raise NotPlain
    return compute.utf8_ltrim(column, " ")


def _merged(table: Any, places: list[int], rows: list[list[str]]) -> tuple[Any, dict[int, list[str]]]:
    """The table with rows put in at these places, and those of them that say more than fits."""
    import pyarrow

    width, count = table.num_columns, table.num_rows
    wide = {place: cells for place, cells in zip(places, rows, strict=True) if any(cells[width:])}
    if any("\n" in cell for cells in wide.values() for cell in cells[width:]):
        raise NotPlain
    fitted = [[*cells[:width], *[""] * (width - len(cells))] for cells in rows]
    below = pyarrow.table([pyarrow.array(column, pyarrow.string()) for column in zip(*fitted, strict=True)], names=table.column_names)
    order = list(range(count))
    for at, place in enumerate(places):
        order.insert(place, count + at)
    return pyarrow.concat_tables([table, below]).take(order), wide


def _holds_break(cells: Any) -> bool:
    """Whether some cell holds a line break. Raises NotPlain where a cell is too long."""
    from pyarrow import compute

    content = cells.buffers()[2]
    if content is None or not content.size:
        return False
    if content.size > LONGEST_CELL and compute.max(compute.binary_length(cells)).as_py() > LONGEST_CELL:
        raise NotPlain
    return b"\n" in content.to_pybytes()


def _joined(parts: Iterator[Part]) -> Iterator[Part]:
    """Parts of at least `_PART` bytes."""
    waiting: list[Part] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += part.table.nbytes
        if size >= _PART:
            yield _one(waiting)
            waiting, size = [], 0
    if waiting:
        yield _one(waiting)


def _one(parts: list[Part]) -> Part:
    import pyarrow

    wide: dict[int, list[str]] = {}
    above = 0
    for part in parts:
        wide |= {above + at: cells for at, cells in part.wide.items()}
        above += part.table.num_rows
    numbers = pyarrow.concat_arrays([part.numbers for part in parts])
    return Part(numbers, pyarrow.concat_tables([part.table for part in parts]), wide)
