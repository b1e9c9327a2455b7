"""Fits the rates to a table of published measurements, and measures the estimator on pairs that it had not seen.

Maximum a posteriori: pseudo-Huber loss on log(predicted / measured) with a normal prior on every factor (partial pooling).
Bands come from five-fold cross-validation over model/GPU pairs: a pair is never in the fit that predicts it. Runs the same
lines of physics as the product, on tensors. A developer's tool: the product never imports it (torch).
"""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from math import log
from pathlib import Path
from typing import Any

import torch

from knowledge.errors import FrugalError
from tools.estimation.serving.case import Case, Load, footprint, load_of
from tools.estimation.serving.counts import Step
from tools.estimation.serving.metrics import Times, first_token, per_token, tokens_per_second
from tools.estimation.serving.rates import FAMILIES, PLACE, Peaks, chip_generation, combine, kinds_of, model_kind, peaks
from tools.estimation.serving.refusals import refusal
from tools.estimation.serving.steps import step_seconds
from tools.estimation.serving.table import CLASSES, case_of, read_rows

#: Where the fit starts and is drawn to: shares of a peak, or seconds.
START = {
    "weight_bandwidth": 0.8, "gemm": 0.6, "expert_bandwidth": 0.6, "expert_gemm": 0.4, "kv_bandwidth": 0.6, "attention": 0.4,
    "activation_bandwidth": 0.7, "per_step": 3e-4, "per_layer": 2e-5, "per_layer_prefill": 3e-5, "per_sequence": 5e-6,
    "per_message": 6e-6, "link": 0.6, "sharpness": 2.0, "interference": 0.7, "first_fixed": 0.01, "first_step": 1.0,
    "first_prefill": 0.1, "first_decode": 0.03,
}  # fmt: skip
#: Standard deviation of a factor's logarithm before the data: engines differ more than number formats.
SPREAD = {"engine": 0.4, "generation": 0.3, "format": 0.25, "kind": 0.3, "link": 0.5}
WIDER = {("per_step", "engine"): 1.2, ("per_layer", "engine"): 0.8, ("per_layer_prefill", "engine"): 0.8}
FOLDS, ROUNDS = 5, 300
METRICS = ("tpot_ms", "ttft_ms", "output_tok_s", "total_tok_s", "output_tok_s_per_gpu", "prefill_tok_s")


@dataclass
class Sample:
    """A measured row that the fit can use."""

    case: Case
    load: Load
    metric: str
    value: float
    group: str  # source and metric: groups weigh by the square root of their size
    pair: str  # model and GPU


def samples(table: Path) -> list[Sample]:
    """Rows with a stated concurrency or an offline maximum, each measurement once."""
    found: list[Sample] = []
    seen: set[tuple[Any, ...]] = set()
    for row in read_rows(table):
        try:
            case = case_of(row)
        except FrugalError:
            continue
        metric = row["metric"].replace("_p50", "")
        value = float(row["value"])
        lengths = (row["input_tokens"], row["output_tokens"], case.concurrency)
        mark = (row["source"], row["model"], row["gpu"], case.engine, case.layout, case.fmt.name, *lengths, metric, value)
        if metric not in METRICS or case.arrival == "open" or value <= 0 or mark in seen or refusal(case):
            continue
        seen.add(mark)
        found.append(
            Sample(case, load_of(case, footprint(case)), metric, value, row["source"] + row["metric"], row["model"] + "|" + row["gpu"])
        )
    return found


