"""The shape that a transformers config.json describes, in the fact base's words: many spellings of the same thing.

Knows the keys of dense, mixture, latent-attention, windowed and hybrid (Mamba-2, gated delta) models. What it does not
know it refuses; it guesses no kind of layer. Reads no files and imports no model library.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from knowledge.errors import UserError
from knowledge.schemas import ModelArchitecture
from knowledge.shape import parameter_count

Config = Mapping[str, Any]
_ENCODERS = (
    "bert", "distilbert", "roberta", "xlm-roberta", "electra", "deberta", "deberta-v2", "mpnet", "modernbert", "albert", "camembert",
)  # fmt: skip
#: Model types whose configuration class shares the embeddings with the output head unless it says otherwise.
_TIED = (*_ENCODERS, "gpt2", "gemma", "gemma2", "gemma3", "gemma3_text", "t5", "bart", "whisper", "opt", "falcon", "phi4")
_PLAIN_MLP = (
    *(e for e in _ENCODERS if e != "modernbert"),
    "gpt2", "opt", "falcon", "phi", "gpt_neox", "bart", "whisper", "gptj", "bloom", "starcoder2", "nemotron_h",
)  # fmt: skip
_ATTENTION = ("full_attention", "sliding_attention", "chunked_attention", "attention", "*")
_WINDOWED = ("sliding_attention", "chunked_attention")
_RECURRENT = ("linear_attention", "mamba", "mamba2", "M")
_NATIVE = {"fp8": "fp8", "mxfp4": "mxfp4", "gptq": "int4", "awq": "int4"}
#: Keys of layers that differ in their heads or in what they cache, which are not read here.
_LAYERS_DIFFER = ("compress_ratios", "global_head_dim", "swa_num_key_value_heads", "routed_expert_hidden_size")
#: By (type, bits) of the weights in the first group of a compressed-tensors configuration.
_COMPRESSED = {("float", 8): "fp8", ("int", 8): "int8", ("int", 4): "int4", ("float", 4): "mxfp4"}


def _number(config: Config, *keys: str) -> int | None:
    for key in keys:
        value = config.get(key)
        if type(value) is int and value > 0:
            return value
    return None


def _need(config: Config, name: str, what: str, *keys: str) -> int:
    found = _number(config, *keys)
    if found is None:
        raise _incomplete(name, f"does not give {what} ({keys[0]})")
    return found


def _incomplete(name: str, what: str) -> UserError:
    return UserError("config-incomplete", f"The config.json of {name} {what}.", "Use the config.json of the model's authors.")


def shape_of_config(whole: Config, name: str) -> ModelArchitecture:
    """The shape that a transformers config.json describes. Raises UserError `config-incomplete`."""
    inner = whole.get("text_config")
    config: Config = {**whole, **inner} if isinstance(inner, Mapping) else whole
    kind_name = str(config.get("model_type", ""))[:60]
    for key in _LAYERS_DIFFER:
        if config.get(key):
            raise UserError(
                "config-incomplete",
                f"The config.json of {name} describes layers that differ from each other (`{key}`), which is not read here.",
                "Name the model instead, where the fact base knows it.",
            )
    layers = _need(
        config, name, "the number of layers",
        "decoder_layers", "num_decoder_layers", "num_hidden_layers", "n_layer", "n_layers", "num_layers",
    )  # fmt: skip
    plain = kind_name in _PLAIN_MLP or (kind_name == "t5" and not str(config.get("feed_forward_proj", "relu")).startswith("gated"))
    fields: dict[str, Any] = {
        "name": name,
        "source": "config",
        "family": kind_name or "unknown",
        "kind": _kind(config, kind_name),
        "params_b": 1.0,  # replaced by the count
        "layers": layers,
        "vocab": _need(config, name, "the vocabulary", "vocab_size"),
        "tied_embeddings": bool(config.get("tie_word_embeddings", kind_name in _TIED)),
        "max_context": _number(
            config, "max_target_positions", "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length"
        ) or 512,
        "mlp": "plain" if plain else "gated",
        "native_precision": _native(whole),
        "licence": "unknown",
        "tasks": ("text-generation",),
        **_heads(config, name),
        **_experts(config, layers),
        **_mixers(config, layers, name),
        **_encoder(config),
    }  # fmt: skip
    try:
        shape = ModelArchitecture.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"]) or "shape"
        raise _incomplete(name, f"contradicts itself ({where}: {first['msg']})") from None
    implied = parameter_count(shape)
    return shape if implied is None else shape.model_copy(update={"params_b": implied / 1e9})


def _heads(config: Config, name: str) -> dict[str, Any]:
    """Width, heads and their sizes. Latent attention: the whole query head, and what is cached, position part included."""
    hidden = _need(config, name, "the width", "hidden_size", "n_embd", "d_model", "dim")
    heads = _need(
        config, name, "the number of attention heads", "num_attention_heads", "n_head", "n_heads", "decoder_attention_heads", "num_heads"
    )
    latent = _number(config, "kv_lora_rank")
    if latent is None:
        size = _number(config, "head_dim", "d_kv") or hidden // heads
        return {"hidden": hidden, "heads": heads, "kv_heads": _kv_heads(config, heads), "head_dim": size, **_gate(config)}
    rotary = _number(config, "qk_rope_head_dim") or 0
    return {
        "hidden": hidden,
        "heads": heads,
        "kv_heads": heads,
        "head_dim": rotary + (_number(config, "qk_nope_head_dim") or _number(config, "head_dim") or hidden // heads),
        "kv_latent": latent + rotary,
        "query_latent": _number(config, "q_lora_rank"),
        "value_dim": _number(config, "v_head_dim"),
        "rope_dim": rotary or None if _number(config, "qk_nope_head_dim") else None,
        "sparse_top_k": _number(config, "index_topk"),
    }


def _gate(config: Config) -> dict[str, Any]:
    gated = config.get("attn_output_gate") is True or str(config.get("model_type", "")).startswith("qwen3_next")
    return {"attention_gate": True} if gated else {}


def _kv_heads(config: Config, heads: int) -> int:
    if config.get("multi_query") is True and not config.get("new_decoder_architecture"):
        return 1
    return _number(config, "num_key_value_heads", "num_kv_heads", "n_head_kv") or heads


def _experts(config: Config, layers: int) -> dict[str, Any]:
    """The MLP: its width, or that of one expert, how many experts, and which layers have none."""
    width = _number(config, "intermediate_size", "n_inner", "ffn_dim", "decoder_ffn_dim", "d_ff", "hidden_dim")
    width = width or 4 * (_number(config, "hidden_size", "n_embd", "d_model", "dim") or 0)
    experts = _number(config, "num_local_experts", "num_experts", "n_routed_experts")
    if experts is None or experts == 1:
        return {"intermediate": width}
    own = _number(config, "moe_intermediate_size")
    inner = own or width
    shared = _number(config, "shared_expert_intermediate_size", "shared_intermediate_size", "moe_shared_expert_intermediate_size")
    shared = shared or (_number(config, "n_shared_experts", "num_shared_experts") or 0) * inner
    dense = _number(config, "intermediate_size_mlp")  # Llama 4, whose one shared expert is as wide as the others
    if dense is not None:
        own, width, shared = inner, dense, inner
    sparse = _expert_layers(config, layers)
    return {
        "intermediate": inner,
        "experts": experts,
        "expert_hidden": _number(config, "moe_latent_size"),
        "experts_per_token": _number(config, "num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_topk"),
        "shared_intermediate": shared or None,
        "expert_layers": sparse if sparse < layers else None,
        "dense_intermediate": width if sparse < layers and own else None,
    }


def _expert_layers(config: Config, layers: int) -> int:
    kinds, listed = config.get("mlp_layer_types"), config.get("moe_layers")
    if isinstance(kinds, list):
        return sum(kind == "sparse" for kind in kinds)
    if isinstance(listed, list):
        return len(listed)
    pattern = config.get("hybrid_override_pattern")
    if isinstance(pattern, str):
        return pattern.count("E") or layers
    dense, without = _number(config, "first_k_dense_replace") or 0, config.get("mlp_only_layers")
    step, offset = _number(config, "decoder_sparse_step", "expert_layer_period", "interleave_moe_layer_step") or 1, 0
    if "expert_layer_period" in config:
        offset = config["expert_layer_offset"] if type(config.get("expert_layer_offset")) is int else 0
        return sum(i % step == offset for i in range(layers))
    skipped = set(without) if isinstance(without, list) else set()
    return sum(i >= dense and i not in skipped and (i + 1) % step == 0 for i in range(layers))


def _mixers(config: Config, layers: int, name: str) -> dict[str, Any]:
    """Which layers attend, with what window, and what a recurrent one keeps."""
    kinds = _layer_kinds(config)
    if kinds is None or all(kind in _ATTENTION for kind in kinds):
        window, sliding = _sliding(config, layers, kinds)
        return {"sliding_window": window, "sliding_layers": sliding}
    attention, recurrent = sum(k in _ATTENTION for k in kinds), sum(k in _RECURRENT for k in kinds)
    mlps = sum(k in ("-", "E") for k in kinds) if isinstance(config.get("hybrid_override_pattern"), str) else None
    state = _state(config)
    if not attention or not recurrent or state is None:
        raise _incomplete(name, "describes layers of a kind that is not known here")
    window, sliding = _sliding(config, layers, kinds)
    return {
        "sliding_window": window,
        "sliding_layers": sliding,
        "attention_layers": attention,
        "recurrent_layers": recurrent,
        "recurrent_state": state[0],
        "recurrent_weights": state[1],
        "mlp_layers": mlps,
    }


def _layer_kinds(config: Config) -> Sequence[str] | None:
    for key in ("layer_types", "layers_block_type"):
        value = config.get(key)
        if isinstance(value, list) and value:
            return [str(kind) for kind in value]
    pattern = config.get("hybrid_override_pattern")
    if isinstance(pattern, str) and pattern:
        return list(pattern)
    return _by_interval(config)


def _by_interval(config: Config) -> Sequence[str] | None:
    """Layer kinds that a configuration tells by rule: every fourth of Qwen3-Next attends, every fourth of Llama 4 sees everything."""
    layers, every = _number(config, "num_hidden_layers") or 0, _number(config, "full_attention_interval")
    if every is not None and _number(config, "linear_num_value_heads"):
        return ["full_attention" if (i + 1) % every == 0 else "linear_attention" for i in range(layers)]
    if _number(config, "attention_chunk_size") is None:
        return None
    turned = config.get("no_rope_layers")  # 1 where positions are rotated, and the layer sees its chunk only
    step = _number(config, "no_rope_layer_interval") or 4
    marks = turned if isinstance(turned, list) and turned else [int((i + 1) % step != 0) for i in range(layers)]
    return ["chunked_attention" if mark else "full_attention" for mark in marks]


def _state(config: Config) -> tuple[int, int] | None:
    """Values that a recurrent layer keeps for a sequence, its convolution's included, and its weights; None where the keys are others."""
    hidden = _number(config, "hidden_size") or 0
    keys, values = _number(config, "linear_num_key_heads"), _number(config, "linear_num_value_heads")
    key_size, value_size = _number(config, "linear_key_head_dim"), _number(config, "linear_value_head_dim")
    if keys and values and key_size and value_size:  # gated delta rule (Qwen3-Next)
        wide, out = 2 * keys * key_size + values * value_size, values * value_size
        kernel = _number(config, "linear_conv_kernel_dim") or 4
        weights = hidden * (wide + out + 2 * values) + kernel * wide + out * hidden + 2 * values + value_size
        return values * key_size * value_size + (kernel - 1) * wide, weights
    heads, size = _number(config, "mamba_n_heads", "mamba_num_heads"), _number(config, "mamba_d_head", "mamba_head_dim")
    state, kernel = _number(config, "mamba_d_state", "ssm_state_size"), _number(config, "mamba_d_conv", "conv_kernel") or 4
    if heads and size and state:  # Mamba-2
        inner = heads * size
        wide = inner + 2 * (_number(config, "mamba_n_groups", "n_groups") or 1) * state
        weights = hidden * (inner + wide + heads) + (kernel + 1) * wide + inner * hidden + 3 * heads + inner
        return inner * state + (kernel - 1) * wide, weights
    return None


