"""Memory arithmetic keeps its promises for every shape: more work never needs less, narrower numbers never need more.

Hand calculations pin the size; hypothesis pins the direction. Real tensors: test_memory_against_torch; published peaks:
test_memory_published.
"""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.schemas import ModelArchitecture
from knowledge.shape import parameter_count
from tools.estimation.memory import formulas, training
from tools.estimation.memory.formulas import GIB, HIGH, KV_BYTES, LIKELY, LOW, WEIGHT_BITS
from tools.estimation.memory.need import Setup, bytes_per_gpu, need, parts

NAMES = sorted(catalog.models().entries)
CASES = (LOW, LIKELY, HIGH)
MODES = ["inference", "eager", "lora", "qlora", "full"]


@st.composite
def shapes(draw: st.DrawFn) -> ModelArchitecture:
    """Any consistent shape: windows, experts, latent attention and recurrent layers included."""
    kv, group, layers = draw(st.integers(1, 16)), draw(st.integers(1, 8)), draw(st.integers(2, 100))
    experts = draw(st.one_of(st.none(), st.integers(2, 64)))
    window = draw(st.one_of(st.none(), st.integers(1, 8192)))
    hybrid = draw(st.booleans())
    shape = ModelArchitecture(
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
        kv_latent=draw(st.one_of(st.none(), st.integers(8, 1024))),
        rope_dim=4,
        sliding_window=window,
        sliding_layers=None if window is None else draw(st.one_of(st.none(), st.integers(1, layers))),
        attention_layers=1 if hybrid else None,
        recurrent_layers=layers - 1 if hybrid else None,
        recurrent_state=draw(st.integers(1, 10**6)) if hybrid else None,
        recurrent_weights=draw(st.integers(1, 10**8)) if hybrid else None,
        max_context=1_000_000,
        mlp=draw(st.sampled_from(["gated", "plain"])),
        licence="x",
        tasks=("chat",),
    )
    return shape.model_copy(update={"params_b": (parameter_count(shape) or 1e9) / 1e9})


setups = st.builds(
    Setup,
    mode=st.sampled_from(MODES),
    precision=st.sampled_from(["fp32", "bf16", "fp8", "int8", "int4"]),
    kv_precision=st.sampled_from(["fp32", "bf16", "fp8", "int8", "int4"]),
    context=st.integers(1, 100_000),
    batch=st.integers(1, 256),
    gpus=st.sampled_from([1, 2, 4, 8]),
    optimizer=st.sampled_from(training.OPTIMIZERS),
    checkpointing=st.sampled_from([None, False, True]),
)


def bounds(shape: ModelArchitecture, setup: Setup) -> list[float]:
    return [bytes_per_gpu(shape, setup, case) for case in CASES]


def no_less(more: list[float], less: list[float]) -> bool:
    return all(a >= b * (1 - 1e-12) for a, b in zip(more, less, strict=True))


@settings(max_examples=60)
@given(shapes(), setups, st.integers(1, 100_000))
def test_a_longer_context_never_needs_less(shape: ModelArchitecture, setup: Setup, other: int) -> None:
    short, long = sorted((setup.context, other))
    assert no_less(bounds(shape, setup._replace(context=long)), bounds(shape, setup._replace(context=short)))


@settings(max_examples=60)
@given(shapes(), setups, st.integers(1, 512))
def test_a_larger_batch_never_needs_less(shape: ModelArchitecture, setup: Setup, other: int) -> None:
    small, large = sorted((setup.batch, other))
    assert no_less(bounds(shape, setup._replace(batch=large)), bounds(shape, setup._replace(batch=small)))


@settings(max_examples=60)
@given(shapes(), setups)
def test_each_zero_stage_needs_no_more_than_the_one_before(shape: ModelArchitecture, setup: Setup) -> None:
    staged = [bounds(shape, setup._replace(mode="full", gpus=max(2, setup.gpus), stage=stage)) for stage in (3, 2, 1, 0)]
    assert all(no_less(more, less) for less, more in pairwise(staged))


@settings(max_examples=60)
@given(shapes(), setups)
def test_recomputing_activations_never_needs_more(shape: ModelArchitecture, setup: Setup) -> None:
    for mode in ("full", "lora"):
        kept = bounds(shape, setup._replace(mode=mode, checkpointing=False))
        assert no_less(kept, bounds(shape, setup._replace(mode=mode, checkpointing=True)))


