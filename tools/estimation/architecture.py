"""Finds the shape of a model to be sized: the catalogue's, or that of a local folder's config.json.

Reads JSON and safetensors headers only, with size limits; imports no model library, opens no weights, runs no code.
Does not judge whether the model is any good or may be used. Parameters are counts, not billions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from knowledge import catalog
from knowledge.errors import ToolError, UserError
from knowledge.schemas import ModelArchitecture
from knowledge.shape import parameter_count
from knowledge.source import Source, Tier
from tools.contracts.tool import ToolContext
from tools.measuring.folder_gate import read_config
from tools.measuring.safetensors_header import read_tensors

MAX_WEIGHT_FILES = 1000
_ENCODERS = (
    "bert",
    "distilbert",
    "roberta",
    "xlm-roberta",
    "electra",
    "deberta",
    "deberta-v2",
    "mpnet",
    "modernbert",
    "albert",
    "camembert",
)
#: Model types whose configuration class shares the embeddings with the output head unless it says otherwise.
_TIED = (*_ENCODERS, "gpt2", "gemma", "gemma2", "gemma3", "gemma3_text", "t5", "bart", "whisper", "opt", "falcon", "phi4")
_PLAIN_MLP = (
    *(e for e in _ENCODERS if e != "modernbert"),
    "gpt2",
    "opt",
    "falcon",
    "phi",
    "gpt_neox",
    "bart",
    "whisper",
    "gptj",
    "bloom",
    "starcoder2",
)


@dataclass(frozen=True)
class Subject:
    """A model to be sized. `parameters` is exact where counted from weight headers, else from the catalogue or the shape."""

    name: str
    shape: ModelArchitecture
    parameters: float
    tier: Tier
    source: Source
    method: str


def find_subject(model: str, context: ToolContext) -> Subject:
    """The model that `model` names: a catalogue name, "brain", or a local folder.

    Raises UserError `unknown-model`, `model-not-found`, `model-outside-roots`, `model-no-config`, `config-incomplete`,
    and the codes of the config reader; ToolError `brain-missing`.
    """
    if model.strip() == "brain":
        if context.brain_dir is None or not context.brain_dir.is_dir():
            raise ToolError(
                "brain-missing", "The bundled model is not part of this installation.", "Name a model of the catalogue or a folder."
            )
        return _from_folder(context.brain_dir, "brain")
    known = None if _looks_like_a_path(model) else catalog.models().find(model)
    if known is not None:
        method = "Parameter count as published, checked against the shape"
        return Subject(known.name, known, known.params_b * 1e9, Tier.CATALOGUE, catalog.source_of(known), method)
    path = Path(model).expanduser()
    if _is_folder(path):
        return _from_folder(_inside_roots(path, context), path.resolve().name)
    if _looks_like_a_path(model):
        raise UserError(
            "model-not-found", f'There is no folder "{path.name[:80]}" at the place you named.', "The folder must hold config.json."
        )
    catalog.model(model)  # raises with the nearest names
    raise AssertionError("unreachable")


def _looks_like_a_path(model: str) -> bool:
    return model.startswith(("/", "./", "../", "~", "\\")) or model.endswith("/")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _inside_roots(path: Path, context: ToolContext) -> Path:
    full = path.resolve()
    if context.model_roots and not any(full.is_relative_to(root.resolve()) for root in context.model_roots):
        allowed = ", ".join(root.name for root in context.model_roots)
        raise UserError("model-outside-roots", "That folder lies outside the folders that models may be read from.", f"Allowed: {allowed}.")
    return full


def _from_folder(folder: Path, name: str) -> Subject:
    file = folder / "config.json"
    if not file.is_file():
        raise UserError("model-no-config", f"{name} has no config.json.", "Give the folder of a Hugging Face model.")
    shape = shape_of_config(read_config(file), name)
    counted = _count_weights(folder)
    if counted is not None:
        return Subject(
            name, shape, counted, Tier.MEASURED, Source(f"safetensors headers of {name}"), "Parameters counted in the weight files' headers"
        )
    implied = parameter_count(shape)
    if implied is None:
        raise UserError(
            "config-incomplete",
            f"{name} has no safetensors weights, and its kind of attention does not let the parameters be computed from config.json.",
            "Add the *.safetensors files, or name the model as the catalogue does.",
        )
    return Subject(
        name, shape, float(implied), Tier.ESTIMATED, Source(f"config.json of {name}"), "Parameters computed from the shape in config.json"
    )


def _count_weights(folder: Path) -> int | None:
    """Parameters in the folder's safetensors files; None where there are none. Repeated tensor names count once."""
    weights = sorted(folder.glob("*.safetensors"))[:MAX_WEIGHT_FILES]
    sizes = {tensor.name: tensor.elements for file in weights for tensor in read_tensors(file)}
    return sum(sizes.values()) or None


