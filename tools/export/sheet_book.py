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
            "text": add({**base, "text_wrap": True}),
            "head": add({**base, "bold": True, "text_wrap": True, "bg_color": "#EEF1EA", "bottom": 1}),
            "title": add({**base, "bold": True, "font_size": 14}),
            "big": add({**base, "bold": True, "font_size": 12, "text_wrap": True}),
            "money": add({**base, "num_format": "#,##0.00"}),
            "number": add({**base, "num_format": "General"}),
            "months": add({**base, "num_format": "0.00"}),
            "input_money": add({**base, "num_format": "#,##0.00", "bg_color": "#FFF8DC", "font_color": "#1F3FA8"}),
            "input_number": add({**base, "num_format": "General", "bg_color": "#FFF8DC", "font_color": "#1F3FA8"}),
            "total": add({**base, "bold": True, "num_format": "#,##0.00", "top": 1}),
            "bold": add({**base, "bold": True, "text_wrap": True}),
        }
        self.currency = currency

    def sheet(self, name: str, widths: Sequence[float], landscape: bool = True) -> Any:
        """A sheet with column widths, printed one page wide."""
        page = self.book.add_worksheet(name)
        for at, width in enumerate(widths):
            page.set_column(at, at, width)
        if landscape:
            page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.hide_gridlines(2)
        return page

    def put(self, page: Any, row: int, at: int, value: Any, style: str = "text") -> None:
        """Numbers stay numbers, None says "not known", everything else is inert text."""
        if value is None:
            page.write_string(row, at, NOT_KNOWN, self.formats["text"])
        elif isinstance(value, str):
            page.write_string(row, at, for_spreadsheet(value), self.formats["text" if style in ("money", "number", "months") else style])
        else:
            page.write_number(row, at, float(value), self.formats["number" if style == "text" else style])

    def row(self, page: Any, row: int, values: Sequence[Any], style: str = "text", start: int = 0) -> None:
        """Cells side by side, from column `start`."""
        for at, value in enumerate(values, start):
            self.put(page, row, at, value, style)

    def formula(self, page: Any, row: int, at: int, text: str, value: Any, style: str = "money") -> None:
        """A formula with the figure that viewers without a calculator show."""
        page.write_formula(row, at, text, self.formats[style], value if isinstance(value, str) else float(value))

    def bytes(self) -> bytes:
        """Closes the book."""
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
