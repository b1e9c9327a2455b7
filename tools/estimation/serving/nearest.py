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
from tools.estimation.serving.options import linked
from tools.estimation.serving.predict import Behaviour, arriving, ready
from tools.estimation.serving.refusals import Refusal, cannot_serve
from tools.estimation.serving.roots import crossing
from tools.estimation.serving.sizing import COUNTS, TINY, Sized, Target

#: Formats to go down to, widest first.
NARROWER = ("fp8", "int8", "int4")


@dataclass(frozen=True, slots=True)
class Instead:
    """`text` for people; `change`: arguments of the tool with the values that would do."""

    text: str
    change: dict[str, str | float]


def fitting(case: Case, against: Refusal, target: Target, link: str = "auto") -> Instead:
    """What would fit, and keep the latency targets where anything does: another count, a narrower format, a larger accelerator."""
    if against.code == "not-a-decoder":
        return Instead("estimate_memory says what it needs; benchmark_model measures how fast it is here.", {})
    if against.code == "chip-not-described":
        return Instead(f"Name an accelerator that is described, such as {' or '.join(_described(case.chip))}.", {})
    first = next(_placements(case), None)
    if against.code == "context-does-not-fit" and (length := _longest_input(case)) >= 1:
        rest = f" {_placed(case, first).text}" if first else ""
        shorter = arriving(ready(replace(case, input_tokens=length)), 1.0, TINY)
        change: dict[str, str | float] = {"input_tokens": length, **_reachable(shorter, target)}
        return Instead(f"With inputs of {length:,.0f} tokens it would fit.{rest}", change)
    for one in _all_placements(case, link):
        first = first or one
        if target.kept(arriving(ready(one), 1.0, TINY)):
            return _placed(case, one)
    if first is None:
        return Instead("No accelerator of the catalogue holds it in one machine of eight.", {})
    fits, alone = _placed(case, first), arriving(ready(first), 1.0, TINY)
    text = f"{fits.text} Neither that nor anything larger here keeps the latency target: alone a request takes {_figures(alone)}."
    return Instead(text, fits.change | _reachable(alone, target))


def _layouts(case: Case) -> list[Layout]:
    return [replace(case.layout, tensor=count) for count in COUNTS if count * case.layout.data % case.layout.expert == 0]


def _narrower(case: Case, names: tuple[str, ...] = NARROWER) -> list[WeightFormat]:
    """Formats of fewer bits that the chip multiplies in, or that are widened on every chip."""
    every = (FORMATS[name] for name in names)
    return [fmt for fmt in every if fmt.bits < case.fmt.bits and (fmt.weight_only or peak_tflops(case.chip, fmt)[1])]


def _placements(case: Case, names: tuple[str, ...] = NARROWER) -> Iterator[Case]:
    """Other counts in the same format, then narrower formats; only what can be served."""
    for fmt in (case.fmt, *_narrower(case, names)):
        for layout in _layouts(case):
            one = replace(case, layout=layout, fmt=fmt)
            if cannot_serve(one) is None:
                yield one


def _all_placements(case: Case, link: str) -> Iterator[Case]:
    """As `_placements`, then larger accelerators: in the same format before narrower ones."""
    yield from _placements(case)
    for names in ((), NARROWER):
        for chip in _larger(case.chip, link):
            yield from _placements(replace(case, chip=chip), names)


def _placed(asked: Case, one: Case) -> Instead:
    in_format = "" if one.fmt == asked.fmt else f" in {one.fmt.name}"
    change: dict[str, str | float] = {} if one.chip.name == asked.chip.name else {"gpu": one.chip.name}
    change |= {"gpu_count": one.layout.gpus, **({"precision": one.fmt.name} if in_format else {})}
    return Instead(f"{one.layout.gpus} x {one.chip.name}{in_format} would do.", change)


def _larger(chip: Accelerator, link: str) -> list[Accelerator]:
    """Accelerators of the same maker with more memory, the smallest first; over PCIe where that was asked for."""
    held = chip.memory_gib or 0.0
    more = [c for c in catalog.accelerators().entries.values() if c.kind == "gpu" and c.vendor == chip.vendor and not c.shared_memory]
    larger = sorted((c for c in more if (c.memory_gib or 0.0) > held), key=lambda c: (c.memory_gib or 0.0, c.name))
    return [linked(c, link) for c in larger] if link == "pcie" else larger


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
    said = f"One request at a time on {where} takes about {_figures(alone)}"
    seen = {(one.case.layout, one.case.fmt.name) for one in sized}
    for one in _placements(best.case):
        if (one.layout, one.fmt.name) not in seen and target.kept(arriving(ready(one), 1.0, TINY)):
            found = _placed(best.case, one)
            return Instead(f"{said}; {found.text.replace('would do', 'would keep the target')}", found.change)
    return Instead(f"{said}: no count or format here keeps it; the nearest targets are those figures.", _reachable(alone, target))


def _figures(alone: Behaviour) -> str:
    return f"{alone.ttft_s * 1e3:,.3g} ms to the first token and {alone.tpot_s * 1e3:,.3g} ms a token"


def _reachable(alone: Behaviour, target: Target) -> dict[str, str | float]:
    """The targets that are missed, at what an idle replica can do."""
    pairs = {"ttft_ms": (alone.ttft_s, target.ttft_s), "tpot_ms": (alone.tpot_s, target.tpot_s)}
    return {name: _rounded_up(found * 1e3) for name, (found, wanted) in pairs.items() if found > wanted}


def _rounded_up(value: float) -> float:
    """To three digits, never below."""
    return float(f"{value * 1.005:.3g}")
