"""The plan as a workbook with live formulas: Summary, Actions, Inputs, Steps, Ledger, Audit, Evidence.

Each formula is written with the planner's own figure as its stored value, so that viewers that do not recalculate show
the same totals. Switches, costs, factors and one-time costs on Inputs are live; percentiles are the planner's and stay
as exported. Text is written as text, never as a formula. Money a month in the plan's currency unless a title says otherwise.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from knowledge.errors import UserError
from tools.contracts.figures import range_text
from tools.contracts.plan import Action, Plan, Step
from tools.export.audit_part import AuditPart, audit_sheet
from tools.export.compose import headline, level
from tools.export.evidence_order import Traced
from tools.export.report import MEANING, NOT_KNOWN, VERDICT_WORDS
from tools.export.safe_text import plain
from tools.export.sections import payback_text, step_word
from tools.export.sheet_book import Book, Cells
from tools.export.sheet_formulas import left_formula, terms_of
from tools.export.sheet_inputs import write_inputs

_STEPS = list(Step)
NO_PAYBACK = "none"
_UNDATED = datetime(1980, 1, 1, tzinfo=UTC)  # what the ZIP format calls "no date"


def applied_order(plan: Plan) -> list[Action]:
    """Actions in the order in which they are applied, whatever order the plan lists them in."""
    return sorted(plan.actions, key=lambda a: (_STEPS.index(a.step), -a.standalone_saving.likely, a.id))


def _steps(book: Book, plan: Plan, actions: Sequence[Action], cells: Cells) -> int:
    """One row per line and action in the order of application: cost before, cost left, saving. Returns the last row."""
    page = book.sheet("Steps", (38, 44, 10, 16, 16, 16))
    book.row(page, 0, ("Cost line", "Action", "Action no.", "Cost before", "Cost left", "Saving"), "head")
    page.freeze_panes(1, 0)
    titles, numbers, row = {a.id: a.title for a in actions}, {a.id: n for n, a in enumerate(actions, 1)}, 1
    for line in plan.lines:
        terms = terms_of(line["touches"], {i: cells.factor[line["id"], i] for i in range(len(line["touches"]))}, cells.exponent)
        owners = [t["action"] for t in line["touches"]]
        path = {p["action"]: float(p["left"]) for p in line["path"]}
        before_cell, before = cells.cost[line["id"]], float(line["monthly_cost"])
        done: set[str] = set()
        for name in (a.id for a in actions if a.id in owners):
            done.add(name)
            active = [term for term, owner in zip(terms, owners, strict=True) if owner in done]
            left = path.get(name, before)
            book.row(page, row, (line["name"], titles[name], numbers[name]))
            book.formula(page, row, 3, f"={before_cell}", before)
            book.formula(page, row, 4, left_formula(cells.cost[line["id"]], cells.share.get(line["id"], ""), active), left)
            book.formula(page, row, 5, f"=D{row + 1}-E{row + 1}", before - left)
            before_cell, before, row = f"E{row + 1}", left, row + 1
    return max(row, 2)


_ACTION_HEADS = (
    "No.", "Step", "Action", "Workload", "Verdict", "On", "Saving now, likely", "One-time cost now", "Payback now, months",
    "Plan: saving alone, low", "likely", "high", "Plan: saving after the earlier ones, P10", "likely", "P90",
    "Payback in the plan, months", "Effort, days (likely)", "Skill", "Quality risk", "Verify", "Roll back", "Holds until", "Owner",
    "Review on", "Energy saved, kWh a month", "Carbon saved, kg CO2e a month", "Reason", "Evidence",
)  # fmt: skip


def _actions(book: Book, page: Any, plan: Plan, actions: Sequence[Action], cells: Cells, last_step: int) -> None:
    book.row(page, 0, _ACTION_HEADS, "head")
    page.freeze_panes(1, 3)
    page.repeat_columns(0, 2)
    page.repeat_rows(0)
    for row, a in enumerate(actions, 1):
        r, on = row + 1, a.enabled
        book.row(page, row, (row, step_word(a.step), a.title, a.workload, VERDICT_WORDS[a.verdict]))
        book.formula(page, row, 5, f"={cells.switch[a.id]}", int(on), "number")
        saving = f"=SUMIFS(Steps!$F$2:$F${last_step},Steps!$C$2:$C${last_step},A{r})"
        book.formula(page, row, 6, saving, a.incremental_saving.likely)
        book.formula(page, row, 7, f"=IF(F{r}=1,{cells.once[a.id]},0)", a.one_time_cost.likely if on else 0)
        shown = a.payback_months.likely if a.payback_months is not None and on else NO_PAYBACK
        book.formula(page, row, 8, f'=IF(G{r}>0,H{r}/G{r},"{NO_PAYBACK}")', shown, "months")
        money = [v for s in (a.standalone_saving, a.incremental_saving) for v in (s.low, s.likely, s.high)]
        book.row(page, row, money, "money", start=9)
        energy = None if a.energy_saving_kwh is None else a.energy_saving_kwh.likely
        carbon = None if a.carbon_saving_kg is None else a.carbon_saving_kg.likely
        review = a.review_on.isoformat() if a.review_on else "to be set"
        words = (a.skill, a.quality_risk, a.verification, a.rollback, a.expires_when, a.owner or "to be named", review)
        book.row(page, row, (payback_text(a), a.effort_days.likely, *words, energy, carbon, a.reason, ", ".join(a.evidence_ids)), start=15)
    total, end = len(actions) + 1, max(len(actions) + 1, 2)
    book.put(page, total, 2, "Total", "bold")
    book.formula(page, total, 6, f"=SUM(G2:G{end})" if actions else "=0", plan.total.saving.likely, "total")
    book.formula(page, total, 7, f"=SUM(H2:H{end})" if actions else "=0", plan.total.one_time_cost.likely, "total")


def _summary(book: Book, page: Any, plan: Plan, traced: Traced, count: int) -> None:
    total, unit = plan.total, f"{plan.currency}/month"
    end = count + 2
    book.put(page, 0, 0, plan.title, "title")
    book.across(page, 1, 7, headline(plan), "big")
    book.across(page, 2, 7, level(plan))
    heads = ("Figure", "Now (live): all likely factors together", "Plan: P10", "Plan: likely", "Plan: P90", "Unit", "As in chat and panels")
    book.row(page, 4, heads, "head")
    payback = None if total.payback_months is None else total.payback_months.likely
    rows = (
        ("Monthly saving", f"=Actions!G{end}", total.saving.likely, total.saving, unit, "money"),
        ("One-time cost", f"=Actions!H{end}", total.one_time_cost.likely, total.one_time_cost, plan.currency, "money"),
        ("Payback", f'=IF(B6>0,B7/B6,"{NO_PAYBACK}")', NO_PAYBACK if payback is None else payback, total.payback_months, "month", "months"),
    )
    for row, (name, text, value, plan_range, shown_unit, style) in enumerate(rows, 5):
        book.put(page, row, 0, name, "bold")
        book.formula(page, row, 1, text, value, style)
        if plan_range is None:
            book.row(page, row, (NO_PAYBACK,) * 3, start=2)
        else:
            for at, number in enumerate((plan_range.low, plan_range.likely, plan_range.high), 2):
                book.put(page, row, at, number, style)
        book.row(page, row, (shown_unit, "does not pay back" if plan_range is None else range_text(plan_range, shown_unit)), start=5)
    for row, (name, value_range) in enumerate(
        (("Cost in scope today", total.baseline_cost), ("Techniques can act on", total.addressable_cost)), 8
    ):
        book.put(page, row, 0, name, "bold")
        book.put(page, row, 1, value_range.likely, "money")
        for at, number in enumerate((value_range.low, value_range.likely, value_range.high), 2):
            book.put(page, row, at, number, "money")
        book.row(page, row, (unit, range_text(value_range, unit)), start=5)
    book.put(page, 10, 0, "Cost in scope after the plan", "bold")
    book.formula(page, 10, 1, "=B9-B6", (total.baseline_cost - total.saving.likely).likely)
    book.put(page, 10, 5, unit)
    book.put(page, 11, 0, "Change since the export", "bold")
    book.formula(page, 11, 1, "=ROUND(B6-D6,2)", 0)
    book.put(page, 11, 5, unit)
    newest = max((e.created_at for e in traced.records.values()), default=None)
    notes = [
        MEANING,
        "The column Now follows the switches and yellow cells of Inputs, with all likely factors together. Percentiles come from the "
        "planner's draws and stay as exported. Switching an action off does not bring a competing action in; Frugal's own plan does.",
        f"Plan {plan.id}" + (f", evidence up to {newest.date().isoformat()}." if newest else "."),
        *(f"Open question: {q}" for q in plan.open_questions),
    ]
    for row, text in enumerate(notes, 13):
        book.across(page, row, 7, text)


def _ledger(book: Book, plan: Plan) -> None:
    page = book.sheet("Ledger", (40, 16, 90, 30, 40))
    book.row(page, 0, ("Technique", "Verdict", "Reason", "Would settle it", "Evidence"), "head")
    page.freeze_panes(1, 1)
    for row, e in enumerate(plan.ledger, 1):
        needs = ", ".join(n.replace("_", " ") for n in e.needs)
        book.row(page, row, (e.title, VERDICT_WORDS[e.verdict], e.reason, needs, ", ".join(e.evidence_ids)))
    page.autofilter(0, 0, max(1, len(plan.ledger)), 4)


def _evidence(book: Book, traced: Traced) -> None:
    page = book.sheet("Evidence", (18, 12, 44, 16, 16, 16, 12, 50, 44, 12, 50, 40, 40))
    heads = (
        "Id",
        "Tier",
        "Claim",
        "Low",
        "Likely",
        "High",
        "Unit",
        "Formula",
        "Source",
        "Checked on",
        "Inputs",
        "Computed from",
        "Reproduce",
    )
    book.row(page, 0, heads, "head")
    page.freeze_panes(1, 1)
    for row, e in enumerate(traced.records.values(), 1):
        values = (None, None, None) if e.value is None else (e.value.low, e.value.likely, e.value.high)
        checked = e.source.checked_on.isoformat() if e.source.checked_on else "no date applies"
        checked += ", old price" if e.has_old_price() else ""
        inputs = "" if not e.inputs else plain(e.model_dump(mode="json")["inputs"], 1500)
        book.row(page, row, (e.id, e.tier.value, traced.said(e)))
        book.row(page, row, values, start=3)
        book.row(page, row, (e.unit, e.method, e.source.ref, checked, inputs, ", ".join(e.parents), e.reproduce), start=6)
    page.autofilter(0, 0, max(1, len(traced.records)), 12)
    for row, name in enumerate(traced.missing, len(traced.records) + 1):
        book.row(page, row, (name, NOT_KNOWN, "Named by the plan but not held in this session"))


def xlsx(plan: Plan, traced: Traced, audit: AuditPart | None = None) -> bytes:
    """The file's bytes. Raises UserError `plan-too-old` where the plan lacks the terms that the formulas need."""
    if any("touches" not in line or "input_share" not in line for line in plan.lines):
        raise UserError(
            "plan-too-old",
            "This plan was made by an older version, without the terms that live formulas need.",
            "Make the plan again, then export it.",
        )
    created = max((e.created_at for e in traced.records.values()), default=_UNDATED)
    book, cells, actions = Book(plan.currency, created), Cells(), applied_order(plan)
    summary = book.sheet("Summary", (30, 22, 16, 16, 16, 14, 48))
    actions_page = book.sheet("Actions", (5, 16, 34, 22, 14, 6, 15, 15, 15, *[14] * 6, 20, 12, *[34] * 5, 18, 14, 14, 14, 60, 40), pages=3)
    write_inputs(book, plan, actions, cells)
    last = _steps(book, plan, actions, cells)
    _actions(book, actions_page, plan, actions, cells, last)
    _summary(book, summary, plan, traced, len(actions))
    _ledger(book, plan)
    if audit is not None:
        audit_sheet(book, audit)
    _evidence(book, traced)
    return book.bytes()
