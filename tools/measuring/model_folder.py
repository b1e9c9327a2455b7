"""Finds a model and refuses what is unsafe or unusable before any model library opens it. No torch, no network.

`resolve` takes "brain", a local folder, or a hub id that is already in this machine's Hugging Face cache, and gives a
`ModelFolder`: config, tensors (from safetensors headers) and a content digest. Refusals are UserErrors; no file of the
folder is ever imported or unpickled. Sizes in bytes, counts in parameters.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knowledge.errors import ToolError, UserError
from tools.contracts.tool import ToolContext
from tools.measuring.folder_gate import check_config, check_files, check_shapes, check_tokenizer, read_config, weight_tensors
from tools.measuring.safetensors_header import DTYPE_BITS, Tensor

_HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?")
_PRECISION = {"F32": "fp32", "F16": "fp16", "BF16": "bf16", "F64": "fp64", "I8": "int8", "U8": "int8", "F8_E4M3": "fp8", "F8_E5M2": "fp8"}
_WHOLE_HASH_BYTES = 512 * 1024 * 1024  # larger files are hashed by size, time and both ends
#: architecture ending -> task
_TASKS = {
    "ForSequenceClassification": "text-classification",
    "ForCausalLM": "text-generation",
    "LMHeadModel": "text-generation",
    "Model": "feature-extraction",
}
TASKS = ("text-classification", "text-generation", "feature-extraction")


@dataclass(frozen=True)
class ModelFolder:
    """A model that passed the gate. `name` is what people see; `path` never leaves the process."""

    name: str
    path: Path
    config: dict[str, Any]
    tensors: tuple[Tensor, ...]
    weight_files: tuple[Path, ...]
    digest: str
    is_brain: bool = False
    kinds: dict[str, int] = field(default_factory=dict)  # parameters by stored dtype

    @property
    def parameters(self) -> int:
        """Stored parameters (tied tensors count once, as stored)."""
        return sum(t.elements for t in self.tensors)

    @property
    def weight_bytes(self) -> int:
        """Bytes of the weight files on disk."""
        return sum(f.stat().st_size for f in self.weight_files)

    @property
    def precision(self) -> str:
        """Number format that holds most parameters: fp32, bf16 ..."""
        top = max(self.kinds, key=lambda kind: self.kinds[kind])
        return _PRECISION.get(top, top.lower())

    @property
    def model_type(self) -> str:
        """`model_type` of the config."""
        return str(self.config["model_type"])

    @property
    def architecture(self) -> str:
        """First architecture of the config, "" where it names none."""
        names = self.config.get("architectures")
        return str(names[0]) if isinstance(names, list) and names else ""

    @property
    def max_tokens(self) -> int:
        """Longest input the config allows, in tokens; 512 where it does not say."""
        for key in ("max_position_embeddings", "n_positions", "max_seq_len"):
            value = self.config.get(key)
            if type(value) is int and value > 0:
                return value
        return 512

    def task(self, wanted: str = "") -> str:
        """`wanted`, or the task of the architecture. Raises UserError `task-unsupported` or `task-mismatch`."""
        found = next((task for ending, task in _TASKS.items() if self.architecture.endswith(ending)), "")
        if wanted and wanted not in TASKS:
            raise UserError("task-unsupported", f'The task "{wanted[:60]}" is not supported.', f"Supported tasks: {', '.join(TASKS)}.")
        if not found:
            raise UserError(
                "task-unsupported",
                f"{self.name} is a {self.architecture or 'model without a named architecture'}, which cannot be run here.",
                f"Models for these tasks can be measured: {', '.join(TASKS)}.",
            )
        if wanted and wanted != found:
            raise UserError(
                "task-mismatch",
                f"{self.name} is a {self.architecture}, made for {found}, not for {wanted}.",
                "Leave the task empty, or choose a model made for it.",
            )
        return found

    def check_unchanged(self) -> None:
        """Raises ToolError `folder-changed` where the folder's content is not what it was when the run began."""
        if _digest(self.path) != self.digest:
            raise ToolError(
                "folder-changed",
                f"The folder of {self.name} changed while it was being measured, so the run is void.",
                "Wait until nothing writes to the folder, then run again.",
            )


