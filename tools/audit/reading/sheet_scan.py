"""One pass over the XML of a sheet, window by window: what the value reader cannot see or must not be given.

Finds formulas that were never calculated, cells that hold an error (which the value reader gives as empty), hidden rows and columns,
currencies of number formats, and bounds on the area that the sheet spans. Cheap searches decide whether a closer look is needed; the
usual sheet gets no closer look. Reads no other values.
"""

import re
from collections.abc import Mapping
from functools import cache

_ATTRIBUTE_TRUE = rb'["\'](?:1|true)["\']'
_ROW = re.compile(rb"<row\b[^>]*>")
_COL = re.compile(rb"<col\b[^>]*>")
_HIDDEN = re.compile(rb"hidden=" + _ATTRIBUTE_TRUE)
_ROW_NUMBER = re.compile(rb'\br=["\'](\d{1,7})["\']')
_ROW_NUMBERS = re.compile(rb'<row\b[^>]*?\br=["\'](\d{1,7})["\']')
_SPAN = re.compile(rb'\b(min|max)=["\'](\d{1,5})["\']')
_COLUMN = re.compile(rb'\br=["\']([A-Z]{1,3})\d')
_DEEP_CELL = re.compile(rb'r=["\'][A-Z]{1,3}\d{6,7}["\']')
_FORMULA = re.compile(rb"<c\b([^>]*)>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(<v\s*/>|<v[^>]*>([^<]*)</v>)?")
_VALUED = re.compile(rb'<c\b[^>]*?\br=["\']([A-Z]{1,3})(\d{1,7})["\'][^>]*(?<!/)>\s*<(?!/)')
_NUMBER_CELL = re.compile(rb"<c\b([^>]*)(?<!/)>\s*(?:<f\b[^>]*(?:/>|>[^<]*</f>)\s*)?<v>")
_CELL_COLUMN = re.compile(rb'\br=["\']([A-Z]{1,3})\d')
_CELL_STYLE = re.compile(rb'\bs=["\'](\d{1,6})["\']')
_CELL_TYPE = re.compile(rb'\bt=["\'](\w+)["\']')
_ERROR = re.compile(
    rb'<c\b(?=[^>]*\bt=["\']e["\'])[^>]*?\br=["\']([A-Z]{1,3})(\d{1,7})["\'][^>]*>\s*(?:<f\b[^>]*(?:/>|>[^<]*</f>)\s*)?<v[^>]*>([^<]{1,20})</v>'
)
MOST_ERRORS = 500_000  # cells of a sheet that may hold one
_FORMAT_CELLS = 20_000  # cells whose number format is looked at


