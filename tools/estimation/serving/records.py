"""Evidence of `estimate_serving`: every figure with its method, source and what it rests on. Computes no speed and writes no sentence."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from knowledge.ranges import Range
from knowledge.source import Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import ToolContext
from tools.estimation.memory.records import engine_share
from tools.estimation.serving import money
from tools.estimation.serving.advice import Advice, advice
from tools.estimation.serving.case import Case
from tools.estimation.serving.emissions import Emissions, emissions, manufacture
from tools.estimation.serving.engines import SHARE_OF_REST
from tools.estimation.serving.money import Bounds, Offer
from tools.estimation.serving.options import Asked
from tools.estimation.serving.predict import Behaviour, at_rate, band, ready, token_ms
from tools.estimation.serving.rates import calibration
from tools.estimation.serving.sizing import Sized, replicas
from tools.estimation.tool import command
from tools.estimation.traffic import HOURS_PER_MONTH

METHOD = (
    "Roofline of every kind of kernel with rates calibrated on published measurements; the range holds four of five of this "
    "estimator's own errors on model and accelerator pairs that its calibration had not seen."
)


def source() -> SourceRef:
    """The calibration."""
    about = calibration().about
    return SourceRef(ref=f"calibration of {about['fitted_on']} on {about['rows']:,} published serving measurements")


def _ref(found: Source) -> SourceRef:
    return SourceRef(ref=found.ref, checked_on=found.checked_on)


@dataclass
class Answer:
    """What was found. `now`: a replica at the planned load; `plain`: the same without drafts, where drafts were asked for."""

    asked: Asked
    sized: Sized
    best: Behaviour
    peak: float
    counts: Bounds
    now: Behaviour
    plain: Sized | None = None
    plain_now: Behaviour | None = None
    offers: list[Offer] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    left_out: bool = False  # offers of strangers' machines or desktop cards
    cheapest: str = ""  # the seller
    emitted: Emissions | None = None
    advice: Advice | None = None
    records: dict[str, Evidence] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        """The case that was chosen."""
        return self.sized.case

    @property
    def paid_rate(self) -> float:
        """Requests a second that the rent of all replicas is spread over."""
        return self.asked.arriving.paid_rate or self.peak

    def add(self, name: str, claim: str, value: Range, unit: str, **more: Any) -> Evidence:
        """Makes and keeps a record."""
        case = self.case
        chosen = {"accelerators_per_replica": case.layout.gpus, "format": case.fmt.name, "engine": case.engine, "kv_bits": case.kv_bits}
        more = {"tier": Tier.ESTIMATED, "source": source(), "method": METHOD, **more}
        made = Evidence.record(
            claim=f"{claim}: {case.shape.name} on {case.chip.name}",
            value=value,
            unit=unit,
            inputs={**self.asked.inputs, **chosen, **more.pop("extra", {})},
            reproduce=command("estimate_serving", self.asked.args),
            **more,
        )
        self.records[name] = made
        return made


def answer_of(asked: Asked, context: ToolContext, sized: Sized, best: Behaviour, plain: Sized | None) -> Answer:
    """All that the sized case comes to."""
    case = sized.case
    low, high = band(case, "throughput")
    peak = asked.arriving.peak or best.requests_per_second
    counts = tuple(replicas(peak, best.requests_per_second * factor) for factor in (high, 1.0, low))
    rate = peak / counts[1]
    found = Answer(asked, sized, best, peak, counts, at_rate(ready(case), rate), plain)  # type: ignore[arg-type]
    found.advice = advice(case, found.now)
    own = context.session.own_prices
    every = money.offers(asked, case.layout.gpus, case.chip.name, own)
    found.offers = money.counted(asked, every)
    found.left_out = len(every) > len(found.offers)
    if not found.offers:
        found.elsewhere = money.sold_elsewhere(asked, case.chip.name, own)
    if plain is not None and plain.best is not None:
        found.plain_now = at_rate(ready(plain.case), rate)
    _speed(found)
    _energy(found)
    _money(found)
    _published(found)
    return found


def _spread(value: float, case: Case, kind: str) -> Range:
    low, high = band(case, kind)
    return Range(value * low, value, value * high)


def _memory_share(case: Case, reproduce: str) -> Evidence:
    """The share that the case's engine takes: of the card, as `estimate_memory` has it, or of what the weights leave."""
    if case.engine not in SHARE_OF_REST:
        return engine_share(reproduce)
    return Evidence.record(
        tier=Tier.ASSUMED,
        claim="Share of what the weights leave of a card's memory that the engine gives the cache",
        source=SourceRef(ref="NVIDIA TensorRT-LLM, KvCacheConfig (free_gpu_memory_fraction, default 0.9)", checked_on=date(2026, 11, 23)),
        value=Range.exact(SHARE_OF_REST[case.engine]),
        unit="ratio",
        method="The default of TensorRT-LLM. A setting of the engine: more leaves it less to spare.",
        reproduce=reproduce,
    )


