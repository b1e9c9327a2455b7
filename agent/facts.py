"""From a reading to facts: which fields the message states, with the user's words, as the workload's own types.

Code decides what may become a fact; the language model only pointed at the words. Also reads yes/no and "don't know"
answers to the open question, which hold no quantity to point at.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from agent.reading.form import Reading
from agent.reading.price_words import price_words
from agent.reading.settled import STATING
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.workload import FIELD_TYPES, Fact, Workload

WORKLOAD = "your workload"  # this version keeps one workload a conversation
SILENT = frozenset(
    {"off_topic", "other", "ask_explain_concept", "ask_origin", "greet", "stop", "leave_out", "put_back", "consent_yes", "consent_no"}
)
_UNITS = {
    "requests_per_day": "requests/day",
    "requests_per_month": "requests/month",
    "input_tokens": "tokens",
    "output_tokens": "tokens",
    "monthly_cost_usd": "USD/month",
    "latency_ms": "ms",
    "utilization": "ratio",
    "cached_share": "ratio",
    "quality_floor": "ratio",
    "hours_per_day": "hours/day",
    "hourly_rate_usd": "USD/hour",
    "params_b": "billion",
    "gpu_count": "GPUs",
    "dataset_rows": "rows",
}
_LABELS = {
    "params_b": "parameters (billion)",
    "gpu_count": "GPUs",
    "monthly_cost_usd": "monthly cost (USD)",
    "latency_ms": "latency target (ms)",
    "hourly_rate_usd": "hourly rate (USD)",
}
_YES = re.compile(r"(?i)\b(yes|yeah|yep|sure|fine|ok(?:ay)?|later is fine|can wait|overnight|no rush|offline|batch)\b")
_NO = re.compile(r"(?i)\b(no|nope|waits?|waiting|interactive|real[- ]?time|immediately|live|instantly)\b")
_UNKNOWN = re.compile(r"(?i)\b(don'?t know|dunno|no idea|not sure|skip|unknown|can'?t say|idk|next question|pass)\b")


def label(field: str) -> str:
    """A workload field in words."""
    return _LABELS.get(field, field.replace("_", " "))


def declines(text: str) -> bool:
    """Whether the user says they cannot or will not answer."""
    return bool(_UNKNOWN.search(text))


def facts_of(reading: Reading, text: str, asked: str, known: Workload, last_fields: list[str], turn: int) -> list[Fact]:
    """The facts a message states. Several values for one field say too little to pick one, so they state none."""
    if reading.intent in SILENT:
        return []
    facts = {}
    for field, value in _slots(reading, last_fields, known).items():
        if field not in FIELD_TYPES or isinstance(value, list):
            continue
        if reading.intent not in STATING and getattr(known, field) is not None:
            continue  # a question that mentions another GPU does not change what the user runs
        if (plain := _typed(field, value)) is not None:
            facts[field] = Fact(field=field, value=plain, tier=Tier.STATED, origin=_words(reading, field) or text[:120], turn=turn)
    if reading.intent == "answer" and asked and asked not in facts and (answer := _spoken(asked, text, bool(facts))) is not None:
        facts[asked] = Fact(field=asked, value=answer, tier=Tier.STATED, origin=text[:120], turn=turn)
    return list(facts.values())


def _slots(reading: Reading, last_fields: list[str], known: Workload) -> Mapping[str, Any]:
    """The reading's slots; a bare figure in a correction replaces the stated one nearest in size that it may fill."""
    slots = reading.slots()
    if reading.intent != "correct":
        return slots
    moved: dict[str, Any] = {}
    for field, value in slots.items():
        chosen = reading.assigned.get(field, ())
        allowed = set(chosen[0].fields) if len(chosen) == 1 else set()
        moved[_corrected(value, [f for f in last_fields if f in allowed], known) or field] = value
    return moved


def _corrected(value: Any, fields: list[str], known: Workload) -> str:
    """Of the fields stated before, the one whose value is nearest by ratio; the latest of those whose value is unknown."""
    old = {f: getattr(known, f) for f in fields if getattr(known, f)}
    if not old or not isinstance(value, int | float) or value <= 0:
        return fields[-1] if fields else ""
    return min(reversed(old), key=lambda f: abs(math.log(value / old[f])))


def _words(reading: Reading, field: str) -> str:
    return ", ".join(c.words for c in reading.assigned.get(field, ()))[:120]


def _typed(field: str, value: Any) -> str | float | int | bool | None:
    kind = FIELD_TYPES[field]
    try:
        plain = kind(value)
    except (TypeError, ValueError):
        return None
    if field in ("utilization", "cached_share", "quality_floor") and not 0 <= float(plain) <= 1:
        return None
    return None if isinstance(plain, float | int) and plain < 0 else plain


def _spoken(asked: str, text: str, says_another: bool) -> str | bool | None:
    """Answers in words to questions about a choice. A message that states another fact is not taken for a name as a whole."""
    if declines(text):
        return None
    if asked == "batch_tolerant":
        if _NO.search(text) and not re.search(r"(?i)nobody|no one|not? (?:really )?(?:need|rush|hurry)", text):
            return False
        return True if _YES.search(text) or re.search(r"(?i)nobody|no one|hours later", text) else None
    if asked == "stage":
        return "training" if re.search(r"(?i)train|tun", text) else "inference" if re.search(r"(?i)infer|serv|prod", text) else None
    if (
        asked in ("task", "model", "provider", "hardware", "framework", "region", "precision")
        and not says_another
        and 0 < len(text.strip()) <= 60
        and "?" not in text
        and not price_words(text).asks
    ):
        return text.strip().rstrip(".")
    return None


def evidence_of(fact: Fact, workload: str) -> Evidence:
    """The record behind a stated fact, so that its figure can be traced like any other."""
    numeric = isinstance(fact.value, float | int) and not isinstance(fact.value, bool)
    return Evidence.record(
        tier=Tier.STATED,
        claim=f"{label(fact.field)[:1].upper()}{label(fact.field)[1:]} of {workload}, as you said it",
        source=SourceRef(ref=f'your words: "{fact.origin}"'),
        value=Range.exact(fact.value) if numeric else None,  # type: ignore[arg-type]
        unit=_UNITS.get(fact.field, ""),
        method="read from your message",
        inputs={"kind": "fact", "workload": workload, "field": fact.field, "value": fact.value},
    )
