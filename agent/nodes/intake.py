"""First node: reads the message and records the facts it states. Chooses nothing and answers nothing."""

import re
from collections.abc import Mapping
from typing import Any

from langgraph.runtime import Runtime

from agent.audited import audited
from agent.context import TurnContext
from agent.events import EvidenceAdded, FactsNoted, Status
from agent.facts import WORKLOAD, evidence_of, facts_of
from agent.reading.bill_words import change_in
from agent.reading.candidates import Candidate
from agent.reading.form import NONE, Reading
from agent.reading.serving_asked import figure_asked
from agent.reading.settled import STATING, settled
from agent.sizing import Question, is_about_another, question_in
from agent.state import TurnState
from tools.contracts.workload import Workload
from tools.explaining.bill_asked import about_the_bill
from tools.explaining.tool import ASKS_WHY

EXPECTED_WITH_FILE = Reading("ask_audit_file")
SIZES = "ask_hardware"
ASKS_BACK = Reading("ask_origin")  # states no fact: "how much is gpt-4o?" does not say that the user runs it
_OF_OURS = re.compile(
    r"(?i)\b(?:we|i)(?: now| currently|'re| are| am|'ve)* (?:run|running|have|got|serve|serving|use|using|get|pay|call|host|see|own)\b"
)


def workload_of(context: TurnContext) -> Workload:
    """The conversation's workload as known so far."""
    return next(iter(context.session().workloads), Workload())


def _reading(text: str, asked: str, has_new_files: bool, before: Question | None, context: TurnContext) -> Reading:
    """The message as read; what corrects or asks about an audited bill, or about a figure just given, is found by code alone."""
    if not text.strip():
        return EXPECTED_WITH_FILE
    if ASKS_WHY.match(text) and context.session().plan is not None:
        return ASKS_BACK
    store, owner, conversation = context.parts.store, context.owner, context.conversation_id
    audits = audited(store, owner, conversation) if store.uploads(owner, conversation) else None
    corrected = change_in(text, audits.known).spans if audits is not None else ()
    if audits is not None and not corrected and not has_new_files and about_the_bill(text, audits.result) is not None:
        return ASKS_BACK
    if before is not None and figure_asked(text):
        return ASKS_BACK
    return settled(context.parts.reader.read(text, asked), text, asked, corrected)


def _sized(reading: Reading, text: str, before: Question | None, work: Workload) -> Reading:
    """A question about the size of a model, read as one. What it supposes is no fact: only what it says of the user's own workload is."""
    question = question_in(text, before, reading.slots())
    if question is None:
        return reading
    supposes = question.goes_on and not (before is not None and before.waits_for)
    assigned = {} if supposes or is_about_another(question, work) else _settled_numbers(reading)
    also = reading.also if reading.also == "make_plan" and re.search(r"(?i)\bplan\b", text) else NONE
    if assigned and reading.intent in STATING and (question.goes_on or _OF_OURS.search(text)):
        return Reading(reading.intent, SIZES if also == NONE else also, assigned, reading.found)
    return Reading(SIZES, also, assigned, reading.found)


def _settled_numbers(reading: Reading) -> Mapping[str, tuple[Candidate, ...]]:
    """What was assigned, and figures whose unit leaves no choice ("50 requests/s") where they were not."""
    more = {one.fields[0]: (one,) for one in reversed(reading.found) if one.kind == "number" and len(one.fields) == 1}
    return {**more, **reading.assigned}


def intake(state: TurnState, runtime: Runtime[TurnContext]) -> dict[str, Any]:
    """Reads the message; a message of files alone needs no reading."""
    context, text, asked = runtime.context, state.get("text", ""), state.get("asked", "")
    runtime.stream_writer(Status(text="Reading your message"))
    has_new_files = bool(state.get("upload_ids"))
    before = Question.of(state.get("sizing", {}))
    reading = _sized(_reading(text, asked, has_new_files, before, context), text, before, workload_of(context))
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
