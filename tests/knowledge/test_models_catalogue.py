"""The architectures in the fact base are what was published: their shapes reproduce the counts, kind by kind and by hand."""

import csv
import gzip
import re
from pathlib import Path

import pytest

from knowledge import catalog
from knowledge.model_check import model_errors, shape_errors
from knowledge.schemas import TASKS, ModelArchitecture
from knowledge.shape import active_parameters, attention_parameters, mlp_parameters, parameter_count

MODELS = catalog.models().entries
MEASURED = Path(__file__).resolve().parents[3] / "shared" / "data" / "serving" / "measured.csv.gz"


def changed(name: str, **fields: object) -> ModelArchitecture:
    return ModelArchitecture.model_validate({**catalog.model(name).model_dump(), **fields})


def test_there_are_enough_of_them_and_they_differ() -> None:
    assert len(MODELS) >= 200
    shapes = {
        (m.kind, m.layers, m.hidden, m.heads, m.kv_heads, m.head_dim, m.intermediate, m.vocab, m.experts, m.sliding_window, m.max_context)
        for m in MODELS.values()
    }
    assert len(shapes) >= 200


def test_tasks_are_known_ones() -> None:
    assert {task for m in MODELS.values() for task in m.tasks} <= set(TASKS)


def test_every_shape_is_settled_and_reproduces_its_published_counts() -> None:
    for model in MODELS.values():
        assert parameter_count(model) is not None, model.name
        assert list(shape_errors(model)) == []
        assert model.experts is None or model.active_params_b is not None or model.name == "grok-1"


def test_the_size_in_a_name_is_the_size() -> None:
    """Independent of the shape: "-7b" has about seven billion parameters, image encoders aside."""
    for name, model in MODELS.items():
        sizes = [float(size) * (1e-3 if unit == "m" else 1) for size, unit in re.findall(r"(?<=-)(\d+(?:\.\d+)?)([bm])(?=-|$)", name)]
        total = model.params_b - (model.extra_params_b or 0)
        if sizes:
            assert any(0.8 <= total / size <= 1.7 or 0.8 <= model.params_b / size <= 1.7 for size in sizes), (name, model.params_b)


@pytest.mark.parametrize(
    ("name", "billions"),
    [  # exact counts of the published weights, of kinds that the formula treats differently
        ("llama-2-7b", 6.738415616),
        ("llama-3.1-405b", 405.853388800),
        ("gemma-2-9b", 9.241705984),
        ("mixtral-8x7b", 46.702792704),
        ("deepseek-v2-lite", 15.706484224),
        ("deepseek-v3", 671.026419200),
        ("minimax-m2.5", 228.703644928),
        ("llama-4-scout", 108.641793536),
        ("pythia-6.9b", 6.857302016),
        ("gpt2", 0.124439808),
        ("bert-base-uncased", 0.109482240),
    ],
)
def test_counts_are_those_of_the_weights(name: str, billions: float) -> None:
    assert (parameter_count(catalog.model(name)) or 0) / 1e9 == pytest.approx(billions, rel=2e-3)


def test_latent_attention_by_hand() -> None:
    """DeepSeek-V3: 7168 -> 1536 -> 128 x 192 queries; 7168 -> 576; 512 -> 128 x (128 + 128); 128 x 128 -> 7168."""
    by_hand = 7168 * 1536 + 1536 * 128 * 192 + 7168 * 576 + 512 * 128 * 256 + 128 * 128 * 7168
    assert attention_parameters(catalog.model("deepseek-v3")) == by_hand == 187_105_280
    assert parameter_count(changed("deepseek-v3", rope_dim=None)) is None
    assert active_parameters(changed("deepseek-v3", rope_dim=None)) is None


def test_shared_and_dense_layers_by_hand() -> None:
    """DeepSeek-V3: 256 experts and a shared one of width 2048 with a router; three layers of width 18432; 8 experts chosen."""
    model = catalog.model("deepseek-v3")
    expert = 3 * 7168 * 2048
    assert mlp_parameters(model) == 257 * expert + 256 * 7168
    unchosen = 58 * 248 * expert
    assert (parameter_count(model) or 0) - (active_parameters(model) or 0) == unchosen + 129280 * 7168


def test_recurrent_layers_count_where_they_are_spelled_out() -> None:
    model = catalog.model("nemotron-nano-9b-v2")
    assert (model.attention_layers, model.recurrent_layers, model.mlp_layers) == (4, 27, 25)
    assert model.recurrent_state == 128 * 80 * 128 + 3 * (128 * 80 + 2 * 8 * 128)
    assert parameter_count(changed("nemotron-nano-9b-v2", recurrent_weights=None)) is None


def test_an_output_gate_doubles_the_query_projection() -> None:
    model = catalog.model("qwen3-next-80b-a3b")
    assert attention_parameters(model) - attention_parameters(changed("qwen3-next-80b-a3b", attention_gate=False)) == 2048 * 16 * 256


def test_what_a_token_passes() -> None:
    dense = catalog.model("llama-3.1-8b")
    assert (parameter_count(dense) or 0) - (active_parameters(dense) or 0) == 128256 * 4096
    tied = catalog.model("llama-3.2-1b")
    assert active_parameters(tied) == parameter_count(tied)  # the one table is the output head
    assert (active_parameters(catalog.model("gpt-oss-120b")) or 0) / 1e9 == pytest.approx(5.13, abs=0.01)
    seeing = catalog.model("qwen2.5-vl-7b")
    assert active_parameters(seeing) == active_parameters(catalog.model("qwen2.5-7b"))


