"""Big delimited text in UTF-8 with one record a line, as Arrow tables: for exports, where a row-by-row walk would take minutes.

Takes only what it reads exactly as `delimited` does: no NUL, no bare carriage return, no line break inside a cell, no short or long
row. Anything else raises `NotPlain`, and the caller walks the file row by row, which also names what is wrong with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHUNK = 4 * 1024**2
_BLOCK = 8 * 1024**2


class NotPlain(Exception):
    """The file needs the row-by-row reader. Never reaches a user."""


@dataclass(frozen=True)
class PlainText:
    """A text file whose encoding is UTF-8."""

    path: Path
    delimiter: str

    def tables(self, header_row: int, width: int) -> Iterator[tuple[int, Any]]:
        """The rows below the header: number of the first row, and a table of text columns c0.. Raises NotPlain."""
        import pyarrow
        from pyarrow import csv

        lines = self._lines()
        names = [f"c{at}" for at in range(width)]
        try:
            reader = csv.open_csv(
                self.path,
                read_options=csv.ReadOptions(column_names=names, skip_rows=header_row, block_size=_BLOCK),
                parse_options=csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False),
                convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False),
            )
            number = header_row + 1
            for batch in reader:
                yield number, pyarrow.Table.from_batches([batch])
                number += batch.num_rows
        except (pyarrow.ArrowInvalid, pyarrow.ArrowKeyError) as error:
            raise NotPlain from error
        if number - 1 != lines:
            raise NotPlain  # a cell held a line break, so rows would not be numbered as lines

    def _lines(self) -> int:
        count, last = 0, b""
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                returns = chunk.count(b"\r")
                if b"\0" in chunk or (returns and returns != chunk.count(b"\r\n") + chunk.endswith(b"\r")):
                    raise NotPlain
                count += chunk.count(b"\n")
                last = chunk
        return count + (not last.endswith(b"\n"))
