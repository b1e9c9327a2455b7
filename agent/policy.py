"""Decides, by code, which tools a reading calls for, with which arguments. No language model, no running of tools.

Arguments come from the workload's facts and the user's words; a tool whose needed facts are missing is not called,
its most useful missing field becomes the question instead. Plain requests and moves are in `moves.py`, sizes in `sizing.py`,
prices in `pricing.py`.
"""

import re
from dataclasses import replace
from pathlib import Path

from agent.moves import MOVES, audit, origin
from agent.pricing import USAGE, price_call
from agent.question import Question, said_in
from agent.reading.candidates import model_named
from agent.reading.going_on import figure_asked, supposed_scale
from agent.reading.price_words import price_words
from agent.reading.serving_asked import Asks, looks_back
from agent.reading.sizing_signs import Sign, has
from agent.situation import Decision, Situation
from agent.sizing import Sizing, is_open, sized
from agent.state import PlannedCall
from tools.contracts.tool import Statement
from tools.contracts.workload import Workload
from tools.explaining.bill_asked import about_the_bill
from tools.explaining.tool import ASKS_MOST, ASKS_WHY

#: What a message with a price file may be read as without asking for anything more.
_JUST_A_FILE = frozenset({"ask_audit_file", "other", "off_topic", "greet", "answer", "correct"})
MODEL_TOOLS = {"ask_benchmark": "benchmark_model", "ask_profile": "profile_model", "ask_quantize": "quantize_model"}
TOPICS = {
    "ask_quantize": "quantization",
    "ask_prune": "pruning",
    "ask_distill": "distillation",
    "ask_peft": "LoRA adapters",
    "ask_hardware": "hardware selection",
    "ask_model_choice": "task-specific smaller model",
    "ask_batching_serving": "continuous batching",
    "ask_training_cost": "training cost",
    "ask_api_bill": "API bill: prompt caching, batch API, output trimming",
    "ask_energy": "energy and carbon",
    "ask_benchmark": "benchmarking",
    "ask_profile": "profiling",
    "ask_estimate_cost": "serving cost",
}
#: What each request needs to be answered with a figure; the first missing one is worth asking.
NEEDS = {
    "ask_api_bill": ("model", "requests_per_month", "input_tokens", "output_tokens"),
    "ask_estimate_cost": ("model", "requests_per_month", "input_tokens", "output_tokens"),
    "ask_hardware": ("model",),
    "ask_training_cost": ("model", "dataset_rows"),
    "ask_peft": ("model",),
}
#: What an intent asks about a size where the words leave it open.
_SIZES = {"ask_hardware": Asks.MEMORY, "ask_training_cost": Asks.TRAINING, "ask_peft": Asks.TRAINING}
_UNDO = re.compile(
    r"(?i)\W*(?:please |sorry,? |no,? )?"
    r"(?:undo|revert|take (?:that|it) back|forget (?:that|the) (?:last )?(?:correction|change)s?)\b(?!.*\bplan\b)"
)
_HOW_FAST = re.compile(r"(?i)\bhow (?:fast|quick|slow)\b|\blatency\b|\bthroughput\b|\btokens? (?:per|a) second\b")


def data_named(now: Situation) -> str:
    """The labelled file for a model tool: one just uploaded, or one named by its path; "" where there is none."""
    for upload in now.uploads:
        if upload.id in now.new_upload_ids:
            return upload.path
    hit = re.search(r"(?<![\w/:])(?:~|\.{1,2})?/[\w@.+/-]*\.(?:csv|jsonl)\b", now.text, re.I)
    return str(Path(hit.group()).expanduser()) if hit else ""


def decide(now: Situation) -> Decision:
    """The turn's decision for one intent. Price files are read first, so that all else in the turn goes by them."""
    if not now.price_files:
        return _decide(now)
    reading = PlannedCall(
        tool="read_prices",
        args={"file": [one.path for one in now.price_files]},
        subject=", ".join(one.name for one in now.price_files)[:120],
    )
    if now.intent in _JUST_A_FILE and not now.new_upload_ids:
        return Decision((reading,))
    rest = _decide(now)
    return replace(rest, calls=(reading, *rest.calls))


def _decide(now: Situation) -> Decision:
    if ran := _run_here(now):
        return ran
    asked = price_words(now.text)
    if now.new_upload_ids or now.change:
        found = audit(now)
        return replace(found, calls=(*found.calls, USAGE)) if asked.of_usage else found
    if asked.of_usage and (now.session.audit or now.session.bills):
        return Decision((USAGE,))
    if ASKS_MOST.search(now.text):
        return Decision(wants_plan=True) if now.session.plan is None else Decision((_explained(now),))
    if now.before is not None and figure_asked(now.text):
        return origin(now)
    of_bill = about_the_bill(now.text, now.audits.result) is not None
    question = None if of_bill and now.question is not None and not now.question.stands_alone else now.question
    if question is not None and (answered := _answered(now, question)) is not None:
        return answered
    if now.question is None and (factor := supposed_scale(now.text)) is not None and (supposed := _scaled(now, factor)) is not None:
        return supposed
    if asked.asks_again and (priced := price_call(now.text, now.workload)):
        return Decision((priced,))
    if of_bill or (now.session.plan is not None and ASKS_WHY.match(now.text)):
        return Decision((_explained(now),))
    if _UNDO.match(now.text) and (before := now.audits.undone(now.uploads)) is not None:
        return Decision((before,))
    simple = MOVES.get(now.intent)
    if simple is not None:
        return simple(now)
    return _advise(now)


