"""Promise to an engineer with a model folder: real runs in fresh processes, every figure with its evidence, failures as data."""

from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import ToolError, UserError
from knowledge.source import Tier
from tests.models import PAIRS, trained_bert_folder, trained_causal_folder, write_sentences
from tools.benchmarking import work
from tools.benchmarking.tool import BenchmarkModel
from tools.contracts.tool import ToolContext, ToolResult

KEYS = {"runtime", "precision", "batch", "p50_ms", "p95_ms", "throughput", "peak_memory_mib", "size_mib"} | {
    "quality",
    "quality_low",
    "quality_high",
    "energy_j_per_request",
}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MIN_SECONDS", 0.3)
    monkeypatch.setattr(work, "MAX_SECONDS", 6.0)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_bert_folder(tmp_path_factory.mktemp("models") / "reviews")


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_causal_folder(tmp_path_factory.mktemp("models") / "writer")


def check_figures(result: ToolResult) -> None:
    known = {item.id: item for item in result.evidence}
    for run in result.result["runs"]:
        if run["status"] != "ok":
            continue
        for figure, ident in run["evidence"].items():
            item = known[ident]
            assert item.value is not None and item.value.likely == pytest.approx(run[figure]) and item.tier == Tier.MEASURED
            assert item.reproduce.startswith("python -m app run benchmark_model") and item.environment["cpu"] and item.method
    for sentence in result.statements:
        assert all(ident in known for ident in sentence.figures.values())
        assert not any(c.isdigit() for c in sentence.text.replace("p95", "").replace("int8", ""))


@pytest.mark.heavy
def test_a_classifier_is_timed_in_batches_and_scored_on_the_users_file(classifier: Path, tmp_path: Path) -> None:
    data = write_sentences(tmp_path / "reviews.csv", 60)
    phases: list[tuple[str, float, float]] = []
    context = ToolContext(out_dir=tmp_path, progress=lambda *step: phases.append(step))
    result = work.run(BenchmarkModel(model=str(classifier), data=str(data), batch_sizes="1,4", runtime="torch"), context)
    first, second = result.result["runs"]
    assert first.keys() >= KEYS and (first["runtime"], first["precision"], first["batch"], second["batch"]) == (
        "torch",
        "fp32",
        1,
        4,
    )
    assert 0 < first["p50_low_ms"] <= first["p50_ms"] <= first["p50_high_ms"] and first["p50_ms"] <= first["p95_ms"]
    assert first["iterations"] >= 10 and first["quality"] >= 0.95 and first["quality_low"] < first["quality"]
    assert first["size_mib"] == pytest.approx((classifier / "model.safetensors").stat().st_size / 2**20)
    assert first["peak_memory_mib"] > first["libraries_mib"] > 50
    assert (first["energy_j_per_request"] is None) == (first["energy_note"] == "no counter")
    assert any("timing torch" in phase for phase, _, _ in phases) and all(done <= total for _, done, total in phases)
    check_figures(result)


@pytest.mark.heavy
def test_the_brain_is_scored_on_its_own_set_in_both_engines(writer: Path, tmp_path: Path) -> None:
    context = ToolContext(out_dir=tmp_path, brain_dir=writer)
    result = work.run(BenchmarkModel(model="brain", batch_sizes="1"), context)
    torch_run, openvino_run = result.result["runs"]
    assert (torch_run["runtime"], openvino_run["runtime"]) == ("torch", "openvino"), "the baseline comes first"
    assert torch_run["quality_metric"] == "exact_match" and torch_run["throughput_unit"] == "tokens/s"
    right = len(PAIRS) / (len(PAIRS) + 2)
    assert torch_run["quality"] == pytest.approx(right) and openvino_run["quality"] == pytest.approx(right)
    assert result.result["evaluation"]["source"] == "eval.jsonl" and result.result["model"] == "brain"
    assert not (tmp_path / "openvino").exists(), "the conversion is cleaned up"
    check_figures(result)


