"""Devices and workstation cards for one stream: what fits, tokens a second, power. Listed beside the ranking, not in it.

What a device costs a month depends on its purchase, which the fact base does not hold; a user's own hourly price puts the accelerator
among the rented ones. Decode is bytes over a share of the bandwidth; without a known arithmetic rate the first token is unknown.
"""

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.schemas import Accelerator, ModelArchitecture
from tools.estimation.hosting.option import Option, Tally
from tools.estimation.hosting.quality import formats, quality_of
from tools.estimation.hosting.question import Question
from tools.estimation.memory.eager import eager_overhead_bytes
from tools.estimation.memory.formulas import usable_bytes
from tools.estimation.serving.case import reading
from tools.estimation.serving.counts import Footprint, Layout
from tools.estimation.serving.formats import WeightFormat
from tools.estimation.traffic import HOURS_PER_MONTH

#: Share of the bandwidth that one stream reaches: eager to optimized engines, 0.27 to 0.80 on one card (project speed notes, 1.4).
BANDWIDTH = (0.3, 0.6, 0.8)
#: Share of the 16-bit rate that reading a prompt reaches.
ARITHMETIC = (0.15, 0.35, 0.6)
#: Share of a memory common to processor and accelerator that a model may have: the system and its programs keep the rest.
SHARED = 0.75
#: Product lines for desks; the memory-sharing ones below this power are devices and desktops.
CARDS, DEVICE_W = ("RTX ", "RX ", "Arc "), 200.0
METHOD = "One stream: bandwidth x share / bytes of weights and cache; prompt operations over a share of the arithmetic rate. No price."


def is_edge(chip: Accelerator) -> bool:
    """Whether it stands on or under a desk, or in a device."""
    if chip.shared_memory:
        return (chip.tdp_w or 0.0) <= DEVICE_W
    return chip.name.startswith(CARDS) and not chip.name.endswith("Server")


def edge_options(question: Question, shape: ModelArchitecture, tally: Tally) -> list[Option]:
    """The fastest devices that hold the model in the widest format that fits, at one stream within the targets."""
    found = []
    for chip in catalog.accelerators().entries.values():
        if not is_edge(chip):
            continue
        tried = formats(shape, question.precision, chip)
        tally.saw(len(tried))
        option = None
        for fmt in sorted(tried, key=lambda f: -f.bits):
            result = _one(question, shape, chip, fmt) if option is None else ("cost", "a wider format fits", "")
            if isinstance(result, Option):
                option = result
            else:
                tally.reject("edge", chip.name, *result, score=fmt.bits)
        if option is not None:
            found.append(option)
    fast = sorted(found, key=lambda o: (-float(o.tokens_per_second.likely) if o.tokens_per_second else 0.0, o.name))
    for extra in fast[question.shown :]:
        tally.reject("edge", extra.name, "cost", "slower than what is shown")
    return fast[: question.shown]


def _one(question: Question, shape: ModelArchitecture, chip: Accelerator, fmt: WeightFormat) -> Option | tuple[str, str, str]:
    """The option, or the stage, the reason and the nearest that speak against it."""
    if shape.kind != "decoder":
        return "model", f"{shape.name} does not write text token by token as an LLM does", ""
    if chip.memory_gib is None or chip.bandwidth_gb_s is None:
        return "calibration", "memory or bandwidth is not known", ""
    quality = quality_of(shape, fmt, question.input_tokens)
    if quality.fails(question.floor):
        return "quality", f"{fmt.name} keeps less than the quality floor in {quality.text}", "Measure your own."
    model = Footprint.of(shape, fmt, 16.0, Layout())
    context = question.input_tokens + question.output_tokens
    needed = model.held_bytes + model.kv_bytes(context) + eager_overhead_bytes()
    if needed > usable_bytes(chip.memory_gib) * (SHARED if chip.shared_memory else 1.0):  # a plain loop: no engine's share
        return "fit", f"{shape.name} does not fit in {fmt.name}", "Take a smaller model or a narrower format."
    step = model.decode(1.0, question.input_tokens + question.output_tokens / 2)
    moved = step.weight_bytes + step.expert_bytes + step.kv_bytes
    worst, likely, best = (moved / (chip.bandwidth_gb_s * 1e9 * share) * 1e3 for share in BANDWIDTH)
    half = chip.tflops.get("bf16") or chip.tflops.get("fp16")
    read = reading(model, question.new_tokens, question.new_tokens, question.input_tokens)
    operations = read.gemm_flops + read.expert_flops + read.attention_flops
    first = Range(*sorted(operations / (half * 1e12 * share) * 1e3 for share in ARITHMETIC)) if half else None
    if likely > question.target.tpot_s * 1e3 or (first is not None and float(first.likely) > question.target.ttft_s * 1e3):
        return "latency", "the latency target is missed even by one request at a time", f"It likely takes {likely:,.0f} ms a token."
    power = (f"at most {chip.tdp_w * HOURS_PER_MONTH / 1000:,.0f} kWh a month",) if chip.tdp_w else ()
    return Option(
        kind="edge",
        name=chip.name,
        provider="",
        region="",
        precision=fmt.name,
        count=1,
        usd=None,
        source=catalog.source_of(chip),
        method=METHOD,
        quality=quality,
        ttft_ms=first,
        tpot_ms=Range(best, likely, worst),
        tokens_per_second=Range(1e3 / worst, 1e3 / likely, 1e3 / best),
        notes=("one stream at a time; its price is not known, so it is not ranked by cost", *power),
    )
