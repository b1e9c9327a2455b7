"""Writes a decision down: evidence for every figure, the Plan and its result keys. Makes no choices; sentences are in `narrative`.

The plan's id is a hash of its content.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.plan import Action, Assumption, LedgerEntry, LineEffect, Plan, PlanTotal, Step, Verdict
from tools.contracts.tool import Session
from tools.planning.candidates import Candidate, comparisons_of
from tools.planning.combine import DRAWS, LIKELY, OVERLAP, Calculator
from tools.planning.decide import Costed, Decision
from tools.planning.questions import ASK, NextQuestion

REPRODUCE = "python -m app plan WORKLOAD.yaml --out plan"
_RANK = [Verdict.DO, Verdict.TRY_FIRST, Verdict.NEEDS_DATA, Verdict.DO_NOT, Verdict.NOT_APPLICABLE]
SORTS = ("step", "saving", "payback", "effort")


@dataclass
class Written:
    """A plan with the records behind it."""

    plan: Plan
    evidence: list[Evidence] = field(default_factory=list)
    by_name: dict[str, str] = field(default_factory=dict)  # "total", "baseline", action id ... -> evidence id


class _Ledger:
    """Collects evidence and remembers it by name."""

    def __init__(self) -> None:
        self.records: dict[str, Evidence] = {}
        self.names: dict[str, str] = {}

    def add(self, name: str, record: Evidence) -> str:
        self.records[record.id] = record
        self.names[name] = record.id
        return record.id

    def computed(self, name: str, claim: str, value: Range | None, unit: str, method: str, parents: Sequence[str], **inputs: Any) -> str:
        """A sum keeps its parents' tier where they all share one: adding billed amounts estimates nothing."""
        tiers = {self.records[p].tier for p in parents if p in self.records}
        summed = name in ("baseline", "addressable") and len(tiers) == 1
        return self.add(
            name,
            Evidence.record(
                tier=tiers.pop() if summed else Tier.ESTIMATED,
                claim=claim,
                source=SourceRef(ref="planner, from the records named as parents"),
                value=value,
                unit=unit,
                method=method,
                inputs=inputs,
                parents=tuple(dict.fromkeys(parents)),
                reproduce=REPRODUCE,
            ),
        )


def _stated(ledger: _Ledger, decision: Decision) -> None:
    """A record for each stated field, so that reasons and formulas can point to it."""
    for case in decision.baseline.cases:
        if not case.described:
            continue
        for name, value in case.workload.filled().items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            ledger.add(
                f"fact {case.name} {name}",
                Evidence.record(
                    tier=Tier.STATED,
                    claim=f"{name.replace('_', ' ')} of {case.name}",
                    source=SourceRef(ref="your words or file"),
                    value=Range.exact(float(value)) if number else None,
                    method="stated",
                    inputs={"workload": case.name, "field": name, "value": value},
                ),
            )


def _effect_record(ledger: _Ledger, candidate: Candidate, calculator: Calculator) -> list[str]:
    """One record per distinct effect of an action; measured ones point to the measurement instead."""
    ids = list(candidate.evidence_ids)
    for reach in candidate.reaches:
        source = reach.effect.source
        record = Evidence.record(
            tier=candidate.tier if candidate.tier is Tier.MEASURED else reach.effect.tier,
            claim=f"Remaining share of cost: {candidate.card.title} on {candidate.case.name}",
            source=SourceRef(ref=source.ref, checked_on=source.checked_on),
            value=reach.size.factor,
            unit="ratio",
            method=reach.size.method,
            inputs={
                "technique": candidate.card.id,
                "workload": candidate.case.name,
                "part": reach.effect.part,
                "conditions": reach.effect.conditions,
            },
            parents=tuple(candidate.evidence_ids),
            reproduce=REPRODUCE,
        )
        ids.append(ledger.add(f"effect {candidate.id} {record.id}", record))
    del calculator
    return list(dict.fromkeys(ids))


