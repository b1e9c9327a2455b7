"""Loads a gated model folder for one engine and runs requests on it. Used inside a measuring child only.

Engines: "torch" (the model as stored) and "openvino" (an IR folder made by `export_openvino` or by a quantizer). Never
runs code of the folder, never reads pickles, never goes to the network. One request = one batch; for text generation
a batch of prompts with a fixed number of greedy new tokens. Tokenising is outside what is timed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.errors import FrugalError, ToolError, UserError
from tools.measuring.child import without_paths

_SAFE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
_TORCH_CLASS = {
    "text-classification": "AutoModelForSequenceClassification",
    "text-generation": "AutoModelForCausalLM",
    "feature-extraction": "AutoModel",
}
_OV_CLASS = {
    "text-classification": "OVModelForSequenceClassification",
    "text-generation": "OVModelForCausalLM",
    "feature-extraction": "OVModelForFeatureExtraction",
}


@dataclass(frozen=True)
class Shape:
    """What one request is: inputs at once, length of each in tokens, and greedy new tokens (0 = no generation)."""

    batch: int
    tokens: int
    new_tokens: int = 0


@dataclass
class Engine:
    """A loaded model. `compute_precision` is what the engine calculates in, which may differ from what is stored."""

    runtime: str
    task: str
    model: Any
    tokenizer: Any
    compute_precision: str
    threads: int = 1

    def inputs(self, shape: Shape) -> dict[str, Any]:
        """Random token ids of the shape (seeded; special tokens avoided where the vocabulary is big enough)."""
        import torch

        vocabulary = int(self.model.config.vocab_size)
        first = min(10, vocabulary // 2)
        ids = np.random.default_rng(11).integers(first, vocabulary, (shape.batch, shape.tokens))
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.ones(ids.shape, dtype=torch.int64)}

    def request(self, inputs: dict[str, Any], new_tokens: int) -> None:
        """One request, complete: returns when the result is there."""
        import torch

        with torch.inference_mode():
            if new_tokens:
                self.model.generate(**inputs, generation_config=self._greedy(new_tokens))
            else:
                self.model(**inputs)

    def _greedy(self, new_tokens: int) -> Any:
        from transformers import GenerationConfig

        return GenerationConfig(
            max_new_tokens=new_tokens, min_new_tokens=new_tokens, do_sample=False, num_beams=1, use_cache=True, pad_token_id=0
        )

    def logits(self, inputs: dict[str, Any]) -> np.ndarray:
        """Output scores as float32: (batch, labels), or (batch, tokens, vocabulary) for text generation."""
        import torch

        with torch.inference_mode():
            found = self.model(**inputs).logits
        return np.asarray(found.float().numpy() if isinstance(found, torch.Tensor) else found, dtype=np.float32)

    def encode(self, texts: list[str], max_tokens: int) -> dict[str, Any]:
        """Token ids of texts, cut at `max_tokens`, padded to the longest of them."""
        found = self.tokenizer(texts, truncation=True, max_length=max_tokens, padding=len(texts) > 1, return_tensors="pt")
        return {name: value for name, value in found.items() if name in ("input_ids", "attention_mask", "token_type_ids")}


def import_libraries(runtime: str, task: str) -> None:
    """Imports what the engine needs, so that its memory can be told from the model's."""
    import torch  # noqa: F401
    import transformers

    getattr(transformers, _TORCH_CLASS[task])
    if runtime == "openvino":
        import optimum.intel as intel

        getattr(intel, _OV_CLASS[task])


