"""What the measuring child does for quantization: makes int8 copies of an OpenVINO IR. Runs in the child only.

`compress_weights` stores the weights as int8 and computes in the engine's own precision; `quantize_all` also runs the
arithmetic in int8 and needs example texts to find the ranges of activations. Sources are only read.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.errors import ToolError
from tools.measuring.child import without_paths
from tools.measuring.loading import _OV_CLASS, load_tokenizer


def compress_weights(_state: dict[str, Any], source: str, task: str, target: str) -> None:
    """Weight-only int8 (asymmetric, per channel) of the IR in `source`, written to `target`."""
    import optimum.intel as intel

    config = intel.OVWeightQuantizationConfig(bits=8)
    loader = getattr(intel, _OV_CLASS[task])
    try:
        model = loader.from_pretrained(
            source, export=False, compile=False, quantization_config=config, local_files_only=True, trust_remote_code=False
        )
        model.save_pretrained(target)
    except Exception as error:
        raise _failed("Weight-only int8", error) from None
    load_tokenizer(Path(source)).save_pretrained(target)


def quantize_all(_state: dict[str, Any], source: str, task: str, target: str, texts: list[str], max_tokens: int) -> None:
    """Weights and activations in int8, calibrated on `texts`, written to `target`."""
    import nncf
    import optimum.intel as intel

    loader = getattr(intel, _OV_CLASS[task])
    tokenizer = load_tokenizer(Path(source))
    try:
        model = loader.from_pretrained(source, export=False, compile=False, local_files_only=True, trust_remote_code=False)
        wanted = {port.get_any_name() for port in model.model.inputs}
        rows = [_row(tokenizer, text, wanted, max_tokens) for text in texts]
        config = intel.OVConfig(quantization_config=intel.OVQuantizationConfig(bits=8, num_samples=len(rows)))
        intel.OVQuantizer(model).quantize(calibration_dataset=nncf.Dataset(rows), save_directory=target, ov_config=config)
    except Exception as error:
        raise _failed("Full int8", error) from None
    for name in ("config.json", "generation_config.json"):
        if (Path(source) / name).is_file() and not (Path(target) / name).is_file():
            shutil.copy2(Path(source) / name, target)
    tokenizer.save_pretrained(target)


def _row(tokenizer: Any, text: str, wanted: set[str], max_tokens: int) -> dict[str, np.ndarray]:
    found = dict(tokenizer(text, truncation=True, max_length=max_tokens, return_tensors="np"))
    for name in wanted - found.keys():
        found[name] = np.zeros_like(found["input_ids"]) if name == "token_type_ids" else np.arange(found["input_ids"].shape[1])[None]
    return {name: np.asarray(found[name], dtype=np.int64) for name in wanted}


def _failed(what: str, error: Exception) -> ToolError:
    lines = str(error).strip().splitlines()
    return ToolError(
        "quantization-failed",
        f"{what} failed ({type(error).__name__}: {without_paths(lines[0]) if lines else ''}).",
        "The other variants were still measured; this layer mix may not be supported by the quantizer.",
    )
