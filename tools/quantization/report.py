"""Result, comparison evidence and sentences of a quantization. Puts figures in order; measures and decides nothing."""

from typing import TYPE_CHECKING, Any

from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement, ToolResult
from tools.measuring import harness
from tools.measuring.evaluation import Evaluation
from tools.measuring.machine import cores, environment
from tools.measuring.model_folder import ModelFolder
from tools.measuring.run_evidence import evidence_of, reproduce_command
from tools.measuring.runs import Measured
from tools.quantization.tool import QuantizeModel

if TYPE_CHECKING:
    from tools.quantization.work import Candidate

#: The technique card that the planner applies this measurement to.
TECHNIQUE = "quantize_cpu_int8"
_VARIANT = {"int8-weights": "weight-only int8", "int8-full": "full int8"}
_METRIC = {"accuracy": "accuracy", "exact_match": "share of exact answers", "perplexity": "perplexity"}


def result_of(
    args: QuantizeModel,
    folder: ModelFolder,
    task: str,
    measured: list[Measured],
    candidates: "list[Candidate]",
    best: "Candidate",
    rounds: harness.Rounds,
    evaluation: Evaluation,
    note: str,
    failed: list[dict[str, Any]],
) -> ToolResult:
    """The tool's result with evidence for each figure and each comparison."""
    command = reproduce_command("quantize_model", model=args.model, data=args.data, tolerance=args.tolerance, task=args.task)
    machine = environment(cores())
    evidence: list[Evidence] = []
    for item in measured:
        evidence.extend(evidence_of(item, folder.name, folder.digest, machine, command, evaluation.source))
    comparisons = {c.run.target.name: _comparison(c, c is best, measured[0], folder, args.tolerance, machine, command) for c in candidates}
    engine = _engine(measured, rounds, folder, machine, command)
    lost = _lost(best, folder, evaluation, machine, command)
    chosen = comparisons[best.run.target.name]
    evidence += [*comparisons.values(), engine, *([lost] if lost else [])]
    baseline, candidate = measured[0].record, best.run.record
    result = {
        "model": folder.name,
        "task": task,
        "technique": TECHNIQUE,
        "verdict": best.decision.verdict.value,
        "reason": best.decision.reason,
        "baseline": baseline,
        "candidate": candidate,
        "runs": [m.record for m in measured] + failed,
        "tolerance": args.tolerance,
        "time_ratio": best.time_ratio.as_dict(),
        "engine_ratio": best.engine_ratio.as_dict() if best.engine_ratio else None,
        "size_ratio": best.size_ratio,
        "quality_gate": best.quality.state,
        "quality_loss": best.quality.lost.as_dict() if best.quality.lost else None,
        "rounds": len(rounds.medians["baseline"]),
        "variants": [_variant(c) for c in candidates],
        "note": note,
        "environment": machine,
        "evaluation": {
            "source": evaluation.source,
            "rows": evaluation.rows,
            "rows_in_file": evaluation.rows_in_file,
            "note": evaluation.note,
        },
    }
    said = _statements(folder.name, best, measured[0], chosen, engine, lost, failed)
    questions = () if evaluation.entry else ("labelled file",)
    return ToolResult(result=result, evidence=tuple({e.id: e for e in evidence}.values()), statements=said, questions=questions)


def _variant(candidate: "Candidate") -> dict[str, Any]:
    return {
        "name": candidate.run.target.name,
        "verdict": candidate.decision.verdict.value,
        "reason": candidate.decision.reason,
        "time_ratio": candidate.time_ratio.as_dict(),
        "size_ratio": candidate.size_ratio,
        "quality_gate": candidate.quality.state,
    }


