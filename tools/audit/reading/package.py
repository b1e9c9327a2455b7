"""The package of an XLSX file before its values are read: bombs, document types, far cells, formulas without values.

Says per sheet what the value reader cannot see: hidden rows and columns, currencies of number formats. Sizes are counted
while unpacking, archive headers are not believed. Macros, links and objects are listed, never opened. The cells of a big sheet
are read on the way (`sheet_pieces`), since unpacking it twice and searching it before anything is read takes longest.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.errors import UserError
from tools.audit.cells import shown
from tools.audit.reading.grid import Grid
from tools.audit.reading.number_formats import style_currencies
from tools.audit.reading.sheet import LARGEST_FILE, missing
from tools.audit.reading.sheet_pieces import PIECE, SheetPieces
from tools.audit.reading.sheet_scan import MOST_ERRORS, Extent, SheetScan
from tools.audit.reading.xml_part import damaged, document_type, walk

_CHUNK = 1024**2
_MOST_RATIO = 200
_MOST_CELLS = 40_000_000  # the area of all sheets; the value reader holds it in memory, about 70 bytes a cell
_MOST_TEXT = 1536 * 1024**2  # bytes of all text cells; each cell gets its own copy of a shared text
_SMALL_PART = 32 * 1024**2
_USUAL_RATIO = 50  # a sheet packed tighter is checked before any of it is read
_NEEDED = ("[content_types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/sharedstrings.xml")
_IGNORED = {
    "vbaProject": "macros",
    "externalLinks/": "external links",
    "embeddings/": "embedded objects",
    "activeX": "active controls",
    "drawings/": "drawings",
    "pivotCache": "pivot caches",
}
_ROOT = re.compile(rb"<(\w+):(?:worksheet|sst)\b")
_TEXT_CELL = re.compile(rb'<c\b[^>]*\bt="s"[^>]*>\s*<v>(\d{1,9})</v>')


@dataclass(frozen=True)
class SheetFacts:
    """What the package says about one sheet. Rows 1-based, columns 0-based."""

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    column_currency: Mapping[int, str] = field(default_factory=dict)
    mixed_currency: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    errors: Mapping[int, Mapping[int, str]] = field(default_factory=dict)  # column, row -> `#REF!`
    grid: Grid | None = None  # the cells of a big sheet that could be read on the way


@dataclass(frozen=True)
class Package:
    """The facts by sheet name, and the parts that were not opened."""

    ignored: tuple[str, ...]
    sheets: Mapping[str, SheetFacts]


def inspect(path: Path, name: str) -> Package:
    """Raises UserError: file-bomb, cell-too-long, file-dtd, formulas-without-values, sheet-too-many-errors, sheet-too-sparse,
    sheet-too-large, file-damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _Inspection(archive, path.stat().st_size, name).run()
    except FileNotFoundError as error:
        raise missing(name) from error
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, zlib.error) as error:
        raise damaged(name) from error


