"""Makes the int8 OpenVINO copy of a causal LM folder through Optimum-Intel. Weight-only int8; needs no calibration data.

The copy remembers the SHA-256 of the weights it was made from, so that a stale copy is noticed, never used.
"""

import hashlib
import json
import shutil
from pathlib import Path

from agent.brain.place import INT8


def weights_hash(folder: Path) -> str:
    """SHA-256 over the folder's safetensors files, in name order."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(folder: Path, copy: Path) -> bool:
    """Whether `copy` was made from the weights now in `folder`."""
    note = copy / "made_from.json"
    return note.is_file() and json.loads(note.read_text())["weights_sha256"] == weights_hash(folder)


def export_int8(folder: Path, target: Path | None = None) -> Path:
    """Writes (or renews) the int8 copy and returns its folder; nothing to do where it is current."""
    target = target or folder / INT8
    if is_current(folder, target):
        return target
    from optimum.intel import OVModelForCausalLM, OVWeightQuantizationConfig

    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    model = OVModelForCausalLM.from_pretrained(
        folder, export=True, compile=False, local_files_only=True, quantization_config=OVWeightQuantizationConfig(bits=8, sym=False)
    )
    model.save_pretrained(fresh)
    for extra in fresh.iterdir():
        if extra.suffix not in (".xml", ".bin"):
            extra.unlink()
    (fresh / "made_from.json").write_text(
        json.dumps({"weights_sha256": weights_hash(folder), "method": "weight-only int8 by Optimum-Intel"})
    )
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return target
