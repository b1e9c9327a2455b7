"""The sentences of a benchmark, figures by evidence id only. No numbers of its own."""

from typing import Any

from tools.contracts.tool import Statement
from tools.measuring.runs import Measured

_ENGINE = {"torch": "PyTorch", "openvino": "OpenVINO"}
_METRIC = {"accuracy": "accuracy", "exact_match": "share of exact answers", "perplexity": "perplexity"}


def statements(model: str, measured: list[Measured], records: list[dict[str, Any]]) -> tuple[Statement, ...]:
    """One sentence a run, then quality, failures and disturbance."""
    found = [_speed(model, item) for item in measured]
    shown = set()
    for item in measured:
        if item.scores is not None and item.target.runtime not in shown:
            shown.add(item.target.runtime)
            text = "{model} in {engine}: {metric} is {quality}."
            names = {"model": model, "engine": _ENGINE[item.target.runtime], "metric": _METRIC[item.scores.metric]}
            found.append(Statement(text=text, figures={"quality": item.record["evidence"]["quality"]}, names=names))
    if all(item.scores is None for item in measured):
        found.append(Statement(text="Quality was not measured: {note}.", names={"note": str(measured[0].record["quality_note"])}))
    for record in records:
        if record["status"] == "failed":
            text = "The run in {engine} failed: {reason}"
            found.append(Statement(text=text, names={"engine": _ENGINE[record["runtime"]], "reason": record["reason"]}))
    if any(item.record["contended"] for item in measured):
        found.append(
            Statement(text="Other programs were busy on this machine during the measurement, so times may be longer than on a quiet one.")
        )
    return tuple(found)


def _speed(model: str, item: Measured) -> Statement:
    ids = item.record["evidence"]
    return Statement(
        text="{model} in {engine} at {precision}, batch {batch}: a request takes {median} at the median and {slow} at p95; "
        "throughput {throughput}, peak memory {memory}, weights {size}.",
        figures={
            "median": ids["p50_ms"],
            "slow": ids["p95_ms"],
            "throughput": ids["throughput"],
            "memory": ids["peak_memory_mib"],
            "size": ids["size_mib"],
        },
        names={"model": model, "engine": _ENGINE[item.target.runtime], "precision": item.target.precision, "batch": str(item.shape.batch)},
    )
