"""The gate's single checks on a model folder: files, config, code, weights, shapes, tokenizer. Used by `model_folder`.

Each refuses with a UserError of its own code; none imports or unpickles anything. Reads JSON with size and depth limits.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from knowledge.errors import UserError
from tools.measuring.safetensors_header import _PICKLE_HOW, Tensor, read_tensors

MAX_CONFIG_BYTES = 10_000_000
MAX_TOKENIZER_BYTES = 200_000_000
MAX_FILES = 10_000
_PICKLES = (".bin", ".pt", ".pth", ".pt2", ".ckpt", ".pkl", ".pickle")
_OTHER_FORMATS = {
    ".gguf": "GGUF",
    ".onnx": "ONNX",
    ".h5": "Keras",
    ".keras": "Keras",
    ".msgpack": "Flax",
    ".tflite": "TensorFlow Lite",
    ".pb": "TensorFlow",
}
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model")
_NEEDED = "A model folder needs config.json, *.safetensors and the tokenizer files (tokenizer.json)."


def check_files(path: Path, name: str, roots: Sequence[Path]) -> list[Path]:
    """The folder's files, recursively. Raises where it is missing, a file, empty, unreadable, too full, or links outside."""
    if not path.exists():
        raise UserError("model-not-found", f'There is no folder "{name}" at the place you named.', _NEEDED)
    if not path.is_dir():
        raise UserError("model-not-a-folder", f"{name} is a file, not a folder.", _NEEDED)
    try:
        files: list[Path] = []
        for entry in path.rglob("*"):
            if entry.is_file():
                files.append(entry)
            if len(files) > MAX_FILES:
                raise UserError(
                    "model-folder-too-full", f"{name} holds more than {MAX_FILES:,} files.", "Point at the folder of one model."
                )
    except PermissionError:
        raise UserError("model-unreadable", f"{name} cannot be read.", "Give the user that runs Frugal read access to it.") from None
    if not files:
        raise UserError("model-folder-empty", f"{name} is empty.", _NEEDED)
    if roots:
        allowed = [root.resolve() for root in roots]
        outside = next((f for f in files if not any(f.resolve().is_relative_to(root) for root in allowed)), None)
        if outside is not None:
            raise UserError(
                "model-link-outside",
                f"{outside.name} in {name} is a link that leads out of the allowed folders.",
                "Replace the link with the file itself.",
            )
    if not (path / "config.json").is_file():
        _refuse_without_config(path, files, name)
    return files


def _refuse_without_config(path: Path, files: list[Path], name: str) -> None:
    adapter = path / "adapter_config.json"
    if adapter.is_file():
        base = str(read_config(adapter).get("base_model_name_or_path", "unknown"))[:100]
        raise UserError(
            "model-is-adapter",
            f"{name} is an adapter for {base}, not a whole model.",
            "Merge it into its base model first (peft: merge_and_unload), and save the result.",
        )
    other = next((_OTHER_FORMATS[f.suffix.lower()] for f in files if f.suffix.lower() in _OTHER_FORMATS), "")
    if other:
        raise _other_format(name, other)
    raise UserError("model-no-config", f"{name} has no config.json.", _NEEDED)


def _other_format(name: str, kind: str) -> UserError:
    return UserError(
        "model-format-unsupported",
        f"{name} holds {kind} weights, which cannot be measured here.",
        "Use the safetensors version of the model (Hugging Face format).",
    )


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            raise KeyError(key)
        out[key] = value
    return out