def _action(costed: Costed, ledger: _Ledger, calculator: Calculator, setting_ids: Mapping[str, str], unit: str) -> Action:
    candidate, card = costed.candidate, costed.candidate.card
    effects = _effect_record(ledger, candidate, calculator)
    lines = [reach.line.evidence.id for reach in candidate.reaches]
    for reach in candidate.reaches:
        ledger.add(f"line {reach.line.id}", reach.line.evidence)
    facts = [
        key
        for name, key in ledger.names.items()
        if name.startswith(f"fact {candidate.case.name} ") and name.rsplit(" ", 1)[1] in _used(candidate)
    ]
    alone = ledger.computed(
        f"standalone {candidate.id}",
        f"Saving alone: {card.title} on {candidate.case.name}",
        costed.standalone,
        unit,
        "sum over its lines of monthly cost x (1 - remaining share)",
        [*lines, *effects, *facts],
        lines=[r.line.id for r in candidate.reaches],
    )
    after = ledger.computed(
        f"saving {candidate.id}",
        f"Saving after earlier actions: {card.title} on {candidate.case.name}",
        costed.incremental,
        unit,
        "cost left by the earlier actions minus cost left with this one; P10, likely, P90",
        [alone, *effects],
        enabled=costed.enabled,
    )
    once = ledger.computed(
        f"once {candidate.id}",
        f"One-time cost: {card.title} on {candidate.case.name}",
        costed.one_time,
        unit.split("/")[0],
        "engineering days x day rate + accelerator hours x price",
        [setting_ids[n] for n in ("engineering_day_usd", "gpu_hour_usd") if n in setting_ids],
        engineering_days=card.one_time.engineering_days.as_dict(),
        gpu_hours=card.one_time.gpu_hours.as_dict(),
    )
    ids = [after, alone, once, *effects, *lines, *facts]
    if costed.payback is not None:
        ids.append(
            ledger.computed(
                f"payback {candidate.id}",
                f"Months to payback: {card.title} on {candidate.case.name}",
                costed.payback,
                "months",
                "one-time cost / monthly saving",
                [once, after],
            )
        )
    reason = candidate.reason if costed.enabled else f"You left it out. {candidate.reason}"
    kind = {reach.line.id: reach.effect.affects for reach in candidate.reaches}
    return Action(
        id=candidate.id,
        technique=card.id,
        title=card.title,
        workload=candidate.case.name,
        step=Step(card.step),
        verdict=candidate.verdict,
        reason=reason,
        effect_tier=candidate.tier,
        effects=tuple(
            LineEffect(line_id=name, kind=kind[name], factor=calculator.line_factor(candidate.id, name)) for name in sorted(kind)
        ),
        standalone_saving=costed.standalone,
        incremental_saving=costed.incremental,
        one_time_cost=costed.one_time,
        payback_months=costed.payback,
        effort_days=card.one_time.engineering_days,
        skill=card.skill,
        quality_risk=card.quality_risk,
        rollback=card.rollback,
        verification=card.verification,
        steps=card.steps,
        excludes=costed.beats,
        evidence_ids=tuple(dict.fromkeys(ids)),
        expires_when=card.expires_when,
        enabled=costed.enabled,
    )


def _used(candidate: Candidate) -> set[str]:
    conditions = [*candidate.card.when, *(c for effect in candidate.card.effects for c in effect.when)]
    names = {c.field for c in conditions} | {"utilization", "hours_per_day", "cached_share", "gpu_count", "input_tokens", "output_tokens"}
    if "monthly_requests" in names:
        names |= {"requests_per_day", "requests_per_month"}
    return names


