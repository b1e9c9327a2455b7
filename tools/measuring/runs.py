"""One measured run: starts a fresh child for a target, times it through the harness, and writes the run's record.

A `Target` is a model in one engine and number format. The record's keys are those of DESIGN section 5 (`p50_ms`,
`throughput`, `peak_memory_mib`, `size_mib`, `quality` ...); what is not known is None with a note, never 0. Times in
ms, memory and size in MiB, throughput in items/s, or tokens/s where text is generated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knowledge.errors import ToolError
from knowledge.ranges import Range
from tools.measuring import harness
from tools.measuring.child_process import Child
from tools.measuring.loading import Shape
from tools.measuring.machine import MIB, LoadWatch, available_mib, cores
from tools.measuring.model_folder import ModelFolder, tensor_bytes
from tools.measuring.quality import Scores

CONTENDED_ABOVE = 0.10  # share of the machine that other programs may use before times count as disturbed
_LIBRARIES_MIB = 700  # what torch, transformers and OpenVINO take before a model is there


@dataclass(frozen=True)
class Target:
    """A model in one engine: `folder` holds its files, `files` are the weights that count as its size."""

    name: str
    runtime: str
    precision: str
    folder: Path
    tokenizer_folder: Path
    files: tuple[Path, ...]

    @property
    def size_mib(self) -> float:
        """Weights on disk (for OpenVINO the .xml and .bin)."""
        return sum(f.stat().st_size for f in self.files) / MIB


def stored_target(folder: ModelFolder) -> Target:
    """The model as it is stored, in torch."""
    return Target("baseline", "torch", folder.precision, folder.path, folder.path, folder.weight_files)


def openvino_target(name: str, precision: str, folder: Path, tokenizer_folder: Path) -> Target:
    """An OpenVINO IR folder."""
    files = tuple(sorted(f for f in folder.iterdir() if f.name.startswith("openvino_") and f.suffix in (".xml", ".bin")))
    return Target(name, "openvino", precision, folder, tokenizer_folder, files)


def request_shape(folder: ModelFolder, task: str, batch: int) -> Shape:
    """The standard request: 128 tokens in (64 in and 32 new for text generation), less where the model takes less."""
    if task == "text-generation":
        new = min(32, max(1, folder.max_tokens // 4))
        return Shape(batch, min(64, folder.max_tokens - new), new)
    return Shape(batch, min(128, folder.max_tokens), 0)


def require_memory(folder: ModelFolder, copies: float) -> None:
    """Raises UserError-like ToolError `model-too-big` where `copies` of the weights at 4 bytes do not fit free memory."""
    need = _LIBRARIES_MIB + copies * max(tensor_bytes(folder), folder.parameters * 4) / MIB
    have = available_mib()
    if have is not None and need > have:
        raise ToolError(
            "model-too-big",
            f"{folder.name} needs about {need:,.0f} MiB of memory for this and {have:,.0f} MiB are free.",
            "Use a smaller model of the same family, or a machine with more memory.",
            {"need_mib": round(need), "have_mib": round(have)},
        )


@dataclass
class Opened:
    """A target in its child, with what was learnt while opening it and the tallies of timing."""

    target: Target
    child: Child
    opened: dict[str, Any]
    cpu_seconds: float = 0.0
    joules: float = 0.0
    joules_known: bool = True
    calls: int = 0
    threads: int = 0

    def block(self, count: int) -> Sequence[int]:
        """A harness block: `count` requests timed inside the child."""
        reply = self.child.call("tools.measuring.inside:time_block", count=count)
        self.cpu_seconds += reply["cpu_seconds"]
        self.calls += count
        if reply["joules"] is None:
            self.joules_known = False
        else:
            self.joules += reply["joules"]
        return list(reply["ns"])

    def warm(self, shape: Shape) -> None:
        """Prepares the inputs of a shape and warms up; tallies start again."""
        self.cpu_seconds, self.joules, self.joules_known, self.calls = 0.0, 0.0, True, 0
        reply = self.child.call("tools.measuring.inside:warm", batch=shape.batch, tokens=shape.tokens, new_tokens=shape.new_tokens)
        self.threads = int(reply["threads"])

    def peak_mib(self) -> float:
        """Highest resident memory of the child so far."""
        return float(self.child.call("tools.measuring.inside:memory")["peak_mib"])


def open_target(target: Target, task: str, tick: Callable[[], None], progress: Callable[[str, float, float], None]) -> Opened:
    """Starts a fresh child and loads the target in it. The caller closes the child."""
    child = Child(tick, progress)
    try:
        opened = child.call(
            "tools.measuring.inside:open_model",
            runtime=target.runtime,
            folder=str(target.folder),
            tokenizer_folder=str(target.tokenizer_folder),
            task=task,
            threads=cores(),
        )
    except BaseException:
        child.close()
        raise
    return Opened(target, child, opened)


@dataclass
class Measured:
    """One run: its record (JSON values) and the ranges behind the figures, by record key."""

    target: Target
    shape: Shape
    record: dict[str, Any]
    ranges: dict[str, Range] = field(default_factory=dict)
    scores: Scores | None = None


def describe(opened: Opened, shape: Shape, samples: harness.Samples, watch: LoadWatch, own_seconds: float) -> Measured:
    """The record of a timed target, quality still open."""
    target = opened.target
    p50, p95, mean = samples.percentile_ms(50), samples.percentile_ms(95), samples.mean_ms()
    made = shape.batch * (shape.new_tokens or 1) * 1000.0
    rate = Range(made / float(mean.high), made / float(mean.likely), made / float(mean.low))
    peak, other = opened.peak_mib(), watch.other_share(own_seconds)
    energy = opened.joules / opened.calls if opened.joules_known and opened.calls else None
    record: dict[str, Any] = {
        "status": "ok",
        "runtime": target.runtime,
        "precision": target.precision,
        "compute_precision": opened.opened["compute_precision"],
        "batch": shape.batch,
        "input_tokens": shape.tokens,
        "new_tokens": shape.new_tokens,
        "p50_ms": float(p50.likely),
        "p50_low_ms": float(p50.low),
        "p50_high_ms": float(p50.high),
        "p95_ms": float(p95.likely),
        "p99_ms": float(samples.percentile_ms(99).likely) if samples.iterations >= 100 else None,
        "iterations": samples.iterations,
        "throughput": float(rate.likely),
        "throughput_low": float(rate.low),
        "throughput_high": float(rate.high),
        "throughput_unit": "tokens/s" if shape.new_tokens else "items/s",
        "peak_memory_mib": peak,
        "libraries_mib": opened.opened["libraries_mib"],
        "model_memory_mib": max(0.0, peak - opened.opened["libraries_mib"]),
        "load_seconds": opened.opened["load_seconds"],
        "size_mib": target.size_mib,
        "quality": None,
        "quality_low": None,
        "quality_high": None,
        "quality_metric": None,
        "quality_rows": None,
        "quality_note": "not measured",
        "energy_j_per_request": energy,
        "energy_note": "" if energy is not None else "no counter",
        "contended": None if other is None else other > CONTENDED_ABOVE,
        "other_load": other,
        "load_average": watch.load_average,
        "threads": opened.threads,
    }
    ranges = {
        "p50_ms": p50,
        "p95_ms": p95,
        "throughput": rate,
        "peak_memory_mib": Range.exact(peak),
        "size_mib": Range.exact(target.size_mib),
    }
    if energy is not None:
        ranges["energy_j_per_request"] = Range.exact(energy)
    return Measured(target, shape, record, ranges)


def add_quality(measured: Measured, scores: Scores | None, note: str) -> None:
    """Fills the quality figures of a record, or the note that says why there are none."""
    measured.scores = scores
    if scores is None:
        measured.record["quality_note"] = note
        return
    interval = scores.interval()
    measured.record.update(
        quality=float(interval.likely),
        quality_low=float(interval.low),
        quality_high=float(interval.high),
        quality_metric=scores.metric,
        quality_rows=len(scores.totals),
        quality_note="",
    )
    measured.ranges["quality"] = interval


def failed_record(target: Target, batch: int, code: str, reason: str) -> dict[str, Any]:
    """The record of a run that could not be done: data, not an exception."""
    figures = ("p50_ms", "p95_ms", "throughput", "peak_memory_mib", "quality", "quality_low", "quality_high", "energy_j_per_request")
    return {
        "status": "failed",
        "runtime": target.runtime,
        "precision": target.precision,
        "batch": batch,
        "code": code,
        "reason": reason,
        "size_mib": target.size_mib if target.files else None,
        **dict.fromkeys(figures),
    }
