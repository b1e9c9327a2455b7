"""Memory of serving a model, in bytes: weights, KV cache, recurrent state, and what an engine keeps beside them.

Plain floats on a shape, fast enough for a search over ten thousand setups; reads no files, knows no hardware. Each
formula takes a `case`: LOW, LIKELY or HIGH, the bound it is asked for. Sources: KV cache Kwon et al. 2023 (arXiv
2309.06180); grouped queries Ainslie et al. 2023 (arXiv 2305.13245); latent attention DeepSeek-V2 (arXiv 2405.04434);
block formats OCP Microscaling 1.0 and NVFP4; nf4 Dettmers et al. 2023 (arXiv 2305.14314).
"""

from math import ceil

from knowledge.schemas import ModelArchitecture
from knowledge.shape import embedding_parameters, routed_expert_parameters

GIB = 2**30
LOW, LIKELY, HIGH = 0, 1, 2
#: Bits of one weight, scales included. int8/int4: one 16-bit scale and a zero point a group (low: none; likely: groups of 128;
#: high: groups of 32). fp8: a scale a tensor, or 32 bits a block of 128. fp4: mxfp4 has 8 bits for 32 weights, nvfp4 8 bits for 16.
#: nf4: 32 bits for 64 weights, with double quantization 8 bits for 64 and 32 for 16 384.
WEIGHT_BITS: dict[str, tuple[float, float, float]] = {
    "fp32": (32.0, 32.0, 32.0),
    "bf16": (16.0, 16.0, 16.0),
    "fp16": (16.0, 16.0, 16.0),
    "fp8": (8.0, 8.0, 8.25),
    "int8": (8.0, 8.0 + 24 / 128, 8.0 + 24 / 32),
    "int4": (4.0, 4.0 + 20 / 128, 4.0 + 20 / 32),
    "fp4": (4.25, 4.5, 4.5),
    "nf4": (4.0 + 8 / 64 + 32 / 16384, 4.0 + 8 / 64 + 32 / 16384, 4.5),
}
#: Bytes of one cached value, scales included (int8, int4: a 16-bit scale and zero point for each head and token).
KV_BYTES: dict[str, tuple[float, float, float]] = {
    "fp32": (4.0, 4.0, 4.0),
    "bf16": (2.0, 2.0, 2.0),
    "fp16": (2.0, 2.0, 2.0),
    "fp8": (1.0, 1.0, 1.03125),
    "int8": (1.0, 1.03125, 1.0625),
    "int4": (0.5, 0.53125, 0.5625),
}
#: A recurrent state is kept in 32 bits by most engines, in 16 by some.
STATE_BYTES = (2.0, 4.0, 4.0)
#: CUDA context, kernels, workspaces and captured graphs on each GPU; with more than one GPU, communication buffers beside them. GiB.
FIXED_GIB = (0.6, 1.3, 2.5)
COMMUNICATION_GIB = (0.2, 0.6, 1.5)
#: Bytes a logit takes while the next token is drawn: 16 and 32 bits only; sorted, with indices and running sums, for top-p.
#: vLLM profiles 256 sequences so: Meta-Llama-3-8B 1.26 GiB of activations on one GPU and on two (vllm-project/vllm#10511).
SAMPLING_BYTES = (6.0, 36.0, 44.0)
#: Of the memory in the catalogue: T4 14.6 of 15 GiB, L4 22.1 of 22.5, RTX 3090 23.6 of 24, H100 79.2 of 80 (start-up logs of vLLM).
USABLE = (1.0, 0.98, 0.97)
#: Of that, what a serving engine takes for weights, activations, graphs and cache together: vLLM's gpu_memory_utilization (0.92 since
#: graphs are counted in it, 0.9 before; 0.95 still runs, vllm-project/vllm#1298); SGLang's mem_fraction_static comes to 0.85 to 0.9.
ENGINE_SHARE = (0.95, 0.92, 0.85)
#: Share of the activations lost to rounding and fragmentation in the allocator.
FRAGMENTATION = (0.0, 0.05, 0.15)


def expert_parameters(shape: ModelArchitecture) -> float:
    """Weights of the routed experts; 0 for a dense model."""
    if shape.experts is None:
        return 0.0
    layers = shape.expert_layers or shape.mlp_layers or shape.layers
    return float(layers * shape.experts * routed_expert_parameters(shape))


