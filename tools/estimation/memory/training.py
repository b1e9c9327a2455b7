"""Memory of training a model, in bytes: gradients, optimiser states, adapters, activations, and what sharding leaves of them.

Plain floats; `case` is LOW, LIKELY or HIGH as in `formulas`. Counted in tensors that PyTorch saves for the backward pass of
transformers' models, and checked against them; follows ZeRO (Rajbhandari et al. 2020, arXiv 1910.02054), Korthikanti et al.
2022 (arXiv 2205.05198) for activations and recomputation, QLoRA (arXiv 2305.14314) and 8-bit Adam (arXiv 2110.02861).
Recurrent layers are counted like attention layers. Says nothing about offloading to host memory or disk.
"""

from typing import NamedTuple

from knowledge.schemas import ModelArchitecture
from knowledge.shape import embedding_parameters
from tools.estimation.memory.formulas import HIGH, LIKELY, LOW, kept_parameters, weight_bytes

#: `adamw_bf16` keeps weights, gradients and states in 16 bits, without a 32-bit copy of the weights.
OPTIMIZERS = ("adamw", "adamw_bf16", "adamw_8bit", "adafactor", "sgd")
METHODS = ("lora", "qlora", "full")
#: Adapter ranks: queries and values only; all linear layers; all linear layers, those of every expert too.
LORA_RANKS = (8, 16, 64)
#: Bytes a logit takes while the loss is computed: chunked; 16 bits, 32 bits and their gradient; with one more copy.
LOSS_BYTES = (4.0, 10.0, 16.0)
#: Buffers and fragmentation on top of saved activations and logits.
SLACK = (1.0, 1.0, 1.2)


class Plan(NamedTuple):
    """How a model is trained. `checkpointing` None: low and likely recompute activations, as most recipes do; high keeps them.

    `rank` 0: the usual adapters of each case. `targets`: query_value, attention, or all (of the linear layers outside experts).
    """

    method: str = "full"  # lora, qlora, full
    precision: str = "bf16"  # of the weights
    optimizer: str = "adamw"
    stage: int = 0  # of ZeRO: 1 shards optimiser states, 2 gradients too, 3 weights too (FSDP)
    gpus: int = 1  # data-parallel ranks
    checkpointing: bool | None = None
    autocast: bool = True  # operations cast their inputs to 16 bits one by one, as Trainer does with `bf16=True`
    rank: int = 0
    targets: str = "all"


def adapted_widths(shape: ModelArchitecture) -> dict[str, tuple[float, float]]:
    """Sums of inputs and of outputs over the matrices of one layer that adapters are put beside, by kind.

    Keys: `query_value`, `attention` (all of it), `mlp` (one expert's, or the dense one's).
    """
    value = shape.value_dim or shape.head_dim
    query, key, out = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim, shape.heads * value
    hidden, inner = float(shape.hidden), float(shape.intermediate)
    if shape.kv_latent:
        latent, rotary = float(shape.kv_latent), float(shape.rope_dim or 0)
        spelled = shape.heads * (shape.head_dim - rotary + value)
        down = float(shape.query_latent or 0)
        query_in, query_out = (hidden + down, down + query) if down else (hidden, float(query))
        query_value = (query_in + latent - rotary, query_out + spelled)
        attention = (query_value[0] + hidden + out, query_value[1] + latent + hidden)
    else:
        values = shape.kv_heads * value
        query_value = (2 * hidden, float(query + values))
        attention = (3 * hidden + out, query + key + values + hidden)
    gated = shape.mlp == "gated"
    mlp = ((2 if gated else 1) * hidden + inner, (2 if gated else 1) * inner + hidden)
    return {"query_value": query_value, "attention": attention, "mlp": mlp}


def block_layers(shape: ModelArchitecture) -> int:
    """Residual blocks, those of an encoder included."""
    return shape.layers + (shape.encoder_layers or 0)


