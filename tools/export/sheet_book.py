"""A workbook with its formats, one writer for text, number and formula cells, and the places of the input cells.

Text is written as text, never as a formula. Knows nothing of plans.
"""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from tools.export.report import NOT_KNOWN
from tools.export.safe_text import for_spreadsheet


class Book:
    """A workbook with its formats and one writer for text, number and formula cells."""

    def __init__(self, currency: str, created: datetime) -> None:
        self.file = BytesIO()
        self.book = xlsxwriter.Workbook(
            self.file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        self.book.set_properties({"title": "Frugal plan", "created": created.replace(tzinfo=None)})
        self.book.set_calc_mode("auto")
        add = self.book.add_format
        base = {"valign": "top", "font_name": "Arial", "font_size": 10}
        self.formats = {
            "text": add({**base, "text_wrap": True, "align": "left", "indent": 1}),
            "section": add({**base, "bold": True}),
            "head": add({**base, "bold": True, "text_wrap": True, "align": "left", "indent": 1, "bg_color": "#EEF1EA", "bottom": 1}),
            "title": add({**base, "bold": True, "font_size": 14}),
            "big": add({**base, "bold": True, "font_size": 12, "text_wrap": True}),
            "money": add({**base, "num_format": "#,##0.00"}),
            "number": add({**base, "num_format": "General"}),
            "input_share": add({**base, "num_format": "0.0000", "bg_color": "#FFF8DC", "font_color": "#1F3FA8"}),
            "months": add({**base, "num_format": "0.00"}),
            "input_money": add({**base, "num_format": "#,##0.00", "bg_color": "#FFF8DC", "font_color": "#1F3FA8"}),
            "input_number": add({**base, "num_format": "General", "bg_color": "#FFF8DC", "font_color": "#1F3FA8"}),
            "total": add({**base, "bold": True, "num_format": "#,##0.00", "top": 1}),
            "bold": add({**base, "bold": True, "text_wrap": True, "align": "left", "indent": 1}),
        }
        self.currency = currency
        self._widths: dict[str, tuple[float, ...]] = {}
        self._lines: dict[tuple[str, int], int] = {}  # text lines of a row; viewers differ in fitting heights themselves

    def sheet(self, name: str, widths: Sequence[float], pages: int = 1) -> Any:
        """A sheet with column widths, printed landscape on that many pages across."""
        page = self.book.add_worksheet(name)
        self._widths[name] = tuple(widths)
        for at, width in enumerate(widths):
            page.set_column(at, at, width)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(pages, 0)
        page.hide_gridlines(2)
        return page

    def put(self, page: Any, row: int, at: int, value: Any, style: str = "text") -> None:
        """Numbers stay numbers, None says "not known", everything else is inert text."""
        if value is None:
            page.write_string(row, at, NOT_KNOWN, self.formats["text"])
        elif isinstance(value, str):
            text, style = for_spreadsheet(value), "text" if style in ("money", "number", "months") else style
            page.write_string(row, at, text, self.formats[style])
            if style in ("text", "head", "bold"):
                lines = -(-len(text) * 10 // int((self._widths[page.name][at] - 1.5) * 10))
                self._lines[page.name, row] = max(lines, self._lines.get((page.name, row), 1))
        else:
            page.write_number(row, at, float(value), self.formats["number" if style == "text" else style])

    def row(self, page: Any, row: int, values: Sequence[Any], style: str = "text", start: int = 0) -> None:
        """Cells side by side, from column `start`."""
        for at, value in enumerate(values, start):
            self.put(page, row, at, value, style)

    def across(self, page: Any, row: int, columns: int, text: str, style: str = "text") -> None:
        """One text over several columns."""
        page.merge_range(row, 0, row, columns - 1, "", self.formats[style])
        page.write_string(row, 0, for_spreadsheet(text), self.formats[style])
        width = sum(self._widths[page.name][:columns]) * (0.75 if style == "big" else 0.95)
        self._lines[page.name, row] = -(-len(text) // int(width)) + (style == "big")

    def formula(self, page: Any, row: int, at: int, text: str, value: Any, style: str = "money") -> None:
        """A formula with the figure that viewers without a calculator show."""
        page.write_formula(row, at, text, self.formats[style], value if isinstance(value, str) else float(value))

    def bytes(self) -> bytes:
        """Closes the book."""
        for (name, row), lines in self._lines.items():
            if lines > 1:
                self.book.get_worksheet_by_name(name).set_row(row, 13.5 * min(lines, 25))
        self.book.close()
        return self.file.getvalue()


class Cells:
    """Where the inputs stand: filled by `_inputs`, read by the formulas of the other sheets."""

    def __init__(self) -> None:
        self.switch: dict[str, str] = {}
        self.once: dict[str, str] = {}
        self.cost: dict[str, str] = {}
        self.share: dict[str, str] = {}
        self.factor: dict[tuple[str, int], tuple[str, str]] = {}
        self.exponent: dict[str, str] = {}
