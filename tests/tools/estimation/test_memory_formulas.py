"""Memory arithmetic keeps its promises for every shape: more work never needs less, narrower numbers never need more.

Hand calculations and published measurements pin the size; hypothesis pins the direction.
"""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.schemas import ModelArchitecture
from knowledge.shape import parameter_count
from tools.estimation.memory import ranged as formulas
from tools.estimation.memory.ranged import GIB, WEIGHT_BITS

NAMES = sorted(catalog.models().entries)
PRECISIONS = list(WEIGHT_BITS)


@st.composite
def shapes(draw: st.DrawFn) -> ModelArchitecture:
    """Any consistent shape, windows and experts included."""
    kv, group, layers = draw(st.integers(1, 16)), draw(st.integers(1, 8)), draw(st.integers(1, 100))
    experts = draw(st.one_of(st.none(), st.integers(2, 64)))
    window = draw(st.one_of(st.none(), st.integers(1, 8192)))
    return ModelArchitecture(
        name="any",
        source="s",
        family="any",
        kind=draw(st.sampled_from(["decoder", "encoder"])),
        params_b=1.0,
        layers=layers,
        hidden=draw(st.integers(8, 16384)),
        heads=kv * group,
        kv_heads=kv,
        head_dim=draw(st.integers(8, 256)),
        intermediate=draw(st.integers(8, 60000)),
        vocab=draw(st.integers(10, 300_000)),
        tied_embeddings=draw(st.booleans()),
        experts=experts,
        experts_per_token=None if experts is None else draw(st.integers(1, experts)),
        sliding_window=window,
        sliding_layers=None if window is None else draw(st.one_of(st.none(), st.integers(1, layers))),
        max_context=1_000_000,
        mlp=draw(st.sampled_from(["gated", "plain"])),
        licence="x",
        tasks=("chat",),
    )


def bounds(value: Range) -> list[float]:
    return [float(value.low), float(value.likely), float(value.high)]


def no_less(more: Range, less: Range) -> bool:
    return all(a >= b for a, b in zip(bounds(more), bounds(less), strict=True))


@given(shapes(), st.integers(1, 100_000), st.integers(1, 100_000), st.integers(1, 256), st.sampled_from(PRECISIONS))
def test_a_longer_context_never_needs_less(shape: ModelArchitecture, one: int, other: int, batch: int, precision: str) -> None:
    short, long = sorted((one, other))
    for formula in (formulas.kv_bytes, formulas.inference_activation_bytes, formulas.training_activation_bytes):
        assert no_less(formula(shape, long, batch, precision), formula(shape, short, batch, precision))


@given(shapes(), st.integers(1, 10_000), st.integers(1, 512), st.integers(1, 512), st.sampled_from(PRECISIONS))
def test_a_larger_batch_never_needs_less(shape: ModelArchitecture, context: int, one: int, other: int, precision: str) -> None:
    small, large = sorted((one, other))
    for formula in (formulas.kv_bytes, formulas.inference_activation_bytes, formulas.training_activation_bytes):
        assert no_less(formula(shape, context, large, precision), formula(shape, context, small, precision))


@given(shapes())
def test_narrower_weights_never_need_more(shape: ModelArchitecture) -> None:
    parameters = float(parameter_count(shape) or 0)
    sizes = [formulas.weight_bytes(shape, parameters, p) for p in ("int4", "int8", "bf16", "fp32")]
    for narrow, wide in pairwise(sizes):
        assert no_less(wide, narrow)
    assert float(sizes[0].low) > 0


@given(shapes(), st.integers(1, 20_000), st.integers(1, 64))
def test_a_window_never_costs_more_than_none(shape: ModelArchitecture, context: int, batch: int) -> None:
    free = shape.model_copy(update={"sliding_window": None, "sliding_layers": None})
    with_window, without = formulas.kv_bytes(shape, context, batch, "bf16"), formulas.kv_bytes(free, context, batch, "bf16")
    assert no_less(without, with_window)
    assert with_window.high == without.high  # an engine that ignores the window


@given(shapes(), st.integers(1, 8192), st.integers(1, 32))
def test_adapters_never_need_more_than_full_training_states(shape: ModelArchitecture, context: int, batch: int) -> None:
    narrow = formulas.lora_parameters(shape)
    assert bounds(narrow) == sorted(bounds(narrow))
    assert float(narrow.low) > 0


def test_kv_cache_by_hand() -> None:
    """Llama 3 8B: 2 x 32 layers x 8 heads x 128 x 2 bytes = 131 072 bytes a token, so 1 GiB for 8 192 tokens."""
    llama = catalog.model("llama-3-8b")
    assert formulas.kv_bytes(llama, 8192, 1, "bf16") == Range.exact(float(GIB))
    assert formulas.kv_bytes(llama, 8192, 4, "int4") == Range.exact(4.0 * GIB)  # the cache stays in sixteen bits
    assert formulas.kv_bytes(llama, 8192, 1, "fp32") == Range.exact(2.0 * GIB)