def _speed(found: Answer) -> None:
    case, now, args = found.case, found.now, found.asked.args
    most = _spread(found.best.requests_per_second, case, "throughput")
    bounds = (float(v) for v in (most.high, most.likely, most.low))
    used = Range(*(min(1.0, found.peak / (found.counts[1] * rate)) for rate in bounds))
    whole = now.ttft_s + (args.output_tokens - 1) * now.tpot_s
    gpus = case.layout.gpus
    found.add("ttft_ms", "Mean time to first token at the planned load", _spread(now.ttft_s * 1e3, case, "ttft"), "ms")
    found.add("tpot_ms", "Mean time per output token at the planned load", token_ms(now, case), "ms")
    found.add("e2e_ms", "Mean time to the whole answer at the planned load", _spread(whole * 1e3, case, "throughput"), "ms")
    found.add("output_tok_s", "Output tokens a second that one replica sustains within the targets", most * args.output_tokens, "token/s")
    found.add("max_requests_per_second", "Requests a second that one replica sustains within the targets", most, "request/s")
    counts = Range(*(float(n) for n in found.counts))
    sustained = found.records["max_requests_per_second"].id
    found.add(
        "replicas", "Replicas for the peak", counts, "",
        extra={"peak_requests_per_second": found.peak}, parents=(sustained, *_assumed(found)),
        method="Requests of the busiest second over the requests a second that one replica sustains, rounded up.",
    )  # fmt: skip
    needed = found.records["replicas"].id
    found.add(
        "gpus", "Accelerators of all replicas", Range(*(float(n * gpus) for n in found.counts)), "", parents=(needed,),
        method="Replicas x accelerators of a replica.",
    )  # fmt: skip
    found.add(
        "utilization", "Share of the sustainable rate in use at the peak", used, "ratio", parents=(needed, sustained),
        method="Requests of the busiest second over what the likely replicas sustain together.",
    )  # fmt: skip
    found.records["memory_share"] = _memory_share(case, command("estimate_serving", args))
    found.add(
        "sequences_that_fit", "Requests whose cache fits in a replica's memory at once", Range.exact(float(max(int(now.load.room), 1))), "",
        method="What the engine takes of the card for the cache, beside weights, overhead and activations, over the cache of a request "
        "half through its answer.", parents=(found.records["memory_share"].id,),
    )  # fmt: skip
    if found.plain is not None and found.plain.best is not None and found.plain_now is not None:
        wide = Range(*(float(v) for v in _spread(found.plain_now.tpot_s * 1e3, found.plain.case, "tpot").as_dict().values()))
        found.add("tpot_ms_without_drafts", "Mean time per output token at the planned load without drafts", wide, "ms")
        rate = _spread(found.plain.best.requests_per_second, found.plain.case, "throughput")
        found.add("max_requests_per_second_without_drafts", "Requests a second that one replica sustains without drafts", rate, "request/s")


def _assumed(found: Answer) -> list[str]:
    """The record of the assumed peak, where it follows from the month."""
    one = found.asked.arriving.assumed
    if one is None:
        return []
    made = Evidence.record(
        tier=Tier.ASSUMED, claim=one.claim, source=_ref(one.source), value=one.value, unit=one.unit, method=f"editable: {one.term}",
        reproduce=command("estimate_serving", found.asked.args),
    )  # fmt: skip
    found.records["peak_over_mean"] = made
    return [made.id]


def _energy(found: Answer) -> None:
    case, asked, now = found.case, found.asked, found.now
    gpus = Range(*(float(n * case.layout.gpus) for n in found.counts))
    made = manufacture(case.chip, gpus, found.paid_rate)
    if made is not None:
        found.add(
            "grams_co2e_embodied_per_request", "Carbon of making the hardware, for a request", made[0], "gCO2e",
            source=_ref(made[1].sources[0]),
            method=f"Manufacture spread over the lifetime, for all accelerators over {_span(found)}.",
            parents=(found.records["gpus"].id,),
        )  # fmt: skip
    if not now.power_w:
        return
    joules = _spread(now.power_w * found.counts[1] / found.peak, case, "energy")
    energy = found.add("joules_per_request", "Electric energy of a request on the accelerators", joules, "J")
    found.emitted = emissions(joules, asked.provider, asked.region)
    if found.emitted is not None:
        grid = found.emitted.grid
        found.add(
            "grams_co2e_per_request", "Carbon of a request's electricity", found.emitted.grams, "gCO2e",
            source=SourceRef(ref="; ".join(dict.fromkeys(s.ref for s in grid.sources))[:400], checked_on=grid.sources[0].checked_on),
            method="Energy of the accelerators x server around them x power usage effectiveness x grid carbon, yearly mean.",
            extra={"grid": grid.of, "pue": found.emitted.pue.of}, parents=(energy.id,),
        )  # fmt: skip


