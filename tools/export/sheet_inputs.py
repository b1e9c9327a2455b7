"""The sheet Inputs: switches, monthly cost of each line, factors and assumptions; records where each input stands.

Costs are a month in the plan's currency, factors are remaining shares. Yellow cells are the ones to change.
"""

from collections.abc import Sequence
from typing import Any

from tools.contracts.plan import Action, Plan
from tools.export.sections import step_word
from tools.export.sheet_book import Book, Cells


def _at(column: str, row: int) -> str:
    return f"Inputs!${column}${row + 1}"


def _switches(book: Book, page: Any, row: int, actions: Sequence[Action], cells: Cells) -> int:
    book.put(page, row, 0, "1. Actions: 1 = on, 0 = off", "section")
    titles = ("Action", "Workload", "On", "One-time cost, low", "likely", "high", "in use", "Step", "Id")
    book.row(page, row + 1, titles, "head")
    row += 2
    for a in actions:
        book.row(page, row, (a.title, a.workload))
        book.put(page, row, 2, int(a.enabled), "input_number")
        page.data_validation(row, 2, row, 2, {"validate": "list", "source": [0, 1]})
        for at, value in enumerate((a.one_time_cost.low, a.one_time_cost.likely, a.one_time_cost.high), 3):
            book.put(page, row, at, value, "money")
        book.put(page, row, 6, a.one_time_cost.likely, "input_money")
        book.row(page, row, (step_word(a.step), a.id), start=7)
        cells.switch[a.id], cells.once[a.id] = _at("C", row), _at("G", row)
        row += 1
    return row + 1


def _baseline(book: Book, page: Any, row: int, plan: Plan, cells: Cells) -> int:
    book.put(page, row, 0, f"2. Cost a month of each line that an action touches, {book.currency}", "section")
    titles = ("Cost line", "Workload", "Cost a month", "Input share", "Kind", "Known how", "Evidence", "Id")
    book.row(page, row + 1, titles, "head")
    row += 2
    for line in plan.lines:
        book.row(page, row, (line["name"], line["workload"]))
        book.put(page, row, 2, float(line["monthly_cost"]), "input_money")
        cells.cost[line["id"]] = _at("C", row)
        if line["input_share"] is None:
            book.put(page, row, 3, "not split")
        else:
            book.put(page, row, 3, line["input_share"], "input_share")
            cells.share[line["id"]] = _at("D", row)
        book.row(page, row, (line["kind"].replace("_", " "), line["tier"], line["evidence_id"], line["id"]), start=4)
        row += 1
    return row + 1


def _factors(book: Book, page: Any, row: int, plan: Plan, cells: Cells) -> int:
    titles = {a.id: a.title for a in plan.actions}
    book.put(page, row, 0, "3. Remaining share of the cost (0.7 = costs 70 % of before), for each action and line", "section")
    heads = ("Cost line", "Action", "In use", "low", "likely", "high", "Part", "Pool", "Floor", "Factor now", "Floor now")
    book.row(page, row + 1, heads, "head")
    row += 2
    for line in plan.lines:
        for place, touch in enumerate(line["touches"]):
            factor, switch, r = touch["factor"], cells.switch[touch["action"]], row + 1
            book.row(page, row, (line["name"], titles[touch["action"]]))
            book.put(page, row, 2, factor["likely"], "input_number")
            book.row(page, row, (factor["low"], factor["likely"], factor["high"], touch["part"], touch["pool"].replace("_", " ")), start=3)
            book.put(page, row, 8, touch["floor"], "input_number")
            on = next(a.enabled for a in plan.actions if a.id == touch["action"])
            book.formula(page, row, 9, f"=IF({switch}=1,C{r},1)", factor["likely"] if on else 1, "number")
            book.formula(page, row, 10, f"=IF({switch}=1,I{r},0)", touch["floor"] if on else 0, "number")
            cells.factor[line["id"], place] = _at("J", row), _at("K", row)
            row += 1
    return row + 1


def _assumptions(book: Book, page: Any, row: int, plan: Plan, cells: Cells) -> None:
    used = {t["overlap"] for line in plan.lines for t in line["touches"] if t["overlap"]}
    book.put(page, row, 0, "4. Assumptions (those marked live change the sheet; change the others in Frugal's Plan panel)", "section")
    book.row(page, row + 1, ("Assumption", "Unit", "In use", "low", "likely", "high", "Live here", "Reason", "Name", "Evidence"), "head")
    row += 2
    for a in plan.assumptions:
        live = a.name in used
        book.row(page, row, (a.title, a.unit))
        book.put(page, row, 2, a.value.likely, "input_number" if live else "number")
        book.row(page, row, (a.value.low, a.value.likely, a.value.high, "live" if live else "no", a.reason, a.name, a.evidence_id), start=3)
        cells.exponent[a.name] = _at("C", row)
        row += 1


def write_inputs(book: Book, plan: Plan, actions: Sequence[Action], cells: Cells) -> None:
    """Writes the sheet and fills `cells`."""
    page = book.sheet("Inputs", (38, 30, 14, 14, 14, 14, 14, 26, 30, 14, 14))
    book.put(page, 0, 0, "Inputs", "title")
    book.put(page, 1, 0, "Yellow cells may be changed; Actions, Steps and Summary follow.", "section")
    row = _switches(book, page, 3, actions, cells)
    row = _baseline(book, page, row, plan, cells)
    row = _factors(book, page, row, plan, cells)
    _assumptions(book, page, row, plan, cells)