def load_tokenizer(folder: Path) -> Any:
    """The folder's tokenizer. Raises UserError `tokenizer-broken`."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, **_SAFE)
    except Exception as error:  # tokenizers raises bare Exception
        raise UserError(
            "tokenizer-broken",
            f"The tokenizer cannot be loaded ({type(error).__name__}: {without_paths(str(error))[:120]}).",
            "Copy the tokenizer files of the model again.",
        ) from None


def load_torch(folder: Path, task: str, threads: int) -> Engine:
    """The model as stored, in eval mode. Raises UserError for an unknown type, missing tensors, or broken values."""
    import torch
    import transformers

    torch.set_num_threads(threads)
    check_type(folder)
    loader = getattr(transformers, _TORCH_CLASS[task])
    model, report = _guard(
        "torch", lambda: loader.from_pretrained(folder, dtype="auto", use_safetensors=True, output_loading_info=True, **_SAFE)
    )
    missing = sorted(report["missing_keys"])
    if missing:
        raise UserError(
            "weights-incomplete",
            f"The weights lack {len(missing)} tensors that the model needs, {missing[0]} among them.",
            "Copy the complete model; made-up weights would measure nothing.",
        )
    model.eval()
    check_values(model)
    tokenizer = load_tokenizer(folder)
    dtype = str(next(model.parameters()).dtype).removeprefix("torch.")
    return Engine("torch", task, model, tokenizer, {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}.get(dtype, dtype), threads)


def load_openvino(folder: Path, tokenizer_folder: Path, task: str, threads: int) -> Engine:
    """An OpenVINO IR folder, compiled for the CPU with a fixed number of threads."""
    import optimum.intel as intel

    loader = getattr(intel, _OV_CLASS[task])
    options = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", "CACHE_DIR": ""}
    model = _guard("OpenVINO", lambda: loader.from_pretrained(folder, export=False, compile=True, device="CPU", ov_config=options, **_SAFE))
    compiled = model.request.get_compiled_model() if hasattr(model.request, "get_compiled_model") else model.request
    hint = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
    tokenizer = load_tokenizer(tokenizer_folder)
    return Engine("openvino", task, model, tokenizer, {"f32": "fp32", "f16": "fp16", "bfloat16": "bf16"}.get(hint, hint), threads)


def export_openvino(folder: Path, task: str, target: Path) -> None:
    """Writes the model as OpenVINO IR at its stored precision, with config and tokenizer."""
    import optimum.intel as intel

    check_type(folder)
    loader = getattr(intel, _OV_CLASS[task])
    # load_in_8bit=False: from one billion parameters on the exporter would quantize unasked, and the baseline would not be one
    model = _guard(
        "OpenVINO", lambda: loader.from_pretrained(folder, export=True, compile=False, load_in_8bit=False, use_safetensors=True, **_SAFE)
    )
    model.save_pretrained(target)
    load_tokenizer(folder).save_pretrained(target)


def check_type(folder: Path) -> None:
    """Raises UserError `model-type-unknown`, naming the nearest types that transformers knows."""
    import json

    from rapidfuzz import process
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    kind = str(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type"))
    if kind not in CONFIG_MAPPING_NAMES:
        near = ", ".join(hit[0] for hit in process.extract(kind, list(CONFIG_MAPPING_NAMES), limit=3))
        raise UserError(
            "model-type-unknown",
            f'The model type "{kind[:60]}" is not known to the installed transformers library.',
            f"Nearest known types: {near}.",
        )


def check_values(model: Any) -> None:
    """Raises UserError `weights-not-finite` or `weights-all-zero`: such a model measures nothing."""
    import torch

    for name, parameter in model.named_parameters():
        if not bool(torch.isfinite(parameter).all()):
            raise UserError("weights-not-finite", f"The tensor {name} holds NaN or infinite values.", "Use an undamaged copy of the model.")
    if all(not bool(p.any()) for p in model.parameters()):
        raise UserError("weights-all-zero", "All weights are zero.", "Use an undamaged copy of the model.")


def _guard(engine: str, load: Any) -> Any:
    try:
        return load()
    except FrugalError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        raise ToolError(
            "model-load-failed",
            f"{engine} cannot load this model ({type(error).__name__}: {without_paths(lines[0]) if lines else ''}).",
            "Check that config.json and the weights belong together; another runtime may be able to run it.",
        ) from None
