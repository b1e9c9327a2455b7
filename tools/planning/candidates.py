"""Judges every technique card for every case: a candidate action, or a verdict with its reason and missing facts.

Measured comparisons of the session overrule a card's published effect. Arithmetic of sets and money is elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from knowledge.ranges import Range
from knowledge.source import Tier
from knowledge.techniques import Card, Condition, Effect
from tools.contracts.evidence import Evidence
from tools.contracts.figures import money_text
from tools.contracts.plan import Verdict
from tools.planning.assumptions import Settings
from tools.planning.facts import WORDS, Judgement, fill, judge, names, normal
from tools.planning.formulas import Missing, Size, size
from tools.planning.spend import Case, SpendLine

LINE_FIELDS = frozenset({"token_type", "pricing", "environment", "kind"})
_MEASURED_VERDICTS = ("do", "try_first", "do_not")


@dataclass(frozen=True)
class Reach:
    """An effect on one line: the part of it that is reached, and the factor there."""

    line: SpendLine
    effect: Effect
    size: Size


@dataclass(frozen=True)
class Candidate:
    """A technique that may be applied to a case."""

    id: str
    card: Card
    case: Case
    verdict: Verdict
    reason: str
    reaches: tuple[Reach, ...]
    tier: Tier
    facts: Mapping[str, Any]
    evidence_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Disposition:
    """What became of one card for one case without being a candidate."""

    card: Card
    case: Case
    verdict: Verdict
    reason: str
    needs: tuple[str, ...] = ()
    evidence_ids: tuple[str, ...] = ()


@dataclass
class Judged:
    """All cards for all cases."""

    candidates: list[Candidate] = field(default_factory=list)
    settled: list[Disposition] = field(default_factory=list)


def case_facts(case: Case, currency: str) -> dict[str, Any]:
    """The flat facts of a case: stated fields, what its lines agree on, and what follows from both."""
    facts: dict[str, Any] = dict(case.workload.filled())
    for name in ("provider", "hardware", "region", "environment", "model"):
        values = {line.facts[name] for line in case.lines if line.facts.get(name)}
        if facts.get(name) is None and values and len(values) <= 3:
            facts[name] = ", ".join(sorted(values))
    if facts.get("utilization") is None and (busy := billed_utilization(case)) is not None:
        facts["utilization"] = busy
    facts["currency"] = currency
    if not case.described:
        facts.pop("name", None)
    facts["monthly_requests"] = case.workload.monthly_requests
    stage = facts.get("stage")
    if stage:
        facts["stage"] = "training" if "train" in normal(stage) or "tuning" in normal(stage) else "inference"
    elif names(case.name, ("train", "training", "finetune", "fine tuning", "pretraining")):
        facts["stage"] = "training"  # the bill's tag or the user's own name for it says so
    elif facts["monthly_requests"] or facts.get("latency_ms") or facts.get("output_tokens"):
        facts["stage"] = "inference"  # requests and answers are served, not trained
    kinds = [line.kind for line in sorted(case.lines, key=lambda line: -line.cost.likely)]
    facts["kind"] = kinds[0] if kinds else None
    facts["monthly_cost"] = f"{money_text(case.monthly.likely, currency)} a month" if case.lines else None
    test = names(facts.get("environment") or "", ("dev", "test", "staging", "sandbox", "experiment"))
    if facts.get("stage") == "training" or facts.get("batch_tolerant") is True or test:
        facts["interruptible"] = True
    elif facts.get("batch_tolerant") is False or facts.get("latency_ms") is not None:
        facts["interruptible"] = False
    return facts


def billed_utilization(case: Case) -> float | None:
    """Share of the paid accelerator time at work that the bill's own rows state, weighted by cost; None unless all do."""
    lines = [line for line in case.lines if line.kind == "gpu" and line.cost.likely > 0]
    if not lines or any(line.utilization is None for line in lines):
        return None
    total = sum(float(line.cost.likely) for line in lines)
    return round(sum(float(line.cost.likely) * (line.utilization or 0.0) for line in lines) / total, 4)