def _comparison(
    candidate: "Candidate", chosen: bool, base: Measured, folder: ModelFolder, tolerance: float, machine: dict[str, str], command: str
) -> Evidence:
    """Candidate time / baseline time, with everything the planner needs to act on it; only the chosen copy is a "comparison"."""
    return Evidence.record(
        tier=Tier.MEASURED,
        claim=f"Time of {folder.name} with {_VARIANT[candidate.run.target.name]} in OpenVINO as a share of its time as stored",
        source=SourceRef(ref=f"own measurement of {folder.name}"),
        value=candidate.time_ratio,
        unit="ratio",
        method="Both run in turn (A B, B A) in fresh processes on the same inputs; mean of the log ratios of the rounds' medians "
        "with a t-interval.",
        inputs={
            "kind": "comparison" if chosen else "comparison-variant",
            "technique": TECHNIQUE,
            "verdict": candidate.decision.verdict.value,
            "reason": candidate.decision.reason,
            "baseline": base.record,
            "candidate": candidate.run.record,
            "model": folder.name,
            "tolerance": tolerance,
            "engine_ratio": candidate.engine_ratio.as_dict() if candidate.engine_ratio else None,
            "size_ratio": candidate.size_ratio,
            "quality_gate": candidate.quality.state,
        },
        parents=(base.record["evidence"]["p50_ms"], candidate.run.record["evidence"]["p50_ms"]),
        environment=machine,
        reproduce=command,
    )


def _engine(measured: list[Measured], rounds: harness.Rounds, folder: ModelFolder, machine: dict[str, str], command: str) -> Evidence:
    """What the engine alone does, unquantized."""
    return Evidence.record(
        tier=Tier.MEASURED,
        claim=f"Time of {folder.name} unquantized in OpenVINO as a share of its time as stored",
        source=SourceRef(ref=f"own measurement of {folder.name}"),
        value=harness.compare(rounds, "baseline", "plain"),
        unit="ratio",
        method="As for the int8 copies: run in turn in fresh processes, mean of the log ratios of the rounds' medians with a t-interval.",
        inputs={"kind": "engine-comparison", "model": folder.name, "compute_precision": measured[1].record["compute_precision"]},
        parents=(measured[0].record["evidence"]["p50_ms"], measured[1].record["evidence"]["p50_ms"]),
        environment=machine,
        reproduce=command,
    )


def _lost(best: "Candidate", folder: ModelFolder, evaluation: Evaluation, machine: dict[str, str], command: str) -> Evidence | None:
    if best.quality.lost is None:
        return None
    return Evidence.record(
        tier=Tier.MEASURED,
        claim=f"Quality lost by {folder.name} with {_VARIANT[best.run.target.name]}, as a share of the baseline (negative is better)",
        source=SourceRef(ref=f"own measurement of {folder.name} on {evaluation.source}"),
        value=best.quality.lost,
        unit="ratio",
        method="Paired bootstrap over the same examples of (baseline - candidate) / baseline, 95 % interval.",
        inputs={"rows": evaluation.rows, "metric": best.run.record["quality_metric"]},
        environment=machine,
        reproduce=command,
    )


def _statements(
    model: str, best: "Candidate", base: Measured, chosen: Evidence, engine: Evidence, lost: Evidence | None, failed: list[dict[str, Any]]
) -> tuple[Statement, ...]:
    before, after = base.record["evidence"], best.run.record["evidence"]
    names = {"model": model, "variant": _VARIANT[best.run.target.name]}
    said = [
        Statement(text=best.decision.reason),
        Statement(
            text="{model} with {variant} takes {ratio} of the time it takes as stored ({before} to {after} a request), "
            "and {small} of disk instead of {big}.",
            figures={
                "ratio": chosen.id,
                "before": before["p50_ms"],
                "after": after["p50_ms"],
                "small": after["size_mib"],
                "big": before["size_mib"],
            },
            names=names,
        ),
        Statement(text="The OpenVINO engine without int8 takes {engine} of the time.", figures={"engine": engine.id}),
        Statement(
            text="Peak memory of the process: {after} instead of {before}.",
            figures={"after": after["peak_memory_mib"], "before": before["peak_memory_mib"]},
        ),
    ]
    if lost is not None:
        text = "Its {metric} is {after} against {before}; lost, as a share: {lost}."
        names = {"metric": _METRIC[str(best.run.record["quality_metric"])]}
        said.append(Statement(text=text, figures={"after": after["quality"], "before": before["quality"], "lost": lost.id}, names=names))
    said += [
        Statement(text="{variant} could not be made: {reason}", names={"variant": r["precision"], "reason": r["reason"]}) for r in failed
    ]
    if base.record["contended"]:
        said.append(
            Statement(
                text="Other programs were busy on this machine meanwhile; the comparison alternates the copies, so the ratio holds, "
                "the single times less so."
            )
        )
    return tuple(said)