def _span(found: Answer) -> str:
    """What rent is spread over."""
    return "the peak held all day" if found.asked.arriving.month is None else "the requests of the month"


def _readable(value: Range) -> Range:
    """Money to a hundredth of a cent, and to four digits below a cent: the estimate knows no more."""
    bounds = (Decimal(v) for v in (value.low, value.likely, value.high))
    return Range(*(v.quantize(Decimal(1).scaleb(min(-4, v.adjusted() - 3))) for v in bounds))


def _money(found: Answer) -> None:
    if not found.offers:
        return
    hour, one = money.hour(found.offers, found.counts), money.one_replica(found.offers)
    tokens, most = found.asked.args.output_tokens * 3600 / 1e6, found.records["max_requests_per_second"].value
    assert most is not None
    _sellers(found)
    thousand, million, how = "USD/thousand requests", "USD/million tokens", "spot" if found.asked.basis == "spot" else "on demand"
    first = found.offers[0].price.source
    rate, over = found.paid_rate, _span(found)
    for name, claim, value, unit in (
        ("usd_per_month", f"All replicas, rented around the clock, {how}", hour * HOURS_PER_MONTH, "USD/month"),
        ("usd_per_hour", f"All replicas, rented around the clock, {how}", hour, "USD/hour"),
        ("usd_per_thousand_requests", f"Allocation: all replicas over {over}", hour / (rate * 3.6), thousand),
        ("usd_per_thousand_requests_usage", "Usage: a replica as busy as the targets allow", one / (most * 3.6), thousand),
        ("usd_per_million_tokens", f"Allocation: all replicas over the output tokens of {over}", hour / (rate * tokens), million),
        ("usd_per_million_tokens_usage", "Usage: a replica as busy as the targets allow, output tokens", one / (most * tokens), million),
    ):
        found.add(
            name, claim, _readable(value), unit, source=_ref(first),
            method="Machines that carry the replicas x price an hour (lowest, median of the sellers, highest) / work done in the hour.",
            extra={"offers": len(found.offers), "place": f"{found.asked.provider} {found.asked.region}".strip() or "any"},
            parents=tuple(found.records[key].id for key in ("replicas", "max_requests_per_second")),
        )  # fmt: skip


def _sellers(found: Answer) -> None:
    """How many sell it, and what the likely replicas cost at the cheapest: the other price basis beside the median."""
    ranked = money.by_seller(found.offers, found.counts[1])
    usd, offer = ranked[0]
    found.cheapest = offer.price.provider or "your own price"
    count = Range.exact(float(len(ranked)))
    found.add("sellers", "Sellers of machines that carry the replicas", count, "", source=_ref(offer.price.source), method="Counted.")
    found.add(
        "usd_per_month_at_the_cheapest", f"The likely replicas at the cheapest seller ({found.cheapest})",
        Range.exact(usd * HOURS_PER_MONTH), "USD/month", source=_ref(offer.price.source),
        method="Machines that carry the replicas x price an hour x 730 hours.", parents=(found.records["replicas"].id,),
    )  # fmt: skip


def _published(found: Answer) -> None:
    said = found.advice
    if said is None:
        return
    entries = [("published_factor", said.factor, said.runs)] if said.factor is not None else []
    if said.better is not None:
        entries.append(("published_factor_of_better", said.better[1], said.better[2]))
    for name, value, runs in entries:
        assert value is not None
        found.add(
            name, "Throughput over that of sixteen bits in published runs", value, "",
            tier=Tier.PUBLISHED, source=_ref(said.source_of(runs)),
            method="Pairs of runs alike but for the format of the weights: lowest, median, highest, and one engine release around them.",
            extra={"runs": [f"{r.model} {r.precision} {r.method} on {r.accelerator}, {r.engine} {r.engine_version}" for r in runs]},
        )  # fmt: skip
    if said.ours is not None:
        low, high = band(found.case, "throughput")
        found.add(
            "factor_here", "Throughput over that of sixteen bits at the same load", Range(said.ours * low, said.ours, said.ours * high), ""
        )
