"""Finds the model to be sized: in the catalogue, in a local folder, or in the local cache of the Hugging Face hub.

Reads JSON and safetensors headers only, with size limits; imports no model library, opens no weights, runs no code, and
never asks the network. Does not judge whether the model is any good or may be used. Parameters are counts, not billions.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from knowledge import catalog
from knowledge.errors import ToolError, UserError
from knowledge.schemas import ModelArchitecture
from knowledge.shape import parameter_count
from knowledge.source import Source, Tier
from tools.contracts.tool import ToolContext
from tools.estimation.config_shape import shape_of_config
from tools.measuring.folder_gate import read_config
from tools.measuring.safetensors_header import read_tensors

MAX_WEIGHT_FILES = 1000
_PACKED = ("U8", "I32", "U32", "F4")


@dataclass(frozen=True)
class Subject:
    """A model to be sized. `parameters` is exact where counted from weight headers, else from the catalogue or the shape.

    `reading`: how the name was read where it is not the model's own ("" where it is), for the answer to say.
    """

    name: str
    shape: ModelArchitecture
    parameters: float
    tier: Tier
    source: Source
    method: str
    reading: str = ""


def find_subject(model: str, context: ToolContext) -> Subject:
    """The model that `model` names: a catalogue name, "brain", a local folder, a hub id in the local cache, or near a catalogue name.

    Raises UserError `unknown-model`, `model-not-found`, `model-outside-roots`, `model-no-config`, `config-incomplete`,
    and the codes of the config reader; ToolError `brain-missing`.
    """
    if model.strip() == "brain":
        if context.brain_dir is None or not context.brain_dir.is_dir():
            raise ToolError(
                "brain-missing", "The bundled model is not part of this installation.", "Name a model of the catalogue or a folder."
            )
        return _from_folder(context.brain_dir, "brain")
    read = None if _looks_like_a_path(model) else catalog.models().resolve(model)
    if read is not None and read.how == "exact":
        return _from_catalogue(read)
    path = Path(model).expanduser()
    if _is_folder(path):
        return _from_folder(_inside_roots(path, context), path.resolve().name)
    cached = _in_hub_cache(model)
    if cached is not None:
        return _from_folder(_inside_roots(cached, context), model.strip())
    if _looks_like_a_path(model):
        raise UserError(
            "model-not-found", f'There is no folder "{path.name[:80]}" at the place you named.', "The folder must hold config.json."
        )
    return _from_catalogue(catalog.resolve_model(model))  # raises with the nearest names


def _from_catalogue(read: catalog.Resolved) -> Subject:
    known = read.model
    method = "Parameter count as published, checked against the shape"
    reading = "" if read.how == "exact" else f'"{read.asked.strip()[:80]}" was read as {known.name}'
    return Subject(
        known.name,
        known,
        known.params_b * 1e9,
        Tier.CATALOGUE,
        catalog.source_of(known),
        f"{method}; {reading}" if reading else method,
        reading,
    )


def _looks_like_a_path(model: str) -> bool:
    return model.startswith(("/", "./", "../", "~", "\\")) or model.endswith("/")


def _in_hub_cache(model: str) -> Path | None:
    """The snapshot folder of a hub id whose config.json lies in the local cache; None where there is none."""
    if re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", model.strip()) is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(model.strip(), "config.json")
    return Path(found).parent if isinstance(found, str) else None


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
        shape = shape.model_copy(update={"params_b": counted / 1e9})
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
    """Parameters in the folder's safetensors files; None where there are none, some are missing, or weights are packed.

    Repeated tensor names count once.
    """
    weights = sorted(folder.glob("*.safetensors"))[:MAX_WEIGHT_FILES]
    parts = {match.group(1) for file in weights if (match := re.search(r"-of-(\d+)\.safetensors$", file.name))}
    if any(int(part) > len(weights) for part in parts):
        return None  # the local cache holds a part of a download
    tensors = {tensor.name: tensor for file in weights for tensor in read_tensors(file)}
    if any(tensor.dtype in _PACKED and tensor.elements > 1 for tensor in tensors.values()):
        return None  # several weights in one element
    return sum(tensor.elements for tensor in tensors.values()) or None
