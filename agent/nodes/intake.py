"""First node: reads the message and records the facts it states. Chooses nothing and answers nothing."""

import re
from typing import Any

from langgraph.runtime import Runtime

from agent.audited import audited
from agent.billed_machine import machine_meant
from agent.context import TurnContext
from agent.events import EvidenceAdded, FactsNoted, Status
from agent.facts import WORKLOAD, evidence_of, facts_of
from agent.question import Question, is_about_another, question_in
from agent.reading.bill_words import change_in
from agent.reading.form import NONE, Reading
from agent.reading.going_on import figure_asked
from agent.reading.serving_asked import OF_OURS, moves_to
from agent.reading.settled import STATING, settled, with_traffic
from agent.sizing import sized
from agent.state import TurnState
from tools.contracts.workload import Workload
from tools.explaining.bill_asked import about_the_bill
from tools.explaining.tool import ASKS_MOST, ASKS_WHY

EXPECTED_WITH_FILE = Reading("ask_audit_file")
SIZES = "ask_hardware"
ASKS_BACK = Reading("ask_origin")  # states no fact: "how much is gpt-4o?" does not say that the user runs it


def workload_of(context: TurnContext) -> Workload:
    """The conversation's workload as known so far."""
    return next(iter(context.session().workloads), Workload())


def _reading(text: str, asked: str, has_new_files: bool, before: Question | None, context: TurnContext) -> Reading:
    """The message as read; what corrects or asks about an audited bill, or about a figure just given, is found by code alone."""
    if not text.strip():
        return EXPECTED_WITH_FILE
    if (ASKS_WHY.match(text) or ASKS_MOST.search(text)) and context.session().plan is not None:
        return ASKS_BACK
    store, owner, conversation = context.parts.store, context.owner, context.conversation_id
    audits = audited(store, owner, conversation) if store.uploads(owner, conversation) else None
    corrected = change_in(text, audits.known).spans if audits is not None else ()
    if audits is not None and not corrected and not has_new_files and about_the_bill(text, audits.result) is not None:
        return ASKS_BACK
    if before is not None and figure_asked(text):
        return ASKS_BACK
    return settled(context.parts.reader.read(text, asked), text, asked, corrected)


def _of_the_workload(reading: Reading, text: str, question: Question, context: TurnContext) -> Reading:
    """What a question about the size of a model says of the user's own workload: what it only supposes is no fact."""
    is_ours = OF_OURS.search(text) is not None
    if question.supposes or moves_to(text) or is_about_another(question, workload_of(context)) or (context.session().bills and not is_ours):
        return Reading(SIZES, NONE, {}, reading.found)
    intent = reading.intent if reading.intent in STATING and (is_ours or "?" not in text) else SIZES
    if "formats" in question.said:  # formats that are compared
        reading = Reading(reading.intent, reading.also, {k: v for k, v in reading.assigned.items() if k != "precision"}, reading.found)
    used = next((one for one in reading.found if one.kind == "model" and one.value == question.said.get("api_model")), None)
    if used is None:
        return Reading(intent, NONE, with_traffic(reading).assigned, reading.found)
    of_theirs = {name: chosen for name, chosen in with_traffic(reading).assigned.items() if name != "params_b"}  # what stands in is no fact
    return Reading(intent, NONE, {**of_theirs, "model": (used,)}, reading.found)


def intake(state: TurnState, runtime: Runtime[TurnContext]) -> dict[str, Any]:
    """Reads the message; a message of files alone needs no reading."""
    context, text, asked = runtime.context, state.get("text", ""), state.get("asked", "")
    runtime.stream_writer(Status(text="Reading your message"))
    has_new_files = bool(state.get("upload_ids"))
    before = Question.of(state.get("sizing", {}))
    reading = _reading(text, asked, has_new_files, before, context)
    read_as, also, slots = reading.intent, reading.also, reading.slots()
    machine = machine_meant(text, context.session())
    question = question_in(text, before, slots, workload_of(context), read_as, machine) if reading is not ASKS_BACK else None
    if question is not None and sized(question, text, workload_of(context)) is None:
        question = None
    if question is not None:
        reading = _of_the_workload(reading, text, question, context)
        also = also if also == "make_plan" and re.search(r"(?i)\bplan\b", text) else NONE
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
        "intent": reading.intent if question is None else SIZES,
        "read_as": read_as,
        "also": also,
        "slots": slots,
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
