"""Runs a causal LM one chunk of tokens at a time: feed ids, get the logits of what follows. CPU by default.

`OpenVinoEngine` runs a stateful int8 copy without importing torch (about 0.5 s to load); `TorchEngine` runs any
`transformers` folder. Neither samples, and neither knows what the tokens mean.
"""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Engine(Protocol):
    """A model that continues one sequence."""

    def restart(self) -> None:
        """Forgets the sequence."""

    def feed(self, ids: list[int]) -> NDArray[np.float32]:
        """Appends `ids` (at least one) and returns the logits after the last one, shape (vocabulary,)."""


class OpenVinoEngine:
    """A stateful OpenVINO causal LM (`openvino_model.xml` in `folder`)."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        import openvino

        core = openvino.Core()
        hints = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
        compiled = core.compile_model(str(folder / "openvino_model.xml"), "CPU", hints)
        self._inputs = {name for port in compiled.inputs for name in port.get_names()}
        self._request = compiled.create_infer_request()
        self._length = 0

    def restart(self) -> None:
        """Forgets the sequence."""
        self._request.reset_state()
        self._length = 0

    def feed(self, ids: list[int]) -> NDArray[np.float32]:
        """See `Engine.feed`."""
        start, self._length = self._length, self._length + len(ids)
        inputs: dict[str, Any] = {
            "input_ids": np.array([ids], dtype=np.int64),
            "attention_mask": np.ones((1, self._length), dtype=np.int64),
            "position_ids": np.arange(start, self._length, dtype=np.int64)[None],
            "beam_idx": np.zeros(1, dtype=np.int32),
        }
        self._request.infer({k: v for k, v in inputs.items() if k in self._inputs})
        logits: NDArray[np.float32] = self._request.get_tensor("logits").data[0, -1].astype(np.float32)
        return logits


class TorchEngine:
    """Any causal LM folder through `transformers`; safetensors only, no remote code, nothing fetched unless allowed."""

    def __init__(self, model: str | Path, device: str = "cpu", dtype: str = "float32") -> None:
        import torch
        from transformers import AutoModelForCausalLM

        self._torch = torch
        self._model = AutoModelForCausalLM.from_pretrained(
            model, dtype=getattr(torch, dtype), use_safetensors=True, local_files_only=True, trust_remote_code=False
        ).to(device)
        self._model.eval()
        self._device, self._cache = device, None

    def restart(self) -> None:
        """Forgets the sequence."""
        self._cache = None

    def feed(self, ids: list[int]) -> NDArray[np.float32]:
        """See `Engine.feed`."""
        with self._torch.inference_mode():
            out = self._model(input_ids=self._torch.tensor([ids], device=self._device), past_key_values=self._cache, use_cache=True)
        self._cache = out.past_key_values
        logits: NDArray[np.float32] = out.logits[0, -1].float().cpu().numpy()
        return logits