@settings(max_examples=60)
@given(shapes(), setups)
def test_ranges_are_ordered_and_narrower_caches_need_no_more(shape: ModelArchitecture, setup: Setup) -> None:
    found = need(shape, setup)
    assert found.per_gpu.low <= found.per_gpu.likely <= found.per_gpu.high
    for part in found.parts.values():
        assert 0 <= part.low <= part.likely <= part.high
    wide, narrow = (parts(shape, setup._replace(mode="inference", kv_precision=p)).kv_cache for p in ("bf16", "fp8"))
    assert narrow <= wide


@settings(max_examples=60)
@given(shapes())
def test_narrower_weights_never_need_more(shape: ModelArchitecture) -> None:
    for case in CASES:
        sizes = [formulas.weight_bytes(shape, p, case) for p in ("int4", "int8", "bf16", "fp32")]
        assert sizes == sorted(sizes)
        assert sizes[0] > 0
        assert formulas.weight_bytes(shape, "nf4", case) <= formulas.weight_bytes(shape, "fp8", case)


@settings(max_examples=60)
@given(shapes(), st.sampled_from([1, 2, 3, 4, 8, 16, 64]))
def test_sharing_splits_the_cache_by_whole_heads_and_never_a_latent(shape: ModelArchitecture, gpus: int) -> None:
    shards = formulas.kv_shards(shape, gpus)
    assert 1 <= shards <= min(gpus, shape.kv_heads)
    if shape.kv_latent:
        assert shards == 1
    weights = formulas.weight_bytes_per_gpu(shape, "bf16", gpus)
    assert weights * gpus >= formulas.weight_bytes(shape, "bf16") * (1 - 1e-12)
    assert weights <= formulas.weight_bytes(shape, "bf16") * 1.01


@pytest.mark.parametrize("name", ["llama-3.1-8b", "qwen2.5-0.5b", "mixtral-8x7b", "deepseek-v3", "gpt-oss-20b", "gemma-3-27b"])
@settings(max_examples=15)
@given(context=st.integers(128, 8192), batch=st.integers(1, 8))
def test_adapters_never_need_more_than_full_tuning(name: str, context: int, batch: int) -> None:
    shape = catalog.model(name)
    qlora, lora, full = (bounds(shape, Setup(mode, context=context, batch=batch)) for mode in ("qlora", "lora", "full"))
    assert no_less(lora, [*qlora[:2], 0.0])  # at its worst QLoRA widens embeddings that LoRA leaves in sixteen bits
    assert no_less(full, lora)


def test_kv_cache_by_hand() -> None:
    """Llama 3 8B: 2 x 32 layers x 8 heads x 128 x 2 bytes = 131 072 bytes a token, so 1 GiB for 8 192 tokens."""
    llama = catalog.model("llama-3-8b")
    assert formulas.kv_bytes_per_token(llama, "bf16") == 131_072
    assert formulas.sequence_bytes(llama, 8192, "bf16") == GIB
    assert formulas.sequence_bytes(llama, 8192, "fp8") == GIB / 2
    assert formulas.sequence_bytes(llama, 8192, "fp32", HIGH) == 2 * GIB


def test_grouped_queries_shrink_the_cache_as_published() -> None:
    """Llama 2: 13B has one KV head a query head, 70B one for eight; so 70B caches less a token than 13B."""
    assert formulas.kv_bytes_per_token(catalog.model("llama-2-13b"), "fp16") == 2 * 40 * 40 * 128 * 2 == 819_200
    assert formulas.kv_bytes_per_token(catalog.model("llama-2-70b"), "fp16") == 2 * 80 * 8 * 128 * 2 == 327_680


def test_latent_attention_keeps_one_vector() -> None:
    """DeepSeek-V3: (512 + 64) values x 61 layers x 2 bytes = 70 272 bytes a token."""
    shape = catalog.model("deepseek-v3")
    assert formulas.kv_bytes_per_token(shape, "bf16") == 70_272
    assert formulas.kv_shards(shape, 8) == 1


def test_windowed_layers_by_hand() -> None:
    """Mistral 7B v0.1: all layers see 4 096 tokens. Gemma 2 9B: 21 of 42 do."""
    mistral, gemma = catalog.model("mistral-7b"), catalog.model("gemma-2-9b")
    assert formulas.sequence_bytes(mistral, 32768, "bf16") == 2 * 32 * 8 * 128 * 2 * 4096
    assert formulas.sequence_bytes(mistral, 32768, "bf16", HIGH) == 2 * 32 * 8 * 128 * 2 * 32768
    assert formulas.kv_bytes_per_token(mistral, "bf16") == 0
    assert formulas.sequence_bytes(gemma, 8192, "bf16") == 2 * 8 * 256 * 2 * (21 * 8192 + 21 * 4096)


