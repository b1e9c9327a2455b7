"""Last node: puts the statements into words with their figures from evidence, and asks at most one question.

The question is the one that narrows the saving most (planner), or the fact that the request itself waits for. At most
six before a first plan, never the same one twice, none whose answer would change nothing.
"""

from functools import cache
from importlib import resources
from typing import Any

import yaml
from langgraph.runtime import Runtime

from agent.context import TurnContext
from agent.events import Question, Text
from agent.facts import declines, label
from agent.nodes.intake import workload_of
from agent.state import TurnState
from agent.wording import render
from tools.contracts.tool import Statement
from tools.contracts.workload import FIELD_TYPES
from tools.planning.questions import next_questions

MOST_QUESTIONS = 6
LEFT_OPEN = "Fine, that stays open; the plan says what it would change."
NARROWS = "With it the answer is about your own traffic."
NOTHING_READ = "I found nothing in that message to note or to do. Say it in other words, ask for the plan, or upload a bill."
QUIET = frozenset(
    {"greet", "off_topic", "other", "ask_origin", "ask_explain_concept", "ask_hardware", "stop", "ask_export", "consent_yes", "consent_no"}
)


@cache
def questions() -> dict[str, dict[str, Any]]:
    """Field -> {"text", "options"}."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(
        resources.files("agent.prompts").joinpath("questions.yaml").read_text(encoding="utf-8")
    )
    return loaded


def answer(state: TurnState, runtime: Runtime[TurnContext]) -> dict[str, Any]:
    """Emits the answer's text and, where one helps, a question."""
    context = runtime.context
    statements = [*_noted(state), *(Statement.model_validate(s) for s in state.get("statements", []))]
    known = {e.id: e for e in context.parts.store.evidence(context.owner, context.conversation_id)}
    field, why = _next_question(state, context)
    statements = list({one.model_dump_json(): one for one in statements}.values())  # what two tools say alike is said once
    if not statements:
        statements = [Statement(text=LEFT_OPEN if declines(state.get("text", "")) else NOTHING_READ)]
    for is_note in (False, True):
        text, figures = render((one for one in statements if one.is_note == is_note), known)
        if text:
            runtime.stream_writer(Text(text=text, figures=figures, is_note=is_note))
    if not field:
        return {"asked": ""}
    ask = questions()[field]
    runtime.stream_writer(Question(field=field, text=ask["text"], options=tuple(ask["options"]), why=why))
    return {"asked": field, "questions_asked": state.get("questions_asked", 0) + 1}


def _noted(state: TurnState) -> list[Statement]:
    """One sentence that repeats what was understood, so that a misreading is seen at once."""
    facts = state.get("new_facts", [])
    if not facts:
        return []
    names = {"list": ", ".join(f"{label(f['field'])}: {_value(f)}" for f in facts)}
    return [Statement(text="Noted: {list}.", names=names)]


def _value(fact: dict[str, Any]) -> str:
    value = fact["value"]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.10g}"


def _next_question(state: TurnState, context: TurnContext) -> tuple[str, str]:
    session, work = context.session(), workload_of(context)
    asked_before = set(state.get("asked_before", []))
    if first := state.get("asked", ""):
        why = NARROWS if state.get("is_sized") else "I need it to answer that."
        return (first, why) if first not in asked_before and not state.get("failures") else ("", "")
    is_audit = bool(state.get("upload_ids")) or state.get("intent") == "ask_audit_file"
    if is_audit and session.audit.get("questions"):  # the audit asks already, and one question at a time is enough
        return "", ""
    if state.get("intent") in QUIET or state.get("questions_asked", 0) >= MOST_QUESTIONS or state.get("failures"):
        return "", ""
    if state.get("is_ranked"):
        ranked = [(field, "Of all open facts, this one moves the saving most.") for field in state.get("ranked", [])]
    else:
        ranked = [(q.field, q.why) for q in next_questions(session)]
    for field, why in ranked:
        if field in FIELD_TYPES and field in questions() and field not in asked_before and getattr(work, field) is None:
            if field.startswith("requests_per") and work.monthly_requests is not None:
                continue
            return field, why
    return "", ""