def _explained(now: Situation) -> PlannedCall:
    return PlannedCall(tool="explain", args={"topic": now.text[:500]}, subject="your question")


def _run_here(now: Situation) -> Decision | None:
    """A model in a folder here is run, not estimated."""
    model = model_named(now.text)
    tool = MODEL_TOOLS.get(now.intent) or ("benchmark_model" if _HOW_FAST.search(now.text) else "")
    if not model or not tool:
        return None
    data = data_named(now) if tool != "profile_model" else ""
    return Decision((PlannedCall(tool=tool, args={"model": model, **({"data": data} if data else {})}, subject=_shown(model)),))


def _shown(model: str) -> str:
    return "the bundled brain" if model == "brain" else Path(model).name


def _answered(now: Situation, asked: Question) -> Decision | None:
    """The calls that answer a sizing question; while a fact is missing, what can be said without it, and the question for it."""
    found = sized(asked, now.text, now.workload, now.session)
    if found is None:
        return None
    wants_plan = now.intent == "make_plan" and re.search(r"(?i)\bplan\b", now.text) is not None
    calls = found.calls or (_meanwhile(now, found) if found.question.waits_for or not found.statements else ())
    return Decision(calls, found.statements, wants_plan, found.question.waits_for, sizing=found.question)


def _meanwhile(now: Situation, found: Sizing) -> tuple[PlannedCall, ...]:
    held = sized(replace(found.question, asks=Asks.MEMORY, waits_for=""), now.text, now.workload, now.session)
    if held is not None and held.calls and is_open(held.calls[0]["subject"]):
        return held.calls
    if found.question.asks is not Asks.HOSTING:
        return ()
    return (PlannedCall(tool="explain", args={"topic": f"self-hosting: {now.text}"[:500]}, subject="self-hosting"),)


def _scaled(now: Situation, factor: float) -> Decision | None:
    """What the traffic multiplied would cost; the plan goes by facts, so it stays. None where the traffic is not known."""
    month = now.workload.monthly_requests
    if month is None:
        return None
    more = now.workload.model_copy(update={"requests_per_month": month * factor, "requests_per_day": None})
    priced = price_call(now.text, more)
    found = None if priced else sized(Question(Asks.SPEED, {"times": factor}), now.text, now.workload, now.session)
    calls = (priced,) if priced else found.calls if found is not None else ()
    if not calls:
        return None
    said = Statement(text="Supposing {times} times the traffic that you told me; your plan stays as it is.", names={"times": f"{factor:g}"})
    return Decision(calls, (said,))


def _advise(now: Situation) -> Decision:
    """Requests about a technique or a price: a figure where the facts allow one, the card, and the plan's verdict."""
    calls: list[PlannedCall] = []
    work, intent = now.workload, now.intent
    if intent in ("ask_api_bill", "ask_estimate_cost") and (price := price_call(now.text, work)):
        calls.append(price)
    if (
        intent in _SIZES
        and not looks_back(now.text)
        and not has(Sign.ELSEWHERE, now.text)
        and (found := sized(Question(_SIZES[intent], said_in(now.text, now.slots)), now.text, work, now.session)) is not None
    ):
        calls += found.calls
    if not calls or intent in ("ask_prune", "ask_distill", "ask_quantize", "ask_batching_serving", "ask_energy", "ask_peft"):
        topic = TOPICS.get(intent, "")
        calls.append(
            PlannedCall(
                tool="explain", args={"topic": f"{topic}: {now.text}"[:500] if topic else now.text[:500]}, subject=topic or "your question"
            )
        )
    missing = next((f for f in NEEDS.get(intent, ()) if not _has(work, f)), "") if len(calls) == 1 and calls[0]["tool"] == "explain" else ""
    hint = _run_hint(intent)
    return Decision(tuple(calls), statements=(hint,) if hint else (), ask_first=missing)


def _run_hint(intent: str) -> Statement | None:
    if intent not in MODEL_TOOLS:
        return None
    return Statement(
        text="I can {verb} your own model here and measure it: give me the path of its folder, "
        'or say "{verb} the bundled brain" to see how it works.',
        names={"verb": {"ask_benchmark": "benchmark", "ask_profile": "profile", "ask_quantize": "quantize"}[intent]},
    )


def _has(work: Workload, name: str) -> bool:
    return work.monthly_requests is not None if name.startswith("requests_per") else getattr(work, name) is not None
