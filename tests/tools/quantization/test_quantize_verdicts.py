"""Promise to whoever lets Frugal shrink a model: a loadable smaller copy, a fair comparison, and broken copies refused."""

import shutil
from pathlib import Path

import pytest

from knowledge.errors import UserError
from tests.models import permute_layer, sentences, trained_bert_folder, write_sentences
from tools.contracts.tool import ToolContext
from tools.measuring.evaluation import plan_evaluation
from tools.measuring.inside import score_classes
from tools.measuring.labelled_rows import read_labelled
from tools.measuring.loading import load_torch
from tools.measuring.model_folder import resolve
from tools.measuring.quality import Scores, gate
from tools.quantization import work
from tools.quantization.tool import QuantizeModel


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_bert_folder(tmp_path_factory.mktemp("models") / "reviews")


@pytest.mark.heavy
def test_the_int8_copy_is_smaller_loads_and_keeps_its_answers(classifier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MAX_COMPARE_SECONDS", 4.0)
    data = write_sentences(tmp_path / "reviews.csv", 150)
    before = {f.name: f.read_bytes() for f in classifier.iterdir()}
    result = work.run(QuantizeModel(model=str(classifier), data=str(data)), ToolContext(out_dir=tmp_path / "out"))
    found = result.result
    assert [r["name"] for r in found["runs"]] == ["baseline", "plain", "int8-weights", "int8-full"]
    assert found["candidate"]["size_mib"] < 0.6 * found["baseline"]["size_mib"] and found["size_ratio"] < 0.6
    assert found["verdict"] in ("do", "do_not", "try_first") and found["reason"]
    if found["verdict"] == "do":
        assert found["time_ratio"]["high"] < 1, "no speed-up is claimed where the interval holds one"
    assert found["quality_gate"] == "passed" and found["baseline"]["quality"] >= 0.95
    assert {f.name: f.read_bytes() for f in classifier.iterdir()} == before, "the source is untouched"

    from optimum.intel import OVModelForSequenceClassification
    from transformers import AutoTokenizer

    place = Path(found["artefact"])
    model, tokenizer = OVModelForSequenceClassification.from_pretrained(place), AutoTokenizer.from_pretrained(place)
    rows = sentences(40, seed=77)
    answers = [int(model(**tokenizer(text, return_tensors="pt")).logits.argmax()) for text, _ in rows]
    assert sum(a == (label == "positive") for a, (_, label) in zip(answers, rows, strict=True)) >= 38
    stored = sum(f.stat().st_size for f in place.iterdir() if f.name.startswith("openvino_") and f.suffix in (".xml", ".bin"))
    assert stored / 2**20 == pytest.approx(found["candidate"]["size_mib"]), "the size is as stated"
    assert {a.path for a in result.artefacts} == {f"int8/{f.name}" for f in place.iterdir()}

    comparison = [e for e in result.evidence if e.inputs.get("kind") == "comparison"]
    assert len(comparison) == 1 and comparison[0].inputs["technique"] == "quantize_cpu_int8" and comparison[0].unit == "ratio"
    assert comparison[0].inputs["verdict"] == found["verdict"] and comparison[0].inputs["baseline"]["p50_ms"] > 0
    known = {e.id for e in result.evidence}
    assert all(i in known for s in result.statements for i in s.figures.values()) and set(comparison[0].parents) <= known


@pytest.mark.heavy
def test_a_copy_with_a_shuffled_layer_is_refused(classifier: Path, tmp_path: Path) -> None:
    data = write_sentences(tmp_path / "reviews.csv", 100)
    context = ToolContext(out_dir=tmp_path)
    good = resolve(str(classifier), context)
    broken = resolve(str(permute_layer(classifier, tmp_path / "broken")), context)
    evaluation, _ = plan_evaluation(good, "text-classification", str(data))
    assert evaluation.args is not None
    found = []
    for folder in (good, broken):
        state = {"engine": load_torch(folder.path, "text-classification", threads=1), "progress": lambda *_: None}
        found.append(Scores.from_reply(score_classes(state, **evaluation.args)))
    assert gate(found[0], found[1], tolerance=0.01).state == "failed"
    assert gate(found[0], found[0], tolerance=0.01).state == "passed"


@pytest.mark.heavy
def test_calibration_and_evaluation_never_share_a_text(classifier: Path, tmp_path: Path) -> None:
    data = write_sentences(tmp_path / "reviews.csv", 120)
    folder = resolve(str(classifier), ToolContext(out_dir=tmp_path))
    evaluation, calibration, _ = work.split(folder, "text-classification", str(data))
    assert len(calibration) >= 20 and evaluation.args is not None
    assert not set(calibration) & set(evaluation.args["texts"])
    few = write_sentences(tmp_path / "few.csv", 30)
    evaluation, calibration, note = work.split(folder, "text-classification", str(few))
    assert calibration == [] and "too few rows" in note and evaluation.rows == len(read_labelled(few).rows)


def test_nothing_is_ever_written_over_or_outside(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "x").write_text("mine")
    local = ToolContext(out_dir=tmp_path / "job")
    with pytest.raises(UserError) as caught:
        work.output_place(str(taken), local)
    assert caught.value.code == "out-exists" and (taken / "x").read_text() == "mine"
    assert work.output_place(str(tmp_path / "new"), local) == (tmp_path / "new").resolve()
    shared = ToolContext(out_dir=tmp_path / "job", model_roots=(tmp_path,))
    for bad in (str(tmp_path / "elsewhere"), "../escape"):
        with pytest.raises(UserError) as caught:
            work.output_place(bad, shared)
        assert caught.value.code == "out-not-allowed"
    assert work.output_place("mine", shared) == (tmp_path / "job" / "mine").resolve()
    shutil.rmtree(taken)
