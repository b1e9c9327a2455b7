"""Decides: baseline, verdict of every card, the chosen set, and savings by step. Pure; no evidence records, no words for the screen.

Order of application: stop waste, fix usage, right-size, compress, retrain, move, commit. Each action acts on what the
earlier ones left; money is Decimal in the baseline's currency, a month.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from knowledge.ranges import Range
from knowledge.techniques import Card
from knowledge.techniques import cards as shipped_cards
from tools.contracts.figures import money_text, number_text
from tools.contracts.plan import Step, Verdict
from tools.contracts.tool import Session
from tools.planning.assumptions import Settings
from tools.planning.candidates import Candidate, Disposition, comparisons_of, fits_case, judge_all
from tools.planning.choose import best_set, conflicts
from tools.planning.combine import BEST, DEFAULT_DRAWS, DRAWS, LIKELY, WORST, Array, Calculator
from tools.planning.spend import Baseline, find_baseline, total

STEPS = list(Step)
PAYBACK_CAP_MONTHS = 120.0


@dataclass(frozen=True)
class Costed:
    """A chosen (or switched-off) candidate with its money."""

    candidate: Candidate
    standalone: Range
    incremental: Range
    one_time: Range
    payback: Range | None
    enabled: bool
    beats: tuple[str, ...] = ()
    marginal: tuple[tuple[str, float, Decimal], ...] = ()  # (line id, factor on what was left, cost left after it), likely


@dataclass(frozen=True)
class Decision:
    """Everything the plan is written from."""

    baseline: Baseline
    costed: tuple[Costed, ...]
    settled: tuple[Disposition, ...]
    settings: Settings
    saving: Range
    one_time: Range
    payback: Range | None
    addressable: Range
    whole: Range
    proven: bool
    precision: Decimal


def one_time_cost(candidate: Candidate, settings: Settings) -> Range:
    """Engineering days x day rate + accelerator hours x price; whole dollars are enough."""
    effort = candidate.card.one_time
    days, hours = effort.engineering_days, effort.gpu_hours
    result = days * settings.get("engineering_day_usd")
    if hours.high > 0:
        result = result + hours * settings.get("gpu_hour_usd")
    return Range(*(Decimal(str(round(float(v)))) for v in (result.low, result.likely, result.high)))


def payback(one_time: Range, saving: Range) -> Range | None:
    """Months until the one-time cost is earned back; None where the likely saving is not positive. Capped at ten years."""
    if saving.likely <= 0:
        return None

    def months(cost: float, gain: float) -> float:
        return PAYBACK_CAP_MONTHS if gain <= 0 else min(PAYBACK_CAP_MONTHS, cost / gain)

    low = months(float(one_time.low), float(saving.high))
    likely = months(float(one_time.likely), float(saving.likely))
    high = months(float(one_time.high), float(saving.low))
    return Range(round(min(low, likely), 2), round(likely, 2), round(max(high, likely), 2))


def _money(value: float, precision: Decimal) -> Decimal:
    return Decimal(repr(float(value))).quantize(precision, ROUND_HALF_UP)


def _money_range(values: Array, precision: Decimal, likely: Decimal | None = None) -> Range:
    """P10 / likely / P90 of the columns; the likely track stands in the middle and bounds are moved to hold it."""
    middle = _money(values[LIKELY], precision) if likely is None else likely
    draws = values[DRAWS:]
    if draws.size == 0:
        ends = sorted((_money(values[BEST], precision), _money(values[WORST], precision)))
    else:
        ends = [_money(v, precision) for v in np.percentile(draws, [10, 90])]
    return Range(min(ends[0], middle), middle, max(ends[1], middle))


def _corners(values: Array, precision: Decimal) -> Range:
    return Range(*sorted(_money(v, precision) for v in values[:DRAWS]))


def _refuse(candidate: Candidate, reason: str) -> Disposition:
    return Disposition(candidate.card, candidate.case, Verdict.DO_NOT, reason, evidence_ids=candidate.evidence_ids)


def _pays(candidate: Candidate, alone: Range, once: Range, months: float, currency: str) -> str:
    """ "" where it pays back in time, else why not."""
    if float(alone.likely) * months >= float(once.likely):
        return ""
    gain, cost = money_text(alone.likely, currency), money_text(once.likely, currency)
    if alone.likely <= 0:
        return f"It saves nothing here and costs {cost} once."
    need = number_text(float(once.likely) / float(alone.likely))
    return (
        f"It does not pay back: about {gain} a month against {cost} once takes {need} months; the limit is {number_text(months)}. "
        f"{candidate.reason}"
    )


def decide(session: Session, cards: Sequence[Card] | None = None, leave_out: Sequence[str] = (), draws: int = DEFAULT_DRAWS) -> Decision:
    """The decision for a session. Raises UserError as `find_baseline` and `Settings` do."""
    settings = Settings(session.assumptions, session.workloads)
    baseline = find_baseline(session, settings)
    judged = judge_all(cards if cards is not None else shipped_cards(), baseline.cases, settings, session.evidence, baseline.currency)
    settings.in_currency(baseline.currency)
    baseline = _with_unused(baseline, session)
    out = frozenset(session.left_out) | frozenset(leave_out)
    lines = [line for line in baseline.lines if line.addressable]
    addressable = total(line.cost for line in lines)
    precision = Decimal("0.01") if addressable.likely >= 10 else Decimal("0.000001")
    calculator = Calculator(lines, judged.candidates, settings, draws)
    months = float(settings.get("horizon_months").likely)
    once = {c.id: one_time_cost(c, settings) for c in judged.candidates}
    alone = {c.id: _corners(calculator.saving([c.id]), precision) for c in judged.candidates}
    settled = list(judged.settled)
    viable: list[Candidate] = []
    switched_off: list[Candidate] = []
    for candidate in judged.candidates:
        if candidate.card.id in out:
            switched_off.append(candidate)
            continue
        why = _pays(candidate, alone[candidate.id], once[candidate.id], months, baseline.currency)
        if why:
            settled.append(_refuse(candidate, why))
        else:
            viable.append(candidate)
    chosen, proven = _choose(viable, calculator, once, months)
    against = conflicts(viable)
    for candidate in viable:
        if candidate.id not in chosen:
            settled.append(_refuse(candidate, _why_not(candidate, viable, chosen, against, alone, baseline.currency)))
    costed, saved, likely = _in_order(viable, chosen, calculator, once, alone, against, precision)
    costed += [Costed(c, alone[c.id], Range.exact(Decimal(0)), once[c.id], None, False) for c in switched_off]
    all_once = total(c.one_time for c in costed if c.enabled)
    saving = _money_range(saved, precision, likely)
    saving = saving.clamp(high=addressable.high) if likely <= addressable.high else saving
    return Decision(
        baseline,
        tuple(costed),
        tuple(settled),
        settings,
        saving,
        all_once,
        payback(all_once, saving) if chosen else None,
        addressable,
        total(line.cost for line in baseline.lines),
        proven,
        precision,
    )


def _with_unused(baseline: Baseline, session: Session) -> Baseline:
    """Says so where a measurement is about a model that no workload names."""
    described = [case for case in baseline.cases if case.described]
    unused = []
    for record in comparisons_of(session.evidence):
        if not any(fits_case(record, case, len(baseline.cases) == 1 or described == [case]) for case in baseline.cases):
            unused.append(
                f"The measurement of {record.inputs.get('model', 'a model')} is not used: no workload in the plan names that model."
            )
    notes = tuple(dict.fromkeys((*baseline.notes, *unused)))
    return replace(baseline, notes=notes, basis=" ".join(dict.fromkeys((baseline.basis, *unused))))


def _choose(viable: Sequence[Candidate], calculator: Calculator, once: dict[str, Range], months: float) -> tuple[frozenset[str], bool]:
    chosen: frozenset[str] = frozenset()
    proven = True
    for name in dict.fromkeys(c.case.name for c in viable):
        choice = best_set([c for c in viable if c.case.name == name], calculator, {k: float(v.likely) for k, v in once.items()}, months)
        chosen |= choice.chosen
        proven = proven and choice.proven
    return chosen, proven


def _why_not(
    candidate: Candidate,
    viable: Sequence[Candidate],
    chosen: frozenset[str],
    against: dict[str, frozenset[str]],
    alone: dict[str, Range],
    currency: str,
) -> str:
    title = {c.id: c.card.title for c in viable}
    rivals = sorted(against[candidate.id] & chosen)
    gain = money_text(alone[candidate.id].likely, currency)
    if rivals:
        better = ", ".join(title[r] for r in rivals)
        return f"It competes with {better}, which is worth more here. Alone it would save about {gain} a month. {candidate.reason}"
    return f"After the other actions too little is left for it to pay back; alone it would save about {gain} a month. {candidate.reason}"


def _in_order(
    viable: Sequence[Candidate],
    chosen: frozenset[str],
    calculator: Calculator,
    once: dict[str, Range],
    alone: dict[str, Range],
    against: dict[str, frozenset[str]],
    precision: Decimal,
) -> tuple[list[Costed], Array, Decimal]:
    """The chosen actions in order of application, each on what the earlier ones left."""
    ordered = sorted((c for c in viable if c.id in chosen), key=lambda c: (STEPS.index(Step(c.card.step)), -alone[c.id].likely, c.id))
    before = calculator.left([])
    start = np.asarray(sum(before), dtype=float) if before else np.zeros(DRAWS)
    reached, done, costed = Decimal(0), [], []
    for candidate in ordered:
        done.append(candidate.id)
        after = calculator.left(done)
        step = np.asarray(sum(before) - sum(after), dtype=float)
        so_far = _money(float(start[LIKELY]) - float(sum(left[LIKELY] for left in after)), precision)
        incremental = _money_range(step, precision, so_far - reached)
        marginal = tuple(
            (line.id, round(float(a[LIKELY] / b[LIKELY]), 6), _money(float(a[LIKELY]), precision))
            for line, a, b in zip(calculator.lines, after, before, strict=True)
            if a[LIKELY] != b[LIKELY]
        )
        costed.append(
            Costed(
                candidate,
                alone[candidate.id],
                incremental,
                once[candidate.id],
                payback(once[candidate.id], incremental),
                True,
                tuple(sorted(against[candidate.id])),
                marginal,
            )
        )
        reached, before = so_far, after
    saved = start - np.asarray(sum(before), dtype=float) if before else np.zeros(DRAWS)
    return costed, saved, reached


def without(session: Session, **changes: object) -> Session:
    """A session with some parts replaced (for what-if evaluation)."""
    return replace(session, **changes)  # type: ignore[arg-type]