def _verdicts(decision: Decision, left_out: frozenset[str]) -> tuple[LedgerEntry, ...]:
    """One entry per card: the strongest verdict over the cases, with the reason for each case."""
    found: dict[str, list[tuple[int, str, Verdict, str, tuple[str, ...], tuple[str, ...]]]] = {}
    titles: dict[str, str] = {}
    for costed in decision.costed:
        c = costed.candidate
        titles[c.card.id] = c.card.title
        note = "" if costed.enabled else "You left it out. "
        found.setdefault(c.card.id, []).append((_RANK.index(c.verdict), c.case.name, c.verdict, note + c.reason, (), c.evidence_ids))
    for entry in decision.settled:
        titles[entry.card.id] = entry.card.title
        found.setdefault(entry.card.id, []).append(
            (_RANK.index(entry.verdict), entry.case.name, entry.verdict, entry.reason, entry.needs, entry.evidence_ids)
        )
    result = []
    for technique in sorted(found):
        rows = sorted(found[technique], key=lambda row: (row[0], row[1]))
        if len(rows) == 1:
            reason = rows[0][3]
        else:
            reason = " ".join(f"{name}: {verdict.value.replace('_', ' ')}. {why}" for _, name, verdict, why, _, _ in rows[:4])
        needs = tuple(dict.fromkeys(n for row in rows for n in row[4]))
        ids = tuple(dict.fromkeys(i for row in rows for i in row[5]))
        result.append(
            LedgerEntry(technique=technique, title=titles[technique], verdict=rows[0][2], reason=reason, needs=needs, evidence_ids=ids)
        )
    del left_out
    return tuple(result)


def _sorted(actions: list[Action], sort: str) -> list[Action]:
    if sort == "saving":
        return sorted(actions, key=lambda a: (-a.incremental_saving.likely, a.id))
    if sort == "payback":
        return sorted(actions, key=lambda a: (a.payback_months.likely if a.payback_months else float("inf"), a.id))
    if sort == "effort":
        return sorted(actions, key=lambda a: (a.effort_days.likely, a.id))
    return actions


def _touches(calculator: Calculator, names: Sequence[str], line_id: str) -> list[dict[str, Any]]:
    """How each action acts on one line: the terms that `combine` works with, so that a sheet can recompute any set of actions."""
    at = [line.id for line in calculator.lines].index(line_id)
    return [
        {
            "action": name,
            "part": touch.part,
            "pool": touch.pool,
            "overlap": OVERLAP.get(touch.pool, ""),  # the assumption that is the exponent of the weaker ones
            "factor": dict(zip(("low", "likely", "high"), sorted(float(v) for v in touch.factor[:DRAWS]), strict=True)),
            "floor": float(touch.floor),
        }
        for name in names
        for touch in calculator.touches[name]
        if touch.line == at
    ]


def _lines(decision: Decision, calculator: Calculator) -> tuple[dict[str, Any], ...]:
    """Addressed lines with the likely path of their cost through the actions, and the terms to recompute it for other sets."""
    path: dict[str, list[dict[str, Any]]] = {}
    for costed in decision.costed:
        for line_id, factor, left in costed.marginal:
            path.setdefault(line_id, []).append({"action": costed.candidate.id, "factor": factor, "left": str(left)})
    reached = {r.line.id for costed in decision.costed for r in costed.candidate.reaches}
    names = [costed.candidate.id for costed in decision.costed]
    shares = {calculator.lines[at].id: float(values[LIKELY]) for at, values in calculator._shares.items()}
    return tuple(
        {
            "id": line.id,
            "name": line.name,
            "monthly_cost": str(line.cost.likely),
            "rows": list(line.rows),
            "row_count": line.row_count,
            "kind": line.kind,
            "tier": line.tier.value,
            "workload": case.name,
            "evidence_id": line.evidence.id,
            "path": path.get(line.id, []),
            "touches": _touches(calculator, names, line.id),
            "input_share": shares.get(line.id),  # share of an unsplit API sum that pays for input; None = not split
        }
        for case in decision.baseline.cases
        for line in case.lines
        if line.id in reached
    )


def _comparisons(session: Session) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "title": record.claim,
            "baseline": record.inputs.get("baseline"),
            "candidate": record.inputs.get("candidate"),
            "verdict": record.inputs["verdict"],
            "reason": record.inputs.get("reason", ""),
            "evidence_id": record.id,
        }
        for record in comparisons_of(session.evidence)
    )