def read_config(file: Path) -> dict[str, Any]:
    """A small JSON object. Raises UserError `config-too-big`, `config-not-json`, `config-too-deep`, `config-not-object`."""
    size = file.stat().st_size
    if size > MAX_CONFIG_BYTES:
        raise UserError(
            "config-too-big",
            f"{file.name} has {size:,} bytes; a config has at most {MAX_CONFIG_BYTES:,}.",
            "Check that it is the right file.",
        )
    try:
        data = json.loads(file.read_bytes(), object_pairs_hook=_no_twins)
        depth = _depth(data)
    except RecursionError:
        depth, data = 10**6, None
    except KeyError as error:
        raise UserError(
            "config-not-json", f'{file.name} names the key "{str(error.args[0])[:60]}" twice.', "Keep one of the two."
        ) from None
    except UnicodeDecodeError:
        raise UserError("config-not-json", f"{file.name} is not text.", "Copy the file again.") from None
    except json.JSONDecodeError as error:
        raise UserError(
            "config-not-json",
            f"{file.name} is not valid JSON (line {error.lineno}: {error.msg}).",
            "Mend that line or copy the file again.",
        ) from None
    if depth > 40:
        raise UserError("config-too-deep", f"{file.name} is nested deeper than any model's config.", "Check that it is the right file.")
    if not isinstance(data, dict):
        raise UserError(
            "config-not-object", f"{file.name} holds a {type(data).__name__}, not a JSON object.", "Copy the file again from the model."
        )
    return data


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(v) for v in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(v) for v in value), default=0)
    return 0


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _pairs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner)


def check_config(path: Path, files: list[Path], config: dict[str, Any], name: str) -> None:
    """Refuses code of the folder's own, a config without model_type, and a model that is quantized already."""
    code = next((f for f in files if f.suffix.lower() in (".py", ".pyc", ".so", ".pth") and f.suffix.lower() != ".pth"), None)
    if code is not None:
        raise _brings_code(name, code.name)
    for file in files:
        if file.suffix == ".json" and "config" in file.name and file.parent == path:
            for key, value in _pairs(config if file.name == "config.json" else read_config(file)):
                if key in ("auto_map", "trust_remote_code", "custom_generate", "custom_pipelines"):
                    raise _brings_code(name, f"{key} in {file.name}")
                if "attn_implementation" in key and isinstance(value, str) and "/" in value:
                    raise _brings_code(name, f"{key} in {file.name}")
    if not isinstance(config.get("model_type"), str) or not config["model_type"]:
        raise UserError(
            "config-no-model-type",
            f"The config.json of {name} does not say its model_type.",
            "Use the config.json that came with the weights.",
        )
    quantized = config.get("quantization_config") or config.get("compression_config")
    if quantized:
        method = str(quantized.get("quant_method", "unknown method"))[:40] if isinstance(quantized, dict) else "unknown method"
        raise UserError(
            "model-already-quantized", f"{name} is already quantized ({method}).", "Start from the original, unquantized weights."
        )


def _brings_code(name: str, what: str) -> UserError:
    return UserError(
        "model-brings-code",
        f"{name} brings its own code ({what}), and running code from a model folder is switched off.",
        "Use a version of the model that the transformers library supports by itself, without auto_map and .py files.",
    )


def weight_tensors(path: Path, files: list[Path], name: str) -> tuple[tuple[Path, ...], tuple[Tensor, ...]]:
    """Weight files and their tensors. Raises for pickles only, other formats, missing shards and broken files."""
    index = path / "model.safetensors.index.json"
    if index.is_file():
        return _sharded(path, index, name)
    weights = sorted(f for f in files if f.parent == path and f.suffix == ".safetensors")
    if not weights:
        _refuse_without_weights(files, name)
    single = path / "model.safetensors"
    if single not in weights:
        raise UserError(
            "model-no-index",
            f"{name} has {weights[0].name} but neither model.safetensors nor model.safetensors.index.json.",
            "Copy the index file too, or rename a single file to model.safetensors.",
        )
    return (single,), read_tensors(single)


def _refuse_without_weights(files: list[Path], name: str) -> None:
    pickle = next((f for f in files if f.suffix.lower() in _PICKLES and not f.name.startswith("openvino")), None)
    if pickle is not None:
        raise UserError(
            "model-pickle-only", f"{name} has only pickle weights ({pickle.name}), which can run code when they load.", _PICKLE_HOW
        )
    if any(f.name == "openvino_model.xml" for f in files):
        raise _other_format(name, "OpenVINO")
    other = next((_OTHER_FORMATS[f.suffix.lower()] for f in files if f.suffix.lower() in _OTHER_FORMATS), "")
    if other:
        raise _other_format(name, other)
    raise UserError("model-no-weights", f"{name} has no weights (*.safetensors).", _NEEDED)


