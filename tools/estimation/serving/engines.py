"""Serving engines as the calibration tells them apart: name and generation, since one engine's releases differ as much as two engines.

An engine without a version is taken as its newest generation. One that nobody measured gets the rates of the average
engine (its name is kept, so that the error band can widen). Knows no rates.
"""

import re

#: Generation of an engine, newest first: (name of the generation, first version that belongs to it).
GENERATIONS: dict[str, tuple[tuple[str, tuple[int, int]], ...]] = {
    "vllm": (("vllm", (0, 12)), ("vllm-2025", (0, 9)), ("vllm-v0", (0, 0))),
    "tensorrt-llm": (("trtllm", (1, 0)), ("trtllm-cpp", (0, 10)), ("trtllm-static", (0, 0))),
    "sglang": (("sglang", (0, 5)), ("sglang-v0", (0, 0))),
}
_SPELLINGS = {
    "trtllm": "tensorrt-llm",
    "trt-llm": "tensorrt-llm",
    "tensorrt llm": "tensorrt-llm",
    "hf": "transformers",
    "hf-transformers": "transformers",
}
#: Runtimes that pass one layer after the other from card to card instead of splitting each layer.
LAYER_SPLIT = frozenset({"llama.cpp", "transformers", "autoawq", "exllamav2", "exllama"})
#: Engines that take a share of what the weights leave, where others take a share of the whole card (TensorRT-LLM's
#: free_gpu_memory_fraction, default 0.9).
SHARE_OF_REST = {"trtllm": 0.9, "trtllm-cpp": 0.9, "trtllm-static": 0.9}
#: Tokens of the pieces in which a runtime sends a prompt through its stages, so that the cards work at once (llama.cpp's
#: default micro-batch); the others wait for the whole prompt at every card.
PROMPT_PIECE = {"llama.cpp": 512.0}


def engine_name(text: str) -> str:
    """Lower-case name in one spelling."""
    name = " ".join(text.strip().lower().split())
    return _SPELLINGS.get(name, name)


def generation(engine: str, version: str = "") -> str:
    """The generation that engine and version belong to; years ("2024", "Nov 2023") count as the releases of that year."""
    name = engine_name(engine)
    known = GENERATIONS.get(name)
    if known is None:
        return name
    year = re.search(r"\b20(2[34])\b", version)
    if year and "nightly" not in version:
        return known[-1][0] if name != "tensorrt-llm" else known[1][0]
    number = re.match(r"\D*(\d+)\.(\d+)", version.strip())
    if number is None:
        return known[0][0]
    found = (int(number[1]), int(number[2]))
    return next(name for name, first in known if found >= first)
