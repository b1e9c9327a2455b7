"""Decides, by code, which tools a reading calls for, with which arguments. No language model, no running of tools.

Arguments come from the workload's facts and the user's words; a tool whose needed facts are missing is not called,
its most useful missing field becomes the question instead.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.audited import Audited
from agent.pricing import USAGE, price_call
from agent.reading.bill_words import BillChange, change_in
from agent.reading.candidates import model_named
from agent.reading.price_words import price_words
from agent.sizing import sizing_call
from agent.state import PlannedCall
from knowledge.techniques import cards
from tools.contracts.tool import Session, Statement
from tools.contracts.workload import Workload
from tools.explaining.bill_asked import about_the_bill
from tools.explaining.tool import ASKS_WHY
from tools.store.records import Upload

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
_FORMATS = {
    "xlsx": r"xlsx|excel|spreadsheet|workbook",
    "pdf": r"\bpdf\b",
    "html": r"html|web ?page",
    "json": r"json",
    "md": r"markdown|\.md\b|text",
}

_UNDO = re.compile(
    r"(?i)\W*(?:please |sorry,? |no,? )?"
    r"(?:undo|revert|take (?:that|it) back|forget (?:that|the) (?:last )?(?:correction|change)s?)\b(?!.*\bplan\b)"
)
_SELF_HOST = re.compile(r"(?i)\bself[- ]?host|\b(?:host|run|serve)\b.{0,40}\b(?:ourselves|myself|on our own|in[- ]house)\b")
_FILLERS = {
    "leav",
    "leave",
    "plea",
    "pleas",
    "back",
    "this",
    "that",
    "with",
    "witho",
    "from",
    "plan",
    "want",
    "dont",
    "put",
    "remov",
    "skip",
    "again",
    "model",
    "into",
    "only",
    "them",
}


@dataclass(frozen=True)
class Decision:
    """What to do this turn."""

    calls: tuple[PlannedCall, ...] = ()
    statements: tuple[Statement, ...] = ()
    wants_plan: bool = False
    ask_first: str = ""  # a field whose answer the request itself waits for
    leave_out: tuple[str, ...] = ()
    put_back: tuple[str, ...] = ()
    stop_jobs: bool = False


@dataclass(frozen=True)
class Situation:
    """What the policy may look at."""

    intent: str
    text: str
    slots: Mapping[str, Any]
    session: Session
    workload: Workload
    uploads: Sequence[Upload]
    new_upload_ids: frozenset[str] = field(default_factory=frozenset)
    held: tuple[PlannedCall, ...] = ()  # heavy calls whose consent card the new message left unanswered
    audits: Audited = field(default_factory=Audited)
    price_files: Sequence[Upload] = ()  # uploaded with this message; `uploads` are those that are not price files

    @property
    def change(self) -> BillChange:
        """What the words correct in the audit of the uploaded files."""
        return change_in(self.text, self.audits.known) if self.uploads else BillChange()


def _audit(now: Situation) -> Decision:
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
    if now.intent in ("ask_benchmark", "ask_quantize") and (model := model_named(now.text)):
        data = data_named(now)
        call = PlannedCall(tool=MODEL_TOOLS[now.intent], args={"model": model, **({"data": data} if data else {})}, subject=_shown(model))
        return Decision((call,))
    asked = price_words(now.text)
    if now.new_upload_ids or now.change:
        audit = _audit(now)
        return replace(audit, calls=(*audit.calls, USAGE)) if asked.of_usage else audit
    if asked.of_usage and (now.session.audit or now.session.bills):
        return Decision((USAGE,))
    if asked.asks_again and (priced := price_call(now.text, now.workload)):
        return Decision((priced,))
    if about_the_bill(now.text, now.audits.result) is not None or (now.session.plan is not None and ASKS_WHY.match(now.text)):
        return Decision((PlannedCall(tool="explain", args={"topic": now.text[:500]}, subject="your question"),))
    if _UNDO.match(now.text) and (before := now.audits.undone(now.uploads)) is not None:
        return Decision((before,))
    if "?" in now.text and _SELF_HOST.search(now.text):
        return Decision((PlannedCall(tool="explain", args={"topic": f"self-hosting: {now.text}"[:500]}, subject="self-hosting"),))
    simple = _SIMPLE.get(now.intent)
    if simple is not None:
        return simple(now)
    if now.intent in MODEL_TOOLS and (model := model_named(now.text)):
        return Decision((PlannedCall(tool=MODEL_TOOLS[now.intent], args={"model": model}, subject=_shown(model)),))
    return _advise(now)


def _shown(model: str) -> str:
    return "the bundled brain" if model == "brain" else Path(model).name


def _advise(now: Situation) -> Decision:
    """Requests about a technique or a price: a figure where the facts allow one, the card, and the plan's verdict."""
    calls: list[PlannedCall] = []
    work, intent = now.workload, now.intent
    if intent in ("ask_api_bill", "ask_estimate_cost") and (price := price_call(now.text, work)):
        calls.append(price)
    if intent in ("ask_hardware", "ask_training_cost", "ask_peft") and (call := sizing_call(intent, now.text, work)):
        calls.append(call)
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


def _describe(now: Situation) -> Decision:
    call = price_call(now.text, now.workload)
    return Decision((call,) if call else ())


def _file(now: Situation) -> Decision:
    if now.uploads:
        return _audit(now)
    words = (
        "Upload the file with the paper clip (CSV, TSV or XLSX: a cloud export, an API usage file, or your own sheet). "
        "It stays on this machine."
    )
    return Decision(statements=(Statement(text=words),))


def _origin(now: Situation) -> Decision:
    return Decision((PlannedCall(tool="explain", args={"topic": _figure_in(now.text)}, subject="where a figure comes from"),))


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
    "I audit bills and usage files, price API workloads, estimate memory and training, profile, quantize and benchmark models "
    "in a folder on this machine, and turn it all into a costed plan. "
    "Tell me what you run and what it costs, or upload a bill."
)
_SIMPLE: dict[str, Any] = {
    "describe_workload": _describe,
    "answer": _describe,
    "correct": lambda now: Decision(_describe(now).calls, wants_plan=now.session.plan is not None),
    "what_if": lambda now: Decision(_describe(now).calls, wants_plan=True),
    "make_plan": lambda _now: Decision(wants_plan=True),
    "ask_audit_file": _file,
    "ask_origin": _origin,
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
