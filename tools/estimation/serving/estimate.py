"""`estimate_serving`: what serving a model on an accelerator does and costs under a latency target, each figure a range.

An estimate from a calibrated roofline and dated prices, never a measurement. Both cost bases: allocation (every replica paid
around the clock for the stated traffic) and usage (a replica as busy as it may be). Refuses the impossible with the reason
and the nearest that is possible. Judges no quality.
"""

from dataclasses import replace
from math import inf
from typing import Any

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence
from tools.contracts.tool import Statement, ToolContext, ToolResult
from tools.estimation.serving.nearest import Instead, fitting, keeping
from tools.estimation.serving.notes import notes, statements
from tools.estimation.serving.options import Asked, read
from tools.estimation.serving.records import Answer, answer_of, source
from tools.estimation.serving.refusals import cannot_serve
from tools.estimation.serving.sizing import Sized, Target, replicas, size
from tools.estimation.tool import EstimateServing, command

#: Keys that every answer has; unknown ones are null.
_FIGURES = (
    "ttft_ms", "tpot_ms", "e2e_ms", "output_tok_s", "max_requests_per_second", "replicas", "gpus", "utilization", "usd_per_hour",
    "usd_per_month", "usd_per_thousand_requests", "usd_per_thousand_requests_usage", "usd_per_million_tokens",
    "usd_per_million_tokens_usage", "joules_per_request", "grams_co2e_per_request", "grams_co2e_embodied_per_request",
)  # fmt: skip


def run(args: EstimateServing, context: ToolContext) -> ToolResult:
    """The work of `estimate_serving`. Raises UserError for unknown names, contexts that are too long and options that mean nothing."""
    asked = read(args, context)
    target = Target(args.ttft_ms / 1e3 or inf, args.tpot_ms / 1e3 or inf)
    possible = [one for one in asked.cases if cannot_serve(one) is None]
    if not possible:
        last = asked.cases[-1]
        against = cannot_serve(last)
        assert against is not None
        return _refused(asked, against.code, f"{against.sentence}.", fitting(last, against, target, asked.interconnect))
    sized = [size(one, target) for one in possible]
    chosen = _best(sized, asked.arriving.peak)
    if chosen.best is None:
        instead = keeping(sized, target)
        name, gpu = asked.cases[-1].shape.name, asked.cases[-1].chip.name
        reason = f"{name} on {gpu} cannot keep the latency target even for one request at a time."
        return _refused(asked, "latency-target", reason, instead)
    plain = size(replace(chosen.case, drafting=None), target) if chosen.case.drafting else None
    found = answer_of(asked, context, chosen, chosen.best, plain)
    found.add("replica_gpus", "Accelerators of a replica", Range.exact(float(chosen.case.layout.gpus)), "", method=_why_count(found, sized))
    return _answered(found)


def _best(found: list[Sized], peak: float) -> Sized:
    """The count with the fewest accelerators in all for a stated peak, else the most served by each; fewer where two are alike."""

    def cost(one: Sized) -> float:
        if one.best is None:
            return inf
        gpus = one.case.layout.gpus
        return replicas(peak, one.best.requests_per_second) * gpus if peak else gpus / one.best.requests_per_second

    return min(found, key=cost)


def _why_count(found: Answer, sized: list[Sized]) -> str:
    """Why a replica takes as many accelerators as it does: what each count that was looked at would do."""
    if found.asked.args.gpu_count:
        return "As stated."
    peak, looked = found.asked.arriving.peak, []
    for case in found.asked.cases:
        gpus = case.layout.gpus
        one = next((one for one in sized if one.case.layout == case.layout), None)
        if one is None:
            against = cannot_serve(case)
            looked.append(f"{gpus}: {against.text if against else 'not possible'}")
        elif one.best is None:
            looked.append(f"{gpus}: the latency target is not kept")
        else:
            rate = one.best.requests_per_second
            looked.append(f"{gpus}: {rate:.3g} request/s" + (f", {replicas(peak, rate) * gpus} in all" if peak else ""))
    rule = "The fewest accelerators in all for the traffic" if peak else "The most requests for each accelerator"
    return f"{rule}, of a replica on {'; '.join(looked)}."


def _answered(found: Answer) -> ToolResult:
    case = found.case
    result: dict[str, Any] = {"feasible": True, "reason": "", "gpus_per_replica": case.layout.gpus, "precision": case.fmt.name}
    result |= dict.fromkeys(_FIGURES)
    result |= {name: record.value.as_dict() for name, record in found.records.items() if record.value is not None}
    result["notes"] = notes(found)
    return ToolResult(result=result, evidence=tuple(found.records.values()), statements=tuple(statements(found)))


def _refused(asked: Asked, code: str, reason: str, instead: Instead) -> ToolResult:
    record = Evidence.record(
        tier=Tier.ESTIMATED,
        claim="Serving as asked is not possible",
        source=source(),
        method=f"{reason} {instead.text}",
        inputs=asked.inputs,
        reproduce=command("estimate_serving", asked.args),
    )
    result: dict[str, Any] = {"feasible": False, "reason": reason, "reason_code": code, "nearest": instead.text, "change": instead.change}
    said = Statement(text="{reason} {nearest}", names={"reason": reason, "nearest": instead.text})
    result |= dict.fromkeys(_FIGURES) | {"notes": [asked.reading] if asked.reading else []}
    return ToolResult(result=result, evidence=(record,), statements=(said,))
