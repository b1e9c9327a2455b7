"""Calculates a workbook from its formulas alone, ignoring stored values: an independent reader of what we emit.

Covers the functions that the export uses and refuses any other, so that a new one cannot pass unchecked.
"""

import math
import re
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.formula import Tokenizer
from openpyxl.utils import range_boundaries


def _flat(values: tuple[Any, ...]) -> list[float]:
    out: list[float] = []
    for value in values:
        out += _flat(tuple(value)) if isinstance(value, list) else [value] if isinstance(value, int | float) else []
    return out


FUNCTIONS = {
    "IF": lambda test, yes, no: yes() if test() else no(),
    "MIN": lambda *v: min(_flat(v)),
    "MAX": lambda *v: max(_flat(v)),
    "PRODUCT": lambda *v: math.prod(_flat(v)),
    "SUM": lambda *v: sum(_flat(v)),
    "ROUND": lambda v, n: round(v, int(n)),
    "SUMIFS": lambda sums, keys, key: sum(s for s, k in zip(sums, keys, strict=True) if k == key and isinstance(s, int | float)),
}


class Sheet:
    """A workbook whose cells are calculated on demand."""

    def __init__(self, path: Path) -> None:
        self.book = load_workbook(path)
        self.done: dict[tuple[str, str], Any] = {}

    def set(self, sheet: str, cell: str, value: Any) -> None:
        """Types a value into a cell."""
        self.book[sheet][cell] = value
        self.done.clear()

    def value(self, sheet: str, cell: str) -> Any:
        """The calculated value of a cell."""
        key = (sheet, cell.replace("$", ""))
        if key not in self.done:
            raw = self.book[sheet][key[1]].value
            is_formula = self.book[sheet][key[1]].data_type == "f"
            self.done[key] = self.calculate(str(raw), sheet) if is_formula else raw
        return self.done[key]

    def ref(self, sheet: str, text: str) -> Any:
        name, _, area = text.rpartition("!")
        sheet = name or sheet
        if ":" not in area:
            return self.value(sheet, area)
        left, top, right, bottom = range_boundaries(area.replace("$", ""))
        cells = self.book[sheet].iter_rows(top, bottom, left, right)
        return [self.value(sheet, c.coordinate) for row in cells for c in row]

    def calculate(self, formula: str, sheet: str) -> Any:
        """One formula, by way of a Python expression."""
        stack: list[str] = []
        out = ""
        for token in Tokenizer(formula).items:
            if token.type == "FUNC" and token.subtype == "OPEN":
                name = token.value[:-1]
                assert name in FUNCTIONS, f"unexpected function {name}"
                stack.append(name)
                out += f"F['{name}'](" + ("lambda: " if name == "IF" else "")
            elif token.type == "SEP":
                out += "," + ("lambda: " if stack and stack[-1] == "IF" else "")
            elif token.type == "FUNC":
                stack.pop()
                out += ")"
            elif token.type == "PAREN":
                stack += ["("] if token.subtype == "OPEN" else []
                if token.subtype == "CLOSE":
                    stack.pop()
                out += token.value
            elif token.type == "OPERAND" and token.subtype == "RANGE":
                out += f"ref({sheet!r},{token.value!r})"
            elif token.type == "OPERAND":
                out += token.value
            elif token.type.startswith("OPERATOR"):
                out += {"^": "**", "=": "==", "<>": "!="}.get(token.value, token.value)
            else:
                raise AssertionError(f"unexpected token {token.value!r}")
        return eval(out, {"F": FUNCTIONS, "ref": self.ref, "__builtins__": {}})

    def formulas(self) -> list[tuple[str, str]]:
        """Every formula cell."""
        return [(s.title, c.coordinate) for s in self.book for row in s.iter_rows() for c in row if c.data_type == "f"]

    def find(self, sheet: str, column: str, text: str) -> int:
        """Row of the first cell in a column that holds exactly this text."""
        return next(c.row for c in self.book[sheet][column] if c.value == text)


def plain_formula(formula: str, cells: dict[str, float]) -> float:
    """A formula over named cells, without a workbook."""
    sheet = Sheet.__new__(Sheet)
    sheet.ref = lambda _sheet, text: cells[re.sub(r"\$", "", text)]  # type: ignore[method-assign]
    return float(sheet.calculate(formula, ""))
