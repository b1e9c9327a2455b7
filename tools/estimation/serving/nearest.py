"""The nearest that would do, where a question cannot be served as asked: another count, format, length, accelerator or target.

Tries what changes least first and proves each by the same checks as the question itself; the answer is a sentence and the arguments
to change. Makes no evidence, raises nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp, log

from knowledge import catalog
from knowledge.schemas import Accelerator
from tools.estimation.serving.case import Case, footprint, room_for
from tools.estimation.serving.counts import Layout
from tools.estimation.serving.formats import FORMATS, WeightFormat, peak_tflops
from tools.estimation.serving.refusals import Refusal, cannot_serve
from tools.estimation.serving.roots import crossing
from tools.estimation.serving.sizing import COUNTS, Sized, Target, size

#: Formats to go down to, widest first.
NARROWER = ("fp8", "int8", "int4")


@dataclass(frozen=True, slots=True)
class Instead:
    """`text` for people; `change`: arguments of the tool with the values that would do."""

    text: str
    change: dict[str, str | float]


def fitting(case: Case, against: Refusal) -> Instead:
    """What would fit."""
    if against.code == "not-a-decoder":
        return Instead("Serving estimates are for models that write text; estimate_memory says what this one needs.", {})
    if against.code == "chip-not-described":
        return Instead(f"Name an accelerator that is described, such as {' or '.join(_described(case.chip))}.", {})
    if against.code == "context-does-not-fit" and (length := _longest_input(case)) >= 1:
        rest = next((f" {one.text}" for one in _counts_and_formats(case)), "")
        return Instead(f"With inputs of {length:,.0f} tokens it would fit.{rest}", {"input_tokens": float(int(length))})
    first = next(_counts_and_formats(case), None)
    if first is not None:
        return first
    for formats in ((), NARROWER):
        for chip in _larger(case.chip):
            found = next(_counts_and_formats(replace(case, chip=chip), formats), None)
            if found is not None:
                return Instead(found.text, {"gpu": chip.name, **found.change})
    return Instead("No accelerator of the catalogue holds it in one machine of eight.", {})


def _layouts(case: Case) -> list[Layout]:
    return [replace(case.layout, tensor=count) for count in COUNTS if count * case.layout.data % case.layout.expert == 0]


def _narrower(case: Case, names: tuple[str, ...] = NARROWER) -> list[WeightFormat]:
    """Formats of fewer bits that the chip multiplies in, or that are widened on every chip."""
    every = (FORMATS[name] for name in names)
    return [fmt for fmt in every if fmt.bits < case.fmt.bits and (fmt.weight_only or peak_tflops(case.chip, fmt)[1])]


def _counts_and_formats(case: Case, names: tuple[str, ...] = NARROWER) -> Iterator[Instead]:
    """Other counts in the same format, then narrower formats; only what can be served."""
    for fmt in (case.fmt, *_narrower(case, names)):
        name = fmt.name
        for layout in _layouts(case):
            one = replace(case, layout=layout, fmt=fmt)
            if cannot_serve(one) is None:
                change: dict[str, str | float] = {"gpu_count": layout.gpus}
                in_format = "" if name == case.fmt.name else f" in {name}"
                yield Instead(f"{layout.gpus} x {one.chip.name}{in_format} would do.", change | ({"precision": name} if in_format else {}))
                break


def _larger(chip: Accelerator) -> list[Accelerator]:
    """Accelerators of the same maker with more memory, the smallest first."""
    held = chip.memory_gib or 0.0
    more = [c for c in catalog.accelerators().entries.values() if c.kind == "gpu" and c.vendor == chip.vendor and not c.shared_memory]
    return sorted((c for c in more if (c.memory_gib or 0.0) > held), key=lambda c: (c.memory_gib or 0.0, c.name))


def _described(chip: Accelerator) -> list[str]:
    names = [
        c.name for c in catalog.accelerators().entries.values() if c.vendor == chip.vendor and c.bandwidth_gb_s and c.tflops.get("bf16")
    ]
    return names[:3] or ["H100 SXM"]


def _longest_input(case: Case) -> float:
    """Input tokens with which one request fits; 0 where none does."""

    def lack(log_tokens: float) -> float:
        one = replace(case, input_tokens=exp(log_tokens))
        return -log(max(room_for(one, footprint(one)), 1e-9))

    low, high = 0.0, log(max(case.input_tokens, 1.001))
    if lack(low) > 0 or lack(high) <= 0:
        return 0.0
    return float(int(exp(crossing(lack, low, high, lack(low), lack(high), 1e-3))))


def keeping(sized: list[Sized], target: Target) -> Instead:
    """What would keep the latency targets: another count or format, else the target that can be kept."""
    best = min(sized, key=lambda one: max(one.alone.ttft_s / target.ttft_s, one.alone.tpot_s / target.tpot_s))
    alone, where = best.alone, f"{best.case.layout.gpus} x {best.case.chip.name}"
    figures = f"{alone.ttft_s * 1e3:,.3g} ms to the first token and {alone.tpot_s * 1e3:,.3g} ms a token"
    said = f"One request at a time on {where} takes about {figures}"
    seen = {(one.case.layout, one.case.fmt.name) for one in sized}
    for fmt in (best.case.fmt, *_narrower(best.case)):
        name = fmt.name
        for layout in _layouts(best.case):
            one = replace(best.case, fmt=fmt, layout=layout)
            if (layout, name) in seen or cannot_serve(one) is not None or size(one, target).best is None:
                continue
            in_format = "" if name == best.case.fmt.name else f" in {name}"
            text = f"{said}; {layout.gpus} x {best.case.chip.name}{in_format} would keep the target."
            return Instead(text, {"gpu_count": layout.gpus, **({"precision": name} if in_format else {})})
    reachable = {"ttft_ms": (alone.ttft_s, target.ttft_s), "tpot_ms": (alone.tpot_s, target.tpot_s)}
    change = {name: _rounded_up(found * 1e3) for name, (found, wanted) in reachable.items() if found > wanted}
    return Instead(f"{said}: no count or format here keeps it; the nearest targets are those figures.", dict(change))


def _rounded_up(value: float) -> float:
    """To three digits, never below."""
    return float(f"{value * 1.005:.3g}")
