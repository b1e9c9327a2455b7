"""Fits the rates to published measurements, and predicts measurements by fits that had not seen them.

Maximum a posteriori: Cauchy loss on log(predicted / measured), so that a mislabelled run pulls no more than a bit, with a normal
prior on every factor (partial pooling). Runs the same lines of physics as the product, on tensors. A developer's tool: the
product never imports it (torch). Writes nothing; that is `calibrate.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import log
from pathlib import Path
from typing import Any

import torch

from knowledge.errors import FrugalError
from tools.estimation.serving.case import Case, Load, footprint, load_of
from tools.estimation.serving.counts import Step
from tools.estimation.serving.metrics import Times, first_token, per_token, tokens_per_second
from tools.estimation.serving.rates import FAMILIES, Peaks, combine, kinds_of, peaks
from tools.estimation.serving.refusals import refusal
from tools.estimation.serving.steps import step_seconds
from tools.estimation.serving.table import case_of, read_rows

#: Where the fit starts and is drawn to: shares of a peak, or seconds.
START = {
    "weight_bandwidth": 0.8, "gemm": 0.6, "gemm_decode": 0.8, "expert_bandwidth": 0.6, "expert_gemm": 0.4, "kv_bandwidth": 0.6,
    "attention": 0.4, "activation_bandwidth": 0.7, "per_step": 3e-4, "per_layer": 2e-5, "per_layer_prefill": 3e-5, "per_sequence": 5e-6,
    "per_message": 6e-6, "link": 0.6, "sharpness": 2.0, "whole_decode": 1.0, "whole_prefill": 1.0, "interference": 0.7,
    "first_fixed": 0.01, "first_step": 1.0, "first_prefill": 0.1, "first_decode": 0.03,
}  # fmt: skip
#: Standard deviation of a factor's logarithm before the data: engines differ more than number formats.
SPREAD = {
    "engine": 0.4, "generation": 0.3, "format": 0.25, "mixer": 0.3, "mlp": 0.3, "link": 0.5, "model": 0.3, "client": 0.8,
    "engine and generation": 0.2, "engine and mlp": 0.3,
}  # fmt: skip
#: Where they differ more: what an engine adds to a step, skinny multiplications on other makers' chips, unpacking of narrow weights.
WIDER = {
    ("per_step", "engine"): 1.2, ("per_layer", "engine"): 0.8, ("per_layer_prefill", "engine"): 0.8,
    ("gemm_decode", "generation"): 0.8, ("gemm", "format"): 0.6,
}  # fmt: skip
#: Scale of the Cauchy loss: a gap of so much (in logarithms) counts fully, a larger one less and less.
SCALE = 0.14
#: 0: every row weighs the same; 1: every group of rows does.
EVEN = 0.4
#: Rows of a metric weigh so much more: the time of a token sets latency, capacity and cost.
IMPORTANCE = {"tpot_ms": 2.0}
FOLDS, ROUNDS = 20, 200
METRICS = ("tpot_ms", "ttft_ms", "output_tok_s", "total_tok_s", "output_tok_s_per_gpu", "prefill_tok_s")


@dataclass
class Sample:
    """A measured row that the fit can use."""

    case: Case
    load: Load
    metric: str
    value: float
    source: str
    pair: str  # model and GPU

    @property
    def group(self) -> str:
        """Source and metric: groups of many rows weigh more than small ones, but less than by their rows (`EVEN`)."""
        return self.source + self.metric


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
        found.append(Sample(case, load_of(case, footprint(case)), metric, value, row["source"], row["model"] + "|" + row["gpu"]))
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
        weight = column(lambda r: size[r.group] ** -EVEN * IMPORTANCE.get(r.metric, 1.0))
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

    def solve(self, at: Any) -> dict[Any, Any]:
        """The most probable parameters for the rows `at` (L-BFGS from the prior's centre)."""
        p = self.parameters()
        descent = torch.optim.LBFGS(list(p.values()), max_iter=ROUNDS, history_size=20, line_search_fn="strong_wolfe")

        def improbability() -> Any:
            descent.zero_grad()
            gap = self.predicted(p, at) - self.measured[at]
            loss = (self.weight[at] * (SCALE * (gap / SCALE).square().log1p())).sum()
            for key, value in p.items():
                spread = WIDER.get(key, SPREAD[key[1]]) if isinstance(key, tuple) else 0.5
                centre = 0.0 if isinstance(key, tuple) else log(START[key])
                loss = loss + 0.5 * (((value - centre) / spread) ** 2).sum()
            loss.backward()
            return loss

        descent.step(improbability)
        return p

    def held_out(self, parts: Sequence[str]) -> Any:
        """log(measured / predicted) of every row by a fit that had not seen the row's part (its model/GPU pair, its source, ...).

        Parts go to the folds in turn, in alphabetical order: the pairs of one model to different ones, as a user's model
        may have been measured on other hardware.
        """
        order = {part: number for number, part in enumerate(sorted(set(parts)))}
        fold = torch.tensor([order[part] % FOLDS for part in parts])
        gaps = torch.zeros(len(self.rows))
        for one in range(min(FOLDS, len(order))):
            p = self.solve((fold != one).nonzero()[:, 0])
            rest = (fold == one).nonzero()[:, 0]
            with torch.no_grad():
                gaps[rest] = self.measured[rest] - self.predicted(p, rest)
        return gaps