@pytest.mark.heavy
def test_one_pass_finds_exactly_what_greedy_decoding_writes(writer: Path) -> None:
    """The score is taken without generating; here real greedy decoding confirms it."""
    import torch

    from tools.measuring.inside import score_answers
    from tools.measuring.loading import load_torch

    engine = load_torch(writer, "text-generation", threads=1)
    prompts = [p for p, _ in PAIRS] + ["good meal", "bad day"]
    answers = []
    for prompt in prompts:
        ids = torch.tensor([engine.tokenizer(prompt)["input_ids"][:-1]])
        out = engine.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False, pad_token_id=0, eos_token_id=3
        )
        answers.append(engine.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True))
    ended = [(p, a) for p, a in zip(prompts, answers, strict=True) if a]
    found = score_answers({"engine": engine, "progress": lambda *_: None}, [p for p, _ in ended], [a for _, a in ended], 128)
    assert sum(found["totals"]) >= len(PAIRS) and found["totals"][: len(PAIRS)] == [1.0] * len(PAIRS)


@pytest.mark.heavy
def test_perplexity_is_the_models_own_loss_on_plain_text(writer: Path, tmp_path: Path) -> None:
    import math

    import torch

    from tools.measuring.inside import score_text
    from tools.measuring.loading import load_torch
    from tools.measuring.quality import Scores

    engine = load_torch(writer, "text-generation", threads=1)
    texts = ["good film happy day", "the service was bad"]
    found = Scores.from_reply(score_text({"engine": engine, "progress": lambda *_: None}, texts, 128))
    total = count = 0.0
    for text in texts:
        ids = torch.tensor([engine.tokenizer(text)["input_ids"]])
        with torch.no_grad():
            total += float(engine.model(input_ids=ids, labels=ids).loss) * (ids.shape[1] - 1)
        count += ids.shape[1] - 1
    assert found.metric == "perplexity" and found.value == pytest.approx(math.exp(total / count), rel=1e-4)


@pytest.mark.heavy
def test_weights_that_measure_nothing_are_refused(writer: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    from tools.measuring.loading import load_torch

    for name, change in (("nan", float("nan")), ("zero", 0.0)):
        spoiled = shutil.copytree(writer, tmp_path / name)
        tensors = load_file(spoiled / "model.safetensors")
        save_file({k: v * change for k, v in tensors.items()}, spoiled / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(UserError) as caught:
            load_torch(spoiled, "text-generation", threads=1)
        assert caught.value.code == {"nan": "weights-not-finite", "zero": "weights-all-zero"}[name]
    short = shutil.copytree(writer, tmp_path / "short")
    tensors = load_file(short / "model.safetensors")
    tensors.pop("model.norm.weight")
    save_file(tensors, short / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError) as caught:
        load_torch(short, "text-generation", threads=1)
    assert caught.value.code == "weights-incomplete" and "model.norm.weight" in caught.value.message


@pytest.mark.heavy
def test_an_engine_that_fails_is_a_row_with_its_reason(classifier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def __init__(self, *_: Any) -> None: ...
        def __enter__(self) -> "Failing":
            return self

        def __exit__(self, *_: Any) -> None: ...
        def call(self, *_: Any, **__: Any) -> None:
            raise ToolError("model-load-failed", "OpenVINO cannot load this model.", "Another runtime may.")

    monkeypatch.setattr(work, "Child", Failing)
    result = work.run(BenchmarkModel(model=str(classifier), batch_sizes="1"), ToolContext(out_dir=tmp_path))
    good, bad = result.result["runs"]
    assert good["status"] == "ok" and good["quality"] is None and good["quality_note"]
    assert bad["status"] == "failed" and bad["p50_ms"] is None and "OpenVINO" in bad["reason"]
    assert any("failed" in s.text for s in result.statements)
    with pytest.raises(ToolError):
        work.run(BenchmarkModel(model=str(classifier), batch_sizes="1", runtime="openvino"), ToolContext(out_dir=tmp_path))


@pytest.mark.parametrize("text", ["", "0", "-1", "a,b", "1,99999", "1,2,3,4,5,6,7"])
def test_bad_batch_sizes_say_the_valid_ones(text: str) -> None:
    with pytest.raises(UserError) as caught:
        work.batches(text)
    assert caught.value.code == "batch-sizes-invalid" and "1,8" in caught.value.hint


@pytest.mark.heavy
def test_the_estimate_names_what_is_touched_without_opening_the_model(classifier: Path, tmp_path: Path) -> None:
    found = work.estimate(BenchmarkModel(model=str(classifier)), ToolContext(out_dir=tmp_path))
    assert found.seconds > 10 and found.memory_mib > 500 and found.basis
    assert any("reviews" in touched for touched in found.touches)