def test_grouped_queries_shrink_the_cache_as_published() -> None:
    """Llama 2: 13B has one KV head a query head, 70B one for eight; so 70B caches less a token than 13B."""
    small, large = catalog.model("llama-2-13b"), catalog.model("llama-2-70b")
    assert float(formulas.kv_bytes(small, 1, 1, "fp16").likely) == 2 * 40 * 40 * 128 * 2 == 819_200
    assert float(formulas.kv_bytes(large, 1, 1, "fp16").likely) == 2 * 80 * 8 * 128 * 2 == 327_680


def test_latent_attention_keeps_one_vector() -> None:
    """DeepSeek-V3: (512 + 64) values x 61 layers x 2 bytes = 70 272 bytes a token."""
    assert float(formulas.kv_bytes(catalog.model("deepseek-v3"), 1, 1, "bf16").likely) == 70_272


def test_windowed_layers_by_hand() -> None:
    """Mistral 7B v0.1: all layers see 4 096 tokens. Gemma 2 9B: 21 of 42 do."""
    mistral = formulas.kv_bytes(catalog.model("mistral-7b"), 32768, 1, "bf16")
    assert float(mistral.likely) == 2 * 32 * 8 * 128 * 2 * 4096
    assert float(mistral.high) == 2 * 32 * 8 * 128 * 2 * 32768
    gemma = formulas.kv_bytes(catalog.model("gemma-2-9b"), 8192, 1, "bf16")
    assert float(gemma.likely) == 2 * 8 * 256 * 2 * (21 * 8192 + 21 * 4096)


def test_encoders_keep_no_cache_and_decoders_of_speech_keep_two() -> None:
    assert formulas.kv_bytes(catalog.model("bert"), 512, 8, "fp32") == Range.exact(0.0)
    whisper = catalog.model("whisper-large-v3")
    assert float(formulas.kv_bytes(whisper, 448, 1, "fp16").likely) == 2 * 32 * 20 * 64 * 2 * (448 + 1500)


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_every_catalogue_model_are_parameters_times_bytes(name: str) -> None:
    shape = catalog.model(name)
    parameters = shape.params_b * 1e9
    assert formulas.weight_bytes(shape, parameters, "bf16") == Range.exact(parameters * 2)
    int4 = formulas.weight_bytes(shape, parameters, "int4")
    assert float(int4.low) == pytest.approx(parameters / 2)
    assert float(int4.high) <= parameters * 2


def test_full_training_states_are_those_of_the_papers() -> None:
    """ZeRO: 16 bytes a parameter with the weights in mixed precision; 7.5 billion parameters need 120 GB."""
    shape = catalog.model("llama-2-7b")
    with_weights = formulas.full_training_state_bytes(7.5e9, "bf16") + formulas.weight_bytes(shape, 7.5e9, "bf16")
    assert float(with_weights.likely) == pytest.approx(120e9)
    plain = formulas.full_training_state_bytes(1e9, "fp32") + formulas.weight_bytes(shape, 1e9, "fp32")
    assert plain == Range.exact(16e9)


def test_training_activations_are_those_of_the_paper() -> None:
    """Korthikanti et al.: 34 s b h bytes a layer for a block with a plain 4h MLP, without attention scores and logits."""
    gpt2 = catalog.model("gpt2")
    tokens = 1024 * 2
    stored = float(formulas.training_activation_bytes(gpt2, 1024, 2, "bf16").likely) - tokens * gpt2.vocab * formulas.LOSS_BYTES[1]
    assert stored == 34 * tokens * gpt2.hidden * gpt2.layers


def _training_total(name: str, states: Range) -> Range:
    shape = catalog.model(name)
    rest = formulas.weight_bytes(shape, shape.params_b * 1e9, "bf16") + formulas.training_activation_bytes(shape, 768, 4, "bf16") + states
    return rest + formulas.overhead_bytes(rest)


def test_published_fine_tuning_peaks_lie_inside_the_range() -> None:
    """huggingface/peft method comparison at 5d602fdb, Llama 3.2 3B, up to 768 tokens x 4: LoRA 22.3 GB, full 38.9 GB."""
    shape = catalog.model("llama-3.2-3b")
    lora = _training_total("llama-3.2-3b", formulas.lora_state_bytes(shape))
    full = _training_total("llama-3.2-3b", formulas.full_training_state_bytes(shape.params_b * 1e9, "bf16"))
    assert float(lora.low) < 22.3e9 < float(lora.high)
    assert float(lora.likely) == pytest.approx(22.3e9, rel=0.10)
    assert float(full.low) < 38.9e9 < float(full.high)


@settings(max_examples=50)
@given(st.floats(0, 1e12), st.floats(1.0, 3.0), st.floats(1.0, 3.0))
def test_overhead_grows_with_the_rest(low: float, up: float, upper: float) -> None:
    rest = Range(low, low * up, low * up * upper)
    overhead = formulas.overhead_bytes(rest)
    assert bounds(overhead) == sorted(bounds(overhead))
    assert float(overhead.low) >= 0.5 * GIB
    assert no_less(formulas.overhead_bytes(rest + 1e9), overhead)
