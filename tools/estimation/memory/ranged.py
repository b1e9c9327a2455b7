"""Memory of a transformer in bytes: weights, KV cache, activations, gradients and optimiser, framework overhead.

Pure arithmetic on a shape: reads no files and knows no hardware. Every function returns a Range of bytes. Sources:
KV cache: Kwon et al. 2023 (PagedAttention, arXiv 2309.06180), with grouped queries after Ainslie et al. 2023
(arXiv 2305.13245) and latent attention after DeepSeek-V2 (arXiv 2405.04434). Training states: Rajbhandari et al. 2020
(ZeRO, arXiv 1910.02054). Training activations: Korthikanti et al. 2022 (arXiv 2205.05198). Overhead: EleutherAI,
"Transformer Math 101" (2023).
"""

from knowledge.ranges import Range
from knowledge.schemas import ModelArchitecture
from knowledge.shape import embedding_parameters

GIB = 2**30
#: Bits of one weight. Integer formats carry a 16-bit scale (and a zero point of the same width) for each group: none
#: counted in `low`, groups of 128 in `likely`, groups of 32 in `high` for int4, of 128 for int8.
WEIGHT_BITS = {
    "fp32": (32.0, 32.0, 32.0),
    "bf16": (16.0, 16.0, 16.0),
    "fp16": (16.0, 16.0, 16.0),
    "fp8": (8.0, 8.0, 8.125),
    "int8": (8.0, 8.0, 8.125),
    "int4": (4.0, 4.0 + 20 / 128, 4.0 + 20 / 32),
}
#: Tokens that an engine computes at once in prefill (vLLM: chunks of 2 048, 8 192, 16 384).
PREFILL_TOKENS = (2048, 8192, 16384)
#: CUDA context, kernels, allocator and captured graphs, in GiB.
FIXED_OVERHEAD_GIB = (0.5, 1.0, 2.0)
#: Share of the rest lost to fragmentation.
FRAGMENTATION = (0.0, 0.02, 0.05)
#: Adapter ranks: queries and values only, all linear layers, all linear layers.
LORA_RANKS = (8, 16, 64)
#: Bytes a logit takes while the loss is computed: chunked, upcast to 32 bits with its gradient, with one more copy.
LOSS_BYTES = (4, 10, 14)


def compute_bytes(precision: str) -> int:
    """Bytes of one activation or cached value: 4 in fp32, else 2 (quantized weights still compute in 16 bits)."""
    return 4 if precision == "fp32" else 2


def weight_bytes(shape: ModelArchitecture, parameters: float, precision: str) -> Range:
    """Parameters x bits / 8. Below 16 bits the embeddings and output head usually stay in 16 bits (`low`: they do not)."""
    bits = WEIGHT_BITS[precision]
    if bits[0] >= 16:
        return Range.exact(parameters * bits[0] / 8)
    kept = min(float(embedding_parameters(shape)), parameters)
    low = parameters * bits[0] / 8
    likely, high = ((parameters - kept) * b / 8 + kept * 2 for b in bits[1:])
    return Range(low, max(low, likely), max(low, likely, high))


def kv_bytes_for_tokens(shape: ModelArchitecture, tokens: int, precision: str) -> Range:
    """KV cache of one sequence: 2 x layers x KV heads x head size x tokens x bytes; latent attention keeps one vector.

    Layers with a sliding window keep at most the window; `high` is an engine that ignores it. Encoders keep nothing.
    """
    if shape.kind == "encoder":
        return Range.exact(0.0)
    size = compute_bytes(precision)
    per_token = (shape.kv_latent if shape.kv_latent else 2 * shape.kv_heads * shape.head_dim) * size
    sliding = 0 if shape.sliding_window is None else (shape.sliding_layers or shape.layers)
    window = min(tokens, shape.sliding_window or tokens)
    kept = float(per_token * ((shape.layers - sliding) * tokens + sliding * window))
    everything = float(per_token * shape.layers * tokens)
    cross = float(per_token * shape.layers * (shape.source_positions or 0)) if shape.kind == "encoder_decoder" else 0.0
    return Range(kept + cross, kept + cross, everything + cross)


def kv_bytes(shape: ModelArchitecture, context: int, batch: int, precision: str) -> Range:
    """KV cache of `batch` sequences of `context` tokens."""
    return kv_bytes_for_tokens(shape, context, precision) * float(batch)