def kept_parameters(shape: ModelArchitecture, precision: str) -> float:
    """Weights that stay in 16 bits when the rest is quantized: embeddings, output head and encoders of other media.

    Where only the experts are in four bits (fp4 checkpoints of mixtures, and what was trained in four bits), the rest stays.
    """
    total = shape.params_b * 1e9
    kept = embedding_parameters(shape) + (shape.extra_params_b or 0.0) * 1e9
    if shape.experts is not None and (precision == "fp4" or precision == shape.native_precision == "int4"):
        kept = max(kept, total - expert_parameters(shape))
    return min(kept, total)


def weight_bytes(shape: ModelArchitecture, precision: str, case: int = LIKELY) -> float:
    """Bytes of the whole model's weights. The low bound quantizes the embeddings too, save where the format is the published one."""
    published = precision == "fp4" and shape.native_precision == "mxfp4"
    bits = WEIGHT_BITS[precision][LOW if published else case]
    total = shape.params_b * 1e9
    if bits >= 16 or (case == LOW and not published):
        return total * bits / 8
    kept = kept_parameters(shape, precision)
    return (total - kept) * bits / 8 + kept * 2.0


def weight_bytes_likely(shape: ModelArchitecture, precision: str) -> float:
    """Likely bytes of the whole model's weights."""
    return weight_bytes(shape, precision)


def weight_bytes_per_gpu(shape: ModelArchitecture, precision: str, tensor_parallel: int, case: int = LIKELY) -> float:
    """Bytes of the weights on each of `tensor_parallel` GPUs: an even share, and what cannot be split on each.

    Key and value projections are copied where there are fewer KV heads than GPUs; latent projections always.
    """
    share = weight_bytes(shape, precision, case) / tensor_parallel
    if tensor_parallel == 1:
        return share
    bits = min(WEIGHT_BITS[precision][case], 16.0) if precision != "fp32" else 32.0
    layers = shape.attention_layers or shape.layers
    if shape.kv_latent:
        copied = shape.hidden * (shape.kv_latent + (shape.query_latent or 0)) * (1 - 1 / tensor_parallel)
    else:
        width = shape.head_dim + (shape.value_dim or shape.head_dim)
        copied = shape.hidden * shape.kv_heads * width * (1 / kv_shards(shape, tensor_parallel) - 1 / tensor_parallel)
    return share + layers * copied * bits / 8


def kv_values_per_layer(shape: ModelArchitecture) -> int:
    """Numbers that one attention layer caches for one token: keys and values, or the latent vector."""
    return shape.kv_latent or shape.kv_heads * (shape.head_dim + (shape.value_dim or shape.head_dim))


def full_kv_values_per_layer(shape: ModelArchitecture) -> int:
    """The same for a layer without a window, whose heads may be others."""
    return shape.full_kv_values or kv_values_per_layer(shape)


def kv_layers(shape: ModelArchitecture) -> tuple[int, int]:
    """Attention layers that cache every token, and those that cache a window; (0, 0) for encoders."""
    if shape.kind == "encoder":
        return 0, 0
    layers = shape.attention_layers or shape.layers
    if shape.sliding_window is None:
        return layers, 0
    sliding = min(shape.sliding_layers or layers, layers)
    return layers - sliding, sliding


def kv_bytes_per_token(shape: ModelArchitecture, kv_precision: str, case: int = LIKELY) -> float:
    """Bytes that one more token adds to the cache of a long sequence: full-attention layers only."""
    return kv_layers(shape)[0] * full_kv_values_per_layer(shape) * KV_BYTES[kv_precision][case]


def sequence_bytes(shape: ModelArchitecture, tokens: float, kv_precision: str, case: int = LIKELY) -> float:
    """KV cache and recurrent state of one sequence of `tokens` tokens.

    Windowed layers keep at most their window; the high bound is an engine that keeps everything. A decoder that reads an
    encoder also keeps keys and values of the encoder's positions.
    """
    full, sliding = kv_layers(shape)
    kept = tokens if case == HIGH else min(tokens, float(shape.sliding_window or tokens))
    each = kv_values_per_layer(shape)
    values = full * tokens * full_kv_values_per_layer(shape) + sliding * kept * each
    if shape.kind == "encoder_decoder":
        values += (full + sliding) * (shape.source_positions or 0) * each
    state = (shape.recurrent_layers or 0) * (shape.recurrent_state or 0) * STATE_BYTES[case]
    return values * KV_BYTES[kv_precision][case] + state


