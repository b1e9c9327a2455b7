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
from tools.estimation.memory.formulas import ENGINE_SHARE, LIKELY, USABLE
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
    large = ask(tmp_path, model="Llama-3-70B", gpu="A100 80GB", context=4096).result
    assert (large["fits"], large["largest_batch"]) == (False, 0)
    assert large["gpus_needed"] == 2
    assert {"change": "gpu_count", "to": 2} in large["nearest"] and {"change": "precision", "to": "fp8"} in large["nearest"]
    assert ask(tmp_path, model="Llama-3-70B", gpu="A100 80GB", context=8192, precision="int4").result["fits"] is True


def test_two_cards_share_a_model_and_say_what_each_holds(tmp_path: Path) -> None:
    answer = ask(tmp_path, model="llama 3 70b", gpu="A100 80GB", gpu_count=2, precision="int4", context=8192)
    result = answer.result
    assert (result["gpu_count"], result["fits"], result["gpus_needed"]) == (2, True, 1)
    for bound in ("low", "likely", "high"):
        assert result["total_gib"][bound] == pytest.approx(2 * result["per_gpu_gib"][bound])
    counts = {row["gpu_count"]: row["largest_batch"] for row in result["by_count"]}
    assert list(counts) == [1, 2, 4, 8]
    assert counts[1] < counts[2] < counts[4] < counts[8]
    assert any("share" in statement.figures for statement in answer.statements)


@settings(max_examples=25, deadline=None)
@given(
    model=st.sampled_from(
        ["llama-3.1-8b", "gemma-3-27b", "mixtral-8x7b", "gpt-oss-20b", "deepseek-r1", "bert", "whisper-small", "flan-t5-base"]
    ),
    precision=st.sampled_from(["fp32", "bf16", "fp8", "int8", "int4", "fp4", "nf4"]),
    kv_precision=st.sampled_from(["auto", "fp8", "int8"]),
    batch=st.integers(1, 64),
    mode=st.sampled_from(["inference", "eager", "lora", "qlora"]),
    gpu=st.sampled_from(["T4", "L4", "A100", "H200"]),
)
def test_figures_are_ordered_add_up_and_agree_with_the_verdict(tmp_path_factory: pytest.TempPathFactory, **asked: Any) -> None:
    result = ask(tmp_path_factory.getbasetemp(), **asked).result
    for key in RANGES:
        assert 0 <= result[key]["low"] <= result[key]["likely"] <= result[key]["high"]
    for bound in ("low", "likely", "high"):
        assert result["total_gib"][bound] == pytest.approx(sum(result[key][bound] for key in RANGES[:-1]))
    given = USABLE[LIKELY] * (ENGINE_SHARE[LIKELY] if asked["mode"] == "inference" else 1.0)
    assert result["fits"] == (result["total_gib"]["likely"] <= result["gpu_memory_gib"] * given)
    assert result["fits"] == (result["largest_batch"] >= asked["batch"])
    assert result["fits"] == (result["gpus_needed"] == 1)
    assert result["fits"] == any(row == {"gpu": result["gpu"], "gpu_count": 1} for row in result["accelerators"])
    assert not (result["fits"] and result["nearest"])


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


def test_without_an_accelerator_nothing_is_said_about_fitting_one(tmp_path: Path) -> None:
    answer = ask(tmp_path, model="llama-3-8b")
    assert answer.result["fits"] is None
    assert answer.result["gpus_needed"] is None
    assert {"gpu": "L4", "gpu_count": 1} in answer.result["accelerators"]
    assert answer.questions == ("hardware",)


def test_a_format_the_chip_lacks_is_a_note_not_an_error(tmp_path: Path) -> None:
    result = ask(tmp_path, model="llama-3-8b", gpu="A100", precision="fp8").result
    assert any("fp8" in note and "stored" in note for note in result["notes"])
    assert result["weights_gib"]["likely"] < 9
    assert any("bf16" in n for n in ask(tmp_path, model="llama-3-8b", gpu="T4").result["notes"])
    assert not ask(tmp_path, model="llama-3-8b", gpu="H100", precision="fp8").result["notes"]
    cache = ask(tmp_path, model="llama-3-8b", gpu="A100", kv_precision="fp8").result
    assert any("KV cache" in note for note in cache["notes"])
    assert cache["kv_cache_gib"]["likely"] == ask(tmp_path, model="llama-3-8b", gpu="A100").result["kv_cache_gib"]["likely"] / 2


