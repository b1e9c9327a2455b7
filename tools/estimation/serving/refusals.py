"""What cannot be predicted or served, and why: typed reasons instead of a number. A refusal is a result, not an error.

`refusal` is what no engine can run, measured rows included; `cannot_serve` also asks for room for one whole request. What would do
instead is found in `nearest.py`.
"""

from dataclasses import dataclass

from tools.estimation.memory.formulas import splits_evenly
from tools.estimation.serving.case import Case, footprint, room_for


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` for programs, `text` for people."""

    code: str
    text: str

    @property
    def sentence(self) -> str:
        """The text as a sentence begins; names of models keep their letters."""
        first, space, rest = self.text.partition(" ")
        return f"{first.capitalize() if first in ('a', 'memory,') else first}{space}{rest}"


def refusal(case: Case) -> Refusal | None:
    """The first reason that speaks against the case; None where it can run."""
    chip, shape, layout = case.chip, case.shape, case.layout
    if chip.memory_gib is None or chip.bandwidth_gb_s is None or not (chip.tflops.get("bf16") or chip.tflops.get("fp16")):
        return Refusal("chip-not-described", f"memory, bandwidth or 16-bit rate of {chip.name} is unknown")
    if shape.kind != "decoder":
        return Refusal("not-a-decoder", f"{shape.name} does not write text token by token as an LLM does")
    if not splits_evenly(shape, layout.tensor):
        heads = f"{shape.heads} attention heads" + ("" if shape.kv_latent else f" and {shape.kv_heads} KV heads")
        return Refusal("heads-not-divisible", f"{heads} of {shape.name} do not divide by tensor parallelism {layout.tensor}")
    room = room_for(case, footprint(case))
    if room < 0.02:  # weights and one sequence: engines shrink their reserve before they give up
        return Refusal("does-not-fit", f"{shape.name} in {case.fmt.name} does not fit on {layout.gpus} x {chip.name}")
    return None


def cannot_serve(case: Case) -> Refusal | None:
    """As `refusal`, and a request of these lengths must fit beside the weights."""
    found = refusal(case)
    if found is None and room_for(case, footprint(case)) < 1:
        tokens = f"{case.input_tokens + case.output_tokens:,.0f} tokens"
        where = f"{case.layout.gpus} x {case.chip.name}"
        return Refusal("context-does-not-fit", f"a request of {tokens} does not fit beside {case.shape.name} in {case.fmt.name} on {where}")
    return found
