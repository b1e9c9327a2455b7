"""What a person gets from `estimate_memory`: parts, a total, a verdict on their accelerator, and clear refusals."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import FrugalError, ToolError, UserError
from knowledge.source import Tier
from tools.contracts.tool import ToolContext, ToolResult
from tools.registry import tool

RANGES = ("weights_gib", "kv_cache_gib", "activations_gib", "optimizer_gib", "overhead_gib", "total_gib")


def ask(out: Path, roots: tuple[Path, ...] = (), brain: Path | None = None, **arguments: Any) -> ToolResult:
    spec = tool("estimate_memory")
    return spec.load()(spec.args(**arguments), ToolContext(out_dir=out, model_roots=roots, brain_dir=brain))


def refusal(out: Path, **arguments: Any) -> FrugalError:
    with pytest.raises(FrugalError) as caught:
        ask(out, **arguments)
    assert caught.value.hint
    return caught.value


def test_an_8b_model_fits_an_a100_and_a_70b_does_not(tmp_path: Path) -> None:
    small = ask(tmp_path, model="Llama-3-8B", gpu="A100 80GB", context=8192).result
    assert (small["fits"], small["fit_margin"], small["gpus_needed"]) == (True, "certain", 1)
    assert small["weights_gib"]["likely"] == pytest.approx(14.96, abs=0.01)
    large = ask(tmp_path, model="Llama-3-70B", gpu="A100 80GB", context=8192).result
    assert (large["fits"], large["largest_batch"]) == (False, 0)
    assert large["gpus_needed"] == 2
    assert ask(tmp_path, model="Llama-3-70B", gpu="A100 80GB", context=8192, precision="int4").result["fits"] is True


@settings(max_examples=60, deadline=None)
@given(
    model=st.sampled_from(
        ["llama-3.1-8b", "gemma-3-27b", "mixtral-8x7b", "gpt-oss-20b", "deepseek-r1", "bert", "whisper-small", "flan-t5-base"]
    ),
    precision=st.sampled_from(["fp32", "bf16", "fp8", "int8", "int4"]),
    batch=st.integers(1, 64),
    mode=st.sampled_from(["inference", "lora"]),
    gpu=st.sampled_from(["T4", "L4", "A100", "H200"]),
)
def test_figures_are_ordered_add_up_and_agree_with_the_verdict(
    tmp_path_factory: pytest.TempPathFactory, model: str, precision: str, batch: int, mode: str, gpu: str
) -> None:
    out = tmp_path_factory.getbasetemp()
    result = ask(out, model=model, precision=precision, batch=batch, mode=mode, gpu=gpu).result
    for key in RANGES:
        assert 0 <= result[key]["low"] <= result[key]["likely"] <= result[key]["high"]
    for bound in ("low", "likely", "high"):
        assert result["total_gib"][bound] == pytest.approx(sum(result[key][bound] for key in RANGES[:-1]))
    assert result["fits"] == (result["total_gib"]["likely"] <= result["gpu_memory_gib"])
    assert result["fits"] == (result["largest_batch"] >= batch)
    assert result["fits"] == (result["gpus_needed"] == 1)


def test_the_largest_batch_and_context_are_really_the_largest(tmp_path: Path) -> None:
    def fits(**more: int) -> bool:
        verdict = ask(tmp_path, **{"model": "llama-3.1-8b", "gpu": "L4", "context": 4096, **more}).result["fits"]
        assert isinstance(verdict, bool)
        return verdict

    result = ask(tmp_path, model="llama-3.1-8b", gpu="L4", context=4096).result
    assert fits(batch=result["largest_batch"])
    assert not fits(batch=result["largest_batch"] + 1)
    assert result["largest_context"] < 131072
    assert fits(context=result["largest_context"])
    assert not fits(context=result["largest_context"] + 1)


def test_one_key_value_head_cannot_be_shared_by_more_devices(tmp_path: Path) -> None:
    """Gemma 3 1B has a single KV head: a cache that overfills one device overfills each of a thousand."""
    wide = {"gpu": "T4", "precision": "fp16", "context": 32768, "batch": 400}
    assert ask(tmp_path, model="gemma-3-1b", **wide).result["gpus_needed"] is None
    assert ask(tmp_path, model="llama-3.2-1b", **wide | {"batch": 64}).result["gpus_needed"] in (4, 8)


def test_without_an_accelerator_nothing_is_said_about_fitting(tmp_path: Path) -> None:
    answer = ask(tmp_path, model="llama-3-8b")
    assert answer.result["fits"] is None
    assert answer.result["gpus_needed"] is None
    assert answer.questions == ("hardware",)


def test_a_format_the_chip_lacks_is_a_note_not_an_error(tmp_path: Path) -> None:
    result = ask(tmp_path, model="llama-3-8b", gpu="A100", precision="fp8").result
    assert any("fp8" in note for note in result["notes"])
    assert any("bf16" in n for n in ask(tmp_path, model="llama-3-8b", gpu="T4").result["notes"])
    assert not ask(tmp_path, model="llama-3-8b", gpu="H100", precision="fp8").result["notes"]


def test_impossible_wishes_are_refused_by_name(tmp_path: Path) -> None:
    too_long = refusal(tmp_path, model="llama-3-8b", context=9000)
    assert too_long.code == "context-too-long"
    assert "8,192" in too_long.message
    assert refusal(tmp_path, model="llama 3 18b").code == "unknown-model"
    assert refusal(tmp_path, model="llama-3-8b", gpu="H1000").code == "unknown-accelerator"
    for precision in ("int4", "int8", "fp8"):
        assert refusal(tmp_path, model="llama-3-8b", mode="full", precision=precision).code == "precision-not-trainable"


def test_a_default_context_shrinks_to_the_model_and_says_so(tmp_path: Path) -> None:
    result = ask(tmp_path, model="bert", batch=8).result
    assert result["context"] == 512
    assert any("longest one" in note for note in result["notes"])
    assert refusal(tmp_path, model="bert", context=4096).code == "context-too-long"


def test_training_needs_more_than_serving_and_adapters_less_than_all(tmp_path: Path) -> None:
    totals = {m: ask(tmp_path, model="llama-3.1-8b", context=2048, mode=m).result["total_gib"] for m in ("inference", "lora", "full")}
    for bound in ("low", "likely", "high"):
        assert totals["inference"][bound] < totals["lora"][bound] < totals["full"][bound]


def test_every_figure_has_its_origin(tmp_path: Path) -> None:
    answer = ask(tmp_path, model="llama-3-8b", gpu="L4", context=4096)
    known = {e.id: e for e in answer.evidence}
    assert len(known) == len(answer.evidence)
    total = next(e for e in answer.evidence if e.claim.startswith("Memory that"))
    assert total.tier is Tier.ESTIMATED
    assert all(parent in known for e in answer.evidence for parent in e.parents)
    assert next(e for e in answer.evidence if e.claim.startswith("Parameters")).tier is Tier.CATALOGUE
    for statement in answer.statements:
        assert not any(c.isdigit() for c in statement.text)
        assert set(statement.figures.values()) <= set(known)
        statement.text.format(**statement.figures, **statement.names)
    assert "estimate_memory --model llama-3-8b" in total.reproduce
    again = ask(tmp_path, model="llama-3-8b", gpu="L4", context=4096)
    assert [e.id for e in again.evidence] == [e.id for e in answer.evidence]


CONFIG = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
    "max_position_embeddings": 256,
    "tie_word_embeddings": False,
}


def folder(place: Path, **changes: Any) -> Path:
    place.mkdir()
    (place / "config.json").write_text(json.dumps({k: v for k, v in {**CONFIG, **changes}.items() if v is not None}))
    return place


def test_a_local_folder_is_sized_from_its_config_alone(tmp_path: Path) -> None:
    result = ask(tmp_path, model=str(folder(tmp_path / "mine")), context=256, precision="fp32").result
    # 3 layers x (4 x 64 x 64 x 3/4 + 3 x 64 x 128 + norms) + 2 x 100 x 64
    assert result["parameters_b"] * 1e9 == 3 * (12288 + 24576 + 256) + 12800
    assert result["kv_cache_gib"]["likely"] * 2**30 == 2 * 3 * 2 * 16 * 256 * 4


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hidden_size": None}, "config-incomplete"),
        ({"vocab_size": "many"}, "config-incomplete"),
        ({"num_key_value_heads": 3}, "config-incomplete"),
        ({"kv_lora_rank": 16, "qk_rope_head_dim": 4}, "config-incomplete"),
    ],
)
def test_a_config_that_does_not_say_enough_is_refused(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    assert refusal(tmp_path, model=str(folder(tmp_path / "mine", **changes))).code == code


def test_bad_folders_are_refused_by_name_without_their_path(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for model, code in ((str(tmp_path / "absent"), "model-not-found"), (str(tmp_path / "empty"), "model-no-config")):
        error = refusal(tmp_path, model=model)
        assert error.code == code
        assert str(tmp_path) not in error.message + error.hint
    (folder(tmp_path / "broken") / "config.json").write_text("{not json")
    assert refusal(tmp_path, model=str(tmp_path / "broken")).code == "config-not-json"


def test_folders_outside_the_allowed_ones_are_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "models", tmp_path / "other"
    inside.mkdir()
    folder(outside)
    folder(inside / "mine")
    assert ask(tmp_path, roots=(inside,), model=str(inside / "mine"), context=256).result["model"] == "mine"
    for wanted in (outside, inside / ".." / "other"):
        with pytest.raises(UserError) as caught:
            ask(tmp_path, roots=(inside,), model=str(wanted))
        assert caught.value.code == "model-outside-roots"


def test_the_bundled_model_has_a_short_name(tmp_path: Path) -> None:
    assert ask(tmp_path, brain=folder(tmp_path / "weights"), model="brain", context=256).result["model"] == "brain"
    with pytest.raises(ToolError) as caught:
        ask(tmp_path, model="brain")
    assert caught.value.code == "brain-missing"


def test_sliding_layers_are_read_from_the_config(tmp_path: Path) -> None:
    kinds = ["sliding_attention", "full_attention", "sliding_attention"]
    windowed = ask(tmp_path, model=str(folder(tmp_path / "w", sliding_window=32, layer_types=kinds)), context=256).result["kv_cache_gib"]
    assert windowed["likely"] * 2**30 == 2 * 2 * 16 * 2 * (256 + 2 * 32)
    unused = ask(tmp_path, model=str(folder(tmp_path / "u", sliding_window=32, use_sliding_window=False)), context=256).result[
        "kv_cache_gib"
    ]
    assert unused["low"] == unused["high"] == windowed["high"]


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert", "t5"])
def test_the_weights_of_a_real_model_are_what_we_say(tmp_path: Path, kind: str) -> None:
    """A tiny real torch model: our count from the headers is exact, and from its config alone within two percent."""
    import torch
    import transformers

    config = {
        "llama": lambda: transformers.LlamaConfig(**{k: v for k, v in CONFIG.items() if k != "model_type"}),
        "gpt2": lambda: transformers.GPT2Config(n_embd=128, n_layer=4, n_head=4, vocab_size=500, n_positions=128),
        "bert": lambda: transformers.BertConfig(
            hidden_size=128, num_hidden_layers=4, num_attention_heads=4, intermediate_size=512, vocab_size=2000, max_position_embeddings=128
        ),
        "t5": lambda: transformers.T5Config(d_model=128, d_kv=32, d_ff=256, num_layers=4, num_heads=4, vocab_size=2000),
    }[kind]()
    classes = {
        "llama": transformers.LlamaForCausalLM,
        "gpt2": transformers.GPT2LMHeadModel,
        "bert": transformers.BertModel,
        "t5": transformers.T5ForConditionalGeneration,
    }
    with torch.device("cpu"):
        model = classes[kind](config)
    allocated = sum({p.data_ptr(): p.numel() * p.element_size() for p in model.parameters()}.values())
    place = tmp_path / kind
    model.save_pretrained(place, safe_serialization=True)
    counted = ask(tmp_path, model=str(place), context=64, precision="fp32").result
    assert counted["weights_gib"]["likely"] * 2**30 == pytest.approx(allocated, abs=1)
    (place / "model.safetensors").unlink()
    computed = ask(tmp_path, model=str(place), context=64, precision="fp32").result
    assert computed["weights_gib"]["likely"] * 2**30 == pytest.approx(allocated, rel=0.02)
