"""Promise to whoever points Frugal at a folder: what is unsafe or unusable is refused by name before anything loads it.

Every bad folder is made from a good one by one change. Files that would run code carry a canary; none may appear.
Loads no torch: the folders hold a hand-written safetensors file.
"""

import json
import os
import pickle
import struct
import sys
from pathlib import Path

import pytest

from knowledge.errors import FrugalError, UserError
from tools.contracts.tool import ToolContext
from tools.measuring.model_folder import resolve

TENSORS = {"bert.embeddings.word_embeddings.weight": [12, 4], "bert.encoder.layer.0.dense.weight": [4, 4], "classifier.weight": [2, 4]}
CONFIG = {
    "model_type": "bert",
    "architectures": ["BertForSequenceClassification"],
    "num_hidden_layers": 1,
    "vocab_size": 12,
    "id2label": {"0": "no", "1": "yes"},
}


def header_of(tensors: dict[str, list[int]], dtype: str = "F32", size: int = 4) -> dict[str, dict[str, object]]:
    position, out = 0, {}
    for name, shape in tensors.items():
        length = size
        for n in shape:
            length *= n
        out[name] = {"dtype": dtype, "shape": shape, "data_offsets": [position, position + length]}
        position += length
    return out


def safetensors(header: object, data: int | None = None) -> bytes:
    raw = json.dumps(header).encode()
    if data is None:
        data = max(entry["data_offsets"][1] for entry in header.values())  # type: ignore[attr-defined]
    return struct.pack("<Q", len(raw)) + raw + bytes(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    good = tmp_path / "mine"
    good.mkdir()
    (good / "config.json").write_text(json.dumps(CONFIG))
    (good / "model.safetensors").write_bytes(safetensors(header_of(TENSORS)))
    (good / "tokenizer.json").write_text("{}")
    (good / "tokenizer_config.json").write_text("{}")
    return good


def refusal(folder: Path | str, **more: object) -> FrugalError:
    with pytest.raises(FrugalError) as caught:
        resolve(str(folder), ToolContext(out_dir=Path(), **more))  # type: ignore[arg-type]
    error = caught.value
    assert error.message and error.hint, "every refusal says what happened and what to do next"
    if Path(folder).is_absolute():
        assert str(Path(folder).parent) not in error.message + error.hint, "no server path in a message"
    return error


class Canary:
    """Unpickling this writes a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.target),)


def test_a_good_folder_is_counted_without_any_model_library(folder: Path) -> None:
    model = resolve(str(folder), ToolContext(out_dir=Path()))
    assert (model.parameters, model.precision, model.task()) == (12 * 4 + 16 + 8, "fp32", "text-classification")
    assert model.weight_bytes == (folder / "model.safetensors").stat().st_size


def test_the_gate_imports_no_model_library() -> None:
    import subprocess

    code = (
        "import sys, tools.benchmarking.work, tools.quantization.work, tools.profiling.work;"
        "print([m for m in ('torch', 'transformers', 'openvino', 'nncf') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).resolve().parents[3])
    assert found.stdout.strip() == "[]", found.stderr


def test_code_and_pickles_are_refused_and_never_run(folder: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    (folder / "modeling_x.py").write_text(f"import os; os.mkdir({str(canary)!r})")
    (folder / "config.json").write_text(json.dumps({**CONFIG, "auto_map": {"AutoModel": "modeling_x.X"}}))
    assert refusal(folder).code == "model-brings-code"
    (folder / "modeling_x.py").unlink()
    assert "auto_map" in refusal(folder).message
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Canary(canary)))
    error = refusal(folder)
    assert error.code == "model-pickle-only" and "pytorch_model.bin" in error.message and "save_pretrained" in error.hint
    (folder / "pytorch_model.bin").rename(folder / "model.safetensors")
    assert refusal(folder).code == "weights-are-pickle"
    assert not canary.exists()
    pickle.loads((folder / "model.safetensors").read_bytes())
    assert canary.exists(), "the trap is real: loading it does run code"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", {**CONFIG, "backbone_config": {"deep": [{"trust_remote_code": "True"}]}}),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["tok.T", None]}}),
        ("tokenizer_config.json", {"auto_map": "user/repo--file.Class"}),
        ("config.json", {**CONFIG, "attn_implementation": "someone/kernels"}),
        ("generation_config.json", {"trust_remote_code": True}),
    ],
)
def test_code_is_found_wherever_it_is_asked_for(folder: Path, file: str, content: dict[str, object]) -> None:
    (folder / file).write_text(json.dumps(content))
    error = refusal(folder)
    assert error.code == "model-brings-code" and file in error.message


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("", "config-not-json", "not valid JSON"),
        ("{", "config-not-json", "line 1"),
        ("[1, 2]", "config-not-object", "list"),
        ('{"model_type": "bert", "model_type": "gpt2"}', "config-not-json", "twice"),
        ('{"a":' * 3000 + "1" + "}" * 3000, "config-too-deep", "nested deeper"),
        (" " * 10_000_001, "config-too-big", "bytes"),
        ("{}", "config-no-model-type", "model_type"),
        (json.dumps({**CONFIG, "quantization_config": {"quant_method": "gptq"}}), "model-already-quantized", "gptq"),
        (json.dumps({**CONFIG, "num_hidden_layers": 32}), "model-config-mismatch", "32 layers"),
        (json.dumps({**CONFIG, "vocab_size": 13}), "model-config-mismatch", "12 rows"),
    ],
)
def test_a_broken_config_says_what_is_broken(folder: Path, content: str, code: str, words: str) -> None:
    (folder / "config.json").write_text(content)
    error = refusal(folder)
    assert error.code == code and words in error.message


GOOD = header_of(TENSORS)
FIRST = next(iter(GOOD))


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "weights-truncated", "empty"),
        (b"\x01\x02", "weights-truncated", "too short"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n", "weights-lfs-pointer", "Git LFS"),
        (struct.pack("<Q", 200_000_000) + b"{}", "weights-header-too-big", "limit"),
        (struct.pack("<Q", 5000) + b"{}", "weights-truncated", "cut short"),
        (struct.pack("<Q", 4) + b"abcd", "weights-header-broken", "not JSON"),
        (struct.pack("<Q", 2) + b"{}", "weights-header-broken", "no tensor"),
        (b"PK\x03\x04" + bytes(60), "weights-are-pickle", "pickle"),
        (safetensors(GOOD, data=10), "weights-truncated", "cut short"),
        (safetensors(GOOD, data=5000), "weights-header-broken", "follow the last tensor"),
        (safetensors({**GOOD, FIRST: {**GOOD[FIRST], "dtype": "F99"}}, 300), "weights-dtype-unknown", "F99"),
        (safetensors({**GOOD, FIRST: {**GOOD[FIRST], "shape": [-1, 4]}}, 300), "weights-header-broken", "impossible shape"),
        (safetensors({**GOOD, FIRST: {**GOOD[FIRST], "shape": [2**40, 2**40]}}, 300), "weights-header-broken", "another number of bytes"),
        (safetensors({**GOOD, "extra": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, 300), "weights-header-broken", "overlaps"),
        (safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}), "weights-header-broken", "hole"),
    ],
)
def test_broken_weights_say_what_is_broken(folder: Path, content: bytes, code: str, words: str) -> None:
    (folder / "model.safetensors").write_bytes(content)
    error = refusal(folder)
    assert error.code == code and words in error.message and "model.safetensors" in error.message


def test_shards_are_all_there_or_the_missing_one_is_named(folder: Path) -> None:
    index = {"weight_map": {FIRST: "model-1.safetensors", "classifier.weight": "model-2.safetensors"}}
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    assert refusal(folder).code == "model-no-index"
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    error = refusal(folder)
    assert error.code == "model-shard-missing" and "model-2.safetensors" in error.message
    (folder / "model-2.safetensors").write_bytes(safetensors(header_of({"other": [2]})))
    assert refusal(folder).code == "model-shard-incomplete"
    index["weight_map"]["classifier.weight"] = "../outside.safetensors"
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert refusal(folder).code == "model-index-broken"


def test_missing_things_are_told_apart(folder: Path, tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere").code == "model-not-found"
    assert refusal(folder / "config.json").code == "model-not-a-folder"
    (tmp_path / "hollow").mkdir()
    assert refusal(tmp_path / "hollow").code == "model-folder-empty"
    (folder / "tokenizer.json").unlink()
    assert refusal(folder).code == "tokenizer-missing"
    (folder / "model.safetensors").unlink()
    assert refusal(folder).code == "model-no-weights"
    (folder / "model.gguf").write_bytes(b"GGUF")
    assert "GGUF" in refusal(folder).message
    (folder / "config.json").unlink()
    assert refusal(folder).code == "model-format-unsupported"
    (folder / "model.gguf").unlink()
    assert refusal(folder).code == "model-no-config"
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "org/base"}')
    assert "org/base" in refusal(folder).message


@pytest.mark.parametrize(
    "name", ["a/b/c", "../x", "a b", "https://x.org/y", "m" * 300, "modèle/😀", "", "a//b", "-x/y", "a--b", "a./b", "a/b.git"]
)
def test_a_bad_hub_id_shows_the_pattern(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    error = refusal(name)
    assert error.code == "hub-id-invalid" and "owner/name" in error.hint


def test_a_hub_id_that_is_not_here_says_how_to_bring_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    error = refusal("some-org/never-downloaded")
    assert error.code == "hub-offline" and "hf download some-org/never-downloaded" in error.hint


def test_a_model_in_the_local_cache_is_found_by_its_id(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda model, file: str(folder / file))
    assert resolve("org/mine", ToolContext(out_dir=Path())).name == "org/mine"
    assert refusal("org/mine", model_roots=(tmp_path / "elsewhere",)).code == "model-outside-roots"


def test_only_allowed_roots_are_read_and_links_do_not_lead_out(folder: Path, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    assert refusal(folder, model_roots=(allowed,)).code == "model-outside-roots"
    inside = allowed / "copy"
    inside.mkdir()
    for file in folder.iterdir():
        (inside / file.name).write_bytes(file.read_bytes())
    assert resolve(str(inside), ToolContext(out_dir=Path(), model_roots=(allowed,))).name == "copy"
    (inside / "model.safetensors").unlink()
    (inside / "model.safetensors").symlink_to(folder / "model.safetensors")
    assert refusal(inside, model_roots=(allowed,)).code == "model-link-outside"


def test_the_brain_is_missing_until_it_is_installed(tmp_path: Path) -> None:
    assert refusal("brain", brain_dir=None).code == "brain-missing"


def test_a_folder_that_changes_during_the_run_voids_it(folder: Path) -> None:
    model = resolve(str(folder), ToolContext(out_dir=Path()))
    model.check_unchanged()
    (folder / "config.json").write_text(json.dumps({**CONFIG, "note": 1}))
    with pytest.raises(FrugalError) as caught:
        model.check_unchanged()
    assert caught.value.code == "folder-changed"


def test_a_task_the_model_is_not_made_for_is_refused(folder: Path) -> None:
    model = resolve(str(folder), ToolContext(out_dir=Path()))
    with pytest.raises(UserError) as caught:
        model.task("text-generation")
    assert caught.value.code == "task-mismatch"


def test_a_model_bigger_than_memory_says_need_and_have(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.measuring import runs

    monkeypatch.setattr(runs, "available_mib", lambda: 100.0)
    with pytest.raises(FrugalError) as caught:
        runs.require_memory(resolve(str(folder), ToolContext(out_dir=Path())), copies=1)
    assert caught.value.code == "model-too-big" and "100 MiB are free" in caught.value.message
