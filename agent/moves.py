"""Decides what follows from the plain requests and the moves inside a conversation: files, origins, exports, choices, consent, small talk.

One function an intent; none looks at a technique or at how a model is sized (`policy.py`). Code only.
"""

import re
from collections.abc import Callable
from typing import Any

from agent.pricing import price_call
from agent.reading.going_on import figure_asked
from agent.situation import Decision, Situation
from agent.state import PlannedCall
from knowledge.techniques import cards
from tools.contracts.tool import Statement

_FORMATS = {
    "xlsx": r"xlsx|excel|spreadsheet|workbook",
    "pdf": r"\bpdf\b",
    "html": r"html|web ?page",
    "json": r"json",
    "md": r"markdown|\.md\b|text",
}
#: Beginnings of words that name no technique.
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        """leav leave plea pleas back this that with witho from plan want dont put
        remov skip again model into only them""",
    )
)


def audit(now: Situation) -> Decision:
    """Audits new files together with the earlier ones, or the same files again with what the words correct."""
    files, had = now.audits.files(now.uploads, now.new_upload_ids), now.audits.finished
    call = now.audits.call(files, now.change, keeps_columns=not now.new_upload_ids)
    dropped = str(had.args.get("mapping", "")) if had is not None and now.new_upload_ids and len(files) > len(had.args["file"]) else ""
    if not dropped:
        return Decision((call,))
    said = Statement(
        text="With the new file all columns were read afresh; the earlier correction {mapping} was not carried over.",
        names={"mapping": dropped},
    )
    return Decision((call,), (said,))


def _describe(now: Situation) -> Decision:
    call = price_call(now.text, now.workload)
    return Decision((call,) if call else ())


def _file(now: Situation) -> Decision:
    if now.uploads:
        return audit(now)
    words = (
        "Upload the file with the paper clip (CSV, TSV or XLSX: a cloud export, an API usage file, or your own sheet). "
        "It stays on this machine."
    )
    return Decision(statements=(Statement(text=words),))


def origin(now: Situation) -> Decision:
    """Where a figure comes from: the one shown, or the one that the words name ("why 2 GPUs a replica?")."""
    named = figure_asked(now.text) if now.before is not None else ""
    topic = next((one.id for one in reversed(now.session.evidence) if named and one.claim.startswith(named)), "")
    return Decision((PlannedCall(tool="explain", args={"topic": topic or _figure_in(now.text)}, subject="where a figure comes from"),))


def _figure_in(text: str) -> str:
    hit = re.search(r"\bev-[0-9a-f]{12}|(?<![\w.])[$€£₹]?\s?\d[\d,.]*\s?(?:k|m|bn|%|ms|gib|mib)?(?![\w.]*[a-z])", text, re.I)
    return hit.group().strip().rstrip(".,") if hit else text[:500]


def _export(now: Situation) -> Decision:
    chosen = next((name for name, pattern in _FORMATS.items() if re.search(pattern, now.text, re.I)), "md")
    calls = [PlannedCall(tool="export_plan", args={"format": chosen}, subject=f"the plan as {chosen.upper()}")]
    if now.session.plan is None:
        calls.insert(0, PlannedCall(tool="make_plan", args={}, subject="your plan"))
    return Decision(tuple(calls))


def _leave_out(now: Situation) -> Decision:
    return Decision(leave_out=_techniques(now), wants_plan=True)


def _put_back(now: Situation) -> Decision:
    return Decision(put_back=_techniques(now) or tuple(now.session.left_out), wants_plan=True)


def _techniques(now: Situation) -> tuple[str, ...]:
    """Technique cards that the user's words name, by title or id, among those of the plan first."""
    words = now.slots.get("technique") or now.text
    chosen = words if isinstance(words, list) else [words]
    return tuple(dict.fromkeys(technique for one in chosen for technique in cards_named(str(one))))


def cards_named(words: str) -> list[str]:
    """Ids of the technique cards whose id or title holds one of the longer words (by their first letters, so that
    "pruning", "prune" and "pruned" agree)."""
    stems = {w[:5].rstrip("e") for w in re.findall(r"[a-z0-9]{4,}", words.lower())} - _FILLERS
    return [c.id for c in cards() if any(s in c.id.lower() or s in c.title.lower() for s in stems)]


def _agree(now: Situation) -> Decision:
    if not now.held:
        return Decision(statements=(Statement(text="Nothing is waiting for your approval."),))
    return Decision(
        now.held, (Statement(text="Starting something heavy needs your click: press Run on the card. Words alone never start it."),)
    )


def _say(text: str) -> Any:
    return lambda _now: Decision(statements=(Statement(text=text),))


_ABLE = (
    "I audit bills and usage files, price API workloads, size serving, memory and training, compare where to host, "
    "profile, quantize and benchmark models in a folder on this machine, and turn it all into a costed plan. "
    "Tell me what you run and what it costs, or upload a bill."
)
#: Intent -> what follows from it.
MOVES: dict[str, Callable[[Situation], Decision]] = {
    "describe_workload": _describe,
    "answer": _describe,
    "correct": lambda now: Decision(_describe(now).calls, wants_plan=now.session.plan is not None),
    "what_if": lambda now: Decision(_describe(now).calls, wants_plan=True),
    "make_plan": lambda _now: Decision(wants_plan=True),
    "ask_audit_file": _file,
    "ask_origin": origin,
    "ask_export": _export,
    "leave_out": _leave_out,
    "put_back": _put_back,
    "ask_explain_concept": lambda now: Decision((PlannedCall(tool="explain", args={"topic": now.text[:500]}, subject="your question"),)),
    "stop": lambda _now: Decision(stop_jobs=True),
    "greet": _say("Hello. " + _ABLE),
    "other": _say(_ABLE),
    "off_topic": _say("That is outside what I can do. " + _ABLE),
    "consent_yes": _agree,
    "consent_no": _say("Fine, I will not run it."),
}