def comparisons_of(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Measured comparisons, oldest first: `inputs["kind"] == "comparison"` with a verdict do, try_first or do_not."""
    return tuple(e for e in evidence if e.inputs.get("kind") == "comparison" and e.inputs.get("verdict") in _MEASURED_VERDICTS)


def fits_case(record: Evidence, case: Case, only_case: bool) -> bool:
    """Whether a measurement is about this case: by workload name, by model name, or as the only case of unnamed model."""
    named, model = record.inputs.get("workload"), record.inputs.get("model")
    if named:
        return normal(named) == normal(case.name)
    ours = case.workload.model
    if model and ours:
        return normal(ours) in normal(model) or normal(model) in normal(ours)
    return only_case


def measured_for(card: Card, case: Case, only_case: bool, comparisons: Sequence[Evidence]) -> Evidence | None:
    """The last comparison that speaks about this card and case."""
    found = None
    for record in comparisons:
        technique = str(record.inputs.get("technique", ""))
        if technique != card.id and technique not in card.measured_as:
            continue
        if fits_case(record, case, only_case):
            found = record
    return found


def _split(conditions: Sequence[Condition]) -> tuple[list[Condition], list[Condition]]:
    return [c for c in conditions if c.field not in LINE_FIELDS], [c for c in conditions if c.field in LINE_FIELDS]


def _line_facts(line: SpendLine, facts: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in line.facts.items() if name in LINE_FIELDS or facts.get(name) is None}
    return {**facts, **own, "kind": line.kind}


def part_of(line: SpendLine) -> str:
    """Which part of API traffic a line is: input, output, cached, or "" where it holds both."""
    token_type = normal(line.facts.get("token_type", ""))
    return {"reasoning": "output", "cache write": "cached"}.get(
        token_type, token_type if token_type in ("input", "output", "cached") else ""
    )


def _effect_for(card: Card, facts: Mapping[str, Any], kind: str) -> Effect | Judgement:
    """The first effect for this kind whose conditions hold; else why there is none."""
    last = Judgement("fails", f"The card holds no effect for {kind} spend.")
    for effect in card.effects:
        if kind not in effect.lines:
            continue
        judgement = judge(effect.when, facts)
        if judgement.state == "holds":
            return effect
        if judgement.state == "unknown" or (last.state == "fails" and judgement.reason):
            last = judgement
    return last


def _reach(card: Card, line: SpendLine, own: Mapping[str, Any], settings: Settings, monthly: float) -> tuple[Effect, Size] | Judgement:
    """The effect on one line and its size, or why there is none."""
    judgement = judge(_split(card.when)[1], own)
    if judgement.state != "holds":
        return judgement
    effect = _effect_for(card, own, line.kind)
    if isinstance(effect, Judgement):
        return effect
    part = part_of(line)
    if effect.part != "all" and part and part != effect.part:
        return Judgement("fails", f"This spend is for {part} tokens, which it does not touch.")
    if effect.part != "all" and not part and line.kind in ("api_tokens", "managed_ai"):
        missing = tuple(name for name in ("input_tokens", "output_tokens") if own.get(name) is None)
        if missing:
            return Judgement("unknown", needs=missing)
    try:
        return effect, size(effect, own, settings, monthly)
    except Missing as lack:
        return Judgement("unknown", needs=lack.needs)


def _reaches(card: Card, case: Case, facts: Mapping[str, Any], settings: Settings) -> tuple[list[Reach], Judgement]:
    """The card's effects on the case's lines, and why lines were passed over. Lines with equal facts are judged once."""
    found: list[Reach] = []
    why = Judgement("fails", f"{card.title} does not act on this kind of spend.")
    known: dict[tuple[object, ...], tuple[Effect, Size] | Judgement] = {}
    for line in case.lines:
        if not line.addressable or line.kind not in card.lines:
            continue
        key = (line.kind, *sorted(line.facts.items()))
        if key not in known:
            known[key] = _reach(card, line, _line_facts(line, facts), settings, float(case.monthly.likely))
        outcome = known[key]
        if isinstance(outcome, Judgement):
            why = outcome
        else:
            found.append(Reach(line, *outcome))
    return found, why


def _overrule(reaches: list[Reach], record: Evidence, facts: Mapping[str, Any]) -> tuple[list[Reach], bool]:
    """The measured ratio in place of the card's factor, where it was measured on the kind of hardware that is paid."""
    device = str(record.inputs.get("device") or "cpu")
    same = [r for r in reaches if (r.line.kind == "cpu" and "cpu" in normal(device)) or normal(device) == normal(facts.get("hardware", ""))]
    if record.value is None or not same:
        return reaches, False
    ratio = Range(*(round(float(v), 6) for v in (record.value.low, record.value.likely, record.value.high)))
    return [replace(r, size=Size(ratio, "measured candidate time / baseline time")) if r in same else r for r in reaches], True


def _basis(card: Card, case: Case, facts: Mapping[str, Any]) -> str:
    spend = facts.get("monthly_cost")
    tier = {line.tier.value for line in case.lines}
    text = f" It acts on {spend} ({', '.join(sorted(tier))})." if spend else ""
    return fill(card.because, facts) + text


def judge_card(
    card: Card, case: Case, facts: dict[str, Any], only_case: bool, settings: Settings, comparisons: Sequence[Evidence]
) -> Candidate | Disposition:
    """One card for one case."""
    record = measured_for(card, case, only_case, comparisons)
    if record is not None and record.inputs.get("verdict") == "do_not":
        why = str(record.inputs.get("reason") or "The measured candidate did not pass.")
        if "gpu" in {line.kind for line in case.lines} and "gpu" not in normal(record.inputs.get("device", "cpu")):
            there = facts.get("hardware") or "your accelerators"
            why = f"{why} This was measured on this machine's CPU; only a run on {there} could overturn it."
        return Disposition(card, case, Verdict.DO_NOT, f"Measured: {why}", evidence_ids=(record.id,))
    kinds = {line.kind for line in case.lines}
    if not case.lines:
        return Disposition(card, case, Verdict.NEEDS_DATA, f"The monthly cost of {case.name} is not known.", ("monthly_cost_usd",))
    if kinds <= {"unknown", "other"}:
        return Disposition(
            card, case, Verdict.NEEDS_DATA, "It is not known whether this spend is hardware or an API.", ("hardware", "provider")
        )
    if not kinds & set(card.lines):
        words = {"gpu": "accelerators", "cpu": "CPU machines", "api_tokens": "API tokens", "managed_ai": "a managed service"}
        paid = " and ".join(words[k] for k in sorted(kinds & set(words)))
        acts = " or ".join(words[k] for k in card.lines)
        return Disposition(card, case, Verdict.NOT_APPLICABLE, f"It acts on {acts}; {case.name} is paid as {paid}.")
    judgement = judge(_split(card.when)[0], facts)
    if judgement.state == "fails":
        return Disposition(card, case, Verdict.NOT_APPLICABLE, judgement.reason)
    if judgement.state == "unknown":
        return Disposition(card, case, Verdict.NEEDS_DATA, _lacks(judgement.needs, case), judgement.needs)
    if card.enabling:
        tests = judge(_split(card.when)[1], facts)
        if tests.state != "holds":
            return Disposition(card, case, Verdict.NOT_APPLICABLE, tests.reason)
        ids = (record.id,) if record else ()
        return Disposition(card, case, Verdict.DO, _basis(card, case, facts), evidence_ids=ids)
    reaches, lack = _reaches(card, case, facts, settings)
    if not reaches:
        if lack.state == "unknown":
            return Disposition(card, case, Verdict.NEEDS_DATA, _lacks(lack.needs, case), lack.needs)
        return Disposition(card, case, Verdict.NOT_APPLICABLE, lack.reason)
    return _candidate(card, case, facts, reaches, record)


def _lacks(needs: Sequence[str], case: Case) -> str:
    what = " and ".join(WORDS.get(name, f"the {name.replace('_', ' ')}") for name in needs)
    return f"It depends on {what}, not known yet for {case.name}."


def _candidate(card: Card, case: Case, facts: dict[str, Any], reaches: list[Reach], record: Evidence | None) -> Candidate | Disposition:
    reason, tier = _basis(card, case, facts), reaches[0].effect.tier
    ids: tuple[str, ...] = ()
    verdict = Verdict.DO if card.confidence == "arithmetic" else Verdict.TRY_FIRST
    if record is not None:
        reaches, applied = _overrule(reaches, record, facts)
        ids = (record.id,)
        if applied:
            verdict, tier = Verdict(str(record.inputs["verdict"])), Tier.MEASURED
            reason = f"Measured: {record.inputs.get('reason') or 'the candidate passed'}. {reason}"
        else:
            passed = record.inputs.get("reason") or "kept"
            reason = f"Measured on other hardware than you pay for ({passed}); measure there. {reason}"
    reaches = [r for r in reaches if float(r.size.factor.likely) < 1 - 1e-9] or reaches
    notes = " ".join(dict.fromkeys(r.size.note for r in reaches if r.size.note))
    reason = f"{reason} {notes}".strip()
    if all(float(r.size.factor.likely) >= 1 - 1e-9 for r in reaches):
        conditions = reaches[0].effect.conditions
        dearer = any(float(r.size.factor.likely) > 1 for r in reaches)
        text = "It would cost more than it saves" if dearer else "It frees nothing that is paid for"
        speed = f" {card.speed_notes[0]}" if card.speed_notes else ""
        return Disposition(card, case, Verdict.DO_NOT, f"{text}: {reason} ({conditions}){speed}", evidence_ids=ids)
    return Candidate(f"{card.id}@{normal(case.name).replace(' ', '-')}", card, case, verdict, reason, tuple(reaches), tier, facts, ids)


def judge_all(cards: Sequence[Card], cases: Sequence[Case], settings: Settings, evidence: Sequence[Evidence], currency: str) -> Judged:
    """Every card for every case. A card with several cases keeps one disposition for each."""
    judged = Judged()
    comparisons = comparisons_of(evidence)
    described = [case for case in cases if case.described]
    for case in cases:
        only = len(cases) == 1 or described == [case]
        facts = case_facts(case, currency)
        for card in cards:
            outcome = judge_card(card, case, facts, only, settings, comparisons)
            (judged.candidates if isinstance(outcome, Candidate) else judged.settled).append(outcome)  # type: ignore[arg-type]
    return judged