class Fit:
    """The tensors of a set of samples and the parameters that explain them."""

    def __init__(self, rows: list[Sample]) -> None:
        torch.set_default_dtype(torch.float64)
        self.rows = rows

        def column(read: Callable[[Sample], float]) -> Any:
            return torch.tensor([float(read(r)) for r in rows])

        def step(name: str) -> Step:
            loads = [getattr(r.load, name) for r in rows]
            return Step(**{f.name: torch.tensor([float(getattr(one, f.name)) for one in loads]) for f in fields(Step)})

        self.steps = [step(name) for name in ("decode", "alone", "bulk")]
        tops = [peaks(r.case) for r in rows]
        self.top = Peaks(*(torch.tensor([getattr(t, f.name) for t in tops]) for f in fields(Peaks)))
        self.kinds = [kinds_of(r.case) for r in rows]
        self.levels = {kind: sorted({k[kind] for k in self.kinds}) for kind in SPREAD}
        self.index = {kind: torch.tensor([self.levels[kind].index(k[kind]) for k in self.kinds]) for kind in SPREAD}
        self.on_rank, self.running = column(lambda r: r.load.on_rank), column(lambda r: r.load.running)
        self.inputs, self.outputs = column(lambda r: r.load.input_tokens), column(lambda r: r.load.output_tokens)
        self.together, self.gpus = column(lambda r: r.load.together), column(lambda r: r.case.layout.gpus)
        self.waiting = column(lambda r: max(0.0, r.load.asked - r.load.room) / r.load.on_rank)
        self.metric = torch.tensor([METRICS.index(r.metric) for r in rows])
        self.measured = column(lambda r: log(r.value))
        size: dict[str, int] = {}
        for r in rows:
            size[r.group] = size.get(r.group, 0) + 1
        weight = column(lambda r: size[r.group] ** -0.5)
        self.weight = weight / weight.mean()

    def parameters(self) -> dict[Any, Any]:
        """Base values and zero effects."""
        found: dict[Any, Any] = {name: torch.tensor(log(start), requires_grad=True) for name, start in START.items()}
        for name, kinds in FAMILIES.items():
            found |= {(name, kind): torch.zeros(len(self.levels[kind]), requires_grad=True) for kind in kinds}
        return found

    def predicted(self, p: Mapping[Any, Any], at: Any) -> Any:
        """log of the predicted value of the rows `at`."""

        def factor(family: str) -> Any:
            return (p[family] + sum(p[family, kind][self.index[kind][at]] for kind in FAMILIES[family])).exp()

        top = Peaks(*(getattr(self.top, f.name)[at] for f in fields(Peaks)))
        decode, prefill, scheduling = combine(factor, top)
        parts = [Step(**{f.name: getattr(s, f.name)[at] for f in fields(Step)}) for s in self.steps]
        ratio = self.inputs[at] / self.together[at]
        times = Times(step_seconds(parts[0], decode), step_seconds(parts[1], prefill), step_seconds(parts[2], prefill) * ratio)
        rank, out = self.on_rank[at], self.outputs[at]
        speed = tokens_per_second(times, scheduling, self.running[at], rank, out)
        values = (
            per_token(times, scheduling, rank, out) * 1e3,
            first_token(times, scheduling, rank, out, self.waiting[at]) * 1e3,
            speed,
            speed * (self.inputs[at] + out) / out,
            speed / self.gpus[at],
            self.inputs[at] / times.prefill,
        )
        return torch.stack([v.expand(len(at)) for v in values]).gather(0, self.metric[at].unsqueeze(0))[0].log()

    def solve(self, at: Any, rounds: int = ROUNDS) -> dict[Any, Any]:
        """The most probable parameters for the rows `at`."""
        p = self.parameters()
        descent = torch.optim.Adam(list(p.values()), lr=0.05)
        for turn in range(rounds):
            if turn == int(rounds * 0.6):
                descent.param_groups[0]["lr"] = 0.0125
            descent.zero_grad()
            gap = self.predicted(p, at) - self.measured[at]
            loss = (self.weight[at] * ((gap * gap + 0.01).sqrt() - 0.1)).sum()
            for key, value in p.items():
                spread = WIDER.get(key, SPREAD[key[1]]) if isinstance(key, tuple) else 0.5
                centre = 0.0 if isinstance(key, tuple) else log(START[key])
                loss = loss + 0.5 * (((value - centre) / spread) ** 2).sum()
            loss.backward()
            descent.step()
        return p

    def held_out(self) -> Any:
        """log(measured / predicted) of every row by a fit that had not seen its model/GPU pair."""
        fold = torch.tensor([zlib.crc32(r.pair.encode()) % FOLDS for r in self.rows])
        gaps = torch.zeros(len(self.rows))
        for one in range(FOLDS):
            p = self.solve((fold != one).nonzero()[:, 0])
            rest = (fold == one).nonzero()[:, 0]
            with torch.no_grad():
                gaps[rest] = self.measured[rest] - self.predicted(p, rest)
        return gaps


def metric_class(metric: str) -> str:
    """The class whose band a metric gets."""
    return next((name for start, name in CLASSES.items() if metric.startswith(start)), "throughput")


def bands_of(fit: Fit, gaps: Any) -> dict[str, dict[str, tuple[float, float]]]:
    """10 and 90 % quantiles of the held-out gaps by metric class, kind of model and chip generation (60 rows or more)."""
    by: dict[str, dict[str, list[float]]] = {}
    for row, gap in zip(fit.rows, gaps.tolist(), strict=True):
        kind = model_kind(row.case)
        for key in ("all", kind, f"{kind}|{chip_generation(row.case.chip)}"):
            by.setdefault(metric_class(row.metric), {}).setdefault(key, []).append(gap)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for name, keys in by.items():
        found[name] = {}
        for key, values in keys.items():
            if len(values) >= 60 or key == "all":
                low, high = torch.tensor(values).quantile(torch.tensor([0.1, 0.9])).tolist()
                found[name][key] = (round(min(low, -0.02), 4), round(max(high, 0.02), 4))
    found["energy"] = {"all": (log(0.6), log(1.7))}
    return found


def calibrate(table: Path) -> None:
    """Fits on the whole table, bands from cross-validation, and writes the calibration. Prints the held-out errors."""
    fit = Fit(samples(table))
    gaps = fit.held_out()
    for name in ("tpot", "ttft", "throughput", "prefill"):
        wrong = [abs(g) for r, g in zip(fit.rows, gaps.tolist(), strict=True) if metric_class(r.metric) == name]
        middle = torch.tensor(wrong).exp().sub(1).median().item()
        print(f"held-out {name}: {len(wrong)} rows, median error {middle:.1%}")  # noqa: T201
    p = fit.solve(torch.arange(len(fit.rows)))
    effects = {
        name: {kind: dict(zip(fit.levels[kind], (round(v, 4) for v in p[name, kind].tolist()), strict=True)) for kind in kinds}
        for name, kinds in FAMILIES.items()
    }
    content = {
        "base": {name: round(p[name].item(), 4) for name in START},
        "effects": effects,
        "bands": bands_of(fit, gaps),
        "about": {
            "rows": len(fit.rows),
            "fitted_on": date.today().isoformat(),
            "levels": fit.levels,
            "table": "published serving measurements, see knowledge/README.md",
        },
    }
    PLACE.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
