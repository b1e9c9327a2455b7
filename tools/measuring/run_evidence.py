"""Turns a measured run into evidence: one record for each figure, all of tier `measured`, and marks the run with their ids.

States how each figure was taken, on what machine, and the command that takes it again. Computes nothing new.
"""

import shlex
from typing import Any

from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.measuring.runs import Measured

_FIGURES = {
    "p50_ms": ("Median time of one request", "ms"),
    "p95_ms": ("95th percentile of the time of one request", "ms"),
    "throughput": ("Throughput", ""),
    "peak_memory_mib": ("Highest memory of the process", "MiB"),
    "size_mib": ("Size of the weights on disk", "MiB"),
    "quality": ("Quality", ""),
    "energy_j_per_request": ("Energy of one request", "J"),
}
_METHODS = {
    "p50_ms": "Requests of random token ids run one after another in a fresh process after a warm-up, timed with perf_counter_ns, "
    "tokenising excluded; percentile of the samples with a bootstrap interval.",
    "throughput": "Items (or new tokens) of a request divided by the mean time of a request, bootstrap interval of the mean.",
    "peak_memory_mib": "VmHWM of the fresh process that held only this model, libraries included, before quality was checked.",
    "size_mib": "Sum of the sizes of the weight files.",
    "quality": "The model run on the labelled rows one by one; Wilson interval for shares, bootstrap over examples for perplexity.",
    "energy_j_per_request": "Difference of the processor's package energy counter (RAPL) over the timed requests, other programs included.",
}
_METRICS = {"accuracy": "Accuracy", "exact_match": "Share of answers matched exactly", "perplexity": "Perplexity"}


def reproduce_command(tool: str, **arguments: Any) -> str:
    """The command line that makes the measurement again; empty arguments are left out."""
    parts = [f"--{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in arguments.items() if str(value) != ""]
    return " ".join(["python -m app run", tool, *parts])


def evidence_of(measured: Measured, model: str, digest: str, machine: dict[str, str], reproduce: str, data: str) -> list[Evidence]:
    """Evidence of every figure the run has; its record gets `evidence`: {figure: id}."""
    record = measured.record
    target = measured.target
    found, ids = [], {}
    for key, value in measured.ranges.items():
        claim, unit = _FIGURES[key]
        if key == "throughput":
            unit = record["throughput_unit"].replace("items", "request").replace("tokens", "token")
        if key == "quality":
            claim = _METRICS[record["quality_metric"]]
        item = Evidence.record(
            tier=Tier.MEASURED,
            claim=f"{claim} of {model} in {target.runtime} at {target.precision}",
            source=SourceRef(ref=f"own measurement of {model}" + (f" on {data}" if key == "quality" and data else "")),
            value=value,
            unit=unit,
            method=_METHODS.get(key, _METHODS["p50_ms"]),
            inputs={
                "figure": key,
                "model": model,
                "model_digest": digest[:16],
                "runtime": target.runtime,
                "precision": target.precision,
                "compute_precision": record["compute_precision"],
                "batch": measured.shape.batch,
                "input_tokens": measured.shape.tokens,
                "new_tokens": measured.shape.new_tokens,
                "iterations": record["iterations"],
                "contended": record["contended"],
                **({"metric": record["quality_metric"], "rows": record["quality_rows"]} if key == "quality" else {}),
            },
            environment=machine,
            reproduce=reproduce,
        )
        found.append(item)
        ids[key] = item.id
    record["evidence"] = ids
    return found
