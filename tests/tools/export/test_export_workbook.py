"""Promise to the finance lead: the workbook is live, and its arithmetic is the planner's, not a look-alike."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from plan_fixture import CHAT, SUMMARIES, exported, planned
from sheet_evaluator import Sheet, plain_formula

from knowledge.errors import UserError
from tools.contracts.tool import Session
from tools.contracts.workload import Workload
from tools.export.sheet_formulas import Term, left_formula
from tools.export.xlsx_file import applied_order
from tools.planning.combine import LIKELY, OVERLAP, Calculator, Touch
from tools.planning.decide import decide

CASES = {"both": (CHAT, SUMMARIES), "api": (CHAT,), "gpu": (SUMMARIES,)}


def switch_cell(sheet: Sheet, action_id: str) -> str:
    return f"C{sheet.find('Inputs', 'I', action_id)}"


def live_saving(sheet: Sheet) -> float:
    return float(sheet.value("Summary", f"B{sheet.find('Summary', 'A', 'Monthly saving')}"))


def planner(session: Session) -> Calculator:
    found = decide(session)
    return Calculator([x for x in found.baseline.lines if x.addressable], [c.candidate for c in found.costed], found.settings, draws=0)


@pytest.mark.parametrize("case", CASES)
def test_the_recalculated_total_is_the_plans_to_the_cent(case: str, tmp_path: Path) -> None:
    session = planned(*CASES[case])
    sheet = Sheet(exported(session, "xlsx", tmp_path)[1])
    assert live_saving(sheet) == pytest.approx(float(session.plan.total.saving.likely), abs=0.01)


@pytest.mark.parametrize("case", CASES)
def test_every_stored_value_is_what_its_formula_gives(case: str, tmp_path: Path) -> None:
    path = exported(planned(*CASES[case]), "xlsx", tmp_path)[1]
    sheet, stored = Sheet(path), load_workbook(path, data_only=True)
    cells = sheet.formulas()
    assert len(cells) > 10
    for name, cell in cells:
        shown, calculated = stored[name][cell].value, sheet.value(name, cell)
        if isinstance(calculated, str):
            assert shown == calculated, (name, cell)
        else:
            assert shown == pytest.approx(calculated, abs=0.011), (name, cell, sheet.book[name][cell].value)


@pytest.mark.parametrize("case", CASES)
def test_switching_actions_off_changes_the_total_as_the_planner_would(case: str, tmp_path: Path) -> None:
    session = planned(*CASES[case])
    calculator, path = planner(session), exported(session, "xlsx", tmp_path)[1]
    names = [a.id for a in session.plan.actions if a.enabled]
    assert len(names) >= 2
    for off in [{n} for n in names] + [{a, b} for a in names for b in names if a < b] + [set(names)]:
        sheet = Sheet(path)
        for name in off:
            sheet.set("Inputs", switch_cell(sheet, name), 0)
        assert live_saving(sheet) == pytest.approx(calculator.likely([n for n in names if n not in off]), abs=0.005), off


def test_leaving_an_action_out_in_frugal_gives_the_sheets_total_where_no_rival_steps_in(tmp_path: Path) -> None:
    session = planned()
    path, agreed = exported(session, "xlsx", tmp_path)[1], 0
    chosen = {a.id for a in session.plan.actions if a.enabled}
    for action in [a for a in session.plan.actions if a.enabled]:
        again = planned(leave_out=(action.technique,)).plan
        if {a.id for a in again.actions if a.enabled} != chosen - {action.id}:
            continue
        sheet = Sheet(path)
        sheet.set("Inputs", switch_cell(sheet, action.id), 0)
        assert live_saving(sheet) == pytest.approx(float(again.total.saving.likely), abs=0.01)
        agreed += 1
    assert agreed >= 2


def test_an_action_left_out_by_the_user_can_be_switched_on_in_the_sheet(tmp_path: Path) -> None:
    session = planned(leave_out=("idle_shutdown",))
    off = next(a for a in session.plan.actions if not a.enabled)
    sheet = Sheet(exported(session, "xlsx", tmp_path)[1])
    before = live_saving(sheet)
    assert before == pytest.approx(float(session.plan.total.saving.likely), abs=0.01)
    sheet.set("Inputs", switch_cell(sheet, off.id), 1)
    active = [a.id for a in session.plan.actions]
    assert live_saving(sheet) == pytest.approx(planner(session).likely(active), abs=0.005)
    assert live_saving(sheet) > before


@pytest.mark.parametrize("sort", ["step", "saving", "payback", "effort"])
def test_the_order_of_application_does_not_depend_on_the_order_of_the_list(sort: str) -> None:
    assert [a.id for a in applied_order(planned(sort=sort).plan)] == [a.id for a in planned().plan.actions]


def test_costs_and_one_time_costs_are_live_too(tmp_path: Path) -> None:
    session = planned(SUMMARIES)
    sheet = Sheet(exported(session, "xlsx", tmp_path)[1])
    row = sheet.find("Inputs", "H", session.plan.lines[0]["id"])
    before = live_saving(sheet)
    sheet.set("Inputs", f"C{row}", float(session.plan.lines[0]["monthly_cost"]) * 2)
    assert live_saving(sheet) == pytest.approx(before * 2)
    first = next(a for a in session.plan.actions if a.enabled)
    total = f"B{sheet.find('Summary', 'A', 'One-time cost')}"
    spent = sheet.value("Summary", total)
    assert spent == pytest.approx(float(session.plan.total.one_time_cost.likely))
    sheet.set("Inputs", switch_cell(sheet, first.id), 0)
    assert sheet.value("Summary", total) == pytest.approx(spent - float(first.one_time_cost.likely))


def test_a_plan_without_actions_is_a_workbook_with_a_saving_of_zero(tmp_path: Path) -> None:
    session = planned(Workload(name="tiny", model="gpt-4o-mini", provider="OpenAI", monthly_cost_usd=20, requests_per_month=1000))
    assert not [a for a in session.plan.actions if a.enabled]
    assert live_saving(Sheet(exported(session, "xlsx", tmp_path)[1])) == 0


def test_a_plan_of_an_older_version_is_refused_with_a_remedy(tmp_path: Path) -> None:
    session = planned()
    old = session.plan.model_copy(update={"lines": tuple({k: v for k, v in x.items() if k != "touches"} for x in session.plan.lines)})
    with pytest.raises(UserError) as caught:
        exported(Session(plan=old, evidence=session.evidence), "xlsx", tmp_path)
    assert caught.value.code == "plan-too-old" and "again" in caught.value.hint


FACTOR = st.floats(0, 1.6).map(lambda v: round(v, 4))
TOUCH = st.tuples(
    st.sampled_from(["all", "input", "output"]), st.sampled_from([*OVERLAP, "idle_time", "price"]), FACTOR, st.floats(0, 1), st.booleans()
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TOUCH, max_size=7), st.floats(1, 1e6), st.one_of(st.none(), st.floats(0, 1)), st.floats(0.05, 1))
def test_the_formula_of_a_line_is_the_planners_rule_for_any_actions_and_switches(touches, cost, share, k) -> None:
    if share is None:
        touches = [("all", *t[1:]) for t in touches]
    calculator = Calculator.__new__(Calculator)
    calculator.lines, calculator.costs = [None], [np.full(3, cost)]
    calculator._k = {pool: np.full(3, k) for pool in OVERLAP}
    calculator._shares = {} if share is None else {0: np.full(3, share)}
    calculator.touches = {f"t{i}": (Touch(0, part, pool, np.full(3, f), floor),) for i, (part, pool, f, floor, _) in enumerate(touches)}
    active = [f"t{i}" for i, t in enumerate(touches) if t[4]]
    expected = float(np.asarray(calculator.left(active, slice(LIKELY, LIKELY + 1))[0])[0])
    cells = {"COST1": cost, "SHARE1": share or 0.0, "K1": k}
    terms = []
    for i, (part, pool, factor, floor, on) in enumerate(touches, 1):
        cells[f"F{i}"], cells[f"G{i}"] = (factor, floor) if on else (1.0, 0.0)
        terms.append(Term(part, pool, f"F{i}", f"G{i}", "K1" if pool in OVERLAP else ""))
    formula = left_formula("COST1", "" if share is None else "SHARE1", terms)
    assert plain_formula(formula, cells) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_recalculates_the_same_totals(tmp_path: Path) -> None:
    session = planned()
    path = exported(session, "xlsx", tmp_path)[1]
    names = [a.id for a in session.plan.actions if a.enabled]
    book = load_workbook(path)  # saved by openpyxl, the file has no stored values: LibreOffice must calculate
    sheet = Sheet(path)
    book["Inputs"][switch_cell(sheet, names[0])] = 0
    switched = tmp_path / "switched.xlsx"
    book.save(switched)
    home = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", home, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(switched)]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    stored = load_workbook(tmp_path / "out" / "switched.xlsx", data_only=True)
    assert stored["Summary"]["B6"].value == pytest.approx(planner(session).likely(names[1:]), abs=0.01)
