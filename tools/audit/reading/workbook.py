"""XLSX workbooks. Checks the package first (bombs, document types, formulas without values, far cells), then reads values.

Values only: macros, links and embedded objects are never opened, their presence is noted. Formulas are not computed:
a workbook whose formulas have no stored value is refused, never read as zero.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from knowledge.errors import UserError
from tools.audit.cells import shown
from tools.audit.reading.sheet import LARGEST_FILE, LONGEST_CELL, MOST_COLUMNS, Row, Sheet

_CHUNK = 1024**2
_OVERLAP = 4096
_MOST_RATIO = 200
_FORMULA_EMPTY = re.compile(rb"<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>|</c>)")
_WIDE = re.compile(rb'<c\b[^>]*?\br="([A-Z]{2,3})\d+"')
_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"')
_IGNORED = {
    "vbaProject": "macros",
    "externalLinks/": "external links",
    "embeddings/": "embedded objects",
    "activeX": "active controls",
    "drawings/": "drawings",
    "pivotCache": "pivot caches",
}


@dataclass
class _Scan:
    cells: int = 0
    rows: int = 0
    last_row: int = 0
    last_column: int = 26
    empty_formulas: int = 0


def open_workbook(path: Path, name: str) -> list[Sheet]:
    """All sheets with at least one cell. Raises UserError: file-bomb, file-dtd, formulas-without-values, sheet-too-sparse, file-damaged."""
    ignored = _check_package(path, name)
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        found = []
        for meta in workbook.sheets_metadata:
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_name(meta.name)
            if sheet.height == 0 or sheet.width == 0:
                continue
            if sheet.width > MOST_COLUMNS:
                raise UserError(
                    "too-many-columns", f"{name} has {sheet.width:,} columns; the limit is {MOST_COLUMNS:,}.", "Keep the cost columns only."
                )
            notes = {"sheet": shown(meta.name, 40), **({"ignored": ", ".join(ignored)} if ignored else {})}
            found.append(Sheet(name, meta.name, _rows_of(sheet), notes, hidden=meta.visible != SheetVisibleEnum.Visible))
    except CalamineError as error:
        raise UserError(
            "file-damaged", f"{name} cannot be read as a workbook.", "Open it in Excel or LibreOffice and save it again as XLSX."
        ) from error
    if not found:
        raise UserError(
            "file-no-rows", f"{name} has no cells in any sheet: 0 cost rows.", "Upload a file with a header row and at least one cost row."
        )
    return found


def _rows_of(sheet: Any) -> Callable[[], Iterator[Row]]:
    def rows() -> Iterator[Row]:
        left = [""] * (sheet.start or (0, 0))[1]  # so that column F is column F
        for at, row in enumerate(sheet.iter_rows(), start=1):
            yield at, left + [cell_text(cell) for cell in row]

    return rows


def cell_text(cell: object) -> str:
    """A cell value as text, exact: whole floats without `.0`, moments in ISO form."""
    if isinstance(cell, str):
        return cell[:LONGEST_CELL]
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        text = repr(cell)
        return f"{text}0" if text[-4:-3] == "." else text  # a number with three decimals must not look like thousands
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if (cell.hour or cell.minute or cell.second) else cell.date().isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell.total_seconds() / 3600)
    return "" if cell is None else str(cell)


def _check_package(path: Path, name: str) -> list[str]:
    packed = path.stat().st_size
    total = 0
    ignored = set()
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                ignored |= {title for mark, title in _IGNORED.items() if mark in info.filename}
                if not info.filename.endswith((".xml", ".rels")):
                    continue
                total = _scan_member(archive, info, name, total, packed)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise UserError(
            "file-damaged", f"{name} is damaged: a part cannot be unpacked.", "Open it in Excel or LibreOffice and save it again."
        ) from error
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise UserError(
                "file-damaged", f"{name} is damaged: a part cannot be unpacked.", "Save it again from Excel or LibreOffice."
            ) from error
        raise
    return sorted(ignored)


def _scan_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, total: int, packed: int) -> int:
    is_sheet = info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml")
    scan, tail, first = _Scan(), b"", True
    with archive.open(info) as member:
        while chunk := member.read(_CHUNK):
            total += len(chunk)
            _check_size(total, packed, name)
            if first:
                _check_head(chunk, name)
                first = False
            elif b"<" not in chunk:
                raise UserError(
                    "cell-too-long",
                    f"{name}: a cell in {info.filename} is longer than the cell limit of 1 MB.",
                    "Shorten or remove that cell.",
                )
            if is_sheet:
                _count(scan, tail, chunk)
                tail = chunk[-_OVERLAP:]
    if is_sheet:
        _judge(scan, name)
    return total


def _check_size(total: int, packed: int, name: str) -> None:
    if total > LARGEST_FILE or (total > 64 * 1024**2 and total > _MOST_RATIO * packed):
        raise UserError(
            "file-bomb",
            f"{name} unpacks to far more than it holds: beyond the ratio limit of {_MOST_RATIO} to 1.",
            "Save the sheet as CSV and upload that.",
        )


def _check_head(chunk: bytes, name: str) -> None:
    plain = chunk.replace(b"\0", b"")  # UTF-16 XML hides nothing this way
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise UserError(
            "file-dtd",
            f"{name} contains a document type definition, which a spreadsheet never needs.",
            "Save it again from Excel or LibreOffice.",
        )


def _count(scan: _Scan, tail: bytes, chunk: bytes) -> None:
    scan.cells += chunk.count(b"<c ")
    scan.rows += chunk.count(b"<row")
    window = tail + chunk
    if rows := _ROW.findall(window):
        scan.last_row = max(scan.last_row, int(rows[-1]))
    for letters in set(_WIDE.findall(window)):
        number = 0
        for letter in letters:
            number = number * 26 + letter - 64
        scan.last_column = max(scan.last_column, number)
    if b"<f" in window:
        scan.empty_formulas += sum(match.end() > len(tail) for match in _FORMULA_EMPTY.finditer(window))


def _judge(scan: _Scan, name: str) -> None:
    if scan.last_row * scan.last_column > 20_000_000 and scan.last_row * scan.last_column > 50 * max(1, scan.cells):
        raise UserError(
            "sheet-too-sparse",
            f"{name}: a sheet claims {scan.last_row:,} rows by {scan.last_column:,} columns but holds {scan.cells:,} cells.",
            "Delete the stray far-away cell (Ctrl+End finds it) and save again.",
        )
    if scan.empty_formulas:
        raise UserError(
            "formulas-without-values",
            f"{name} has {scan.empty_formulas:,} formulas without a stored value; they were never calculated.",
            "Open it in Excel or LibreOffice, save it once, and upload that.",
        )
