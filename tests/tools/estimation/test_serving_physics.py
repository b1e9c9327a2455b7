"""What is promised to anybody who plans hardware: the estimator obeys physics beyond the data that it was calibrated on."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from tools.estimation.serving.case import Case, overlapped
from tools.estimation.serving.counts import Footprint, Layout
from tools.estimation.serving.engines import generation
from tools.estimation.serving.formats import weight_format
from tools.estimation.serving.predict import band, behaviour
from tools.estimation.serving.rates import peaks

MODELS = ("llama-3.1-8b", "llama-3.1-70b", "mixtral-8x7b", "deepseek-v3", "gemma-3-27b", "qwen3-32b")
CHIPS = ("H100 SXM", "A100 SXM 80GB", "L40S", "MI300X", "RTX 4090", "B200")
ENGINES = ("vllm", "trtllm", "sglang", "never-heard-of-it")


def case(model: str, chip: str, engine: str = "vllm", precision: str = "bf16", tensor: int = 8, **more: object) -> Case:
    shape = catalog.model(model)
    values: dict[str, object] = {"input_tokens": 1024.0, "output_tokens": 256.0, "concurrency": 8.0}
    return Case(
        shape,
        catalog.accelerator(chip),
        Layout(tensor=tensor),
        weight_format(precision, shape),
        16.0,
        engine,
        **{**values, **more},  # type: ignore[arg-type]
    )


cases = st.builds(
    case,
    st.sampled_from(MODELS),
    st.sampled_from(CHIPS),
    st.sampled_from(ENGINES),
    st.sampled_from(("bf16", "fp8", "int4")),
    input_tokens=st.floats(1, 30_000),
    output_tokens=st.floats(1, 8_000),
    concurrency=st.floats(1, 512),
)


@settings(max_examples=60)
@given(cases, st.floats(1.01, 8))
def test_a_faster_chip_is_never_slower(one: Case, factor: float) -> None:
    now = behaviour(one)
    for field in ("bandwidth_gb_s", "link_gb_s"):
        faster = one.chip.model_copy(update={field: (getattr(one.chip, field) or 25.0) * factor})
        then = behaviour(replace(one, chip=faster))
        if field == "link_gb_s" and (one.chip.link_gb_s or 25.0) < 100 <= (faster.link_gb_s or 0):
            continue  # another kind of link, with its own calibrated rate
        assert then.tpot_s <= now.tpot_s * (1 + 1e-9)
        assert then.ttft_s <= now.ttft_s * (1 + 1e-9)


@settings(max_examples=60)
@given(cases, st.floats(1.01, 4))
def test_longer_prompts_and_contexts_never_need_less(one: Case, factor: float) -> None:
    longer = replace(one, input_tokens=one.input_tokens * factor)
    model = Footprint.of(one.shape, one.fmt, one.kv_bits, one.layout)
    assert model.kv_bytes(longer.input_tokens) >= model.kv_bytes(one.input_tokens)
    if behaviour(one).load.running == one.concurrency == behaviour(longer).load.running:
        assert behaviour(longer).times.decode >= behaviour(one).times.decode * (1 - 1e-9)
        assert behaviour(longer).times.alone >= behaviour(one).times.alone * (1 - 1e-9)


@given(st.sampled_from(MODELS), st.integers(1, 8))
def test_narrower_weights_are_never_bigger(model: str, tensor: int) -> None:
    shape = catalog.model(model)
    sizes = [
        Footprint.of(shape, weight_format(name, shape), 16.0, Layout(tensor=tensor)).held_bytes for name in ("int4", "int8", "fp8", "bf16")
    ]
    assert sizes[0] <= sizes[1] <= sizes[3]
    assert sizes[2] <= sizes[3]


@settings(max_examples=60)
@given(cases)
def test_more_in_flight_is_never_less_throughput_nor_faster_tokens(one: Case) -> None:
    more = replace(one, concurrency=(one.concurrency or 1) * 2)
    now, then = behaviour(one), behaviour(more)
    assert then.tpot_s >= now.tpot_s * (1 - 1e-9)
    if then.load.running > now.load.running:
        assert then.tokens_per_second >= now.tokens_per_second * 0.999


@settings(max_examples=40)
@given(cases, st.sampled_from(("ttft", "tpot", "throughput")))
def test_bands_are_ordered_and_widen_away_from_what_was_measured(one: Case, metric: str) -> None:
    low, high = band(replace(one, engine="vllm"), metric)
    assert 0 < low < 1 < high
    far_low, far_high = band(replace(one, engine="never-heard-of-it"), metric)
    assert far_low < low and far_high > high
    guessed_low, guessed_high = band(replace(one, engine="vllm", stated_lengths=False), metric)
    assert guessed_low < low and guessed_high > high


def test_an_engine_is_told_from_its_older_self() -> None:
    assert generation("vLLM", "0.6.3") == "vllm-v0"
    assert generation("vLLM", "2024") == "vllm-v0"
    assert generation("vLLM", "0.19.0") == generation("vllm") == "vllm"
    assert generation("TensorRT-LLM", "0.9.0") == "trtllm-static"
    assert generation("TensorRT-LLM", "1.2.0rc6.post3") == "trtllm"
    assert generation("LMDeploy", "0.6") == "lmdeploy"


def test_decode_of_one_stream_is_about_the_bytes_of_the_weights_over_the_bandwidth() -> None:
    """By hand: 8.03e9 weights x 2 bytes / 3.35e12 bytes/s = 4.8 ms at the datasheet's limit; few engines are twice as slow."""
    found = behaviour(case("llama-3.1-8b", "H100 SXM", tensor=1, concurrency=1.0, input_tokens=128.0))
    assert 4.6e-3 < found.tpot_s < 10e-3