def test_layers_with_other_heads_cache_what_theirs_hold() -> None:
    """Gemma 4 31B: 50 layers keep a window of 1024 tokens of 2 x 16 x 256 numbers, 10 keep everything, 2 x 4 x 512 a token."""
    gemma, context = catalog.model("gemma-4-31b"), 100_000
    by_hand = (50 * 1024 * 2 * 16 * 256 + 10 * context * 2 * 4 * 512) * 2
    assert formulas.sequence_bytes(gemma, context, "bf16") == by_hand
    assert formulas.kv_bytes_per_token(gemma, "bf16") == 10 * 2 * 4 * 512 * 2


def test_latent_experts_are_counted_on_their_own_width() -> None:
    """Nemotron 3 Super: 40 layers of 512 experts of 2 x 1024 x 2688."""
    assert formulas.expert_parameters(catalog.model("nemotron-3-super")) == 40 * 512 * 2 * 1024 * 2688


def test_recurrent_layers_keep_a_state_that_does_not_grow() -> None:
    """Granite 4.0 H Small: 4 of 40 layers attend; each of the other 36 keeps 128 x 64 x 128 + 3 x 8 448 values."""
    shape = catalog.model("granite-4.0-h-small")
    state = 36 * (128 * 64 * 128 + 3 * 8448) * 4
    per_token = 4 * 2 * 8 * 128 * 2
    assert formulas.sequence_bytes(shape, 1, "bf16") == state + per_token
    assert formulas.sequence_bytes(shape, 10_000, "bf16") == state + 10_000 * per_token


def test_encoders_keep_no_cache_and_decoders_of_speech_keep_two() -> None:
    assert formulas.sequence_bytes(catalog.model("bert"), 512, "fp32") == 0
    whisper = catalog.model("whisper-large-v3")
    assert formulas.sequence_bytes(whisper, 448, "fp16") == 2 * 32 * 20 * 64 * 2 * (448 + 1500)


def test_block_formats_carry_their_scales() -> None:
    """gpt-oss-120b in its own mxfp4: 4.25 bits for the experts and 16 for the rest, 60.8 GiB as OpenAI's model card says."""
    assert formulas.weight_bytes(catalog.model("gpt-oss-120b"), "fp4") / GIB == pytest.approx(60.8, rel=0.01)
    assert formulas.weight_bytes(catalog.model("deepseek-v3"), "fp8") == pytest.approx(671e9, rel=0.01)
    assert WEIGHT_BITS["nf4"][LIKELY] == pytest.approx(4.127, abs=0.001)  # QLoRA, section 3: 0.127 bits a parameter


@pytest.mark.parametrize("name", NAMES)
def test_every_catalogue_model_can_be_sized(name: str) -> None:
    shape = catalog.model(name)
    assert formulas.weight_bytes(shape, "bf16") == pytest.approx(shape.params_b * 2e9)
    assert formulas.weight_bytes(shape, "int4", HIGH) <= shape.params_b * 2e9
    for mode in MODES:
        assert need(shape, Setup(mode, context=512)).total.low > 0


def test_full_training_states_are_those_of_the_papers() -> None:
    """ZeRO: 16 bytes a parameter in mixed precision, 7.5 billion need 120 GB; 31.4, 16.6 and 1.9 GB on 64 GPUs (figure 1)."""
    shape = catalog.model("llama-2-7b").model_copy(update={"params_b": 7.5})

    def total(stage: int, gpus: int = 64, case: int = LIKELY, precision: str = "bf16") -> float:
        return sum(training.state_bytes(shape, training.Plan("full", precision, stage=stage, gpus=gpus), case))

    assert total(0, 1) == 120e9
    assert total(1) == pytest.approx(31.4e9, rel=0.01)
    assert total(2) == pytest.approx(16.6e9, rel=0.01)
    assert total(3) == pytest.approx(1.9e9 + 2 * 15e9 / 32, rel=0.05)  # and two gathered layers of 32
    assert total(0, 1, LIKELY, "fp32") == total(0, 1, HIGH, "fp32") == 120e9
    assert total(0, 1, LOW) == 8 * 7.5e9


def test_training_activations_are_those_of_the_paper() -> None:
    """Korthikanti et al.: 34 s b h bytes a layer for a block with a plain 4h MLP, without attention scores and logits."""
    gpt2 = catalog.model("gpt2")
    assert training.saved_bytes_per_token(gpt2, training.Plan(autocast=False)) == 34 * gpt2.hidden


def test_formulas_need_no_heavy_library_and_know_every_format() -> None:
    assert set(KV_BYTES) < set(WEIGHT_BITS)
    for table in (*WEIGHT_BITS.values(), *KV_BYTES.values()):
        assert list(table) == sorted(table)