class _Inspection:
    def __init__(self, archive: zipfile.ZipFile, packed: int, name: str) -> None:
        self.archive, self.packed, self.name = archive, packed, name
        self.unpacked = self.area = self.cells = self.longest = 0
        self.parts = {_part_name(info.filename): info for info in archive.infolist()}
        if len(self.parts) != len(archive.infolist()):
            raise damaged(name)  # two parts of one name: readers differ in which they take
        self.sheets: dict[str, str] = {}  # sheet name -> part
        self.is_uncalculated = False  # the file asks to be calculated when it is opened

    def run(self) -> Package:
        self._read_book()
        styles = style_currencies(self._small("xl/styles.xml"), self.name)
        self.longest = self._longest_text()
        facts: dict[str, SheetFacts] = {}
        scanned: dict[str, SheetFacts] = {}
        for sheet, part in self.sheets.items():
            if part not in scanned:
                scanned[part] = self._scan(sheet, part, styles)
            facts[sheet] = scanned[part]
        if self.longest * self.cells > _MOST_TEXT:
            self._check_texts()
        rest = self.parts.keys() - set(self.sheets.values())
        for part in rest:
            if part.endswith((".xml", ".rels")) and not part.startswith("xl/pivotcache"):
                _check_head(next(self._chunks(part, 65536), b""), self.name)
        ignored = {title for mark, title in _IGNORED.items() for part in self.parts if mark.lower() in part}
        return Package(tuple(sorted(ignored)), facts)

    def _read_book(self) -> None:
        ids: dict[str, str] = {}
        targets: dict[str, str] = {}

        def sheet(path: tuple[str, ...], attributes: dict[str, str]) -> None:
            if path[-1] == "sheet":
                ids[attributes.get("name", "")] = attributes.get("id", "")
            elif path[-1] == "calcPr":
                self.is_uncalculated = attributes.get("fullCalcOnLoad") in ("1", "true")

        def relation(path: tuple[str, ...], attributes: dict[str, str]) -> None:
            if path[-1] == "Relationship" and attributes.get("TargetMode") != "External":
                targets[attributes.get("Id", "")] = attributes.get("Target", "")

        walk(self._small("xl/workbook.xml"), self.name, sheet)
        walk(self._small("xl/_rels/workbook.xml.rels"), self.name, relation)
        for name, number in ids.items():
            target = targets.get(number, "")
            part = _part_name(target if target.startswith(("/", "xl/")) else posixpath.join("xl", target))
            if part in self.parts:
                self.sheets[name] = part

    def _small(self, part: str) -> bytes:
        """A whole part that is small in any honest file. A missing one reads as an empty document."""
        if part not in self.parts:
            return b"<none/>"
        content = b""
        for chunk in self._chunks(part):
            content += chunk
            if len(content) > _SMALL_PART:
                raise self._bomb()
        return content

    def _chunks(self, part: str, size: int = _CHUNK) -> Iterator[bytes]:
        with self.archive.open(self.parts[part]) as member:
            while chunk := member.read(size):
                self.unpacked += len(chunk)
                if self.unpacked > LARGEST_FILE or (self.unpacked > 64 * 1024**2 and self.unpacked > _MOST_RATIO * self.packed):
                    raise self._bomb()
                yield chunk

    def _bomb(self) -> UserError:
        return UserError(
            "file-bomb",
            f"{self.name} unpacks to far more than it holds: beyond the ratio limit of {_MOST_RATIO} to 1 or the limit of "
            f"{LARGEST_FILE // 1024**3} GiB.",
            "Save the sheet as CSV and upload that.",
        )

    def _windows(self, part: str, *tags: str, counts: bool = True) -> Iterator[bytes]:
        """The part in pieces that split no cell, without a name-space prefix before its tags."""
        before = self.unpacked
        where = next((f'the sheet "{shown(name, 40)}"' for name, own in self.sheets.items() if own == part), "the shared texts")
        prefix, rest, is_first = b"", b"", True
        for chunk in self._chunks(part, _CHUNK):
            if is_first:
                _check_head(chunk, self.name)
                root = _ROOT.search(chunk)
                prefix, is_first = (root[1] + b":" if root else b""), False
            elif len(chunk) == _CHUNK and b"<" not in chunk:
                raise UserError(
                    "cell-too-long",
                    f"{self.name}: a cell in {where} is longer than the cell limit of 1 MB (a sheet may unpack to "
                    f"{LARGEST_FILE // 1024**3} GiB).",
                    "Shorten or remove that cell.",
                )
            window = rest + chunk
            cut = max(_end(window, b"</" + prefix + tag.encode() + b">") for tag in tags) or _end(window, b">")
            rest = window[cut:]
            yield _without_prefix(window[:cut], prefix)
        if rest:
            yield _without_prefix(rest, prefix)
        if not counts:
            self.unpacked = before

    def _scan(self, sheet: str, part: str, styles: Mapping[int, str]) -> SheetFacts:
        scan = SheetScan(styles)
        with self._pieces(sheet, part) as pieces:
            for window in self._windows(part, "c", "row"):
                scan.feed(window)
                if pieces:
                    pieces.feed(window, scan)
            errors = {at - 1: found for at, found in scan.errors.items()}
            grid = pieces.grid(scan, errors) if pieces else None
        area = scan.last_row * scan.last_column
        if scan.is_odd or self.area + area > _MOST_CELLS or (area > 20_000_000 and area > 50 * scan.cells):
            area = self._exact_area(part)
        self.area += area
        self.cells += 0 if grid else scan.cells  # what has been read needs no guess
        self._check_formulas(scan)
        if scan.error_cells > MOST_ERRORS:
            raise UserError(
                "sheet-too-many-errors",
                f"{self.name}: more than {MOST_ERRORS:,} cells of a sheet hold an error such as #REF!.",
                "Repair the formulas and save again, or save the sheet as CSV.",
            )
        mixed = {at - 1: tuple(sorted(found - {""})) for at, found in scan.formats.items() if len(found - {""}) > 1}
        return SheetFacts(
            frozenset(scan.hidden_rows),
            frozenset(at - 1 for at in scan.hidden_columns),
            {at - 1: next(iter(found)) for at, found in sorted(scan.formats.items()) if len(found) == 1 and "" not in found},
            mixed,
            errors,
            grid,
        )

    def _pieces(self, sheet: str, part: str) -> SheetPieces | nullcontext[None]:
        """What reads a sheet on the way: a big one that is packed like any other and needs few shared texts."""
        info = self.parts[part]
        texts = self.parts.get("xl/sharedstrings.xml")
        if not PIECE < info.file_size < _USUAL_RATIO * info.compress_size or (texts and texts.file_size > _SMALL_PART):
            return nullcontext()
        before = self.unpacked
        around = {self.parts[name].filename: self._small(name) for name in _NEEDED if name in self.parts}
        self.unpacked = before
        return SheetPieces(sheet, info.filename, around, self.longest)

    def _exact_area(self, part: str) -> int:
        extent = Extent()
        for window in self._windows(part, "c", counts=False):
            extent.feed(window)
        area = extent.last_row * extent.last_column
        if area > 20_000_000 and area > 50 * extent.cells:
            raise UserError(
                "sheet-too-sparse",
                f"{self.name}: a sheet claims {extent.last_row:,} rows by {extent.last_column:,} columns but holds {extent.cells:,} cells.",
                "Delete the stray far-away cell (Ctrl+End finds it) and save again.",
            )
        if self.area + area > _MOST_CELLS:
            raise self._too_large()
        return area

    def _too_large(self) -> UserError:
        return UserError(
            "sheet-too-large",
            f"{self.name} holds more than a workbook may: the limit is {_MOST_CELLS // 1_000_000} million cells, or 1.5 GiB of text.",
            "Save the sheet as CSV and upload that: text tables have no such limit.",
        )

    def _check_formulas(self, scan: SheetScan) -> None:
        missing = scan.empty_formulas or (scan.formulas if self.is_uncalculated and scan.zero_formulas == scan.formulas else 0)
        if missing:
            many = "1 formula" if missing == 1 else f"{missing:,} formulas"
            raise UserError(
                "formulas-without-values",
                f"{self.name} has {many} without a stored value: never calculated.",
                "Open it in Excel or LibreOffice, save it once, and upload that.",
            )

    def _longest_text(self) -> int:
        """Bytes of the longest shared text, its mark-up included."""
        if "xl/sharedstrings.xml" not in self.parts:
            return 0
        return max((max(map(len, window.split(b"</si>"))) for window in self._texts(True)), default=0)

    def _texts(self, counts: bool) -> Iterator[bytes]:
        return self._windows("xl/sharedstrings.xml", "si", counts=counts)

    def _check_texts(self) -> None:
        """Adds up what all text cells need: one long text named by a million cells is a bomb that no packing ratio shows."""
        lengths: list[int] = []
        for window in self._texts(False):
            lengths += map(len, window.split(b"</si>")[:-1])
        total = 0
        length_of: Callable[[int], int] = lambda at: lengths[at] if at < len(lengths) else 0  # noqa: E731
        for part in self.sheets.values():
            for window in self._windows(part, "c", counts=False):
                total += sum(map(length_of, map(int, _TEXT_CELL.findall(window))))
                if total > _MOST_TEXT:
                    raise self._too_large()


def _part_name(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/").lstrip("/")).lower()


def _end(window: bytes, mark: bytes) -> int:
    """Where the last `mark` ends; 0 where there is none."""
    at = window.rfind(mark)
    return at + len(mark) if at >= 0 else 0


def _without_prefix(window: bytes, prefix: bytes) -> bytes:
    return window.replace(b"<" + prefix, b"<").replace(b"</" + prefix, b"</") if prefix else window


def _check_head(chunk: bytes, name: str) -> None:
    plain = chunk.replace(b"\0", b"")  # UTF-16 XML hides nothing this way
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise document_type(name)
