"""Third node: runs the next planned call, one a visit, so that a restart repeats none. Heavy calls wait for a click.

The wait is a LangGraph interrupt: the turn ends with a consent card, and the answer to it resumes exactly here.
"""

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agent.context import TurnContext
from agent.events import ConsentAsked, EvidenceAdded, ExportReady, PlanReady
from agent.state import PlannedCall, TurnState
from agent.toolbelt import arguments_of, call_id, estimate, run_call
from knowledge.errors import FrugalError
from tools.contracts.tool import Statement, ToolResult


def act(state: TurnState, runtime: Runtime[TurnContext]) -> dict[str, Any]:
    """Runs the first call left and takes it off the list."""
    context, emit = runtime.context, runtime.stream_writer
    call, left = state["calls"][0], state["calls"][1:]
    statements = list(state.get("statements", []))
    if context.is_stopped():
        return {"calls": [], "statements": statements}
    try:
        refused = _asks_and_is_refused(call, context)
    except FrugalError as error:
        return {"calls": left, "statements": [*statements, _failure(error).model_dump()], "failures": state.get("failures", 0) + 1}
    if refused:
        said = Statement(text="I did not run {tool} on {subject}.", names={"tool": call["tool"], "subject": call["subject"]})
        return {"calls": left, "statements": [*statements, said.model_dump()]}
    outcome = run_call(call, context, emit)
    if outcome.error is not None or outcome.result is None:
        return {"calls": left, "statements": [*statements, _failure(outcome.error).model_dump()], "failures": state.get("failures", 0) + 1}
    result = outcome.result
    _announce(call, result, runtime)
    changes = result.bill is not None or call["tool"] == "read_prices" or any(e.inputs.get("kind") == "comparison" for e in result.evidence)
    return {
        "calls": left,
        "statements": [*statements, *(s.model_dump() for s in result.statements)],
        "changed": state.get("changed", False) or changes,
    }


def _asks_and_is_refused(call: PlannedCall, context: TurnContext) -> bool:
    spec, _ = arguments_of(call)
    if spec.consent == "never":
        return False
    card = ConsentAsked(
        request_id=call_id(call), tool=spec.name, subject=call["subject"], args=call["args"], estimate=estimate(call, context)
    )
    answer = interrupt(card.model_dump(mode="json"))
    return not (isinstance(answer, dict) and answer.get("request_id") == card.request_id and answer.get("granted") is True)


def _announce(call: PlannedCall, result: ToolResult, runtime: Runtime[TurnContext]) -> None:
    emit = runtime.stream_writer
    if result.evidence:
        emit(EvidenceAdded(evidence=result.evidence))
    if result.plan is not None:
        emit(PlanReady(plan=result.plan))
    if call["tool"] == "export_plan":
        for made in result.artefacts:
            emit(
                ExportReady(
                    format=str(call["args"].get("format", "md")),
                    name=made.path,
                    path=f"exports/{runtime.context.conversation_id}/{made.path}",
                )
            )


def _failure(error: FrugalError | None) -> Statement:
    """What happened and the next step, as plain text."""
    if error is None:
        return Statement(text="That step ended without a result.")
    return Statement(text="{message} {hint}", names={"message": error.message, "hint": error.hint})


def after_act(state: TurnState) -> str:
    """Next visit, or on to the plan."""
    return "act" if state.get("calls") else "plan"