def _sharded(path: Path, index: Path, name: str) -> tuple[tuple[Path, ...], tuple[Tensor, ...]]:
    where = read_config(index).get("weight_map")
    if not isinstance(where, dict) or not where or not all(isinstance(v, str) for v in where.values()):
        raise UserError("model-index-broken", f"{index.name} of {name} has no weight_map.", "Copy the index file again.")
    shards: dict[str, tuple[Tensor, ...]] = {}
    for shard in sorted(set(where.values())):
        if "/" in shard or "\\" in shard or not shard.endswith(".safetensors"):
            raise UserError(
                "model-index-broken",
                f'{index.name} names "{shard[:60]}", which is not a safetensors file of this folder.',
                "Copy the index file again.",
            )
        if not (path / shard).is_file():
            raise UserError(
                "model-shard-missing", f"{name} lacks the shard {shard} that its index names.", "Copy the missing file into the folder."
            )
        shards[shard] = read_tensors(path / shard)
    held = {shard: {t.name for t in tensors} for shard, tensors in shards.items()}
    absent = next((tensor for tensor, shard in where.items() if tensor not in held[shard]), None)
    if absent is not None:
        raise UserError(
            "model-shard-incomplete", f'{where[absent]} lacks the tensor "{absent[:80]}" that the index names.', "Copy that shard again."
        )
    return tuple(path / s for s in shards), tuple(t for tensors in shards.values() for t in tensors)


_LAYER = re.compile(r"(?:^|\.)(?:layers|layer|h|blocks|block)\.(\d+)\.")


def check_shapes(config: dict[str, Any], tensors: Sequence[Tensor], name: str) -> None:
    """Compares layer count and vocabulary of the config with the stored tensors. Raises UserError `model-config-mismatch`."""
    said = next((config[k] for k in ("num_hidden_layers", "n_layer", "n_layers") if type(config.get(k)) is int), None)
    found = {int(hit.group(1)) for t in tensors if (hit := _LAYER.search(t.name))}
    parts = any(".encoder.layers" in t.name for t in tensors) and any(".decoder.layers" in t.name for t in tensors)
    if said is not None and found and not parts and max(found) + 1 != said:
        raise _mismatch(name, f"config.json says {said} layers, the weights have {max(found) + 1}")
    vocabulary = config.get("vocab_size")
    for tensor in tensors:
        if (
            tensor.name.endswith(("embed_tokens.weight", "word_embeddings.weight", "wte.weight"))
            and len(tensor.shape) == 2
            and type(vocabulary) is int
            and tensor.shape[0] != vocabulary
        ):
            raise _mismatch(name, f"config.json says a vocabulary of {vocabulary:,}, the embeddings have {tensor.shape[0]:,} rows")


def _mismatch(name: str, what: str) -> UserError:
    return UserError(
        "model-config-mismatch", f"{name} does not fit its config: {what}.", "Use the config.json that came with these weights."
    )


def check_tokenizer(files: list[Path], name: str) -> None:
    """Raises UserError `tokenizer-missing` or `tokenizer-too-big`."""
    found = [f for f in files if f.name in _TOKENIZER_FILES]
    if not found:
        raise UserError(
            "tokenizer-missing", f"{name} has no tokenizer file.", "Copy tokenizer.json and tokenizer_config.json into the folder."
        )
    big = next((f for f in found if f.stat().st_size > MAX_TOKENIZER_BYTES), None)
    if big is not None:
        raise UserError(
            "tokenizer-too-big",
            f"{big.name} of {name} is larger than {MAX_TOKENIZER_BYTES // 1_000_000} MB.",
            "Check that it is the right file.",
        )
