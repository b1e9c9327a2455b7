"""What the measuring child does for profiling: counts parameters and FLOPs, times operators, prefill and decode, and
measures the machine's own roofs. Runs in the child only, in torch.

Parameters counted once where tied. FLOPs from torch's FlopCounterMode (2 per multiply-add). Times in ms, bandwidth in
GB/s (10^9), arithmetic in GFLOP/s.
"""

import time
from collections import Counter
from typing import Any

import numpy as np

from tools.measuring.inside import time_block, warm
from tools.measuring.loading import Engine

_TOP = 12


def parameters(state: dict[str, Any]) -> dict[str, Any]:
    """Parameters by module kind, and the shares that int8 and pruning can reach."""
    import torch

    engine: Engine = state["engine"]
    kinds: Counter[str] = Counter()
    dtypes: Counter[str] = Counter()
    linear_in_blocks = quantizable = 0
    seen: set[int] = set()
    for name, module in engine.model.named_modules():
        for part, parameter in module.named_parameters(recurse=False):
            if id(parameter) in seen:
                continue
            seen.add(id(parameter))
            count = parameter.numel()
            kind = _kind(module, torch)
            kinds[kind] += count
            dtypes[str(parameter.dtype).removeprefix("torch.")] += count
            if part == "weight" and kind in ("linear", "embedding", "convolution"):
                quantizable += count
            if part == "weight" and kind == "linear" and any(piece.isdigit() for piece in name.split(".")):
                linear_in_blocks += count
    total = sum(kinds.values())
    return {
        "total": total,
        "by_kind": dict(kinds.most_common()),
        "by_dtype": dict(dtypes.most_common()),
        "quantizable": quantizable,
        "prunable": linear_in_blocks,
        "bytes": sum(p.numel() * p.element_size() for p in engine.model.parameters()),
    }


def _kind(module: Any, torch: Any) -> str:
    name = type(module).__name__.lower()
    if isinstance(module, torch.nn.Embedding):
        return "embedding"
    if isinstance(module, torch.nn.Linear) or name == "conv1d":
        return "linear"
    if isinstance(module, torch.nn.Conv1d | torch.nn.Conv2d):
        return "convolution"
    return "normalisation" if "norm" in name else "other"


def compute(state: dict[str, Any], batch: int, tokens: int) -> dict[str, Any]:
    """FLOPs of one forward pass, its time, and time by operator (torch.profiler, self CPU time)."""
    import torch
    from torch.profiler import ProfilerActivity, profile
    from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

    engine: Engine = state["engine"]
    warm(state, batch=batch, tokens=tokens, new_tokens=0)
    inputs = state["inputs"]

    def attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
        """The counter knows the GPU attention kernels only; the CPU's has the same operations."""
        return int(sdpa_flop_count(query, key, value))

    extra = {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: attention}
    with FlopCounterMode(display=False, custom_mapping=extra) as counter:
        engine.request(inputs, 0)
    taken: list[int] = []
    began = time.monotonic()
    while len(taken) < 10 or (time.monotonic() - began < 2 and len(taken) < 2000):
        taken.extend(time_block(state, 1)["ns"])
        state["progress"]("timing the forward pass", len(taken), 0)
        if time.monotonic() - began > 30 and len(taken) >= 3:
            break
    with profile(activities=[ProfilerActivity.CPU]) as recorded:
        for _ in range(3):
            engine.request(inputs, 0)
    events = sorted(recorded.key_averages(), key=lambda e: -e.self_cpu_time_total)
    whole = sum(e.self_cpu_time_total for e in events) or 1.0
    operators = [{"operator": str(e.key), "share": e.self_cpu_time_total / whole, "calls": e.count // 3} for e in events[:_TOP]]
    by_operator = {str(kind): int(flops) for kind, flops in counter.get_flop_counts().get("Global", {}).items()}
    return {
        "flops": counter.get_total_flops(),
        "flops_by_operator": by_operator,
        "ns": taken,
        "operators": operators,
        "threads": engine.threads,
    }


def decode(state: dict[str, Any], batch: int, tokens: int, new_tokens: int) -> dict[str, Any]:
    """ns of generating one token, and of `new_tokens` + 1, from the same prompt; their difference is decoding alone."""
    first = _timed(state, batch, tokens, 1)
    many = _timed(state, batch, tokens, new_tokens + 1)
    return {"first_ns": first, "many_ns": many}


def _timed(state: dict[str, Any], batch: int, tokens: int, new_tokens: int) -> list[int]:
    warm(state, batch=batch, tokens=tokens, new_tokens=new_tokens)
    taken: list[int] = []
    began = time.monotonic()
    while len(taken) < 10 and (len(taken) < 3 or time.monotonic() - began < 20):
        taken.extend(time_block(state, 1)["ns"])
        state["progress"]("timing generation", len(taken), 10)
    return taken


def roofs(state: dict[str, Any]) -> dict[str, float]:
    """The machine's best memory bandwidth (copy of 256 MB, read + write) and matrix arithmetic (fp32), with the engine's threads."""
    import torch

    source = np.ones(32_000_000, dtype=np.float64)
    target = np.empty_like(source)
    copies = []
    for _ in range(5):
        began = time.perf_counter()
        np.copyto(target, source)
        copies.append(time.perf_counter() - began)
    dtype = next(state["engine"].model.parameters()).dtype
    left = torch.ones(1024, 1024, dtype=dtype)
    products = []
    for _ in range(8):
        began = time.perf_counter()
        left @ left
        products.append(time.perf_counter() - began)
    return {"bandwidth_gb_s": 2 * source.nbytes / min(copies) / 1e9, "gflop_s": 2 * 1024**3 / min(products) / 1e9}