def _number(config: Mapping[str, Any], *keys: str) -> int | None:
    for key in keys:
        value = config.get(key)
        if type(value) is int and value > 0:
            return value
    return None


def _need(config: Mapping[str, Any], name: str, what: str, *keys: str) -> int:
    found = _number(config, *keys)
    if found is None:
        raise UserError(
            "config-incomplete",
            f"The config.json of {name} does not give {what} ({keys[0]}).",
            "Use the config.json of the model's authors.",
        )
    return found


def shape_of_config(whole: Mapping[str, Any], name: str) -> ModelArchitecture:
    """The shape that a transformers config.json describes. Raises UserError `config-incomplete`."""
    inner = whole.get("text_config")
    config: Mapping[str, Any] = {**whole, **inner} if isinstance(inner, Mapping) else whole
    kind_name = str(config.get("model_type", ""))[:60]
    hidden = _need(config, name, "the width", "hidden_size", "n_embd", "d_model", "dim")
    heads = _need(
        config, name, "the number of attention heads", "num_attention_heads", "n_head", "n_heads", "decoder_attention_heads", "num_heads"
    )
    layers = _need(
        config,
        name,
        "the number of layers",
        "decoder_layers",
        "num_decoder_layers",
        "num_hidden_layers",
        "n_layer",
        "n_layers",
        "num_layers",
    )
    latent = _number(config, "kv_lora_rank")
    window, sliding = _sliding(config, layers)
    plain = kind_name in _PLAIN_MLP or (kind_name == "t5" and not str(config.get("feed_forward_proj", "relu")).startswith("gated"))
    fields: dict[str, Any] = {
        "name": name,
        "source": "config",
        "family": kind_name or "unknown",
        "kind": _kind(config, kind_name),
        "params_b": 1.0,  # replaced by the count
        "layers": layers,
        "hidden": hidden,
        "heads": heads,
        "kv_heads": _kv_heads(config, heads),
        "head_dim": _number(config, "head_dim", "d_kv") or hidden // heads,
        "intermediate": _number(
            config, "moe_intermediate_size", "intermediate_size", "n_inner", "ffn_dim", "decoder_ffn_dim", "d_ff", "hidden_dim"
        )
        or 4 * hidden,
        "vocab": _need(config, name, "the vocabulary", "vocab_size"),
        "tied_embeddings": bool(config.get("tie_word_embeddings", kind_name in _TIED)),
        "experts": _number(config, "num_local_experts", "num_experts", "n_routed_experts"),
        "experts_per_token": _number(config, "num_experts_per_tok", "num_experts_per_token"),
        "encoder_layers": _number(config, "encoder_layers", "num_layers") if config.get("is_encoder_decoder") else None,
        "source_positions": _number(config, "max_source_positions", "max_position_embeddings", "n_positions")
        if config.get("is_encoder_decoder")
        else None,
        "kv_latent": latent + (_number(config, "qk_rope_head_dim") or 0) if latent else None,
        "sliding_window": window,
        "sliding_layers": sliding,
        "max_context": _number(
            config, "max_target_positions", "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length"
        )
        or 512,
        "mlp": "plain" if plain else "gated",
        "licence": "unknown",
        "tasks": ("text-generation",),
    }
    if fields["experts"] == 1:
        fields["experts"] = None
    try:
        shape = ModelArchitecture.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"]) or "shape"
        raise UserError(
            "config-incomplete",
            f"The config.json of {name} contradicts itself ({where}: {first['msg']}).",
            "Use the config.json of the model's authors.",
        ) from None
    implied = parameter_count(shape)
    return shape if implied is None else shape.model_copy(update={"params_b": implied / 1e9})


def _kv_heads(config: Mapping[str, Any], heads: int) -> int:
    if config.get("multi_query") is True and not config.get("new_decoder_architecture"):
        return 1
    return _number(config, "num_key_value_heads", "num_kv_heads", "n_head_kv") or heads


def _kind(config: Mapping[str, Any], kind_name: str) -> str:
    if config.get("is_encoder_decoder"):
        return "encoder_decoder"
    return "encoder" if kind_name in _ENCODERS and not config.get("is_decoder") else "decoder"


def _sliding(config: Mapping[str, Any], layers: int) -> tuple[int | None, int | None]:
    """The attention window and how many layers have it; (None, None) where all layers see everything."""
    window = _number(config, "sliding_window")
    if window is None or config.get("use_sliding_window") is False:
        return None, None
    types = config.get("layer_types")
    if isinstance(types, list):
        count = sum(t == "sliding_attention" for t in types)
        return (window, count) if count else (None, None)
    pattern = _number(config, "sliding_window_pattern")
    if pattern:
        return window, layers - layers // pattern
    if config.get("model_type") == "gemma2":
        return window, (layers + 1) // 2
    return window, None
