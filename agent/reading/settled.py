"""What a message's own words leave no doubt about, checked by code after the language model has read it.

A small model misreads plain orders now and then. Here an order is an order, a short figure answers the open question,
and a statement full of a workload's figures describes it. Everything else stays as it was read.
"""

import re
from collections.abc import Sequence

from agent.reading.bill_words import outside
from agent.reading.candidates import Candidate, model_named
from agent.reading.form import NONE, Reading
from agent.reading.price_words import cached_share
from agent.reading.serving_asked import OF_OURS
from agent.reading.training_words import of_rows

#: Intents that state facts of the user's own workload.
STATING = frozenset({"describe_workload", "answer", "correct", "what_if"})
_DESCRIBING = frozenset({"describe_workload", "answer"})
_TRAFFIC = ("requests_per_day", "requests_per_month", "input_tokens", "output_tokens")
MOST_ANSWER_WORDS = 8  # a short message with one thing in it that fits the open question answers it

_AMOUNT = r"[$€£₹]\s?\d[\d.,]*\s?[km]?\b(?:\s?(?:/|a|per) ?(?:month|mo)\b)?"
#: What may be spent is no spend.
_BUDGET = re.compile(
    rf"(?i)\bbudget\w*\b[^.?!]{{0,20}}?{_AMOUNT}|{_AMOUNT} budget\b|\b(?:have|got|having) (?:up to )?{_AMOUNT} (?:for|to)\b"
)
_POLITE = r"(?i)\s*(?:please |can you |could you |now |ok,? |then |so |and )*"
_PLAN = re.compile(
    _POLITE + r"(?:(?:make|give|show|write|create|build|draft)(?: me| us)?(?: a| the| my| our)? (?:\w+ )?plan\b"
    r"|what (?:should|do|can|would) (?:we|i|you) (?:do|start with|recommend|suggest|advise)\b)"
)
_LEAVE_OUT = re.compile(_POLITE + r"leave (?:out\b.+|.+\bout\b)")
_PUT_BACK = re.compile(_POLITE + r"(?:put|take|bring) .+\bback\b(?! out)")
_CUT = re.compile(
    r"(?i)\bhow (?:do|can|could|should|would|to)(?: i| we| you| one)? (?:best )?"
    r"(?:make (?:it|this|that|them) (?:cheaper|less expensive)|(?:cut|reduce|lower|save|trim|shrink)\b|(?:bring|get) (?:it|this|that) down"
    r"|(?:spend|pay) less)"
)
_MEASURE = re.compile(_POLITE + r"(benchmark|profile|quanti[sz]e)\b")
_MEASURES = {"benchmark": "ask_benchmark", "profile": "ask_profile", "quantize": "ask_quantize", "quantise": "ask_quantize"}


def settled(reading: Reading, text: str, asked: str = "", corrected: Sequence[tuple[int, int]] = ()) -> Reading:
    """The reading with its intent put right where the words leave no doubt. `asked` is the field of the open question;
    `corrected` are the words that correct an audit, which state nothing of the user's workload."""
    if corrected:
        return _about_the_bill(reading, corrected)
    reading = _without(reading, [hit.span() for hit in _BUDGET.finditer(text)])
    for wish, intent in ((_LEAVE_OUT, "leave_out"), (_PUT_BACK, "put_back")):
        if wish.match(text) and "?" not in text:
            return Reading(intent, NONE, {}, reading.found)
    if _PLAN.match(text):
        return Reading("make_plan", NONE, {}, reading.found)
    if _CUT.search(text):  # with figures of the workload they are noted first
        states = OF_OURS.search(text) or any(c.kind == "number" for chosen in reading.assigned.values() for c in chosen)
        return (
            Reading("describe_workload", "make_plan", reading.assigned, reading.found)
            if states and reading.assigned
            else Reading("make_plan", NONE, {}, reading.found)
        )
    fitting = [c for c in reading.found if asked in c.fields]
    if asked and len(fitting) == 1 and asked not in reading.assigned and "?" not in text and len(text.split()) <= MOST_ANSWER_WORDS:
        return Reading("answer", NONE, {asked: (fitting[0],)}, reading.found)
    reading = _without(reading, of_rows(text))
    cached = cached_share(text, reading.found)
    if cached is not None:
        reading = _cached(reading, cached)
    order = _MEASURE.match(text)
    if order and model_named(text):
        return _as(_MEASURES[order[1].lower()], reading)
    figures = [c for chosen in reading.assigned.values() for c in chosen if c.kind == "number"]
    if reading.intent not in STATING and len(figures) >= 2 and "?" not in text:
        reading = _as("describe_workload", reading)
    return with_traffic(reading) if reading.intent in _DESCRIBING and "?" not in text else reading


def with_traffic(reading: Reading) -> Reading:
    """The reading with traffic whose unit leaves no choice ("50 requests/s") where it was not assigned."""
    sure = [one for one in reading.found if len(one.fields) == 1 and one.fields[0] in _TRAFFIC and one.fields[0] not in reading.assigned]
    more = {one.fields[0]: (one,) for one in sure if [other.fields for other in sure].count(one.fields) == 1}
    return Reading(reading.intent, reading.also, {**reading.assigned, **more}, reading.found)


def _about_the_bill(reading: Reading, corrected: Sequence[tuple[int, int]]) -> Reading:
    rest = _without(reading, corrected)
    return Reading(reading.intent if reading.intent in STATING and rest.assigned else "ask_audit_file", NONE, rest.assigned, rest.found)


def _without(reading: Reading, spans: Sequence[tuple[int, int]]) -> Reading:
    """The reading without candidates in words that say something else."""
    assigned = {
        field: kept for field, found in reading.assigned.items() if (kept := tuple(c for c in found if outside(spans, c.start, c.end)))
    }
    found = tuple(c for c in reading.found if outside(spans, c.start, c.end))
    return Reading(reading.intent, reading.also, assigned, found)


def _cached(reading: Reading, cached: Candidate) -> Reading:
    """The share in the words is that of cached input; with nothing else asked it describes the workload."""
    others = {field: kept for field, found in reading.assigned.items() if (kept := tuple(c for c in found if c is not cached))}
    intent = reading.intent if reading.intent in STATING or others else "describe_workload"
    return Reading(intent, reading.also, {**others, "cached_share": (cached,)}, reading.found)


def _as(intent: str, reading: Reading) -> Reading:
    return Reading(intent, NONE if reading.also == intent else reading.also, reading.assigned, reading.found)
