"""Work of `quantize_model`: makes int8 copies for OpenVINO, measures them against the model as it is, keeps the best.

All candidates and the baseline run interleaved in the same harness, each in its own fresh process, on the same rows.
Arms: the model as stored (torch), the unquantized copy in OpenVINO (so that engine and int8 gains are told apart),
weight-only int8, and full int8 for encoders where texts to calibrate on were given (those texts are kept out of the
evaluation). A candidate that fails is data. The source folder is only read.
"""

import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import FrugalError, ToolError, UserError
from knowledge.ranges import Range
from tools.contracts.plan import Verdict
from tools.contracts.tool import Artefact, JobEstimate, ToolContext, ToolResult
from tools.measuring import harness
from tools.measuring.child_process import Child
from tools.measuring.cost_of_measuring import measuring_estimate
from tools.measuring.evaluation import Evaluation, classes, plan_evaluation
from tools.measuring.labelled_rows import Labelled
from tools.measuring.machine import LoadWatch
from tools.measuring.model_folder import ModelFolder, resolve
from tools.measuring.quality import GateResult, gate
from tools.measuring.runs import (
    Measured,
    Opened,
    Target,
    add_quality,
    describe,
    failed_record,
    open_target,
    openvino_target,
    request_shape,
    require_memory,
    stored_target,
)
from tools.measuring.steps import Steps
from tools.quantization.report import result_of
from tools.quantization.tool import QuantizeModel
from tools.quantization.verdict import Decision, decide

WEIGHTS, FULL = "int8-weights", "int8-full"
_CALIBRATION_ROWS, _LEAST_FOR_FULL = 128, 60
MAX_COMPARE_SECONDS = 90.0
_RANK = {Verdict.DO: 0, Verdict.TRY_FIRST: 1, Verdict.DO_NOT: 2}


@dataclass(frozen=True)
class Candidate:
    """One measured int8 copy with what was decided about it."""

    run: Measured
    time_ratio: Range
    engine_ratio: Range | None
    size_ratio: float
    quality: GateResult
    decision: Decision


def estimate(args: QuantizeModel, context: ToolContext) -> JobEstimate:
    """Time, disk and memory, from the parameter count."""
    folder = resolve(args.model, context)
    task = folder.task(args.task)
    arms = 4 if task != "text-generation" and args.data else 3
    found = measuring_estimate(folder, task, arms=arms, shapes=1, exports=True, data=args.data, copies_at_once=arms, copies_kept=0.5)
    return found.model_copy(update={"seconds": round(found.seconds + 30.0, 1)})


def run(args: QuantizeModel, context: ToolContext) -> ToolResult:
    """Quantizes and compares. Raises UserError for a bad folder, file or output place, ToolError where nothing could be made."""
    folder = resolve(args.model, context)
    task = folder.task(args.task)
    evaluation, calibration, note = split(folder, task, args.data)
    place = output_place(args.out, context)
    require_memory(folder, copies=5.0)
    steps = Steps(context.progress, total=12 if calibration else 10)
    work = context.out_dir / "work"
    failed: list[dict[str, Any]] = []
    targets = _make(folder, task, work, calibration, steps, failed)
    measured, rounds = _measure(folder, task, targets, evaluation, steps)
    folder.check_unchanged()
    candidates = [_judge(item, measured, rounds, args.tolerance) for item in measured if item.target.name in (WEIGHTS, FULL)]
    if not candidates:
        raise ToolError(
            "quantization-failed",
            failed[0]["reason"] if failed else "No int8 copy could be made.",
            "This model may not be supported by the quantizer.",
        )
    best = min(candidates, key=lambda c: (_RANK[c.decision.verdict], float(c.time_ratio.likely)))
    _keep(best, place, folder)
    shutil.rmtree(work, ignore_errors=True)
    result = result_of(args, folder, task, measured, candidates, best, rounds, evaluation, note, failed)
    result.result["artefact"] = str(place)
    inside = place.is_relative_to(context.out_dir)
    kept = (
        tuple(Artefact(path=str(f.relative_to(context.out_dir)), label=f"int8 copy: {f.name}") for f in sorted(place.iterdir()))
        if inside
        else ()
    )
    return result.model_copy(update={"artefacts": kept})


def split(folder: ModelFolder, task: str, data: str) -> tuple[Evaluation, list[str], str]:
    """Evaluation rows, calibration texts, and why there are none. The two never share a row."""
    evaluation, given = plan_evaluation(folder, task, data)
    if task == "text-generation":
        return evaluation, [], "full int8 is not tried on text generation; weight-only int8 is what helps decoders"
    if given is None:
        return evaluation, [], "full int8 needs texts to calibrate on, and no file was given"
    if len(given.rows) < _LEAST_FOR_FULL:
        return evaluation, [], "the file has too few rows to calibrate full int8 and to evaluate it on others"
    chosen = {row.number for row in given.rows[::5][:_CALIBRATION_ROWS]}
    seen = {row.text for row in given.rows if row.number in chosen}
    rest = Labelled(given.name, tuple(r for r in given.rows if r.text not in seen), given.text_column, given.label_column)
    if task == "text-classification" and len(rest.rows) >= _LEAST_FOR_FULL // 2:
        return classes(folder, rest), [row.text for row in given.rows if row.number in chosen], ""
    if task == "text-classification":
        return evaluation, [], "the file repeats its texts too often to calibrate and evaluate on different ones"
    return evaluation, [row.text for row in given.rows if row.number in chosen], ""