def test_windows_and_precision_of_the_published_weights() -> None:
    gpt_oss, scout = catalog.model("gpt-oss-120b"), catalog.model("llama-4-scout")
    assert (gpt_oss.sliding_window, gpt_oss.sliding_layers, gpt_oss.native_precision) == (128, 18, "mxfp4")
    assert (scout.sliding_window, scout.sliding_layers, scout.shared_intermediate) == (8192, 36, 8192)
    assert catalog.model("deepseek-r1").native_precision == "fp8"
    assert catalog.model("kimi-k2-thinking").native_precision == "int4"


def test_a_shape_that_contradicts_its_counts_is_told() -> None:
    assert "active" in next(shape_errors(changed("deepseek-v3", experts_per_token=16)))
    assert "implies" in next(shape_errors(changed("qwen3.5-397b-a17b", recurrent_layers=10)))
    assert "implies" in next(shape_errors(changed("llama-4-maverick", expert_layers=48)))


def test_sparse_attention_is_that_of_the_published_configurations() -> None:
    assert {name: m.sparse_top_k for name, m in MODELS.items() if m.sparse_top_k} == {
        "deepseek-v3.2": 2048,
        "deepseek-v4-flash": 512,
        "deepseek-v4-pro": 1024,
        "glm-5": 2048,
        "glm-5.1": 2048,
        "glm-5.2": 2048,
        "minimax-m3": 16 * 128,
    }
    assert catalog.model("deepseek-v3.1").sparse_top_k is None


def test_sparse_attention_that_cannot_be_is_told() -> None:
    assert "leaves nothing out" in next(model_errors(changed("glm-5", sparse_top_k=202752)))
    assert "sliding window in all" in next(model_errors(changed("mistral-7b", sparse_top_k=2048)))
    assert "of decoders" in next(model_errors(changed("whisper-small", sparse_top_k=64)))
    assert list(model_errors(changed("glm-5", sparse_top_k=512))) == []
    with pytest.raises(ValueError, match="greater than 0"):
        changed("glm-5", sparse_top_k=0)


def test_latent_experts_by_hand() -> None:
    """Nemotron 3 Super: 512 experts of 1024 -> 2688 -> 1024 without a gate, 4096 -> 1024 and back, one shared of 5376, a router."""
    model = catalog.model("nemotron-3-super")
    by_hand = 512 * 2 * 1024 * 2688 + 2 * 4096 * 1024 + 2 * 4096 * 5376 + 4096 * 512
    assert mlp_parameters(model) == by_hand
    unchosen = 40 * 490 * 2 * 1024 * 2688
    assert (parameter_count(model) or 0) - (active_parameters(model) or 0) == unchosen + 131072 * 4096
    with pytest.raises(ValueError, match="expert_hidden"):
        changed("nemotron-3-super", expert_hidden=4096)
    with pytest.raises(ValueError, match="expert_hidden"):
        changed("llama-3.1-8b", expert_hidden=1024)


def test_layers_with_other_heads_by_hand() -> None:
    """Gemma 4 31B: 50 layers of 32 and 16 heads of 256; 10 of 32 and 4 heads of 512, whose keys are projected once for values too."""
    windowed = 2 * 5376 * 32 * 256 + 2 * 5376 * 16 * 256
    full = 2 * 5376 * 32 * 512 + 5376 * 4 * 512
    model = catalog.model("gemma-4-31b")
    assert attention_parameters(model) == round((50 * windowed + 10 * full) / 60)
    assert model.full_kv_values == 2 * 4 * 512
    with pytest.raises(ValueError, match="full_kv_values"):
        changed("deepseek-v3", full_kv_values=64)


def test_compressed_attention_by_hand() -> None:
    """DeepSeek-V4 Flash: a vector of 512 for 4 tokens and an indexer's of 128 in 21 layers, one for 128 tokens in 20, two windows."""
    model = catalog.model("deepseek-v4-flash")
    assert model.full_kv_values == round((21 * (512 + 128) / 4 + 20 * 512 / 128) / 41)
    base = 4096 * 1024 + 1024 * 64 * 512 + 4096 * 512 + 64 * 512 * 1024 + 8 * 1024 * 4096
    sparse = 4096 * 2 * 1024 + 1024 * 64 * 128 + 4096 * 64 + 4096 * 2 * 256
    assert model.attention_weights == round(base + (21 * sparse + 20 * 4096 * 2 * 512) / 43)


@pytest.mark.parametrize(
    ("name", "billions"),
    [("deepseek-v4-flash", 13), ("deepseek-v4-pro", 49), ("nemotron-3-ultra", 55), ("gemma-4-26b-a4b", 3.8), ("kimi-k3", 104)],
)
def test_what_a_token_passes_in_layers_that_differ_is_what_was_published(name: str, billions: float) -> None:
    """The published active count was not used to make the shape."""
    assert (active_parameters(catalog.model(name)) or 0) / 1e9 == pytest.approx(billions, rel=0.025)


def test_layers_of_a_kind_cannot_exceed_all_layers() -> None:
    for field in ("attention_layers", "recurrent_layers", "mlp_layers", "expert_layers"):
        with pytest.raises(ValueError, match="exceeds"):
            changed("llama-3.1-8b", **{field: 33})
    with pytest.raises(ValueError, match="rope_dim"):
        changed("deepseek-v3", rope_dim=192)


@pytest.mark.shared
@pytest.mark.skipif(not MEASURED.is_file(), reason="the development data ../shared is not here")
def test_every_model_of_the_published_measurements_is_known() -> None:
    with gzip.open(MEASURED, "rt", encoding="utf-8", newline="") as lines:
        names = {row["model"] for row in csv.DictReader(lines)}
    assert len(names) > 90
    assert [name for name in sorted(names) if catalog.resolve_model(name).how != "exact"] == []
