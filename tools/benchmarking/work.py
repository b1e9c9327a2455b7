"""Work of `benchmark_model`: times one model in every engine that can run it and measures its quality. Parent process.

The first run is the baseline (torch, as stored). Each engine gets a fresh process, batch sizes ascending, so that the
memory high-water of a batch is its own. A run that fails is a record with its reason; only a model that cannot be
opened at all stops the tool. Keys of a run: DESIGN section 5.
"""

import shutil
from pathlib import Path
from typing import Any

from knowledge.errors import FrugalError, JobStopped, UserError
from tools.benchmarking.report import statements
from tools.benchmarking.tool import BenchmarkModel
from tools.contracts.tool import JobEstimate, ToolContext, ToolResult
from tools.measuring import harness
from tools.measuring.child_process import Child
from tools.measuring.cost_of_measuring import measuring_estimate
from tools.measuring.evaluation import Evaluation, plan_evaluation
from tools.measuring.machine import LoadWatch, cores, environment
from tools.measuring.model_folder import ModelFolder, resolve
from tools.measuring.run_evidence import evidence_of, reproduce_command
from tools.measuring.runs import (
    Measured,
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

MAX_BATCH, MAX_BATCHES = 256, 6
MIN_SECONDS, MAX_SECONDS = harness.MIN_SECONDS, 20.0  # of timing, for each batch size


def batches(text: str) -> list[int]:
    """Batch sizes in rising order, from text such as "1,8". Raises UserError `batch-sizes-invalid`."""
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError:
        found = []
    if not found or found[0] < 1 or found[-1] > MAX_BATCH or len(found) > MAX_BATCHES:
        raise UserError(
            "batch-sizes-invalid",
            f'"{text[:60]}" is not a list of batch sizes.',
            f"Give up to {MAX_BATCHES} whole numbers from 1 to {MAX_BATCH}, such as 1,8.",
        )
    return found


def estimate(args: BenchmarkModel, context: ToolContext) -> JobEstimate:
    """Time, disk and memory of the benchmark, from the parameter count."""
    folder = resolve(args.model, context)
    engines = 1 if args.runtime != "auto" else 2
    return measuring_estimate(
        folder, folder.task(args.task), arms=engines, shapes=len(batches(args.batch_sizes)), exports=args.runtime != "torch", data=args.data
    )


def run(args: BenchmarkModel, context: ToolContext) -> ToolResult:
    """Benchmarks the model. Raises UserError for a bad folder, file or argument, ToolError where no engine can run it."""
    sizes = batches(args.batch_sizes)
    folder = resolve(args.model, context)
    task = folder.task(args.task)
    evaluation, _ = plan_evaluation(folder, task, args.data)
    require_memory(folder, copies=3.0 if args.runtime != "torch" else 1.5)
    steps = Steps(context.progress, total=(2 + len(sizes)) * (2 if args.runtime == "auto" else 1) + (args.runtime != "torch"))
    measured: list[Measured] = []
    records: list[dict[str, Any]] = []
    errors: list[FrugalError] = []
    for target in _targets(args.runtime, folder, task, context.out_dir, steps, records, errors):
        try:
            done = _measure(target, folder, task, sizes, evaluation, steps)
            measured.extend(done)
            records.extend(item.record for item in done)
        except UserError:
            raise
        except FrugalError as error:
            errors.append(error)
            records.extend(failed_record(target, size, error.code, error.message) for size in sizes)
    shutil.rmtree(context.out_dir / "openvino", ignore_errors=True)
    if not measured:
        raise errors[0] if errors else JobStopped("measuring-died", "No engine could run the model.", "Try another model.")
    folder.check_unchanged()
    return _result(args, folder, task, measured, records, evaluation)


def _targets(
    runtime: str, folder: ModelFolder, task: str, out_dir: Path, steps: Steps, records: list[dict[str, Any]], errors: list[FrugalError]
) -> list[Target]:
    """Engines to run, baseline first. A failed export is recorded as a failed run, except where it is the only engine."""
    targets = [] if runtime == "openvino" else [stored_target(folder)]
    if runtime != "torch":
        steps.next("converting to OpenVINO")
        where = out_dir / "openvino"
        try:
            with Child(steps.tick, steps.inner) as child:
                child.call("tools.measuring.inside:export", folder=str(folder.path), task=task, target=str(where))
            targets.append(openvino_target("openvino", folder.precision, where, folder.path))
        except UserError:
            raise
        except FrugalError as error:
            errors.append(error)
            records.append(
                failed_record(Target("openvino", "openvino", folder.precision, where, folder.path, ()), 1, error.code, error.message)
            )
    return targets


def _measure(target: Target, folder: ModelFolder, task: str, sizes: list[int], evaluation: Evaluation, steps: Steps) -> list[Measured]:
    label = f"{target.runtime} {target.precision}"
    steps.next(f"loading {label}")
    opened = open_target(target, task, steps.tick, steps.inner)
    found = []
    with opened.child:
        for size in sizes:
            steps.next(f"timing {label}, batch {size}")
            shape = request_shape(folder, task, size)
            opened.warm(shape)
            watch = LoadWatch()
            samples = harness.measure(opened.block, max_seconds=MAX_SECONDS, min_seconds=MIN_SECONDS, tick=steps.tick)
            found.append(describe(opened, shape, samples, watch, opened.cpu_seconds))
        steps.next(f"checking quality of {label}")
        scores = evaluation.score(opened.child)
    for item in found:
        add_quality(item, scores, evaluation.note)
    return found


def _result(
    args: BenchmarkModel, folder: ModelFolder, task: str, measured: list[Measured], records: list[dict[str, Any]], evaluation: Evaluation
) -> ToolResult:
    command = reproduce_command(
        "benchmark_model", model=args.model, data=args.data, task=args.task, batch_sizes=args.batch_sizes, runtime=args.runtime
    )
    machine = environment(cores())
    evidence = []
    for item in measured:
        evidence.extend(evidence_of(item, folder.name, folder.digest, machine, command, evaluation.source))
    unique = {item.id: item for item in evidence}
    ordered = sorted(records, key=lambda record: record["runtime"] != "torch")
    result = {
        "model": folder.name,
        "task": task,
        "parameters": folder.parameters,
        "runs": ordered,
        "environment": machine,
        "evaluation": {
            "source": evaluation.source,
            "rows": evaluation.rows,
            "rows_in_file": evaluation.rows_in_file,
            "note": evaluation.note,
        },
    }
    questions = () if evaluation.entry else ("labelled file",)
    return ToolResult(
        result=result, evidence=tuple(unique.values()), statements=statements(folder.name, measured, ordered), questions=questions
    )
