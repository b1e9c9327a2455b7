"""`estimate_serving`: what serving a model on an accelerator does and costs under a latency target, each figure a range.

An estimate from a calibrated roofline and dated prices, never a measurement. Both cost bases: allocation (every replica paid
around the clock for the stated traffic) and usage (a replica as busy as it may be). Refuses the impossible with the reason
and the nearest that is possible. Judges no quality.
"""

from dataclasses import replace
from math import inf

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.source import Tier
from tools.contracts.evidence import Evidence
from tools.contracts.tool import Statement, ToolContext, ToolResult
from tools.estimation.architecture import find_subject
from tools.estimation.serving.case import Case
from tools.estimation.serving.counts import Layout
from tools.estimation.serving.engines import generation
from tools.estimation.serving.formats import weight_format
from tools.estimation.serving.records import answer, source
from tools.estimation.serving.refusals import refusal
from tools.estimation.serving.sizing import COUNTS, Sized, Target, size
from tools.estimation.tool import EstimateServing, command

_FIGURES = ("ttft_ms", "tpot_ms", "output_tok_s", "max_requests_per_second", "replicas", "usd_per_million_tokens", "utilization")


def _case(args: EstimateServing, context: ToolContext) -> Case:
    subject = find_subject(args.model, context)
    shape = subject.shape
    wanted = args.input_tokens + args.output_tokens
    if wanted > shape.max_context:
        raise UserError(
            "context-too-long",
            f"{subject.name} reads and writes at most {shape.max_context:,} tokens; {wanted:,g} were asked for.",
            "Shorten the request, or name a model with a longer context.",
            {"nearest": [str(shape.max_context)]},
        )
    engine, _, version = args.engine.partition(" ")
    return Case(
        shape=shape,
        chip=catalog.accelerator(args.gpu),
        layout=Layout(tensor=args.gpu_count or 1),
        fmt=weight_format(args.precision, shape),
        kv_bits=16.0,
        engine=generation(engine, version),
        input_tokens=args.input_tokens,
        output_tokens=args.output_tokens,
    )


def _refused(args: EstimateServing, case: Case, reason: str, nearest: str) -> ToolResult:
    record = Evidence.record(
        tier=Tier.ESTIMATED,
        claim="Serving as asked is not possible",
        source=source(),
        method=f"{reason} {nearest}",
        inputs=args.model_dump(),
        reproduce=command("estimate_serving", args),
    )
    names = {"model": case.shape.name, "gpu": case.chip.name, "reason": reason, "nearest": nearest}
    result = {"feasible": False, "reason": reason, "nearest": nearest, **dict.fromkeys(_FIGURES)}
    said = Statement(text="{model} on {gpu}: {reason} {nearest}", names=names)
    return ToolResult(result=result, evidence=(record,), statements=(said,))


def _best(found: list[Sized]) -> Sized:
    """The count of accelerators that serves most for each of them; fewer where two are alike."""
    return max(found, key=lambda s: 0.0 if s.best is None else s.best.requests_per_second / s.case.layout.gpus)


def run(args: EstimateServing, context: ToolContext) -> ToolResult:
    """The work of `estimate_serving`. Raises UserError for unknown names and contexts that are too long."""
    case = _case(args, context)
    placed = [replace(case, layout=Layout(tensor=count)) for count in ((args.gpu_count,) if args.gpu_count else COUNTS)]
    possible = [one for one in placed if refusal(one) is None]
    if not possible:
        return _refused(args, case, *_why_not(case, placed[-1]))
    sized = _best([size(one, Target(args.ttft_ms / 1e3 or inf, args.tpot_ms / 1e3 or inf)) for one in possible])
    if sized.best is None:
        alone = sized.alone
        nearest = (
            f"One request at a time takes about {alone.ttft_s * 1e3:.0f} ms to the first token and {alone.tpot_s * 1e3:.1f} ms a token."
        )
        return _refused(args, case, "The latency target cannot be kept even for one request at a time.", nearest)
    return answer(args, context, sized, sized.best)


def _why_not(case: Case, asked: Case) -> tuple[str, str]:
    """The reason, and the nearest that would do."""
    against = refusal(asked)
    reason = f"{against.text[:1].upper()}{against.text[1:]}." if against else ""
    others = [n for n in COUNTS if refusal(replace(case, layout=Layout(tensor=n))) is None]
    return reason, f"{others[0]} x {case.chip.name} would do." if others else "Take a larger accelerator or a narrower number format."
