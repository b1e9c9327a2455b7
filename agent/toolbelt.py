"""Runs one planned call and streams its events: inline tools here, worker tools as jobs. Every call gets one reply.

Heavy tools are not started here without an approval that names exactly their arguments (see nodes/act.py).
"""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.audited import session_to_export
from agent.brain.place import WEIGHTS
from agent.context import TurnContext
from agent.events import Event, ToolFailed, ToolFinished, ToolProgress, ToolStarted
from agent.state import PlannedCall
from knowledge.errors import FrugalError, ToolError, UserError
from tools.contracts.tool import Arguments, JobEstimate, ToolContext, ToolResult, ToolSpec
from tools.jobs.inline import run_inline
from tools.registry import tool
from tools.store.records import JobRecord, JobStatus


@dataclass(frozen=True)
class Outcome:
    """What a call left: its result, or the error that ended it."""

    result: ToolResult | None
    error: FrugalError | None


def arguments_of(call: PlannedCall) -> tuple[ToolSpec, Arguments]:
    """The tool and its checked arguments. Raises UserError `argument-invalid` naming the argument."""
    spec = tool(call["tool"])
    try:
        return spec, spec.args.model_validate(call["args"])
    except ValidationError as problem:
        first = problem.errors()[0]
        name = ".".join(str(p) for p in first["loc"])
        raise UserError("argument-invalid", f"{spec.name} cannot use {name}: {first['msg']}.", "Say it again with another value.") from None


def call_id(call: PlannedCall) -> str:
    """A name for a call that is the same for the same tool and arguments: approvals are bound to it."""
    return "call-" + hashlib.sha256(json.dumps([call["tool"], call["args"]], sort_keys=True).encode()).hexdigest()[:12]


def estimate(call: PlannedCall, context: TurnContext) -> JobEstimate:
    """What the consent card says. Errors in the arguments (a missing folder, say) surface here, before any click."""
    spec, args = arguments_of(call)
    return spec.load_estimate()(args, ToolContext(out_dir=context.parts.data_dir, session=context.session(), brain_dir=WEIGHTS))


def run_call(call: PlannedCall, context: TurnContext, emit: Callable[[Event], None]) -> Outcome:
    """Runs the call, emits its events, stores what it found. Never raises a FrugalError: that is in the outcome."""
    begun, name = time.monotonic(), call_id(call)
    emit(ToolStarted(call_id=name, tool=call["tool"], subject=call["subject"], args=_shown(call["args"])))
    try:
        spec, args = arguments_of(call)
        result = _inline(spec, args, context) if spec.runs == "inline" else _job(spec, args, name, context, emit)
    except FrugalError as error:
        emit(ToolFailed(call_id=name, tool=call["tool"], seconds=time.monotonic() - begun, error=error.as_dict()))
        return Outcome(None, error)
    emit(
        ToolFinished(
            call_id=name,
            tool=spec.name,
            seconds=time.monotonic() - begun,
            summary=_summary(result),
            result=result.result,
            evidence_ids=tuple(e.id for e in result.evidence),
        )
    )
    return Outcome(result, None)


def _shown(args: dict[str, Any]) -> dict[str, Any]:
    """Arguments as the screen may show them: file names without our folders."""
    return {k: [Path(v).name for v in value] if k == "file" else value for k, value in args.items()}


def _summary(result: ToolResult) -> str:
    return f"{len(result.evidence)} findings recorded" if result.evidence else "done"


def _inline(spec: ToolSpec, args: Arguments, context: TurnContext) -> ToolResult:
    exports = context.parts.data_dir / "exports" / context.conversation_id
    out_dir = exports if spec.name == "export_plan" else Path(tempfile.gettempdir())
    out_dir.mkdir(parents=True, exist_ok=True)
    store, owner, conversation = context.parts.store, context.owner, context.conversation_id
    session = session_to_export(store, owner, conversation) if spec.name == "export_plan" else context.session()
    result = run_inline(spec, args, ToolContext(out_dir=out_dir, session=session, brain_dir=WEIGHTS))
    store.record_evidence(owner, conversation, result.evidence)
    if result.bill is not None:
        store.record_bill(owner, conversation, result.bill)
    if result.plan is not None:
        store.record_plan(owner, conversation, result.plan)
    return result


def _job(spec: ToolSpec, args: Arguments, name: str, context: TurnContext, emit: Callable[[Event], None]) -> ToolResult:
    """Follows a job to its end; its result and evidence are in the store before the last record is seen."""
    jobs = context.parts.jobs
    latest = jobs.start(context.owner, context.conversation_id, spec, args)
    context.watch_job(latest.id)
    try:
        for seen in _following(context, latest.id):
            latest, phase = seen, seen.phase or seen.status.value
            emit(ToolProgress(call_id=name, phase=phase, done=latest.done, total=latest.total, eta_s=latest.eta_s))
    finally:
        context.watch_job(None)
    if latest.status is JobStatus.FINISHED and (result := latest.tool_result) is not None:
        return result
    if latest.error:
        raise FrugalError.from_dict(latest.error)
    raise ToolError("tool-failed", f"{spec.name} ended without a result.", "Try it again.")


def _following(context: TurnContext, job_id: str) -> Iterator[JobRecord]:
    for latest in context.parts.jobs.watch(context.owner, job_id):
        if context.is_stopped() and not latest.final:
            context.parts.jobs.cancel(context.owner, job_id)
        yield latest