def test_stages_of_an_engine_work_at_the_same_time_those_of_a_layer_split_in_turn() -> None:
    """Four stages hold four times the memory of one; an engine keeps them all busy, a runtime that splits by layers only one."""
    busy = {"arrival": "offline", "concurrency": None}
    one = case("llama-3.1-8b", "H100 SXM", tensor=1, **busy)
    four = behaviour(replace(one, layout=Layout(pipeline=4), concurrency=64.0, arrival="closed"))
    split = behaviour(replace(one, layout=Layout(pipeline=4), concurrency=64.0, arrival="closed", engine="transformers"))
    alone = behaviour(replace(one, concurrency=64.0, arrival="closed", engine="transformers"))
    assert four.tokens_per_second > 1.5 * behaviour(replace(one, concurrency=64.0, arrival="closed")).tokens_per_second
    assert split.tokens_per_second <= alone.tokens_per_second * (1 + 1e-9)


@given(st.floats(1, 500_000), st.floats(1, 64))
@settings(max_examples=40)
def test_attention_to_picked_tokens_never_reads_more_than_attention_to_all(context: float, sequences: float) -> None:
    shape = catalog.model("glm-5")
    assert shape.sparse_top_k
    fmt = weight_format("fp8", shape)
    sparse, full = (Footprint.of(one, fmt, 16.0, Layout(tensor=8)) for one in (shape, shape.model_copy(update={"sparse_top_k": None})))
    picked, everything = sparse.decode(sequences, context), full.decode(sequences, context)
    assert picked.kv_bytes <= everything.kv_bytes and picked.attention_flops <= everything.attention_flops
    if context <= shape.sparse_top_k:
        assert picked == everything
    assert sparse.kv_bytes(context) == full.kv_bytes(context)  # all of it is kept
    assert sparse.prefill(context, context).attention_flops <= full.prefill(context, context).attention_flops