def _sliding(config: Config, layers: int, kinds: Sequence[str] | None) -> tuple[int | None, int | None]:
    """The attention window and how many layers have it; (None, None) where all layers see everything."""
    window = _number(config, "sliding_window", "attention_chunk_size")
    if window is None or config.get("use_sliding_window") is False:
        return None, None
    if kinds is not None:
        count = sum(kind in _WINDOWED for kind in kinds)
        return (window, count) if count else (None, None)
    pattern = _number(config, "sliding_window_pattern")
    if pattern:
        return window, layers - layers // pattern
    if config.get("model_type") == "gemma2":
        return window, (layers + 1) // 2
    return window, None


def _kind(config: Config, kind_name: str) -> str:
    if config.get("is_encoder_decoder"):
        return "encoder_decoder"
    return "encoder" if kind_name in _ENCODERS and not config.get("is_decoder") else "decoder"


def _encoder(config: Config) -> dict[str, Any]:
    if not config.get("is_encoder_decoder"):
        return {}
    return {
        "encoder_layers": _number(config, "encoder_layers", "num_layers"),
        "source_positions": _number(config, "max_source_positions", "max_position_embeddings", "n_positions"),
    }


def _native(config: Config) -> str:
    """Number format of the published weights."""
    quantized = config.get("quantization_config")
    if isinstance(quantized, Mapping):
        groups = quantized.get("config_groups")
        first = next(iter(groups.values()), None) if isinstance(groups, Mapping) else None
        weights = first.get("weights") if isinstance(first, Mapping) else None
        if isinstance(weights, Mapping):
            return _COMPRESSED.get((str(weights.get("type")), _number(weights, "num_bits") or 0), "bf16")
        eight = quantized.get("bits") == 8
        return "int8" if eight else _NATIVE.get(str(quantized.get("quant_method")), "bf16")
    return {"float32": "fp32", "float16": "fp16"}.get(str(config.get("dtype") or config.get("torch_dtype")), "bf16")
