"""What a measurement will cost, said before it starts: seconds, disk and memory from the parameter count. Loads nothing.

Rule of thumb fitted to runs on a 2-core AVX-512 machine (torch 2.13, OpenVINO 2026.4): process start and imports
12 s, conversion 8 s + 12 s per 100 M parameters, timing 2.5 to 20 s a shape, generating at
15 GFLOP/s and reading (quality) at 60 GFLOP/s, 2 x parameters operations a token.
"""

from pathlib import Path

from tools.contracts.tool import JobEstimate
from tools.measuring.machine import MIB
from tools.measuring.model_folder import ModelFolder

_START_S, _EXPORT_S, _EXPORT_S_PER_PARAMETER, _FLOPS = 12.0, 8.0, 12.0 / 1e8, 15e9
_PASS_FLOPS = 60e9
_LIBRARIES_MIB = 700.0


def measuring_estimate(
    folder: ModelFolder,
    task: str,
    arms: int,
    shapes: int,
    exports: bool,
    data: str,
    copies_at_once: int = 1,
    copies_kept: float = 0.0,
    scored: bool = True,
) -> JobEstimate:
    """Estimate for `arms` engines with `shapes` request shapes each; `copies_at_once` models in memory together."""
    tokens = 64 + 32 * 4 if task == "text-generation" else 128
    request = 2.0 * folder.parameters * tokens / _FLOPS
    timing = shapes * min(20.0, max(2.5, 13 * request))
    has_rows = bool(data) or (task == "text-generation" and (folder.path / "eval.jsonl").is_file())
    rows = _rows(folder, task, data) if has_rows and scored else 0
    quality = rows * max(0.01, 2.0 * folder.parameters * 200 / _PASS_FLOPS)
    export = _EXPORT_S + _EXPORT_S_PER_PARAMETER * folder.parameters if exports else 0.0
    weights = folder.parameters * 4 / MIB
    touches = [f"reads the model folder {folder.name}", "writes below the job's own output folder"]
    if data:
        touches.append(f"reads {Path(data).name}")
    return JobEstimate(
        seconds=round(arms * (_START_S + timing + quality) + export, 1),
        disk_mib=round(weights * (1.0 if exports else 0.0) + weights * copies_kept + 1, 1),
        memory_mib=round(copies_at_once * (_LIBRARIES_MIB + 1.5 * weights) + (weights if exports else 0.0)),
        touches=tuple(touches),
        basis=f"{folder.parameters / 1e6:,.1f} M parameters, {arms} run{'s' if arms > 1 else ''}, {rows} rows of quality; rule fitted "
        "to runs on 2 cores, right within a factor of two on a similar machine, longer where others use it too",
    )


def _rows(folder: ModelFolder, task: str, data: str) -> int:
    """Lines of the evaluation file, up to what is used."""
    file = Path(data).expanduser() if data else folder.path / "eval.jsonl"
    most = 1000 if task == "text-classification" else 300
    try:
        with file.open("rb") as stream:
            return sum(1 for _, _line in zip(range(most), stream, strict=False))
    except OSError:
        return 0
