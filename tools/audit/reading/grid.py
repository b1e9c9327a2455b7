"""The cells of a big worksheet as typed Arrow columns, a block of rows at a time; they become text when they are asked for.

The texts are those of `cell_text`, to the character. Cells keep their type until then because numbers take less memory than their
texts. Reads no file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from tools.audit.reading.plain_text import NotPlain, Part
from tools.audit.reading.sheet import Row

_SLICE = 1000  # rows made into lists at a time: most walks look at the first rows only
_GAP = 50_000  # blank rows given at a time
_WHOLE = 1e15  # whole numbers from here on are written with an exponent


@dataclass(frozen=True)
class Block:
    """Rows that follow each other. Columns further right than these are empty."""

    first: int  # 1-based number of the first row
    count: int
    columns: Sequence[Any]

    def cut(self, start: int, count: int) -> "Block":
        """Some of its rows."""
        count = min(count, self.count - start)
        return Block(self.first + start, count, [column.slice(start, count) for column in self.columns])


class Grid:
    """A sheet from column A and row 1 on. The blocks come in the order of their rows; rows between them are blank."""

    def __init__(self, blocks: Sequence[Block], errors: Mapping[int, Mapping[int, str]]) -> None:
        """`errors`: texts of cells that the blocks hold as empty, by column from 0 and row from 1."""
        self._blocks, self._errors = _without_end(blocks), errors
        self.height = self._blocks[-1].first + self._blocks[-1].count - 1 if self._blocks else 0
        self.width = max((len(block.columns) for block in self._blocks), default=0)
        if self._blocks:
            self.width = max([self.width, *(at + 1 for at in errors)])

    def rows(self) -> Iterator[Row]:
        """One pass over all rows."""
        for block in self._filled(1):
            for start in range(0, block.count, _SLICE):
                piece = block.cut(start, _SLICE)
                lists = [column.to_pylist() for column in self._texts(piece)]
                yield from enumerate(map(list, zip(*lists, strict=True)), start=piece.first)

    def parts(self, first_line: int, width: int) -> Iterator[Part]:
        """See `sheet.ByColumns`."""
        import pyarrow

        if width != self.width:
            raise NotPlain
        names = [f"c{at}" for at in range(width)]
        for block in self._filled(first_line):
            yield Part(pyarrow.arange(block.first, block.first + block.count), pyarrow.table(self._texts(block), names=names), {})

    def _filled(self, first: int) -> Iterator[Block]:
        """The blocks from a row on, and blocks without columns for the rows between them."""
        at = first
        for block in self._blocks:
            end = block.first + block.count
            while at < block.first:
                count = min(_GAP, block.first - at)
                yield Block(at, count, [])
                at += count
            if at < end:
                yield block.cut(at - block.first, block.count)
                at = end

    def _texts(self, block: Block) -> list[Any]:
        import pyarrow

        empty = pyarrow.array([""] * block.count, pyarrow.string())
        texts = [texts_of(column) for column in block.columns] + [empty] * (self.width - len(block.columns))
        for at, errors in self._errors.items():
            told = {row - block.first: text for row, text in errors.items() if block.first <= row < block.first + block.count}
            if told:
                cells = texts[at].to_pylist()
                for row, text in told.items():
                    cells[row] = text
                texts[at] = pyarrow.array(cells, pyarrow.string())
        return texts


def _without_end(blocks: Sequence[Block]) -> list[Block]:
    """Without the blank rows at the end."""
    from pyarrow import compute

    kept = list(blocks)
    while kept:
        block = kept.pop()
        says = [compute.indices_nonzero(compute.not_equal(texts_of(column), "")) for column in block.columns]
        count = max((found[-1].as_py() + 1 for found in says if len(found)), default=0)
        if count:
            return [*kept, block.cut(0, count)]
    return kept


def texts_of(column: Any) -> Any:
    """The cells of a column as text, empty ones as empty text."""
    import pyarrow
    from pyarrow import compute

    if pyarrow.types.is_floating(column.type):
        column = _numbers(column)
    elif pyarrow.types.is_boolean(column.type):
        column = compute.if_else(column, "true", "false")
    elif pyarrow.types.is_temporal(column.type):
        column = _each(column)
    return compute.fill_null(column, "")


def _numbers(column: Any) -> Any:
    """As `cell_text` writes them; Arrow's own texts are the same for the sizes of most amounts."""
    from pyarrow import compute

    size = compute.abs(column)
    is_whole = compute.and_(compute.equal(column, compute.floor(column)), compute.less(size, _WHOLE))
    usual = compute.and_(compute.greater_equal(size, 1e-4), compute.less(size, 1e9))
    whole = compute.if_else(is_whole, column, 0.0).cast("int64").cast("string")
    texts = column.cast("string")
    point = compute.find_substring(texts, ".")
    has_three = compute.equal(point, compute.subtract(compute.binary_length(texts), 4))  # see `cell_text`
    texts = compute.binary_join_element_wise(texts, compute.if_else(has_three, "0", ""), "")
    texts = compute.if_else(is_whole, whole, texts)
    odd = compute.invert(compute.or_(is_whole, usual))
    if compute.any(odd).as_py():
        texts = compute.replace_with_mask(texts, compute.fill_null(odd, False), _each(column.filter(odd)))
    return texts


def _each(column: Any) -> Any:
    """By `cell_text`, once for each different value."""
    import pyarrow

    coded = column.dictionary_encode()
    values = pyarrow.array([cell_text(value) for value in coded.dictionary.to_pylist()], pyarrow.string())
    return values.take(coded.indices)


def cell_text(cell: object) -> str:
    """A cell value as text, exact: whole floats without `.0`, moments in ISO form."""
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < _WHOLE:
            return str(int(cell))
        text = repr(cell)
        return f"{text}0" if text[-4:-3] == "." else text  # a number with three decimals must not look like thousands
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return _day_text(cell)
    return _other_text(cell)


@lru_cache(maxsize=4096)
def _day_text(day: date) -> str:
    return day.isoformat()


def _other_text(cell: object) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if (cell.hour or cell.minute or cell.second) else cell.date().isoformat()
    if isinstance(cell, time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell.total_seconds() / 3600)
    return "" if cell is None else str(cell)
