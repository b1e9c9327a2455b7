"""Reads rows of a table of published serving measurements as cases and writes predictions beside them.

Columns as in the serving table (source, engine, model, gpu, gpu_count, ...); `value` is never read. Knows the labels that
such tables use: "batch=4 per replica", "attn_dp=8", "steady-state", GPU counts that multiply two ways of splitting the
same cards. Every row is kept, in order; one that cannot be predicted gets its typed reason.
"""

import csv
import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal

from knowledge import catalog
from knowledge.errors import FrugalError, UserError
from knowledge.schemas import Accelerator, ModelArchitecture
from tools.estimation.memory.eager import loop_of, working_bytes
from tools.estimation.memory.formulas import GIB, HIGH, LIKELY, LOW, weight_bytes
from tools.estimation.memory.need import Setup, need
from tools.estimation.serving.case import Case
from tools.estimation.serving.counts import Layout
from tools.estimation.serving.engines import LAYER_SPLIT, engine_name, generation
from tools.estimation.serving.formats import WeightFormat, weight_format
from tools.estimation.serving.predict import Behaviour, band, behaviour
from tools.estimation.serving.refusals import refusal

ADDED = ("predicted", "predicted_low", "predicted_high", "unsupported")
#: Lengths assumed where a row gives none: about those of shared chat logs.
ASSUMED_INPUT, ASSUMED_OUTPUT = 350.0, 300.0
#: Lengths of a suite most of whose rows give none: AccelMark's for long contexts, as the one run of it that states them.
SUITES = {"suite_D": (28_644.0, 256.0)}
#: Requests at once in a run that says "all at once" without saying how many.
ASSUMED_AT_ONCE = 100.0
#: A p99 over a mean first token under load, and a p99 of the time per token: rough, from published pairs.
TAIL = {"ttft_ms_p99": 3.0, "tpot_ms_p99": 1.5}
#: Runs of one source that were sent by different clients, by the words of their notes; elsewhere the source is the client.
CLIENTS = {"gap-analysis": "gap-analysis run", "dated-runs": "benchmark CSV dated", "inferencex": "InferenceX"}
#: Clients that draw lengths evenly from 80 to 100 % of those named, and keep the cache of vLLM on Blackwell in FP8
#: (InferenceMAX README at 01de5489: RANDOM_RANGE_RATIO 0.8, "B200 70B" with --kv-cache-dtype fp8, "H200 70B" without).
DRAWN_LENGTHS = frozenset({"dated-runs", "inferencex"})
MEAN_OF_DRAWN = 0.9
CLASSES = {"tpot": "tpot", "ttft": "ttft", "prefill": "prefill", "energy": "energy", "e2e": "throughput", "gpu_mem": "memory"}


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row's answer in the row's own unit, or the reason why there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None
    refused: str = ""


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if found >= 0 and found != float("inf") else None


def _labels(row: Mapping[str, str]) -> dict[str, int]:
    found = re.findall(r"\b(attn_dp|pp|pipeline_parallel|moe_tp|moe_ep|EP|DP|batch)=(\d+)", row["notes"])
    return {key.lower(): int(value) for key, value in found}


