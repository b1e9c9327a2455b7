"""`plan` and `export`: the plan from a workload file and bills, or from a conversation, written to files.

No language model takes part; the same input gives the same plan, byte for byte.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cli.printing import as_json, remark
from app.downloads import FORMATS, write_export
from app.settings import Settings
from app.wiring import House, build
from knowledge.errors import UserError
from tools.contracts.tool import Session
from tools.jobs.inline import run_inline
from tools.planning.workload_file import read_workload
from tools.registry import tool


def plan_session(house: House, workloads: Sequence[Path], bills: Sequence[Path]) -> Session:
    """A session as a chat would leave it: the files' workloads, and the bills audited together."""
    from app.cli.running import execute

    session = Session(workloads=tuple(one for path in workloads for one in read_workload(path)), own_prices=house.store.own_prices)
    if not bills:
        return session
    spec = tool("audit_costs")
    audited = execute(house, spec, spec.args.model_validate({"file": [str(path.expanduser().resolve()) for path in bills]}), session)
    found = (audited.bill,) if audited.bill is not None else ()
    if not found:
        remark("note: the bill gave no cost lines that a plan can use")
    return replace(session, bills=found, evidence=audited.evidence, audit=audited.result)


def write_plan(settings: Settings, workload: Path, bills: Sequence[Path], out: Path, json: bool) -> None:
    """Writes plan.<format> for every format into `out`."""
    from app.cli.running import execute

    house = build(settings)
    try:
        session = plan_session(house, [workload], bills)
        made = execute(house, tool("make_plan"), tool("make_plan").args(), session)
        if made.plan is None:
            raise UserError("no-plan", "These inputs give no plan.", "Add more fields to the workload file, or a bill.")
        session = replace(session, plan=made.plan, evidence=(*session.evidence, *made.evidence))
        out.mkdir(parents=True, exist_ok=True)
        for form in FORMATS:
            spec = tool("export_plan")
            folder = out / f".{form}"
            _export_to(session, spec.args.model_validate({"format": form}), folder, out / f"plan.{form}")
            if not json:
                print(out / f"plan.{form}")
        if json:
            print(as_json(made.plan.model_dump(mode="json")))
    finally:
        house.close()


def _export_to(session: Session, args: Any, folder: Path, target: Path) -> None:
    from tools.contracts.tool import ToolContext

    folder.mkdir(exist_ok=True)
    try:
        result = run_inline(tool("export_plan"), args, ToolContext(out_dir=folder, session=session))
        made = [folder / artefact.path for artefact in result.artefacts if artefact.path.endswith(target.suffix)]
        made[0].replace(target)
    finally:
        shutil.rmtree(folder)


def export_session(settings: Settings, session_id: str, form: str, out: Path) -> None:
    """Writes a conversation's newest plan to `out`."""
    from app.cli.running import OWNER

    house = build(settings)
    try:
        folder = out.resolve().parent / f".{out.name}.parts"
        try:
            write_export(house.store, OWNER, session_id, form, folder).replace(out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        house.close()
    print(out)
