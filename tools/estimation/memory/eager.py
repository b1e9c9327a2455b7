"""Memory of a plain generation loop of transformers, in bytes: what `model.generate` allocates beside the weights.

It differs from a serving engine: the whole prompt passes at once, the cache grows by copying, and nothing is captured.
Plain floats; `case` as in `formulas`. `Loop` says what a version of the library does; checked against the published peaks
of Qwen's speed pages (transformers 4.3x to 4.51) and of AutoAWQ. Knows nothing of models split over GPUs.
"""

from typing import NamedTuple

from knowledge.schemas import ModelArchitecture
from tools.estimation.memory.formulas import (
    GIB,
    HIGH,
    KV_BYTES,
    LIKELY,
    LOW,
    full_kv_values_per_layer,
    kv_layers,
    kv_values_per_layer,
    live_values_per_token,
)

#: CUDA context, kernels and workspaces, GiB.
FIXED_GIB = (0.4, 0.7, 1.2)
#: Rounding of the allocator: a block of at least 2 MiB for each tensor.
ROUNDING = (0.97, 1.01, 1.05)
#: Workspaces of matrix multiplication, and buffers that quantized weights are widened into, GiB.
WORKSPACE_GIB = (0.0, 0.03, 0.25)


class Loop(NamedTuple):
    """What a version of the loop does. The default is transformers since 4.45."""

    all_logits: bool = False  # logits of every prompt position, in 16 and in 32 bits
    copied_cache: bool = False  # the step before is kept whole while the cache is copied
    tables: int = 0  # positions whose cosines and sines each layer holds
    scores: bool = False  # attention scores are stored, in 16 and in 32 bits (no fused attention)


BEFORE_4_45 = Loop(all_logits=True, copied_cache=True, tables=32768)


def loop_of(engine: str, version: str) -> Loop:
    """What an engine's release does: AutoAWQ of 2023 has no fused prefill, transformers keeps all logits before 4.45."""
    if engine.lower() == "autoawq":
        return Loop(all_logits=True, tables=32768, scores=True)
    number = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    return BEFORE_4_45 if number < [4, 45] else Loop()


def cached_values(shape: ModelArchitecture) -> tuple[int, int]:
    """Numbers that the loop caches for one token in a layer without and with a window: latent attention is cached spelled out."""
    if shape.kv_latent:
        spelled = shape.heads * (shape.head_dim + (shape.value_dim or shape.head_dim))
        return spelled, spelled
    return full_kv_values_per_layer(shape), kv_values_per_layer(shape)


def cache_bytes(shape: ModelArchitecture, tokens: float, kv_precision: str, case: int = LIKELY) -> float:
    """The cache of one sequence. Windows cap what their layers keep, save in the high bound."""
    full, sliding = kv_layers(shape)
    if not full + sliding:
        return 0.0
    kept = tokens if case == HIGH else min(tokens, float(shape.sliding_window or tokens))
    everything, windowed = cached_values(shape)
    cross = (shape.source_positions or 0) if shape.kind == "encoder_decoder" else 0
    state = (shape.recurrent_layers or 0) * (shape.recurrent_state or 0) * 4.0
    values = full * (tokens + cross) * everything + sliding * (kept + cross) * windowed
    return values * KV_BYTES[kv_precision][case] + state


def working_bytes(
    shape: ModelArchitecture,
    prompt: float,
    generated: float,
    batch: float,
    precision: str = "bf16",
    kv_precision: str = "bf16",
    case: int = LIKELY,
    loop: Loop | None = None,
) -> float:
    """The most that cache and activations take together, at the end of the prompt's pass or of generation.

    The low bound passes the prompt in pieces, so that the end of generation is the fullest moment.
    """
    how, size = loop or Loop(), 4.0 if precision == "fp32" else 2.0
    layers = sum(kv_layers(shape)) or shape.layers
    at_prompt, at_end = (batch * cache_bytes(shape, n, kv_precision, case) for n in (prompt, prompt + generated))
    pieces = case == LOW and not how.all_logits
    block = batch * prompt * (live_values_per_token(shape) + shape.hidden) * size * (0.0 if pieces else 1.0)
    if how.scores:
        block += batch * shape.heads * prompt**2 * (2 * size + 4.0)
    logits = batch * shape.vocab * (prompt if how.all_logits else 1.0) if shape.kind != "encoder" else 0.0
    first = at_prompt + max(block, logits * (size + 4.0))
    copies = 2.0 if how.copied_cache else 1.0 + 0.5 / layers
    last = max(copies * at_end, copies * at_prompt + logits * 4.0)
    tables = layers * how.tables * shape.head_dim * 2 * size
    return (max(first, last) + tables) * ROUNDING[case] + WORKSPACE_GIB[case] * GIB


def eager_overhead_bytes(case: int = LIKELY) -> float:
    """Driver, kernels and workspaces of a program on PyTorch."""
    return FIXED_GIB[case] * GIB