def _values_per_token(shape: ModelArchitecture) -> float:
    """Numbers a block holds for one token while it runs: residual, norm, attention in and out; QKV; MLP."""
    attention = (shape.heads + 2 * shape.kv_heads) * shape.head_dim
    mlp = (3 if shape.mlp == "gated" else 2) * shape.intermediate * (shape.experts_per_token or 1)
    return float(4 * shape.hidden + attention + mlp)


def inference_activation_bytes(shape: ModelArchitecture, context: int, batch: int, precision: str) -> Range:
    """One block's activations for the tokens computed at once, plus the logits of each sequence's last token.

    Attention scores are not stored (flash attention); encoders compute the whole batch at once, and `high` stores scores.
    """
    size = compute_bytes(precision)
    tokens = max(context, shape.source_positions or 0) * batch
    if shape.kind == "encoder":
        base = tokens * _values_per_token(shape) * size
        scores = float(batch * shape.heads) * context**2 * size
        return Range(base, base, base + scores)
    at_once = [min(tokens, limit) for limit in PREFILL_TOKENS[:2]] + [min(tokens, max(PREFILL_TOKENS[2], context))]
    logits = [batch * shape.vocab * each for each in (4, 6, 10)]
    low, likely, high = (t * _values_per_token(shape) * size + one for t, one in zip(at_once, logits, strict=True))
    return Range(low, likely, high)


def training_activation_bytes(shape: ModelArchitecture, context: int, batch: int, precision: str) -> Range:
    """Activations kept for the backward pass, and the logits of every token.

    Korthikanti et al.: 34 s b h bytes a layer without the attention scores (a plain 4h MLP in 16 bits), here spelled out
    for any shape; with full recomputation 2 s b h a layer and one layer in full. `low` recomputes (gradient
    checkpointing), `likely` does not, `high` adds a seventh for buffers.
    """
    size = compute_bytes(precision)
    tokens = float(max(context, shape.source_positions or 0) * batch)
    mlp = (4 if shape.mlp == "gated" else 2) * shape.intermediate * (shape.experts_per_token or 1)
    layer = tokens * size * (5 * shape.hidden + (2 * shape.heads + 2 * shape.kv_heads) * shape.head_dim + mlp)
    layers = shape.layers + (shape.encoder_layers or 0)
    recomputed = layers * tokens * size * shape.hidden + layer
    low, likely, high = (tokens * shape.vocab * each for each in LOSS_BYTES)
    kept = layers * layer
    return Range(min(recomputed, kept) + low, kept + likely, kept * 1.15 + high)


def full_training_state_bytes(parameters: float, precision: str) -> Range:
    """Gradients and AdamW states beside the weights.

    fp32: 4 + 8 bytes a parameter. 16 bits: `low` keeps all in 16 bits (2 + 4), `likely` is mixed precision with a 32-bit
    master copy (2 + 12, so 16 with the weights, as ZeRO counts), `high` keeps gradients in 32 bits (4 + 12).
    """
    each = (12, 12, 12) if precision == "fp32" else (6, 14, 16)
    low, likely, high = (parameters * n for n in each)
    return Range(low, likely, high)


def lora_parameters(shape: ModelArchitecture) -> Range:
    """Trainable parameters of adapters: rank x (inputs + outputs) of each adapted matrix, over all layers."""
    query, value = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    narrow = 2 * shape.hidden + query + value
    wide = narrow + (2 * shape.hidden + query + value)
    mlp = (3 if shape.mlp == "gated" else 2) * (shape.hidden + shape.intermediate)
    low, middle, high = LORA_RANKS
    layers = shape.layers + (shape.encoder_layers or 0)
    every_expert = mlp * (shape.experts or 1)
    return Range(
        float(layers * low * narrow),
        float(layers * middle * (wide + (mlp if shape.experts is None else 0))),
        float(layers * high * (wide + every_expert)),
    )


def lora_state_bytes(shape: ModelArchitecture) -> Range:
    """Adapters in 32 bits with gradients and AdamW states: 16 bytes a trainable parameter."""
    return lora_parameters(shape) * 16.0


def overhead_bytes(rest: Range) -> Range:
    """Framework and driver, plus fragmentation of everything else."""
    bounds = zip(FIXED_OVERHEAD_GIB, FRAGMENTATION, (rest.low, rest.likely, rest.high), strict=True)
    low, likely, high = (fixed * GIB + share * float(size) for fixed, share, size in bounds)
    return Range(low, likely, high)
