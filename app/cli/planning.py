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
from tools.contracts.workload import Workload
from tools.jobs.inline import run_inline
from tools.registry import tool

#: Largest workload file, in bytes.
_MOST = 1_000_000


def read_workloads(path: Path) -> list[Workload]:
    """Workloads of a YAML file: one mapping, or a list under `workloads`. Raises UserError `workload-unreadable`, `workload-field`."""
    import yaml

    fix = 'Write one field a line, such as "requests_per_month: 2000000".'
    try:
        if path.stat().st_size > _MOST:
            raise UserError("workload-unreadable", f'"{path.name}" is larger than a workload file can be.', fix)
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UserError(
            "workload-unreadable", f'"{path.name}" cannot be read: {problem.strerror}.', "Check the name of the file."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UserError("workload-unreadable", f'"{path.name}" is not readable YAML.', fix) from None
    entries = data.get("workloads", [data]) if isinstance(data, dict) else data
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) and entry for entry in entries):
        raise UserError("workload-unreadable", f'"{path.name}" describes no workload.', fix)
    return [_workload(entry, path.name, number) for number, entry in enumerate(entries, start=1)]


def _workload(entry: dict[str, Any], file: str, number: int) -> Workload:
    from pydantic import ValidationError

    for name in entry:
        if name not in Workload.model_fields:
            from rapidfuzz import process

            hit = process.extractOne(str(name), list(Workload.model_fields), score_cutoff=55)
            hint = f'Did you mean "{hit[0]}"?' if hit else f"The fields are: {', '.join(Workload.model_fields)}."
            raise UserError("workload-field", f'Workload {number} in "{file}" has an unknown field "{str(name)[:60]}".', hint)
    try:
        read = Workload.model_validate(entry)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise UserError(
            "workload-field",
            f'Field "{first["loc"][0]}" of workload {number} in "{file}" is not valid: {first["msg"]}.',
            "Correct the value.",
        ) from None
    return read if read.name else read.model_copy(update={"name": read.task or f"workload {number}"})


def plan_session(house: House, workloads: Sequence[Path], bills: Sequence[Path]) -> Session:
    """A session as a chat would leave it: the files' workloads, and the bills audited together."""
    from app.cli.running import execute

    session = Session(workloads=tuple(one for path in workloads for one in read_workloads(path)))
    if not bills:
        return session
    spec = tool("audit_costs")
    audited = execute(house, spec, spec.args.model_validate({"file": [str(path.expanduser().resolve()) for path in bills]}), session)
    found = (audited.bill,) if audited.bill is not None else ()
    if not found:
        remark("note: the bill gave no cost lines that a plan can use")
    return replace(session, bills=found, evidence=audited.evidence)


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