def resolve(model: str, context: ToolContext) -> ModelFolder:
    """The model that `model` names. Raises UserError with a code for each thing that can be wrong (see the gate)."""
    if model == "brain":
        if context.brain_dir is None or not context.brain_dir.is_dir():
            raise ToolError(
                "brain-missing", "The bundled model is not part of this installation.", "Reinstall, or name a model folder of your own."
            )
        return open_folder(context.brain_dir, "brain", is_brain=True)
    path, name = _locate(model, context)
    return open_folder(path, name, roots=context.model_roots)


def open_folder(path: Path, name: str, roots: tuple[Path, ...] = (), is_brain: bool = False) -> ModelFolder:
    """Runs the whole gate over one folder."""
    files = check_files(path, name, roots)
    config = read_config(path / "config.json")
    check_config(path, files, config, name)
    weight_files, tensors = weight_tensors(path, files, name)
    check_shapes(config, tensors, name)
    check_tokenizer(files, name)
    kinds = Counter({dtype: 0 for dtype in {t.dtype for t in tensors}})
    for tensor in tensors:
        kinds[tensor.dtype] += tensor.elements
    return ModelFolder(name, path, config, tensors, weight_files, _digest(path), is_brain, dict(kinds))


def tensor_bytes(folder: ModelFolder) -> int:
    """Bytes of all tensors in memory at their stored precision."""
    return sum(t.elements * DTYPE_BITS[t.dtype] // 8 for t in folder.tensors)


def _locate(model: str, context: ToolContext) -> tuple[Path, str]:
    if not model.strip() or "\0" in model or len(model) > 4096:
        raise _bad_id(model)
    path = Path(model).expanduser()
    if _exists(path):
        full = path.resolve()
        if context.model_roots and not any(full.is_relative_to(root.resolve()) for root in context.model_roots):
            raise UserError(
                "model-outside-roots",
                "That folder lies outside the folders that models may be read from.",
                f"Allowed: {', '.join(root.name for root in context.model_roots)}. Copy the model there.",
            )
        return full, full.name
    if path.is_absolute() or model.startswith(("./", "~")):
        raise UserError(
            "model-not-found",
            f'There is no folder "{path.name}" at the place you named.',
            "Check the spelling; the folder must hold config.json and *.safetensors.",
        )
    if not _HUB_ID.fullmatch(model) or ".." in model or "--" in model:
        raise _bad_id(model)
    return _cached(model, context), model


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _bad_id(model: str) -> UserError:
    shown = "".join(c if c.isprintable() else "?" for c in model[:60])
    return UserError(
        "hub-id-invalid",
        f'"{shown}" is neither a folder on this machine nor a model id.',
        'Give a folder that holds config.json, or an id such as "owner/name" (letters, digits, dot, dash, underscore).',
    )


def _cached(model: str, context: ToolContext) -> Path:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model, "config.json")
    except HFValidationError:
        raise _bad_id(model) from None
    if not isinstance(found, str):
        raise UserError(
            "hub-offline",
            f"{model} is not on this machine, and Frugal does not download models.",
            f"On a machine with a network run `hf download {model} --local-dir {model.rsplit('/', 1)[-1]}`, "
            "copy that folder here and give its path.",
        )
    path = Path(found).parent
    if context.model_roots and not any(path.resolve().is_relative_to(root.resolve()) for root in context.model_roots):
        raise UserError(
            "model-outside-roots",
            "The model cache of this machine is not among the folders that models may be read from.",
            f"Allowed: {', '.join(root.name for root in context.model_roots)}. Copy the model there.",
        )
    return path


def _digest(path: Path) -> str:
    """SHA-256 over names and contents of the folder's top-level files; huge files by size, time and both ends."""
    total = hashlib.sha256()
    for file in sorted(f for f in path.iterdir() if f.is_file()):
        size = file.stat().st_size
        total.update(f"{file.name}\0{size}\0".encode())
        with file.open("rb") as stream:
            if size <= _WHOLE_HASH_BYTES:
                while chunk := stream.read(1 << 20):
                    total.update(chunk)
            else:
                total.update(str(file.stat().st_mtime_ns).encode())
                total.update(stream.read(1 << 20))
                stream.seek(-(1 << 20), 2)
                total.update(stream.read(1 << 20))
    return total.hexdigest()
