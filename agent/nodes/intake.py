"""First node: reads the message and records the facts it states. Chooses nothing and answers nothing."""

from typing import Any

from langgraph.runtime import Runtime

from agent.audited import audited
from agent.context import TurnContext
from agent.events import EvidenceAdded, FactsNoted, Status
from agent.facts import WORKLOAD, evidence_of, facts_of
from agent.reading.bill_words import change_in
from agent.reading.form import Reading
from agent.reading.settled import STATING, settled
from agent.state import TurnState
from tools.contracts.workload import Workload
from tools.explaining.bill_asked import about_the_bill
from tools.explaining.tool import ASKS_WHY

EXPECTED_WITH_FILE = Reading("ask_audit_file")
ASKS_BACK = Reading("ask_origin")  # states no fact: "how much is gpt-4o?" does not say that the user runs it


def workload_of(context: TurnContext) -> Workload:
    """The conversation's workload as known so far."""
    return next(iter(context.session().workloads), Workload())


def _reading(text: str, asked: str, has_new_files: bool, context: TurnContext) -> Reading:
    """The message as read; what corrects or asks about an audited bill is found by code alone."""
    if not text.strip():
        return EXPECTED_WITH_FILE
    if ASKS_WHY.match(text) and context.session().plan is not None:
        return ASKS_BACK
    store, owner, conversation = context.parts.store, context.owner, context.conversation_id
    audits = audited(store, owner, conversation) if store.uploads(owner, conversation) else None
    corrected = change_in(text, audits.known).spans if audits is not None else ()
    if audits is not None and not corrected and not has_new_files and about_the_bill(text, audits.result) is not None:
        return ASKS_BACK
    return settled(context.parts.reader.read(text, asked), text, asked, corrected)


def intake(state: TurnState, runtime: Runtime[TurnContext]) -> dict[str, Any]:
    """Reads the message; a message of files alone needs no reading."""
    context, text, asked = runtime.context, state.get("text", ""), state.get("asked", "")
    runtime.stream_writer(Status(text="Reading your message"))
    has_new_files = bool(state.get("upload_ids"))
    reading = _reading(text, asked, has_new_files, context)
    last_fields = state.get("last_fields", [])
    turn = len(context.parts.store.messages(context.owner, context.conversation_id))
    is_asking = has_new_files and reading.intent not in STATING  # "what am I spending on openai?" beside a bill describes no workload
    facts = [] if is_asking else facts_of(reading, text, asked, workload_of(context), last_fields, turn)
    if facts:
        records = [evidence_of(f, WORKLOAD) for f in facts]
        context.parts.store.record_facts(context.owner, context.conversation_id, WORKLOAD, facts)
        context.parts.store.record_evidence(context.owner, context.conversation_id, records)
        runtime.stream_writer(FactsNoted(facts=tuple({"workload": WORKLOAD, **f.model_dump(mode="json")} for f in facts)))
        runtime.stream_writer(EvidenceAdded(evidence=tuple(records)))
    names = [f.field for f in facts]
    return {
        "intent": reading.intent,
        "also": reading.also,
        "slots": reading.slots(),
        "new_facts": [f.model_dump(mode="json") for f in facts],
        "last_fields": [*(f for f in last_fields if f not in names), *names][-12:],
        "asked_before": list(dict.fromkeys([*state.get("asked_before", []), *([asked] if asked else [])])),
        "asked": "",
        "changed": bool(facts),
        "statements": [],
        "calls": [],
        "held": state.get("calls", []),
        "wants_plan": False,
        "failures": 0,
        "ranked": [],
        "is_ranked": False,
    }
