"""Which missing fact would narrow the saving most: plain words, and the next questions by value of information.

For each missing field the plan is decided again at the field's plausible extremes. Narrowing = (width of the saving
over all answers - mean width once answered) / monthly baseline, a share 0..1. A field whose answer changes nothing is
never asked; at most MOST questions. Uses the three bounds of each factor, no random draws.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from knowledge.errors import UserError
from tools.contracts.tool import Session
from tools.contracts.workload import FIELD_TYPES, Workload
from tools.planning.candidates import case_facts
from tools.planning.decide import Decision, decide, without
from tools.planning.facts import normal
from tools.planning.spend import kind_of

MOST = 6
CHANGES = 0.002  # share of the baseline below which an answer changes nothing worth asking for

#: plausible extremes of each field; text fields list answers that lead to different plans
EXTREMES: dict[str, tuple[Any, ...]] = {
    "utilization": (0.1, 0.8),
    "hours_per_day": (9.0, 24.0),
    "batch_tolerant": (True, False),
    "cached_share": (0.0, 0.7),
    "requests_per_month": (20_000.0, 3_000_000.0),
    "input_tokens": (200.0, 4000.0),
    "output_tokens": (50.0, 800.0),
    "task": ("classification", "chatbot"),
    "stage": ("inference", "training"),
    "gpu_count": (1, 8),
    "hardware": ("H100", "A100", "L4", "CPU"),
    "framework": ("transformers", "vllm"),
    "precision": ("fp32", "bf16", "int8"),
    "model": ("gpt-4o", "gpt-4o-mini", "llama-3.1-8b"),
    "provider": ("aws", "openai"),
    "params_b": (1.0, 70.0),
    "dataset_rows": (2_000, 500_000),
}
ASK = {
    "monthly_cost_usd": "What does it cost a month, in dollars?",
    "utilization": "What share of the paid accelerator time is busy (utilization, in per cent)?",
    "hours_per_day": "How many hours a day is the service needed?",
    "batch_tolerant": "May the answers come within a day instead of at once?",
    "cached_share": "What share of the input tokens repeats between requests (instructions, examples)?",
    "requests_per_month": "How many requests a month, or a day?",
    "input_tokens": "How many input tokens has a typical request?",
    "output_tokens": "How many output tokens has a typical answer?",
    "task": "What does it do: classify or extract, or write open-ended text?",
    "stage": "Is this serving (inference) or training?",
    "gpu_count": "How many accelerators are paid for?",
    "hardware": "Which accelerator or instance type does it run on?",
    "framework": "Which serving or training framework is in use?",
    "precision": "Which number format do the weights have (bf16, fp8, int8 ...)?",
    "model": "Which model is it?",
    "provider": "Which cloud or API vendor is it bought from?",
    "params_b": "How many billion parameters has the model?",
    "dataset_rows": "How many rows has the training data?",
}


class NextQuestion(NamedTuple):
    """A field to ask for, why, and how much it narrows the saving (share of the monthly baseline)."""

    field: str
    why: str
    narrowing: float


def _width(decision: Decision) -> tuple[float, float]:
    return float(decision.saving.low), float(decision.saving.high)


def _with(workloads: Sequence[Workload], name: str, value: Any) -> tuple[Workload, ...]:
    """Every workload that lacks the field gets the value."""
    return tuple(w if getattr(w, name) is not None else w.model_copy(update={name: FIELD_TYPES[name](value)}) for w in workloads)


def _lacking(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Fields that some case does not have, neither stated nor from its bill rows."""
    missing = []
    for name in EXTREMES:
        known = "monthly_requests" if name == "requests_per_month" else name
        if any(each.get(known) is None for each in facts):
            missing.append(name)
    return missing


_API_ONLY_LACKS = frozenset(
    {"stage", "hardware", "gpu_count", "framework", "precision", "utilization", "params_b", "dataset_rows", "hours_per_day"}
)


def _sensible(name: str, value: Any, kinds: set[str]) -> bool:
    """Answers that contradict what is known are not tried (training of a model behind an API, a GPU for API traffic)."""
    if kinds <= {"api_tokens", "managed_ai"}:
        return name not in _API_ONLY_LACKS
    if kinds <= {"gpu", "cpu"}:
        if name == "provider":
            return bool(value == "aws")
        if name == "model":
            return bool(normal(value).startswith("llama"))
        return not (name == "hardware" and value == "CPU" and kinds == {"gpu"})
    return True


def _why(narrowing: float) -> str:
    """In words, so that no figure without a record reaches the screen."""
    size = "a large part" if narrowing > 0.2 else "a noticeable part" if narrowing > 0.05 else "a small part"
    return f"The saving could move by {size} of the spend, depending on the answer."


def unpriced(session: Session) -> list[NextQuestion]:
    """What to ask where no money is known: the cost itself, then what a list price would need."""
    asked = [NextQuestion("monthly_cost_usd", "No saving can be computed before the spend is known; a bill would do as well.", 1.0)]
    workload = session.workloads[0] if session.workloads else Workload()
    wanted = (
        ("hardware", "gpu_count")
        if kind_of(workload) in ("gpu", "cpu")
        else ("model", "requests_per_month", "input_tokens", "output_tokens")
    )
    for name in wanted:
        known = workload.monthly_requests if name == "requests_per_month" else getattr(workload, name)
        if known is None:
            asked.append(NextQuestion(name, "With it the spend follows from dated list prices.", 0.5))
    return asked[:MOST]


def next_questions(session: Session) -> list[NextQuestion]:
    """The missing fields worth asking for, most narrowing first; empty where no answer would change the plan."""
    if not session.workloads and not session.bills:
        return [NextQuestion("model", "Nothing is described yet.", 1.0)]
    try:
        now = decide(session, draws=0)
    except UserError as problem:
        return unpriced(session) if problem.code in ("no-cost-known", "no-workload") else []
    base = float(now.whole.likely) or 1.0
    described = [case for case in now.baseline.cases if case.described and case.lines]
    asked = described or [case for case in now.baseline.cases if case.lines][:1]
    facts = [case_facts(case, now.baseline.currency) for case in asked]
    kinds = {str(each["kind"]) for each in facts}
    known = session.workloads or tuple(case.workload for case in asked)
    questions = []
    for name in _lacking(facts):
        spans = []
        for value in EXTREMES[name]:
            if not _sensible(name, value, kinds):
                continue
            try:
                spans.append(_width(decide(without(session, workloads=_with(known, name, value)), draws=0)))
            except UserError:
                continue
        if len(spans) < 2:
            continue
        union = max(high for _, high in spans) - min(low for low, _ in spans)
        narrowing = (union - sum(high - low for low, high in spans) / len(spans)) / base
        if narrowing > CHANGES:
            questions.append(NextQuestion(name, _why(narrowing), round(min(narrowing, 1.0), 4)))
    return sorted(questions, key=lambda q: (-q.narrowing, q.field))[:MOST]
