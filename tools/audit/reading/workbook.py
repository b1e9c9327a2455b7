"""Values of XLSX workbooks as text rows. The package is checked first (`package`, which reads big sheets); then calamine reads the values.

Values only: macros, links and embedded objects are never opened, their presence is noted. Formulas are not computed:
a workbook whose formulas have no stored value is refused, never read as zero. Hidden rows are read, and said to be hidden.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from knowledge.errors import UserError
from tools.audit.cells import shown
from tools.audit.mapping import letters
from tools.audit.reading.grid import cell_text
from tools.audit.reading.package import SheetFacts, inspect
from tools.audit.reading.private import private_notes
from tools.audit.reading.sheet import MOST_COLUMNS, Row, Sheet, missing
from tools.audit.reading.xml_part import damaged


def open_workbook(path: Path, name: str) -> list[Sheet]:
    """All sheets with at least one cell. Raises UserError: those of `inspect`, too-many-columns, file-no-rows."""
    package = inspect(path, name)
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    found = []
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            for meta in workbook.sheets_metadata:
                if meta.typ != SheetTypeEnum.WorkSheet:
                    continue
                facts = package.sheets.get(meta.name, SheetFacts())
                values = facts.grid or workbook.get_sheet_by_name(meta.name)
                if values.height and values.width:
                    found.append(_sheet(values, name, meta, facts, package.ignored))
    except CalamineError as error:
        raise damaged(name) from error
    except OSError as error:
        raise (damaged(name) if path.exists() else missing(name)) from error
    if not found:
        raise UserError(
            "file-no-rows", f"{name} has no cells in any sheet: 0 cost rows.", "Upload a file with a header row and at least one cost row."
        )
    return found


def _sheet(values: Any, name: str, meta: Any, facts: SheetFacts, ignored: Sequence[str]) -> Sheet:
    """A sheet; its `values` are the facts' own grid, or what calamine gives."""
    from python_calamine import SheetVisibleEnum

    if values.width > MOST_COLUMNS:
        raise UserError(
            "too-many-columns", f"{name} has {values.width:,} columns; the limit is {MOST_COLUMNS:,}.", "Keep the cost columns only."
        )
    last_row, last_column = (values.height, values.width - 1) if facts.grid else (values.end[0] + 1, values.end[1])
    hidden_rows = frozenset(row for row in facts.hidden_rows if row <= last_row)
    hidden_columns = frozenset(at for at in facts.hidden_columns if at <= last_column)
    rows = facts.grid.rows if facts.grid else _rows_of(values, facts.errors)
    notes = {"sheet": shown(meta.name, 40)}
    if ignored:
        notes["ignored"] = ", ".join(ignored)
    notes |= _hidden_notes(hidden_rows, hidden_columns) | _format_notes(facts) | private_notes(rows())
    hidden = meta.visible != SheetVisibleEnum.Visible
    return Sheet(name, meta.name, rows, notes, hidden, hidden_rows, hidden_columns, facts.column_currency, facts.grid)


def _hidden_notes(rows: frozenset[int], columns: frozenset[int]) -> dict[str, str]:
    notes = {}
    if rows:
        many = f"{len(rows):,} hidden rows are" if len(rows) > 1 else "1 hidden row is"
        notes["hidden rows"] = (
            f"{many} counted like the others ({_ranges(sorted(rows))}). Should they be? If not, delete them and upload the sheet again."
        )
    if columns:
        names = ", ".join(letters(at) for at in sorted(columns)[:8]) + (" ..." if len(columns) > 8 else "")
        notes["hidden columns"] = f"hidden columns are read like the others ({names})"
    return notes


def _ranges(numbers: list[int], most: int = 8) -> str:
    """4, 7, 8, 9 -> `4, 7 to 9`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    texts = [str(first) if first == last else f"{first} to {last}" for first, last in spans[:most]]
    return ", ".join(texts) + (" ..." if len(spans) > most else "")


def _format_notes(facts: SheetFacts) -> dict[str, str]:
    notes = {}
    if facts.column_currency:
        notes["number format currency"] = ", ".join(f"{letters(at)} {code}" for at, code in list(facts.column_currency.items())[:20])
    if facts.mixed_currency:
        listed = ", ".join(f"{letters(at)} ({', '.join(codes)})" for at, codes in list(facts.mixed_currency.items())[:20])
        notes["mixed number formats"] = f"cells of one column are shown in several currencies: {listed}. Which currency is each amount in?"
    return notes


def _rows_of(values: Any, errors: Mapping[int, Mapping[int, str]]) -> Callable[[], Iterator[Row]]:
    """The rows with the texts of error cells, which calamine gives as empty."""
    told: dict[int, dict[int, str]] = {}
    for column, found in errors.items():
        for row, text in found.items():
            told.setdefault(row, {})[column] = text

    def rows() -> Iterator[Row]:
        left = [""] * values.start[1]  # so that column F is column F
        for at, row in enumerate(values.iter_rows(), start=1):
            cells = left + [cell if type(cell) is str else cell_text(cell) for cell in row]
            for column, text in told.get(at, {}).items():
                if column < len(cells):
                    cells[column] = text
            yield at, cells

    return rows
