"""Fourth node: remakes the plan when it was asked for or when what it rests on changed. The planner is code."""

from typing import Any

from langgraph.runtime import Runtime

from agent.context import TurnContext
from agent.events import Event, EvidenceAdded, PlanReady, Status
from agent.nodes.intake import workload_of
from agent.state import PlannedCall, TurnState
from agent.toolbelt import run_call
from tools.contracts.tool import Statement

#: Why a bill just audited cannot be planned with, where the audit's own question already asks for what is missing.
ASKED_BY_THE_AUDIT = frozenset({"currency-unknown", "mixed-currencies", "no-workload", "no-cost-known"})


def plan(state: TurnState, runtime: Runtime[TurnContext]) -> dict[str, Any]:
    """Says the whole plan where the user asked for it; otherwise renews it, says its headline, and is no failure without one."""
    context = runtime.context
    session = context.session()
    wanted, knows_money = state.get("wants_plan", False), bool(session.bills) or workload_of(context).monthly_cost_usd is not None
    renew = state.get("changed", False) and (session.plan is not None or knows_money)
    if context.is_stopped() or not (wanted or renew):
        return {}
    if not wanted and not knows_money and session.plan is None:
        return {}
    steps: list[Event] = []  # shown once it is known that there is a plan: nobody asked for one that cannot be made
    emit = runtime.stream_writer if wanted else steps.append
    if not wanted:
        runtime.stream_writer(Status(text="Making your plan"))
    outcome = run_call(PlannedCall(tool="make_plan", args={}, subject="your plan"), context, emit)
    statements = list(state.get("statements", []))
    if outcome.result is None:
        if outcome.error is None or (not wanted and outcome.error.code in ASKED_BY_THE_AUDIT):
            return {}
        said = Statement(text="{message} {hint}", names={"message": outcome.error.message, "hint": outcome.error.hint})
        return {"statements": [*statements, said.model_dump()]}
    for step in steps:
        runtime.stream_writer(step)
    runtime.stream_writer(EvidenceAdded(evidence=outcome.result.evidence))
    if outcome.result.plan is not None:
        runtime.stream_writer(PlanReady(plan=outcome.result.plan))
    said_now = outcome.result.statements if wanted else outcome.result.statements[:1]
    everything = [*statements, *(s.model_dump() for s in said_now)]
    return {"statements": everything, "ranked": list(outcome.result.questions), "is_ranked": True}
