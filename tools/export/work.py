"""Work of `export_plan`: writes the session's plan as one file in `context.out_dir`. Prints; never computes.

Every figure comes from the Plan or its evidence. The file's name is ours, never from user text; the file appears
whole or not at all (written beside, then renamed).
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import ToolError, UserError
from tools.contracts.plan import Plan
from tools.contracts.tool import Artefact, Statement, ToolContext, ToolResult
from tools.export.audit_part import AuditPart, audit_part
from tools.export.evidence_order import Traced, trace
from tools.export.sections import TOTAL_CLAIMS
from tools.export.tool import ExportPlan


@dataclass(frozen=True)
class Kind:
    """One file format: extension is the format's name."""

    label: str
    media_type: str
    write: Callable[[Plan, Traced, AuditPart | None], bytes]


def _md(plan: Plan, traced: Traced, audit: AuditPart | None) -> bytes:
    from tools.export.compose import report
    from tools.export.md_file import markdown

    return markdown(report(plan, traced, audit))


def _html(plan: Plan, traced: Traced, audit: AuditPart | None) -> bytes:
    from tools.export.compose import report
    from tools.export.html_file import html

    return html(report(plan, traced, audit))


def _pdf(plan: Plan, traced: Traced, audit: AuditPart | None) -> bytes:
    from tools.export.compose import report
    from tools.export.pdf_file import pdf

    return pdf(report(plan, traced, audit))


def _xlsx(plan: Plan, traced: Traced, audit: AuditPart | None) -> bytes:
    from tools.export.xlsx_file import xlsx

    return xlsx(plan, traced, audit)


def _json(plan: Plan, traced: Traced, audit: AuditPart | None) -> bytes:
    from tools.export.json_file import json_bytes

    return json_bytes(plan, traced, audit)


KINDS = {
    "md": Kind("Plan as Markdown", "text/markdown; charset=utf-8", _md),
    "html": Kind("Plan as a web page", "text/html; charset=utf-8", _html),
    "pdf": Kind("Plan as PDF", "application/pdf", _pdf),
    "xlsx": Kind("Plan as a workbook with live formulas", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    "json": Kind("Plan as JSON", "application/json", _json),
}


def write_whole(path: Path, content: bytes) -> None:
    """Writes beside the target and renames, so that no reader sees half a file. Raises ToolError `export-not-written`."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        reason = error.strerror or "the disk refused it"
        raise ToolError(
            "export-not-written",
            f"{path.name} could not be written: {reason}.",
            "Free some space or check the data folder, then export again.",
        ) from error


def run(args: ExportPlan, context: ToolContext) -> ToolResult:
    """Writes the file. Raises UserError `no-plan`, `plan-too-old` (xlsx), ToolError `export-not-written`, `pdf-failed`."""
    plan = context.session.plan
    if plan is None:
        raise UserError(
            "no-plan", "There is no plan to export yet.", "Make a plan first: describe a workload or upload a bill, then ask for a plan."
        )
    kind = KINDS[args.format]
    audit = audit_part(context.session.audit, context.session.evidence)
    traced = trace(plan, context.session.evidence, audit.ids if audit is not None else (), context.session.superseded)
    content = kind.write(plan, traced, audit)
    name = f"frugal-plan.{args.format}"
    write_whole(context.out_dir / name, content)
    total = traced.of_claim(TOTAL_CLAIMS["saving"], plan.evidence_ids)
    says = Statement(text="The plan is ready as {file}.", names={"file": name})
    if total:
        says = Statement(text="The plan is ready as {file}; its saving is {total}.", figures={"total": total}, names={"file": name})
    return ToolResult(
        result={
            "format": args.format,
            "name": name,
            "bytes": len(content),
            "total_saving": plan.total.saving.as_dict(),
            "currency": plan.currency,
            "plan": plan.id,
        },
        statements=(says,),
        artefacts=(Artefact(path=name, label=kind.label, media_type=kind.media_type),),
    )