def layout_of(row: Mapping[str, str]) -> Layout:
    """The parallel layout. Some tables count expert or data parallelism twice (8 cards as moe_tp 8 x moe_ep 8 = 64)."""
    count, tensor = int(_number(row["gpu_count"]) or 0), int(_number(row["tensor_parallel"]) or 0)
    labels = _labels(row)
    data = max(labels.get("attn_dp", labels.get("dp", 1)), 1)
    across, experts = max(labels.get("moe_tp", 1), 1), max(labels.get("moe_ep", labels.get("ep", 1)), 1)
    named = re.search(r"_tp(\d+)_", row.get("source_ref", ""))
    if named and 0 < int(named[1]) < count and count >= 16:
        count = int(named[1])
    elif count >= 16 and count == across * experts and across == experts:
        count = across
    elif data > 1 and tensor > 1 and count == tensor * data:
        count = tensor
    count = count or tensor or 1
    if engine_name(row["engine"]) in LAYER_SPLIT or "split over" in row["notes"]:
        return Layout(pipeline=count)
    if re.search(r"\bDEP\d", row["notes"]):  # attention copied and experts spread over all cards
        return Layout(data=count, expert=count)
    if data > 1:
        return Layout(tensor=max(count // data, 1), data=min(data, count), expert=experts)
    stages = max(labels.get("pipeline_parallel", labels.get("pp", 1)), 1)
    if stages > 1 and count % stages == 0:
        return Layout(tensor=count // stages, pipeline=stages)
    return Layout(tensor=count if "EP=" in row["notes"] else min(tensor or count, count), expert=experts)


def _concurrency(row: Mapping[str, str], layout: Layout) -> float | None:
    found = _number(row["concurrency_or_batch"])
    labels = _labels(row)
    if found and labels.get("batch") and int(_number(row["gpu_count"]) or 0) == layout.gpus:
        found = min(found, float(labels["batch"] * layout.data))  # the label counts one replica of several
    return found


def _version(row: Mapping[str, str]) -> str:
    """A leaderboard row without a version that names its batch limit is of the 2025 engine that this leaderboard ran."""
    return row["engine_version"] or ("0.11" if "max_num_seqs=" in row["notes"] else "")


def _stored(label: str, shape: ModelArchitecture) -> str:
    """A model published in four bits is served in them: a table's "fp8" names its activations."""
    return "mxfp4" if shape.native_precision == "mxfp4" and label in ("fp8", "fp4") else label


def _lengths(row: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Input and output tokens, as the row or its suite gives them."""
    suite = re.search(r"\bsuite=(suite_\w+)", row["notes"])
    known = SUITES.get(suite[1], (None, None)) if suite else (None, None)
    given = _number(row["input_tokens"]), _number(row["output_tokens"])
    return (known[0] if given[0] is None else given[0], known[1] if given[1] is None else given[1])


def _client(row: Mapping[str, str]) -> str:
    """Who sent the requests."""
    return next((name for name, words in CLIENTS.items() if words in row["notes"]), row.get("source", ""))


def _narrow_cache(row: Mapping[str, str], fmt: WeightFormat, chip: Accelerator) -> bool:
    """Whether keys and values are kept in 8 bits; where the row is silent, as its engine or client does."""
    if row["precision_kv"]:
        return row["precision_kv"] == "fp8"
    engine, narrow = engine_name(row["engine"]), fmt.compute in ("fp8", "fp4")
    blackwell = chip.compute_capability.startswith("10")
    return narrow and (engine == "tensorrt-llm" or (engine == "vllm" and blackwell and _client(row) in DRAWN_LENGTHS))


def case_of(row: Mapping[str, str]) -> Case:
    """The row as a case. Raises UserError for names that nobody knows."""
    shape, chip = catalog.resolve_model(row["model"]).model, catalog.accelerator(row["gpu"])
    fmt = weight_format(_stored(row["precision_weights"], shape), shape)
    layout = layout_of(row)
    given_in, given_out = _lengths(row)
    only_first = row["metric"].startswith(("ttft", "prefill"))
    concurrency = _concurrency(row, layout)
    rate = _number(row["request_rate"])
    arrival: Literal["closed", "offline", "open"] = "closed" if concurrency is not None else "open" if rate else "offline"
    drawn = MEAN_OF_DRAWN if _client(row) in DRAWN_LENGTHS else 1.0
    return Case(
        shape=shape,
        chip=chip,
        layout=layout,
        fmt=fmt,
        kv_bits=8.0 if _narrow_cache(row, fmt, chip) else 16.0,
        engine=generation(row["engine"], _version(row)),
        input_tokens=ASSUMED_INPUT if given_in is None else given_in * drawn,
        output_tokens=(1.0 if only_first and given_in is not None else ASSUMED_OUTPUT) if given_out is None else given_out * drawn,
        concurrency=ASSUMED_AT_ONCE if arrival == "offline" and given_in is None else concurrency,
        arrival=arrival,
        rate=rate,
        stated_lengths=given_in is not None and (given_out is not None or only_first),
        client=_client(row),
    )


def metric_value(metric: str, case: Case, found: Behaviour) -> float | None:
    """The predicted value in the metric's unit; None for a metric that is not known."""
    base = re.sub(r"_p(50|99)$", "", metric)
    tail = TAIL.get(metric, 1.0)
    both = case.input_tokens + case.output_tokens
    energy = found.power_w / found.tokens_per_second if found.power_w else None
    return {
        "ttft_ms": found.ttft_s * 1e3 * tail,
        "tpot_ms": found.tpot_s * 1e3 * tail,
        "e2e_ms": (found.ttft_s + (case.output_tokens - 1) * found.tpot_s) * 1e3,
        "output_tok_s": found.tokens_per_second,
        "output_tok_s_per_gpu": found.tokens_per_second / case.layout.gpus,
        "total_tok_s": found.tokens_per_second * both / max(case.output_tokens, 1.0),
        "prefill_tok_s": case.input_tokens / found.times.prefill,
        "req_s": found.requests_per_second,
        "energy_j_per_output_token": energy,
    }.get(base)


def _memory(row: Mapping[str, str], case: Case) -> Prediction:
    """Peak memory, GiB: of a plain loop over all its cards, or of a serving engine's tensors."""
    precision = {"int8-weight-only": "int8", "mxfp4": "fp4"}.get(case.fmt.name, case.fmt.name)
    batch = case.concurrency or 1.0
    if engine_name(row["engine"]) in LAYER_SPLIT:
        loop = loop_of(row["engine"], row["engine_version"])
        sizes = [
            weight_bytes(case.shape, precision, bound)
            + working_bytes(case.shape, case.input_tokens, case.output_tokens, batch, case=bound, loop=loop)
            for bound in (LOW, LIKELY, HIGH)
        ]
        low, likely, high = (size / GIB for size in sizes)
        return Prediction(likely, min(low, likely), max(high, likely))
    context = int(case.input_tokens + case.output_tokens)
    total = need(case.shape, Setup(precision=precision, context=context, batch=int(batch), gpus=case.layout.tensor)).total
    return Prediction(float(total.likely) / GIB, float(total.low) / GIB, float(total.high) / GIB)


def predict_row(row: Mapping[str, str]) -> Prediction:
    """The row's prediction, or its typed refusal; never raises for what a row says."""
    try:
        case = case_of(row)
        if row["metric"] == "gpu_mem_gb":
            return _memory(row, case)
        against = refusal(case)
        if against is not None:
            return Prediction(None, refused=f"{against.code}: {against.text}")
        found = behaviour(case)
        if case.arrival == "open" and found.saturated and row["metric"].startswith(("ttft", "e2e")):
            return Prediction(None, refused=f"saturated: one replica serves about {found.requests_per_second:.3g} requests a second")
        value = metric_value(row["metric"], case, found)
    except FrugalError as problem:
        return Prediction(None, refused=f"{problem.code}: {problem.message}")
    if value is None:
        return Prediction(None, refused=f"unknown-metric: {row['metric'][:40]}")
    kind = next((name for start, name in CLASSES.items() if row["metric"].startswith(start)), "throughput")
    low, high = band(case if case.arrival != "open" else replace(case, stated_lengths=False), kind)
    return Prediction(value, value * low, value * high)


def _open(path: Path, mode: Literal["rt", "wt"]) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, mode, newline="", encoding="utf-8")
    return path.open(mode, newline="", encoding="utf-8")


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table. Raises UserError `not-a-serving-table` where a needed column is missing."""
    needed = {"engine", "engine_version", "model", "gpu", "gpu_count", "tensor_parallel", "precision_weights", "precision_kv"}
    needed |= {"input_tokens", "output_tokens", "concurrency_or_batch", "request_rate", "metric", "notes"}
    with _open(path, "rt") as file:
        reader = csv.DictReader(file)
        missing = needed - set(reader.fieldnames or ())
        if missing:
            raise UserError(
                "not-a-serving-table", f"The table lacks the columns {', '.join(sorted(missing))}.", "See tools/estimation/README.md."
            )
        yield from reader


def predict_table(source: Path, target: Path) -> tuple[int, int]:
    """Writes every row with its prediction; returns (rows, refused)."""
    rows = refused = 0
    with _open(target, "wt") as file:
        writer: csv.DictWriter[str] | None = None
        for row in read_rows(source):
            if writer is None:
                writer = csv.DictWriter(file, [*(name for name in row if name not in ADDED), *ADDED])
                writer.writeheader()
            found = predict_row(row)
            numbers = ("" if n is None else f"{n:.6g}" for n in (found.value, found.low, found.high))
            writer.writerow({**row, **dict(zip(ADDED, (*numbers, found.refused), strict=True))})
            rows, refused = rows + 1, refused + (found.value is None)
    return rows, refused
