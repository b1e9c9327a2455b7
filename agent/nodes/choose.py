"""Second node: turns the reading into planned calls by the policy. Applies leave-out choices and stops; runs no tool."""

from pathlib import Path
from typing import Any

from langgraph.runtime import Runtime

from agent.audited import audited
from agent.context import TurnContext
from agent.nodes.intake import workload_of
from agent.policy import decide
from agent.question import RATES, Question
from agent.reading.form import NONE
from agent.situation import Decision, Situation
from agent.state import PlannedCall, TurnState
from knowledge.own_price_file import is_price_file
from tools.contracts.tool import Statement
from tools.store.records import OPEN_STATES

MOST_CALLS = 6


def choose(state: TurnState, runtime: Runtime[TurnContext]) -> dict[str, Any]:
    """Decides on the message's request and, where there is one, its second."""
    context = runtime.context
    store, owner, conversation = context.parts.store, context.owner, context.conversation_id
    intents = [state.get("intent", "other")]
    if state.get("also", NONE) not in (NONE, intents[0]):
        intents.append(state["also"])
    audits = audited(store, owner, conversation)
    uploads, new_ids = store.uploads(owner, conversation), frozenset(state.get("upload_ids", []))
    price_files = {one.id: one for one in uploads if is_price_file(Path(one.path))}
    decisions = [
        decide(
            Situation(
                intent=intent,
                text=state.get("text", ""),
                slots=state.get("slots", {}),
                session=context.session(),
                workload=workload_of(context),
                uploads=[one for one in uploads if one.id not in price_files],
                new_upload_ids=new_ids - price_files.keys(),
                held=tuple(state.get("held", [])),
                audits=audits,
                price_files=[one for one in price_files.values() if one.id in new_ids],
                read_as=state.get("read_as", ""),
                before=Question.of(state.get("sizing", {})),
            )
        )
        for intent in intents
    ]
    statements = list({s.model_dump_json(): s for d in decisions for s in d.statements}.values())
    statements += _apply(decisions, context)
    calls = list({(c["tool"], str(c["args"])): c for d in decisions for c in d.calls}.values())[:MOST_CALLS]
    wants_plan = any(d.wants_plan for d in decisions)
    sizing = next((d.sizing for d in decisions if d.sizing is not None), None)
    return {
        "sizing": sizing.as_dict() if sizing is not None else {} if wants_plan else _still_about(calls, state),
        "calls": calls,
        "statements": [s.model_dump() for s in statements],
        "wants_plan": wants_plan,
        "is_sized": any(call["tool"] in ("choose_hosting", "estimate_serving") for call in calls),
        "asked": next((d.ask_first for d in decisions if d.ask_first), ""),
    }


def _still_about(calls: list[PlannedCall], state: TurnState) -> dict[str, Any]:
    """The sizing question that the conversation is still about: asking where a figure comes from does not leave it.

    What was said in it gives way to the facts of this turn.
    """
    sizing = state.get("sizing", {})
    if not sizing or any(call["tool"] != "explain" for call in calls):
        return {}
    stated = {fact["field"] for fact in state.get("new_facts", [])}
    newer = {*stated, *((*RATES, "times") if any(name.startswith("requests_per") for name in stated) else ())}
    return {**sizing, "said": {name: value for name, value in sizing["said"].items() if name not in newer}}


def _apply(decisions: list[Decision], context: TurnContext) -> list[Statement]:
    """Changes of choice and stops, and what to say about them."""
    store, owner, conversation = context.parts.store, context.owner, context.conversation_id
    said: list[Statement] = []
    out = {t for d in decisions for t in d.leave_out}
    back = {t for d in decisions for t in d.put_back}
    if out or back:
        choices = store.choices(owner, conversation)
        store.save_choices(owner, conversation, (set(choices.left_out) | out) - back, choices.assumptions)
        said += [Statement(text="Left out of the plan: {names}.", names={"names": ", ".join(sorted(out))})] if out else []
        said += [Statement(text="Back in the plan: {names}.", names={"names": ", ".join(sorted(back))})] if back else []
    if any(d.stop_jobs for d in decisions):
        running = [j for j in store.jobs(owner, conversation) if j.status in OPEN_STATES]
        for job in running:
            context.parts.jobs.cancel(owner, job.id)
        said.append(
            Statement(text="Stopped: {names}.", names={"names": ", ".join(j.tool for j in running)})
            if running
            else Statement(text="Nothing is running.")
        )
    return said