def _adapted(shape: ModelArchitecture, plan: Plan, case: int) -> tuple[int, bool, int]:
    """Rank, whether only queries and values are adapted, and how many MLPs a layer has adapters for."""
    narrow = case == LOW if plan.rank == 0 else plan.targets == "query_value"
    if narrow or (plan.rank and plan.targets == "attention"):
        mlps = 0
    elif shape.experts is None:
        mlps = 1
    else:
        mlps = shape.experts if case == HIGH and plan.rank == 0 else 0
    return plan.rank or LORA_RANKS[case], narrow, mlps


def adapter_parameters(shape: ModelArchitecture, plan: Plan, case: int = LIKELY) -> float:
    """Trainable parameters: rank x (inputs + outputs) of each adapted matrix. Experts are adapted in the high bound only."""
    rank, narrow, mlps = _adapted(shape, plan, case)
    widths = adapted_widths(shape)
    layer = sum(widths["query_value" if narrow else "attention"]) + mlps * sum(widths["mlp"])
    return float(block_layers(shape) * rank * layer)


def trained_parameters(shape: ModelArchitecture, plan: Plan, case: int = LIKELY) -> float:
    """Parameters that get a gradient."""
    return shape.params_b * 1e9 if plan.method == "full" else adapter_parameters(shape, plan, case)


def optimizer_bytes(shape: ModelArchitecture, optimizer: str, width: float = 4.0) -> float:
    """Bytes of optimiser states for one trained parameter. `width`: bytes of a state (4; 2 in pure 16-bit training).

    8-bit states carry a 32-bit scale for 256 values; Adafactor keeps a row and a column for each matrix; SGD has momentum.
    """
    if optimizer == "adamw_8bit":
        return 2 * (1 + 4 / 256)
    if optimizer == "adafactor":
        return 4.0 * (1 / shape.hidden + 1 / shape.intermediate)
    if optimizer == "adamw_bf16":
        return 4.0
    return width if optimizer == "sgd" else 2 * width


class States(NamedTuple):
    """Bytes on one GPU."""

    weights: float
    gradients: float
    optimizer: float  # states, the 32-bit copy of 16-bit weights, and adapters with theirs


def state_bytes(shape: ModelArchitecture, plan: Plan, case: int = LIKELY) -> States:
    """Weights, gradients and optimiser states on each GPU.

    16-bit full training: low keeps all in 16 bits; likely has a 32-bit copy of the weights and 32-bit states (16 bytes a
    parameter with AdamW, as ZeRO counts); high keeps gradients in 32 bits too. Adapters and theirs are in 32 bits.
    """
    trained = trained_parameters(shape, plan, case)
    if plan.method == "full":
        weights = weight_bytes(shape, plan.precision, case)
        wide, pure = plan.precision == "fp32", _is_pure(plan, case)
        gradients = trained * (4.0 if wide or (case == HIGH and not pure) else 2.0)
        copy = 0.0 if wide or pure else 4.0
        optimizer = trained * (copy + optimizer_bytes(shape, plan.optimizer, 2.0 if pure else 4.0))
    else:
        quantized = "nf4" if plan.method == "qlora" else plan.precision
        weights = weight_bytes(shape, quantized, case)
        if plan.method == "qlora" and case != LOW:
            weights += 2.0 * kept_parameters(shape, quantized)  # `prepare_model_for_kbit_training` widens what is not in four bits
        gradients = trained * 4.0
        optimizer = trained * (4.0 + optimizer_bytes(shape, plan.optimizer))
    return _sharded(shape, plan, States(weights, gradients, optimizer))


def _sharded(shape: ModelArchitecture, plan: Plan, whole: States) -> States:
    """What ZeRO leaves on each GPU. Stage 3 gathers two layers at a time, or the embeddings where they are larger."""
    count = plan.gpus
    weights, gradients, optimizer = whole
    if plan.stage >= 3:
        block = (shape.params_b * 1e9 - embedding_parameters(shape)) / block_layers(shape)
        gathered = 2 * max(block, embedding_parameters(shape) / 2) / (shape.params_b * 1e9) * weights
        weights = min(weights, weights / count + gathered)
    return States(weights, gradients / (count if plan.stage >= 2 else 1), optimizer / (count if plan.stage >= 1 else 1))