def output_place(out: str, context: ToolContext) -> Path:
    """Where the copy goes: below the run's own folder, or where the user said, never over existing files."""
    if not out:
        return context.out_dir / "int8"
    place = Path(out).expanduser()
    full = (
        (place if place.is_absolute() else Path.cwd() / place).resolve() if not context.model_roots else (context.out_dir / place).resolve()
    )
    if context.model_roots and not full.is_relative_to(context.out_dir.resolve()):
        raise UserError(
            "out-not-allowed",
            "The copy can only be written below the job's own output folder here.",
            "Leave `out` empty and download the copy afterwards.",
        )
    if full.exists() and (not full.is_dir() or any(full.iterdir())):
        raise UserError(
            "out-exists", f"{full.name} exists already and is not an empty folder.", "Name a new folder; nothing is ever written over."
        )
    try:
        full.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise UserError("out-not-writable", f"{full.name} cannot be created there.", "Name a folder that you may write to.") from None
    return full


def _make(folder: ModelFolder, task: str, work: Path, calibration: list[str], steps: Steps, failed: list[dict[str, Any]]) -> list[Target]:
    """Converts and quantizes in one child; gives the arms to measure, baseline first."""
    plain = work / "plain"
    wanted: list[tuple[str, str, dict[str, Any]]] = [(WEIGHTS, "compress_weights", {})]
    if calibration:
        wanted.append((FULL, "quantize_all", {"texts": calibration, "max_tokens": min(512, folder.max_tokens)}))
    made: list[Target] = []
    with Child(steps.tick, steps.inner) as child:
        steps.next("converting to OpenVINO")
        child.call("tools.measuring.inside:export", folder=str(folder.path), task=task, target=str(plain))
        for name, function, more in wanted:
            steps.next(f"quantizing: {name}")
            try:
                child.call(f"tools.quantization.inside:{function}", source=str(plain), task=task, target=str(work / name), **more)
            except FrugalError as error:
                empty = Target(name, "openvino", name, work / name, folder.path, ())
                failed.append(failed_record(empty, 1, error.code, error.message))
                if error.family == "job":
                    break
                continue
            made.append(openvino_target(name, name, work / name, folder.path))
    return [stored_target(folder), openvino_target("plain", folder.precision, plain, folder.path), *made]


def _measure(
    folder: ModelFolder, task: str, targets: list[Target], evaluation: Evaluation, steps: Steps
) -> tuple[list[Measured], harness.Rounds]:
    """Opens every arm in its own process, times them interleaved, then scores each."""
    shape = request_shape(folder, task, 1)
    with ExitStack() as stack:
        arms: list[Opened] = []
        for target in targets:
            steps.next(f"loading {target.runtime} {target.precision}")
            opened = open_target(target, task, steps.tick, steps.inner)
            stack.enter_context(opened.child)
            opened.warm(shape)
            arms.append(opened)
        steps.next("timing all copies in turn")
        watch = LoadWatch()
        rounds = harness.interleave({arm.target.name: arm.block for arm in arms}, max_seconds=MAX_COMPARE_SECONDS, tick=steps.tick)
        own = sum(arm.cpu_seconds for arm in arms)
        found = [describe(arm, shape, harness.Samples(tuple(rounds.samples[arm.target.name])), watch, own) for arm in arms]
        for arm, item in zip(arms, found, strict=True):
            steps.next(f"checking quality of {arm.target.precision}")
            add_quality(item, evaluation.score(arm.child), evaluation.note)
            item.record["name"] = arm.target.name
    return found, rounds


def _judge(item: Measured, measured: list[Measured], rounds: harness.Rounds, tolerance: float) -> Candidate:
    name, base = item.target.name, measured[0]
    ratio, in_engine = harness.compare(rounds, "baseline", name), harness.compare(rounds, "plain", name)
    size = item.target.size_mib / base.target.size_mib
    quality = gate(base.scores, item.scores, tolerance)
    return Candidate(item, ratio, in_engine, size, quality, decide(ratio, in_engine, size, quality))


def _keep(best: Candidate, place: Path, folder: ModelFolder) -> None:
    """Moves the chosen copy to its place, with a note of what it is made from and what was decided."""
    note = {
        "made_from": folder.name,
        "source_sha256": folder.digest,
        "format": best.run.target.precision,
        "runtime": "openvino",
        "verdict": best.decision.verdict.value,
        "reason": best.decision.reason,
    }
    place.mkdir(parents=True, exist_ok=True)
    for file in sorted(best.run.target.folder.iterdir()):
        shutil.move(str(file), place / file.name)
    (place / "frugal.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