def test_impossible_wishes_are_refused_by_name(tmp_path: Path) -> None:
    too_long = refusal(tmp_path, model="llama-3-8b", context=9000)
    assert too_long.code == "context-too-long"
    assert "8,192" in too_long.message and too_long.details["nearest"] == ["8192"]
    assert refusal(tmp_path, model="no such model at all").code == "unknown-model"
    assert refusal(tmp_path, model="llama-3-8b", gpu="H1000").code == "unknown-accelerator"
    for precision in ("int4", "int8", "fp8", "fp4", "nf4"):
        assert refusal(tmp_path, model="llama-3-8b", mode="full", precision=precision).code == "precision-not-trainable"
    odd = refusal(tmp_path, model="qwen2.5-7b", gpu="A100", gpu_count=8)
    assert odd.code == "heads-not-divisible"
    assert odd.details["nearest"] == ["1", "2", "4"]
    assert refusal(tmp_path, model="llama-3-8b", mode="eager", gpu_count=2).code == "eager-on-one"


def test_a_default_context_shrinks_to_the_model_and_says_so(tmp_path: Path) -> None:
    result = ask(tmp_path, model="bert", batch=8).result
    assert result["context"] == 512
    assert any("longest one" in note for note in result["notes"])
    assert refusal(tmp_path, model="bert", context=4096).code == "context-too-long"


def test_a_name_that_was_read_as_another_is_told(tmp_path: Path) -> None:
    assert any("was read as llama-3-8b" in note for note in ask(tmp_path, model="lama 3 8b").result["notes"])


def test_training_needs_more_than_serving_and_adapters_less_than_all(tmp_path: Path) -> None:
    totals = {
        m: ask(tmp_path, model="llama-3.1-8b", context=2048, mode=m).result["total_gib"] for m in ("inference", "qlora", "lora", "full")
    }
    for bound in ("low", "likely", "high"):
        assert totals["inference"]["low"] < totals["lora"][bound] < totals["full"][bound]
    assert totals["qlora"]["likely"] < totals["lora"]["likely"]


def test_ways_to_train_the_same_model_stand_side_by_side(tmp_path: Path) -> None:
    result = ask(tmp_path, model="llama-3.1-8b", context=2048, mode="full", gpu="H100", gpu_count=8).result
    rows = {(r["optimizer"], r["zero_stage"], r["gradient_checkpointing"]): r for r in result["variants"]}
    assert len(rows) == 5 * 4 * 2
    assert rows["adamw", 3, True]["fits"] and not rows["adamw", 0, False]["fits"]
    assert rows["adamw", 3, True]["per_gpu_gib"]["likely"] == result["per_gpu_gib"]["likely"]
    assert rows["adamw_8bit", 3, True]["per_gpu_gib"]["likely"] < rows["adamw", 3, True]["per_gpu_gib"]["likely"]
    alone = ask(tmp_path, model="llama-3.1-8b", context=2048, mode="full", gpu="H100").result
    assert not alone["fits"] and {"change": "mode", "to": "lora"} in alone["nearest"]


def test_every_figure_has_its_origin(tmp_path: Path) -> None:
    answer = ask(tmp_path, model="llama-3-8b", gpu="L4", context=4096)
    known = {e.id: e for e in answer.evidence}
    assert len(known) == len(answer.evidence)
    total = next(e for e in answer.evidence if e.claim.startswith("Memory in all"))
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


def test_a_model_in_the_local_hub_cache_is_found_without_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    snapshot = tmp_path / "hub" / "models--acme--small" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text("abc")
    (snapshot / "config.json").write_text(json.dumps(CONFIG))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    assert ask(tmp_path, model="acme/small", context=256).result["parameters_b"] * 1e9 == pytest.approx(123_392, abs=1000)
    assert refusal(tmp_path, model="acme/absent-thing").code == "unknown-model"
    with pytest.raises(UserError) as caught:
        ask(tmp_path, roots=(tmp_path / "elsewhere",), model="acme/small")
    assert caught.value.code == "model-outside-roots"


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