def saved_bytes_per_token(shape: ModelArchitecture, plan: Plan, case: int = LIKELY) -> float:
    """Bytes that one block keeps of one token for the backward pass.

    Norms in 32 bits with a normalised copy and their output (gated decoders), or input and output (the others); queries,
    keys, values and the attention's output; gate, its activation, up and their product. Frozen matrices do not keep their
    input, adapters keep theirs. The high bound repeats keys and values for every head.
    """
    size = _width(plan)
    value = shape.value_dim or shape.head_dim
    heads = shape.heads * (shape.head_dim + value)
    keys = heads if shape.kv_latent or case == HIGH else shape.kv_heads * (shape.head_dim + value)
    gated, full = shape.mlp == "gated", plan.method == "full"
    norms = 2 * (4.0 + 2 * size * full) * shape.hidden if gated else (2 + 2 * full) * size * shape.hidden + 2 * shape.hidden
    kept = (3 if gated else 1) + full
    chosen = shape.experts_per_token or 1 if shape.experts is not None else 1
    inner = chosen * (kept * shape.intermediate + (2 * shape.hidden if shape.experts is not None else 0))
    inner += kept * (shape.shared_intermediate or 0)
    inner = max(inner, kept * (shape.dense_intermediate or 0))
    own = _cast_inputs(shape, plan, case) if full else _adapter_inputs(shape, plan, case)
    return norms + (heads + keys + inner) * size + own


def _width(plan: Plan) -> float:
    """Bytes of a value that the blocks compute with."""
    return 4.0 if plan.precision == "fp32" and plan.method != "qlora" else 2.0


def _is_pure(plan: Plan, case: int) -> bool:
    """Whether weights, gradients and states are all in 16 bits."""
    return plan.precision != "fp32" and (case == LOW or plan.optimizer == "adamw_bf16")


def _cast_inputs(shape: ModelArchitecture, plan: Plan, case: int) -> float:
    """Bytes of the 16-bit copies that autocast makes of 32-bit norms, one for each matrix that reads them."""
    if not plan.autocast or _width(plan) == 4.0 or _is_pure(plan, case):
        return 0.0
    return 2.0 * (5 if shape.mlp == "gated" else 4) * shape.hidden


def _adapter_inputs(shape: ModelArchitecture, plan: Plan, case: int) -> float:
    """Bytes of the inputs that one block's adapters keep of one token: a 16-bit copy each under autocast, else a 32-bit one.

    A 32-bit model has most of them already.
    """
    _, narrow, mlps = _adapted(shape, plan, case)
    chosen = min(mlps, shape.experts_per_token or 1) if shape.experts is not None else mlps
    if _width(plan) == 4.0:
        return 4.0 * (shape.hidden + chosen * (shape.hidden + shape.intermediate))
    widths = adapted_widths(shape)
    return (2.0 if plan.autocast else 4.0) * (widths["query_value" if narrow else "attention"][0] + chosen * widths["mlp"][0])


def training_activation_bytes(shape: ModelArchitecture, plan: Plan, context: float, batch: float, case: int = LIKELY) -> float:
    """Activations of one micro-batch on each GPU, with the logits of every token.

    With checkpointing each block keeps its input and one block is recomputed in full. Encoders are tuned with a small head:
    only the high bound has logits over the vocabulary.
    """
    tokens = max(context, shape.source_positions or 0.0) * batch
    layers = block_layers(shape)
    block = saved_bytes_per_token(shape, plan, case)
    logits = shape.vocab * LOSS_BYTES[case] if shape.kind != "encoder" or case == HIGH else 0.0
    recompute = case != HIGH if plan.checkpointing is None else plan.checkpointing
    kept = min(layers * block, layers * _width(plan) * shape.hidden + block) if recompute else layers * block
    return tokens * (kept + logits) * SLACK[case]
