"""Fits the estimator's rates anew and writes the calibration: rates, error bands, and how much wider they are for the unseen.

Bands come from cross-validation over model/GPU pairs: a pair is never in the fit that predicts it. Widening is measured by
leaving out whole engines, chip generations, number formats, models and clients. A developer's tool: the product never
imports it (torch).
"""

import json
from datetime import date
from math import log
from pathlib import Path
from typing import Any

import torch

from tools.estimation.serving.fit import START, Fit, samples
from tools.estimation.serving.rates import FAMILIES, PLACE, chip_generation, model_kind
from tools.estimation.serving.table import CLASSES

#: Kinds of case whose absence from the calibration is measured.
LEFT_OUT = ("engine", "generation", "format", "mixer", "model", "client")
#: Rows that a band of its own needs.
ENOUGH = 40


def metric_class(metric: str) -> str:
    """The class whose band a metric gets."""
    return next((name for start, name in CLASSES.items() if metric.startswith(start)), "throughput")


def bands_of(fit: Fit, gaps: Any) -> dict[str, dict[str, tuple[float, float]]]:
    """10 and 90 % quantiles of the held-out gaps by metric class, kind of model and chip generation (of `ENOUGH` rows)."""
    by: dict[str, dict[str, list[float]]] = {}
    for row, gap in zip(fit.rows, gaps.tolist(), strict=True):
        kind = model_kind(row.case)
        for key in ("all", kind, f"{kind}|{chip_generation(row.case.chip)}"):
            by.setdefault(metric_class(row.metric), {}).setdefault(key, []).append(gap)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for name, keys in by.items():
        found[name] = {}
        for key, values in keys.items():
            if len(values) >= ENOUGH or key == "all":
                low, high = torch.tensor(values).quantile(torch.tensor([0.1, 0.9])).tolist()
                found[name][key] = (round(min(low, -0.02), 4), round(max(high, 0.02), 4))
    found["energy"] = {"all": (log(0.6), log(1.7))}
    return found


def widening(fit: Fit, gaps: Any, kind: str) -> float:
    """How much wider errors are (80 % quantile, in logarithms) where no measurement was of the case's level of `kind`; at least 1."""
    without = fit.held_out([kinds[kind] for kinds in fit.kinds])
    return float(max(1.0, without.abs().quantile(0.8) / gaps.abs().quantile(0.8)))


def calibrate(table: Path) -> None:
    """Fits on the whole table, bands and widening from held-out fits, and writes the calibration. Prints the held-out errors."""
    fit = Fit(samples(table))
    gaps = fit.held_out([row.pair for row in fit.rows])
    for name in ("tpot", "ttft", "throughput", "prefill"):
        wrong = [abs(g) for r, g in zip(fit.rows, gaps.tolist(), strict=True) if metric_class(r.metric) == name]
        middle = torch.tensor(wrong).exp().sub(1).median().item()
        print(f"held-out {name}: {len(wrong)} rows, median error {middle:.1%}", flush=True)  # noqa: T201
    wider = {}
    for kind in LEFT_OUT:
        wider[kind] = round(widening(fit, gaps, kind), 3)
        print(f"{kind} never seen: errors {wider[kind]} times as wide", flush=True)  # noqa: T201
    p = fit.solve(torch.arange(len(fit.rows)))
    effects = {
        name: {kind: dict(zip(fit.levels[kind], (round(v, 4) for v in p[name, kind].tolist()), strict=True)) for kind in kinds}
        for name, kinds in FAMILIES.items()
    }
    content = {
        "base": {name: round(p[name].item(), 4) for name in START},
        "effects": effects,
        "bands": bands_of(fit, gaps),
        "wider": wider,
        "about": {
            "rows": len(fit.rows),
            "fitted_on": date.today().isoformat(),
            "levels": fit.levels,
            "table": "published serving measurements, see knowledge/README.md",
        },
    }
    PLACE.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