def kv_shards(shape: ModelArchitecture, tensor_parallel: int) -> float:
    """How many ways tensor parallelism splits the KV cache: whole KV heads only, and a latent vector not at all."""
    if shape.kv_latent:
        return 1.0
    return shape.kv_heads / ceil(shape.kv_heads / tensor_parallel)


def sequence_bytes_per_gpu(shape: ModelArchitecture, tokens: float, kv_precision: str, tensor_parallel: int, case: int = LIKELY) -> float:
    """One sequence's KV cache and recurrent state on each of `tensor_parallel` GPUs; the state splits evenly."""
    whole = sequence_bytes(shape, tokens, kv_precision, case)
    if tensor_parallel == 1:
        return whole
    state = (shape.recurrent_layers or 0) * (shape.recurrent_state or 0) * STATE_BYTES[case]
    return (whole - state) / kv_shards(shape, tensor_parallel) + state / tensor_parallel


def live_values_per_token(shape: ModelArchitecture, tensor_parallel: int = 1) -> float:
    """Numbers alive for one token at the fullest point of a block: residual, input and output, and attention or MLP between.

    The MLP holds gate and up together with their product; a mixture of experts one such set for each chosen expert.
    """
    hidden = shape.hidden
    value = shape.value_dim or shape.head_dim
    keys = shape.heads if shape.kv_latent else shape.kv_heads  # latent attention spells keys and values out
    attention = (shape.heads + keys) * (shape.head_dim + value)
    parts = 3 if shape.mlp == "gated" else 2
    inner = parts * shape.intermediate
    if shape.experts is not None:
        chosen = shape.experts_per_token or 1
        inner = chosen * (max(2 * shape.intermediate, hidden) + shape.intermediate) + parts * (shape.shared_intermediate or 0)
        inner = max(inner, parts * (shape.dense_intermediate or 0))
    return 3.0 * hidden + max(attention, inner) / tensor_parallel


def activation_bytes(
    shape: ModelArchitecture, tokens_at_once: float, sequences: float, tensor_parallel: int = 1, precision: str = "bf16", case: int = LIKELY
) -> float:
    """Activations of a serving engine on each GPU: the fuller of one block's forward pass and the sampling of next tokens.

    `tokens_at_once` is what one step computes (prefill chunk and decoding sequences together), `sequences` how many
    are sampled at once.
    """
    size = 4.0 if precision == "fp32" else 2.0
    forward = tokens_at_once * live_values_per_token(shape, tensor_parallel) * size
    sampling = 0.0 if shape.kind == "encoder" else sequences * shape.vocab * SAMPLING_BYTES[case]
    return max(forward, sampling) * (1 + FRAGMENTATION[case])


def overhead_bytes(gpus: int = 1, case: int = LIKELY) -> float:
    """What a serving engine takes on each GPU whatever the model: driver, kernels, captured graphs, communication."""
    return (FIXED_GIB[case] + (COMMUNICATION_GIB[case] if gpus > 1 else 0.0)) * GIB


def reserve_bytes(
    shape: ModelArchitecture,
    tokens_at_once: float = 8192,
    sequences: float = 256,
    tensor_parallel: int = 1,
    precision: str = "bf16",
    case: int = LIKELY,
) -> float:
    """All that an engine keeps on each GPU beside weights and cache. The defaults are what vLLM profiles at its start."""
    return activation_bytes(shape, tokens_at_once, sequences, tensor_parallel, precision, case) + overhead_bytes(tensor_parallel, case)


def splits_evenly(shape: ModelArchitecture, tensor_parallel: int) -> bool:
    """Whether tensor parallelism divides the heads, as vLLM, SGLang and TensorRT-LLM require; KV heads may be copied instead."""
    if shape.heads % tensor_parallel:
        return False
    return bool(shape.kv_latent) or shape.kv_heads % tensor_parallel == 0 or tensor_parallel % shape.kv_heads == 0


def usable_bytes(memory_gib: float, case: int = LIKELY) -> float:
    """Memory of a card that a program gets, of what its datasheet says: all of it for a plain loop and for training."""
    return memory_gib * GIB * USABLE[case]


def engine_bytes(memory_gib: float, case: int = LIKELY) -> float:
    """Memory of a card that a serving engine takes for everything it holds."""
    return usable_bytes(memory_gib, case) * ENGINE_SHARE[case]
