"""Arithmetic work of training and the time it takes: floating-point operations over what an accelerator achieves.

Operations after Kaplan et al. 2020 (arXiv 2001.08361) with attention as PaLM counts it (arXiv 2204.02311, appendix B). Plain
floats; `case` LOW is the fastest, HIGH the slowest. What is achieved is published by others for a few chips and said to be
assumed for the rest. Knows no prices and no memory.
"""

from dataclasses import dataclass
from math import log2

from knowledge.schemas import Accelerator, ModelArchitecture
from knowledge.shape import active_parameters
from tools.estimation.memory.formulas import HIGH, LIKELY, LOW, kv_layers

METHODS = ("lora", "qlora", "full", "pretrain")
#: Passes over the network, in units of one forward pass. Backward costs two, one of them for the gradients of the weights,
#: which frozen weights do not need. Likely and high recompute the forward pass (gradient checkpointing).
PASSES = {"full": (3.0, 4.0, 4.0), "pretrain": (3.0, 4.0, 4.0), "lora": (2.0, 3.0, 3.0), "qlora": (2.0, 3.0, 3.0)}
#: How much longer a step takes because weights are widened from four bits: Lightning-AI/litgpt resource tables (4839345a), LoRA of
#: four models on one A100 with and without nf4: 1.15 to 2.05 times.
WIDENING = (1.05, 1.3, 2.05)
#: Time lost when the number of accelerators doubles. Published: none to 7 % from 8 to 128 with fast links (llm-foundry); two GPUs with a
#: micro-batch of one were slower than one (litgpt).
DOUBLING = (1.0, 0.99, 0.85)
#: Hours in which a job loads, compiles, evaluates and saves. An assumption.
STARTUP_HOURS = (0.05, 0.2, 0.5)


@dataclass(frozen=True)
class Achieved:
    """Share of the dense 16-bit peak that training achieves, for LOW, LIKELY and HIGH time, of operations really executed.

    The low time executes no recomputation; with it, larger micro-batches raise the share.
    """

    share: tuple[float, float, float]
    of: str
    source: str


_FOUNDRY = "mosaicml/llm-foundry training benchmarks (061f2c7c)"
_HOPPER = Achieved(
    (0.46, 0.49, 0.27),
    "Hopper and newer",
    f"{_FOUNDRY}: 26 to 46 % of peak in model operations, 35 to 59 % executed, on 8 to 64 H100; Llama 3 (arXiv 2407.21783): 38 to 43 % on "
    "8 192 to 16 384 H100; pytorch/torchtitan (31a17bfd): 33 to 39 %",
)
_AMPERE = Achieved(
    (0.64, 0.61, 0.35),
    "A100 and A30",
    f"{_FOUNDRY}: 39 to 64 % of peak in model operations, 48 to 79 % executed, on 8 to 128 A100",
)
_OTHER = Achieved(
    (0.50, 0.37, 0.12),
    "other accelerators",
    "huggingface/peft method comparison (0a179c1e) on an L40S, four short rows a step: 12 % of peak in full tuning, 24 % in LoRA; "
    "an assumption for the rest",
)


def achieved_on(gpu: Accelerator) -> Achieved:
    """What was published for chips of that kind."""
    capability = float(gpu.compute_capability or 0)
    if capability == 8.0:
        return _AMPERE
    return _HOPPER if capability in (9.0, 10.0, 10.3) else _OTHER


def was_published(gpu: Accelerator) -> bool:
    """Whether the share was measured on that chip or its twin; for others it is carried over."""
    return gpu.compute_capability in ("8.0", "9.0")


def peak_flops(gpu: Accelerator) -> float | None:
    """Dense operations a second in sixteen bits; None where the fact base does not know them."""
    tera = gpu.tflops.get("bf16") or gpu.tflops.get("fp16")
    return None if tera is None else tera * 1e12


def parameters_per_token(shape: ModelArchitecture) -> float:
    """Parameters that a token passes: all of a dense model but the look-up of embeddings, the chosen experts of a mixture."""
    counted = active_parameters(shape)
    if counted is not None:
        return float(counted)
    return (shape.active_params_b or shape.params_b) * 1e9


def forward_flops(shape: ModelArchitecture, length: float) -> tuple[float, float]:
    """Operations of one token's forward pass in a sequence of `length` tokens: of the matrices, and of attention scores.

    4 x layers x heads x head size x length for attention, without the causal half, as published utilizations count it.
    """
    full, sliding = kv_layers(shape)
    if shape.kind == "encoder":
        full = shape.layers
    width = shape.heads * (shape.head_dim + (shape.value_dim or shape.head_dim))
    seen = full * length + sliding * min(length, float(shape.sliding_window or length))
    return 2.0 * parameters_per_token(shape), 2.0 * width * seen


def model_flops(shape: ModelArchitecture, method: str, tokens: float, length: float) -> float:
    """Operations that the method needs for all tokens, recomputation not counted."""
    return tokens * _per_token(shape, method, length, LOW)


def _per_token(shape: ModelArchitecture, method: str, length: float, case: int) -> float:
    matrices, attention = forward_flops(shape, length)
    passes = PASSES[method][case]
    frozen = method in ("lora", "qlora")  # attention has no weights, so its backward pass is whole
    return matrices * passes + attention * (passes + frozen)


def scaling(count: int, case: int) -> float:
    """Share of a single accelerator's speed that each of `count` keeps."""
    return max(0.4, DOUBLING[case] ** log2(count))


def hours(shape: ModelArchitecture, method: str, tokens: float, length: float, gpu: Accelerator, count: int, case: int = LIKELY) -> float:
    """Wall-clock hours on `count` accelerators, start-up included. Raises ValueError where the chip's peak is unknown."""
    peak = peak_flops(gpu)
    if peak is None:
        raise ValueError(f"the throughput of {gpu.name} is unknown")
    slower = WIDENING[case] if method == "qlora" else 1.0
    speed = peak * achieved_on(gpu).share[case] * count * scaling(count, case)
    return tokens * _per_token(shape, method, length, case) * slower / speed / 3600 + STARTUP_HOURS[case]


CASES = (LOW, LIKELY, HIGH)