def write(decision: Decision, calculator: Calculator, session: Session, questions: Sequence[NextQuestion], sort: str) -> Written:
    """The plan of a decision with all its evidence."""
    ledger = _Ledger()
    unit = f"{decision.baseline.currency}/month"
    _stated(ledger, decision)
    line_ids = [ledger.add(f"line {line.id}", line.evidence) for line in decision.baseline.lines]
    setting_ids = {s.name: ledger.add(f"assumption {s.name}", s.evidence()) for s in decision.settings.used()}
    base = ledger.computed("baseline", "Monthly cost of everything in scope", decision.whole, unit, decision.baseline.basis, line_ids)
    reach = ledger.computed(
        "addressable", "Monthly cost that techniques can act on", decision.addressable, unit, "sum of the AI lines in scope", line_ids
    )
    actions = [_action(c, ledger, calculator, setting_ids, unit) for c in decision.costed]
    saving_ids = [ledger.names[f"saving {c.candidate.id}"] for c in decision.costed if c.enabled]
    overlaps = [setting_ids[n] for n in sorted(setting_ids) if n.startswith("overlap")]
    total = ledger.computed(
        "total",
        "Monthly saving of the plan",
        decision.saving,
        unit,
        "actions applied in order, each on what the earlier ones left; P10, likely, P90 of seeded draws",
        [*saving_ids, base, *overlaps],
        proven_best=decision.proven,
    )
    once = ledger.computed(
        "once",
        "One-time cost of the plan",
        decision.one_time,
        decision.baseline.currency,
        "sum over the actions",
        [ledger.names[f"once {c.candidate.id}"] for c in decision.costed if c.enabled],
    )
    if decision.payback is not None:
        ledger.computed(
            "payback", "Months until the plan has paid back", decision.payback, "months", "one-time cost / monthly saving", [once, total]
        )
    del reach
    plan = Plan(
        id="",
        title="Efficiency plan for " + ", ".join(dict.fromkeys(c.name for c in decision.baseline.cases[:3])),
        currency=decision.baseline.currency,
        baseline_basis=decision.baseline.basis,
        actions=tuple(_sorted(actions, sort)),
        total=PlanTotal(
            saving=decision.saving,
            one_time_cost=decision.one_time,
            payback_months=decision.payback,
            addressable_cost=decision.addressable,
            baseline_cost=decision.whole,
        ),
        ledger=_verdicts(decision, session.left_out),
        assumptions=tuple(
            Assumption(
                name=s.name, title=s.title, value=s.value, unit=s.unit, reason=f"{s.reason} ({s.source})", evidence_id=setting_ids[s.name]
            )
            for s in decision.settings.used()
        ),
        workloads=tuple({"name": c.name, **c.workload.filled()} for c in decision.baseline.cases),
        comparisons=_comparisons(session),
        lines=_lines(decision, calculator),
        evidence_ids=tuple(ledger.records),
        open_questions=tuple(ASK.get(q.field, q.field) for q in questions),
    )
    digest = hashlib.sha256(plan.model_dump_json().encode()).hexdigest()
    return Written(plan.model_copy(update={"id": f"plan-{digest[:12]}"}), list(ledger.records.values()), ledger.names)


def headline(written: Written, decision: Decision, questions: Sequence[NextQuestion]) -> dict[str, Any]:
    """The plan as JSON values, with the figures other programs read first."""
    plan = written.plan
    return {
        **plan.model_dump(mode="json"),
        "monthly_saving": {k: str(getattr(plan.total.saving, k)) for k in ("low", "likely", "high")},
        "monthly_baseline": str(plan.total.baseline_cost.likely),
        "one_time_cost": str(plan.total.one_time_cost.likely),
        "actions_enabled": sum(a.enabled for a in plan.actions),
        "proven_best": decision.proven,
        "questions": [{"field": q.field, "text": ASK.get(q.field, q.field), "why": q.why, "narrowing": q.narrowing} for q in questions],
    }