def column_number(letters: bytes) -> int:
    """A -> 1, XFD -> 16384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


@cache
def _beyond(column: int) -> re.Pattern[bytes]:
    """Matches a cell right of a column; 0 is left of all."""
    name = b""
    while column:
        column, at = divmod(column - 1, 26)
        name = b"%c" % (65 + at) + name
    longer = b"[A-Z]{%d}[A-Z]*" % (len(name) + 1)
    later = [name[:at] + b"[%c-Z]" % (name[at] + 1) + b"[A-Z]" * (len(name) - at - 1) for at in range(len(name)) if name[at] < 90]
    return re.compile(rb'r=["\'](?:' + b"|".join([longer, *later]) + rb")\d")


class SheetScan:
    """Feed it whole cells in order; then read its attributes. Rows and columns are 1-based here."""

    def __init__(self, styles: Mapping[int, str]) -> None:
        self.rows = self.cells = self.last_row = self.last_column = 0
        self.is_odd = False  # rows without a number, or cells that name another row than theirs
        self.empty_formulas = self.zero_formulas = self.formulas = 0
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.formats: dict[int, set[str]] = {}
        self.errors: dict[int, dict[int, str]] = {}  # column, row -> `#REF!`
        self.error_cells = 0
        self._styles = styles
        self._format_cells = 0
        several = len(set(styles.values())) > 1
        names = b"|".join(b"%d" % number for number in styles)
        self._priced = re.compile(rb'<c\b[^>]*?\br=["\']([A-Z]{1,3})\d+["\'][^>]*?\bs=["\'](' + names + rb')["\']') if several else None

    def feed(self, window: bytes) -> None:
        """One piece of the part that splits no cell and no tag."""
        if b"hidden=" in window and _HIDDEN.search(window):
            self._hidden(window)
        rows = window.count(b"<row")
        if b"<rowBreaks" in window[-65536:]:
            rows -= 1
        numbers = [int(number) for number in _ROW_NUMBERS.findall(window)]
        self.rows += rows
        self.last_row = max(self.last_row, self.rows, *numbers)
        self.is_odd |= len(numbers) < rows or (max(numbers, default=0) < 100_000 and bool(_DEEP_CELL.search(window)))
        self.cells += window.count(b"<c ")
        self._columns(window)
        if b"<f" in window:
            self._formulas(window)
        if b't="e"' in window or b"t='e'" in window:
            self._read_errors(window)
        if self._styles:
            self._currencies(window)

    def _read_errors(self, window: bytes) -> None:
        for name, row, text in _ERROR.findall(window):
            self.error_cells += 1
            if self.error_cells > MOST_ERRORS:
                return  # `package` refuses the sheet
            self.errors.setdefault(column_number(name), {})[int(row)] = text.decode("ascii", "replace")

    def _columns(self, window: bytes) -> None:
        if _beyond(self.last_column).search(window):
            self.last_column = max(self.last_column, *(column_number(name) for name in set(_COLUMN.findall(window))))

    def _hidden(self, window: bytes) -> None:
        for tag in _COL.findall(window):
            if _HIDDEN.search(tag):
                span = {key: int(value) for key, value in _SPAN.findall(tag)}
                self.hidden_columns |= set(range(span.get(b"min", 1), min(span.get(b"max", 0), 16384) + 1))
        for at, match in enumerate(_ROW.finditer(window), start=self.rows + 1):
            tag = match[0]
            if not _HIDDEN.search(tag) or tag.endswith(b"/>") or window.startswith(b"</row>", match.end()):
                continue
            number = _ROW_NUMBER.search(tag)
            self.hidden_rows.add(int(number[1]) if number else at)

    def _formulas(self, window: bytes) -> None:
        for attributes, stored, value in _FORMULA.findall(window):
            self.formulas += 1
            if not value and not (stored and b't="str"' in attributes):  # a formula may well yield an empty text
                self.empty_formulas += 1
            elif value == b"0":
                self.zero_formulas += 1

    def _currencies(self, window: bytes) -> None:
        if self._format_cells < _FORMAT_CELLS:
            for match in _NUMBER_CELL.finditer(window):
                self._format_cells += 1
                if self._format_cells > _FORMAT_CELLS:
                    break
                self._one_format(match[1])
        elif self._priced:
            for letters, style in set(self._priced.findall(window)):
                self.formats.setdefault(column_number(letters), set()).add(self._styles[int(style)])

    def _one_format(self, attributes: bytes) -> None:
        column, kind, style = _CELL_COLUMN.search(attributes), _CELL_TYPE.search(attributes), _CELL_STYLE.search(attributes)
        if column and (kind is None or kind[1] == b"n"):
            currency = self._styles.get(int(style[1]) if style else 0, "")
            self.formats.setdefault(column_number(column[1]), set()).add(currency)


class Extent:
    """The exact area of the cells that hold something: for sheets that seem too large or too sparse."""

    def __init__(self) -> None:
        self.cells = self.last_row = self.last_column = 0

    def feed(self, window: bytes) -> None:
        """One piece of the part that splits no cell."""
        letters: set[bytes] = set()
        for match in _VALUED.finditer(window):
            self.cells += 1
            letters.add(match[1])
            self.last_row = max(self.last_row, int(match[2]))
        for name in letters:
            self.last_column = max(self.last_column, column_number(name))
