"""Evidence, result keys and sentences of `estimate_serving`: puts ranges, units and money around what `sizing.py` found.

Money: accelerators x price an hour over the work of that hour, on both cost bases. Computes no speed.
"""

from decimal import Decimal
from typing import Any

from knowledge import prices_here
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement, ToolContext, ToolResult
from tools.estimation.serving.case import Case
from tools.estimation.serving.formats import peak_tflops
from tools.estimation.serving.predict import Behaviour, at_rate, band, ready
from tools.estimation.serving.rates import calibration
from tools.estimation.serving.sizing import Sized, replicas
from tools.estimation.tool import EstimateServing, command

METHOD = (
    "Roofline of every kind of kernel with rates calibrated on published measurements; the range holds four of five of this "
    "estimator's own errors on model and accelerator pairs that its calibration had not seen."
)
Figure = tuple[Range, str, str]  # value, unit, claim


def source() -> SourceRef:
    """The calibration."""
    about = calibration().about
    return SourceRef(ref=f"calibration of {about['fitted_on']} on {about['rows']} published serving measurements")


def _spread(value: float, case: Case, kind: str) -> Range:
    low, high = band(case, kind)
    return Range(value * low, value, value * high)


def _figures(args: EstimateServing, case: Case, now: Behaviour, most: Range, counts: list[int], peak: float) -> dict[str, Figure]:
    used = Range(*(min(1.0, peak / (counts[1] * float(v))) for v in (most.high, most.likely, most.low)))
    found: dict[str, Figure] = {
        "ttft_ms": (_spread(now.ttft_s * 1e3, case, "ttft"), "ms", "Mean time to first token at the planned load"),
        "tpot_ms": (_spread(now.tpot_s * 1e3, case, "tpot"), "ms", "Mean time per output token at the planned load"),
        "output_tok_s": (most * args.output_tokens, "token/s", "Output tokens a second that one replica sustains within the targets"),
        "max_requests_per_second": (most, "request/s", "Requests a second that one replica sustains within the targets"),
        "replicas": (Range(*(float(n) for n in counts)), "", "Replicas for the peak"),
        "utilization": (used, "ratio", "Share of the sustainable rate in use at the peak"),
    }
    if now.power_w:
        each = _spread(now.power_w * counts[1] / peak, case, "energy")
        found["joules_per_request"] = (each, "J", "Electric energy of a request on the accelerators")
    return found


def _readable(value: Range) -> Range:
    """Money to a hundredth of a cent: the estimate knows no more."""
    return Range(*(Decimal(v).quantize(Decimal("0.0001")) for v in (value.low, value.likely, value.high)))


def _money(args: EstimateServing, case: Case, each: Range, count: int, peak: float, most: Range) -> dict[str, Figure]:
    hour, busy = each * (case.layout.gpus * count), each * case.layout.gpus
    tokens = args.output_tokens * 3600 / 1e6
    million = "USD/million tokens"
    return {
        "usd_per_hour": (hour, "USD/hour", "All replicas, rented around the clock, on demand"),
        "usd_per_thousand_requests": (hour / (peak * 3.6), "USD/thousand requests", "Allocation: all replicas over the peak held all day"),
        "usd_per_million_tokens": (hour / (peak * tokens), million, "Allocation: all replicas over the output tokens of the peak"),
        "usd_per_million_tokens_usage": (busy / (most * tokens), million, "Usage: a replica as busy as the targets allow, output tokens"),
    }


def answer(args: EstimateServing, context: ToolContext, sized: Sized, best: Behaviour) -> ToolResult:
    """The feasible answer."""
    case = sized.case
    most = _spread(best.requests_per_second, case, "throughput")
    peak = args.requests_per_second or best.requests_per_second
    counts = [replicas(peak, float(each)) for each in (most.high, most.likely, most.low)]
    figures = _figures(args, case, at_rate(ready(case), peak / counts[1]), most, counts, peak)
    setting = {**args.model_dump(), "accelerators_per_replica": case.layout.gpus, "format": case.fmt.name, "engine": case.engine}
    about = f"{case.shape.name} on {case.chip.name}"
    records = {
        name: Evidence.record(
            tier=Tier.ESTIMATED,
            claim=f"{claim}: {about}",
            source=source(),
            value=value,
            unit=unit,
            method=METHOD,
            inputs=setting,
            reproduce=command("estimate_serving", args),
        )
        for name, (value, unit, claim) in figures.items()
    }
    prices = prices_here.hourly_prices(case.chip.name, own=context.session.own_prices)
    if prices:
        origin = SourceRef(ref=prices[0].source.ref, checked_on=prices[0].source.checked_on)
        for name, (value, unit, claim) in _money(args, case, prices_here.per_accelerator(prices), counts[1], peak, most).items():
            records[name] = Evidence.record(
                tier=Tier.ESTIMATED,
                claim=f"{claim}: {about}",
                source=origin,
                value=_readable(value),
                unit=unit,
                method="Accelerators x price an hour (lowest, median, highest offer) / work done in the hour.",
                inputs={**setting, "offers": len(prices), "accelerators": case.layout.gpus * counts[1]},
                parents=(records["max_requests_per_second"].id,),
                reproduce=command("estimate_serving", args),
            )
    result: dict[str, Any] = {"feasible": True, "reason": "", "gpus_per_replica": case.layout.gpus, "precision": case.fmt.name}
    result |= dict.fromkeys(("usd_per_hour", "usd_per_thousand_requests", "usd_per_million_tokens", "usd_per_million_tokens_usage"))
    result |= {name: record.value.as_dict() for name, record in records.items() if record.value is not None}
    return ToolResult(result=result, evidence=tuple(records.values()), statements=tuple(_statements(args, case, records)))


def _statements(args: EstimateServing, case: Case, records: dict[str, Evidence]) -> list[Statement]:
    ids = {name: record.id for name, record in records.items()}
    names = {"model": case.shape.name, "gpu": case.chip.name, "format": case.fmt.name, "count": str(case.layout.gpus)}
    said = [
        Statement(
            text="{model} in {format} on {count} x {gpu}: one replica sustains {rate}, with {ttft} to the first token and {tpot} a token.",
            figures={"rate": ids["max_requests_per_second"], "ttft": ids["ttft_ms"], "tpot": ids["tpot_ms"]},
            names=names,
        )
    ]
    if args.requests_per_second:
        said.append(Statement(text="The stated traffic needs {n} replicas.", figures={"n": ids["replicas"]}))
    if "usd_per_million_tokens" in ids:
        said.append(
            Statement(
                text="Output tokens cost {allocation} at the stated peak held all day, {usage} where every replica is always busy.",
                figures={"allocation": ids["usd_per_million_tokens"], "usage": ids["usd_per_million_tokens_usage"]},
            )
        )
    else:
        said.append(Statement(text="No price of {gpu} is known; name yours, and the cost follows.", names=names))
    if not peak_tflops(case.chip, case.fmt)[1] and not case.fmt.weight_only:
        said.append(Statement(text="{gpu} does not multiply in {format}: engines only store the weights in it.", names=names))
    return said
