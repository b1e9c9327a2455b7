"""Number formats of weights as serving engines name them: bits a weight takes, and in what format the chip multiplies.

"int4 (awq)", "w8a8", "nvfp4", "gguf Q4_K_M" and plain names are read here and nowhere else. A weight-only format saves
memory traffic but multiplies in 16 bits. Knows nothing about quality, chips' prices or who supports which file.
"""

import re
from dataclasses import dataclass

from knowledge.errors import UserError
from knowledge.schemas import Accelerator, ModelArchitecture


@dataclass(frozen=True, slots=True)
class WeightFormat:
    """Bits of a weight, scales and zero points included; `compute` is the format of the multiplication."""

    name: str
    bits: float
    compute: str  # key of Accelerator.tflops; a weight-only format computes in bf16
    weight_only: bool = False
    keeps_attention: bool = False  # in a mixture of experts only the experts are stored in this format
    head_bits: float = 16.0  # of the embedding and the output head


#: Scales: nvfp4 one 8-bit scale for 16 weights, mxfp4 for 32; int4 a 16-bit scale and 4-bit zero point for 128.
FORMATS = {
    f.name: f
    for f in (
        WeightFormat("fp32", 32.0, "tf32"),
        WeightFormat("bf16", 16.0, "bf16"),
        WeightFormat("fp16", 16.0, "fp16"),
        WeightFormat("fp8", 8.0, "fp8"),
        WeightFormat("int8", 8.0, "int8"),
        WeightFormat("fp4", 4.5, "fp4", keeps_attention=True),
        WeightFormat("mxfp4", 4.25, "fp4", keeps_attention=True),
        WeightFormat("int8-weight-only", 8.13, "bf16", weight_only=True),
        WeightFormat("int4", 4.16, "bf16", weight_only=True),
    )
}
_SPELLINGS = (
    (r"nvfp4|^fp4|w4a4", "fp4"),
    (r"mxfp4", "mxfp4"),
    (r"int4|w4a16|awq|4bit|4-bit|q4_0|^nf4", "int4"),
    (r"w8a16|gptq.*8|int8 \(gptq\)|weight.only", "int8-weight-only"),
    (r"w8a8|int8|smoothquant", "int8"),
    (r"fp8|f8|e4m3", "fp8"),
    (r"bf16|bfloat16", "bf16"),
    (r"fp16|float16|half", "fp16"),
    (r"fp32|float32|tf32", "fp32"),
)


def weight_format(text: str, shape: ModelArchitecture) -> WeightFormat:
    """The format that `text` names; an empty or "unstated" one is the model's published format.

    Raises UserError `unknown-precision` with the names that are known.
    """
    wanted = text.strip().lower()
    if wanted in ("", "unstated", "unknown", "auto"):
        wanted = shape.native_precision
    if wanted in FORMATS:
        return FORMATS[wanted]
    sized = re.search(r"(?:exl2\s+|q)(\d(?:\.\d)?)\s*(?:bpw|_)", wanted)
    if sized:  # llama.cpp's k-quants carry about 0.85 bits of scales and mixed layers; exl2 states its mean
        bits = float(sized.group(1)) + (0.0 if "exl2" in wanted else 0.85)
        return WeightFormat("int4" if bits < 6 else "int8-weight-only", bits, "bf16", weight_only=True, head_bits=max(bits, 6.6))
    for pattern, name in _SPELLINGS:
        if re.search(pattern, wanted):
            return FORMATS[name]
    raise UserError(
        "unknown-precision", f'No number format called "{text[:40]}" is known.', f"Known: {', '.join(FORMATS)}.", {"nearest": list(FORMATS)}
    )


def peak_tflops(chip: Accelerator, fmt: WeightFormat) -> tuple[float | None, bool]:
    """Dense TFLOPS of the multiplication, and whether the chip multiplies in that format at all.

    Without the units (FP8 on an A100) engines fall back to weight-only kernels that multiply in 16 bits.
    """
    half = chip.tflops.get("bf16") or chip.tflops.get("fp16") or chip.tflops.get("fp32")
    rate = chip.tflops.get(fmt.compute)  # type: ignore[call-overload]
    if rate is not None:
        return rate, True
    return half, fmt.compute in ("bf16", "fp16", "tf32")


def on_chip(fmt: WeightFormat, chip: Accelerator) -> WeightFormat:
    """The format as the chip takes it: what is published in bf16 runs in fp16 where there is no bf16 (Volta, Turing)."""
    return FORMATS["fp16"] if fmt.name == "bf16" and chip.supports("bf16") is False else fmt


def attention_bits(shape: ModelArchitecture, fmt: WeightFormat) -> float:
    """Bits of the weights outside the experts: fp4 checkpoints of mixtures, and models trained in four bits, keep them wider."""
    if shape.experts is not None and (fmt.keeps_attention or fmt.name == shape.native_precision == "int4"):
        return 8.0 if shape.native_precision == "fp8" else 16.0
    return fmt.bits
