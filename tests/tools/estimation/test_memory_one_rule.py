"""One rule of memory: sizing a model and planning its serving name the same largest batch, and a cache as large as engines log it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.source import Tier
from tools.contracts.tool import ToolContext, ToolResult
from tools.estimation.memory import estimate as memory
from tools.estimation.memory.formulas import (
    ENGINE_SHARE,
    GIB,
    HIGH,
    LIKELY,
    LOW,
    activation_bytes,
    engine_bytes,
    overhead_bytes,
    usable_bytes,
    weight_bytes_per_gpu,
)
from tools.estimation.serving import estimate as serving
from tools.estimation.serving.case import Case, footprint
from tools.estimation.serving.counts import Layout
from tools.estimation.serving.formats import FORMATS
from tools.estimation.serving.refusals import refusal
from tools.estimation.tool import EstimateMemory, EstimateServing


def batches(model: str, gpu: str, count: int, tokens: int, precision: str, out: Path = Path()) -> tuple[int, int]:
    """The largest batch that each of the two tools names for sequences of `tokens`; 0 where it says that none fits."""
    context = ToolContext(out_dir=out)
    sized = memory.run(EstimateMemory(model=model, gpu=gpu, gpu_count=count, context=tokens, precision=precision), context).result  # type: ignore[arg-type]
    asked = EstimateServing(model=model, gpu=gpu, gpu_count=count, input_tokens=tokens - 8, output_tokens=16, precision=precision)
    planned = serving.run(asked, context).result
    return sized["largest_batch"], int(planned["sequences_that_fit"]["likely"]) if planned["feasible"] else 0


@pytest.mark.parametrize(
    ("model", "gpu", "count", "tokens", "precision"),
    [
        ("mixtral-8x7b", "A100 SXM 80GB", 2, 4096, "bf16"),
        ("llama-3.1-70b", "H100 SXM", 4, 4096, "fp8"),
        ("llama-3.1-8b", "L4", 1, 2048, "bf16"),
        ("llama-3.1-8b", "L40S", 1, 512, "fp8"),
        ("qwen2.5-32b", "A100 SXM 80GB", 1, 8192, "int4"),
        ("phi-4-multimodal", "L4", 1, 2048, "bf16"),
        ("phi-4-multimodal", "RTX 3060", 1, 1308, "bf16"),
    ],
)
def test_both_tools_name_the_same_largest_batch(model: str, gpu: str, count: int, tokens: int, precision: str) -> None:
    sized, planned = batches(model, gpu, count, tokens, precision)
    assert planned == pytest.approx(sized, rel=0.01, abs=1)


def test_mixtral_on_two_cards_has_one_answer() -> None:
    sized, planned = batches("mixtral-8x7b", "A100 SXM 80GB", 2, 4096, "bf16")
    assert sized == planned > 0


@settings(max_examples=30, deadline=None)
@given(
    model=st.sampled_from(["llama-3.2-1b", "llama-3.1-70b", "gemma-3-27b", "mixtral-8x22b", "qwen3-32b", "phi-4", "deepseek-r1"]),
    gpu=st.sampled_from(["T4", "L4", "RTX 4090", "A100 SXM 80GB", "H200 SXM"]),
    count=st.sampled_from([1, 2, 4, 8]),
    tokens=st.integers(32, 8192),
    precision=st.sampled_from(["bf16", "fp8", "int4"]),
)
def test_the_same_holds_over_the_catalogue(model: str, gpu: str, count: int, tokens: int, precision: str) -> None:
    if model == "phi-4" and count > 2:
        return  # ten KV heads: both refuse
    sized, planned = batches(model, gpu, count, tokens, precision)
    assert planned == pytest.approx(sized, rel=0.02, abs=1)


def test_ten_key_value_heads_on_four_cards_are_refused_by_both() -> None:
    case = Case(catalog.model("phi-4"), catalog.accelerator("L40S"), Layout(tensor=4), FORMATS["bf16"], 16.0, "vllm", 1000, 100)
    found = refusal(case)
    assert found is not None and found.code == "heads-not-divisible" and "10 KV heads" in found.text


def test_the_encoders_of_other_media_take_memory_too() -> None:
    """phi-4-multimodal: 5.57 billion parameters are held, 3.8 billion of them write text."""
    shape = catalog.model("phi-4-multimodal")
    case = Case(shape, catalog.accelerator("L4"), Layout(), FORMATS["bf16"], 16.0, "vllm", 1000, 100)
    assert footprint(case).held_bytes == pytest.approx(weight_bytes_per_gpu(shape, "bf16", 1), rel=0.01)
    assert footprint(case).decode(1.0, 100.0).weight_bytes < 0.75 * footprint(case).held_bytes


@pytest.mark.parametrize(
    ("model", "total_gib", "gpus", "share", "cache_gib"),
    [
        ("llama-3-8b", 79.22, 1, 0.90, 53.29),  # vllm-project/vllm#10511
        ("llama-3-8b", 79.22, 2, 0.90, 71.29 - 7.48 - 3.58 - 1.26),  # the same, two cards
        ("qwen2.5-14b", 23.55, 2, 0.98, 8.69),  # vllm-project/vllm#13061, a distilled model of this shape
    ],
)
def test_the_cache_is_as_large_as_vllm_logs_it(model: str, total_gib: float, gpus: int, share: float, cache_gib: float) -> None:
    """GiB for the cache on each card: what the engine may take, less weights, activations and what lies outside PyTorch."""
    shape, found = catalog.model(model), []
    for case, (tokens, sequences) in ((LOW, (2048, 1)), (LIKELY, (8192, 256)), (HIGH, (16384, 256))):
        reserve = activation_bytes(shape, tokens, sequences, gpus, case=case) + overhead_bytes(gpus, case)
        found.append(total_gib * share - (weight_bytes_per_gpu(shape, "bf16", gpus, case) + reserve) / GIB)
    assert found[0] * 1.05 >= cache_gib >= found[2]
    assert found[1] == pytest.approx(cache_gib, rel=0.05 if total_gib > 40 else 0.35)


def test_only_a_serving_engine_leaves_a_share_of_the_card_free() -> None:
    assert engine_bytes(80.0) == usable_bytes(80.0) * ENGINE_SHARE[LIKELY] < usable_bytes(80.0)

    def asked(mode: str) -> ToolResult:
        return memory.run(EstimateMemory(model="llama-3-8b", gpu="L4", context=4096, mode=mode), ToolContext(out_dir=Path()))  # type: ignore[arg-type]

    engine, loop = asked("inference"), asked("eager")
    share = next(record for record in engine.evidence if "serving engine takes" in record.claim)
    assert share.tier is Tier.ASSUMED and "vllm" in share.source.ref and share.source.checked_on is not None
    assert any("serving engine" in one.text for one in engine.statements)
    assert not any("serving engine" in one.text for one in loop.statements)