def test_a_file_for_llama_cpp_packs_the_output_head_too() -> None:
    """Llama-3's head of 128 256 words is a gigabyte in 16 bits: a five-gigabyte file fits a card of eight."""
    shape = catalog.model("llama-3-8b")
    packed, plain = (Footprint.of(shape, weight_format(name, shape), 16.0, Layout()) for name in ("gguf Q4_K_M", "int4"))
    assert packed.head_bytes < 0.5 * plain.head_bytes
    assert 4.3e9 < packed.held_bytes < 5.4e9


def test_a_step_counts_layers_that_differ_by_hand() -> None:
    """Gemma 4 31B caches 10 x 4096 and 50 x 8192 numbers a token; 22 latent experts of Nemotron 3 Super do 2 x 2 x 1024 x 2688 each."""
    gemma = catalog.model("gemma-4-31b")
    one = Footprint.of(gemma, weight_format("bf16", gemma), 16.0, Layout())
    assert one.kv_bytes(100_000) == (10 * 4096 * 100_000 + 50 * 8192 * 1024) * 2
    nemotron = catalog.model("nemotron-3-super")
    latent = Footprint.of(nemotron, weight_format("bf16", nemotron), 16.0, Layout())
    assert latent.expert_flops == 40 * 22 * 2 * 2 * 1024 * 2688
    assert latent.held_bytes / 2e9 == pytest.approx(nemotron.params_b, rel=0.01)


@settings(max_examples=80)
@given(cases)
def test_no_step_is_faster_than_the_datasheet_allows(one: Case) -> None:
    """Weights, experts and cache pass once through the memory, whatever the engine: shares fitted above one do not count."""
    found = behaviour(one)
    moved = found.load.decode.weight_bytes + found.load.decode.expert_bytes + found.load.decode.kv_bytes
    assert found.times.decode >= moved / ((one.chip.bandwidth_gb_s or 0.0) * 1e9)
    done = found.load.alone.gemm_flops + found.load.alone.expert_flops
    assert found.times.alone >= done / (peaks(one).multiply or 1.0)


def test_an_l4_reads_eight_billion_weights_no_faster_than_its_memory() -> None:
    """15 GB of weights a token at 300 GB/s: fifty milliseconds at the very least; 61 were measured (AccelMark, vLLM 0.7.3)."""
    alone = behaviour(case("llama-3.1-8b", "L4", tensor=1, concurrency=1.0, input_tokens=300.0))
    assert 0.050 < alone.tpot_s < 0.080


@given(st.floats(1, 30_000), st.floats(1.01, 4), st.sampled_from((2, 3, 4, 8)))
def test_a_prompt_in_pieces_gains_from_more_cards_but_never_more_than_their_number(length: float, factor: float, stages: int) -> None:
    """llama.cpp lays layers on cards one after the other: a short prompt passes them alone, a long one in pieces that overlap."""
    cards = replace(case("llama-3.1-8b", "RTX 4090", "llama.cpp", "int4", tensor=1), layout=Layout(pipeline=stages))
    share = overlapped(cards, length)
    assert 1 / stages <= share <= 1
    assert share == 1 if length <= 512 else share < 1
    assert overlapped(cards, length * factor) * factor >= share * (1 - 1e-12)  # a longer prompt never takes less time
    assert overlapped(replace(cards, engine="transformers"), length) == 1


def test_a_desktop_card_that_sums_in_16_bits_reaches_what_its_workstation_sister_does() -> None:
    """NVIDIA halves 16-bit products that are summed in 32 bits on GeForce cards; llama.cpp sums in 16."""
    desk, station = (case("llama-3.1-8b", chip, "llama.cpp", "int4", tensor=1) for chip in ("RTX 4090", "RTX 6000 Ada"))
    assert peaks(desk).multiply == pytest.approx(peaks(station).multiply, rel=0.1)
    assert peaks(replace(desk, engine="vllm")).multiply == pytest.approx(0.5 * peaks(desk).multiply, rel=0.01)
