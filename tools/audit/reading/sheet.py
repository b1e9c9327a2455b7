"""`Sheet`: one table of text cells, streamed. What every container reader gives and every later step takes.

Rows come with their 1-based row number in the file, so that any figure can be traced back. Holds no rows itself.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from knowledge.errors import UserError

if TYPE_CHECKING:
    from tools.audit.reading.plain_text import Part

Row = tuple[int, list[str]]

MOST_COLUMNS = 2000
LONGEST_CELL = 1_000_000  # characters
LARGEST_FILE = 2 * 1024**3  # bytes
LARGEST_PARQUET = 64 * 1024**3  # read in place, column by column


class ByColumns(Protocol):
    """A big sheet as tables of text columns: the same rows and cells, faster."""

    def parts(self, first_line: int, width: int) -> Iterator["Part"]:
        """The rows from a line on, which must begin a row. Raises NotPlain where the rows must be walked."""


@dataclass(frozen=True)
class Sheet:
    """One table. `rows()` starts a fresh pass over all rows, header and preface included."""

    file: str  # name as shown
    name: str  # sheet name; "" for text files
    rows: Callable[[], Iterator[Row]]
    notes: dict[str, str] = field(default_factory=dict)  # encoding, delimiter ...
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()  # 1-based numbers of rows that a spreadsheet program does not show
    hidden_columns: frozenset[int] = frozenset()  # 0-based
    column_currency: Mapping[int, str] = field(default_factory=dict)  # 0-based column -> currency of its number format
    plain: ByColumns | None = None  # where it may be read by columns
    as_stored: bool = True  # False: the rows are changed on their way, so the table cannot be read in place

    def sample(self, count: int) -> list[Row]:
        """The first `count` rows."""
        found: list[Row] = []
        for row in self.rows():
            found.append(row)
            if len(found) >= count:
                break
        return found


def missing(name: str) -> UserError:
    """The error for a file that is not there, or no longer."""
    return UserError("file-missing", f"There is no file {name}.", "Check the name, or upload the file again.")
