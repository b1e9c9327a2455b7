"""Finds or writes the file behind a download address. Ownership is checked by the store; no path is built from user text.

`current.<format>` exports the conversation's newest plan on the spot; any other name must be one that an answer of this
conversation announced, and its stored path must lie below the data folder.
"""

import secrets
from pathlib import Path

from agent.audited import session_to_export
from knowledge.errors import ToolError, UserError
from tools.contracts.tool import ToolContext
from tools.export.tool import ExportPlan
from tools.jobs.inline import run_inline
from tools.registry import tool
from tools.store.store import Store

FORMATS = ("md", "html", "pdf", "xlsx", "json")
MEDIA = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def write_export(store: Store, owner: str, conversation_id: str, form: str, out_dir: Path) -> Path:
    """Exports the newest plan. Raises UserError `no-plan` and what the export raises."""
    if form not in FORMATS:
        raise UserError("format-unknown", f'"{form[:20]}" is not an export format.', f"The formats are {', '.join(FORMATS)}.")
    session = session_to_export(store, owner, conversation_id)
    if session.plan is None:
        raise UserError("no-plan", "This conversation has no plan yet.", 'Describe a workload or upload a bill, then ask "make the plan".')
    out_dir.mkdir(parents=True, exist_ok=True)
    result = run_inline(tool("export_plan"), ExportPlan.model_validate({"format": form}), ToolContext(out_dir=out_dir, session=session))
    made = [out_dir / artefact.path for artefact in result.artefacts if artefact.path.endswith(f".{form}")]
    if not made:
        raise ToolError("export-empty", "The export wrote no file.", "Try another format.")
    return made[0]


def find(store: Store, data_dir: Path, owner: str, conversation_id: str, name: str) -> tuple[Path, str, str]:
    """(file, name to save it under, media type). Raises UserError `not-found` alike for unknown, deleted and foreign."""
    store.conversation(owner, conversation_id)
    stem, _, form = name.rpartition(".")
    if stem == "current" and form in FORMATS:
        made = write_export(store, owner, conversation_id, form, data_dir / "exports" / secrets.token_hex(8))
        return made, f"frugal-plan.{form}", MEDIA[form]
    for message in reversed(store.messages(owner, conversation_id)):
        for event in message.content.get("events", []):
            if event.get("type") == "export" and event.get("name") == name:
                path = (data_dir / str(event["path"])).resolve()
                if path.is_relative_to(data_dir) and path.is_file():
                    return path, name, MEDIA.get(form, "application/octet-stream")
    raise UserError("not-found", "There is no such file in this conversation.", "Download it from the Plan panel again.")
