"""What is promised to developers who calibrate: the fit finds what made the measurements; a held-out figure saw nothing of its part."""

from dataclasses import replace
from math import exp, log
from pathlib import Path
from statistics import median

import pytest

from knowledge import catalog
from tools.estimation.serving.calibrate import bands_of, widening
from tools.estimation.serving.case import Case, footprint, load_of
from tools.estimation.serving.counts import Layout
from tools.estimation.serving.fit import Fit, Sample, samples
from tools.estimation.serving.formats import weight_format
from tools.estimation.serving.predict import behaviour

SLOWER = 1.6
CHIPS, MODELS = ("H100 SXM", "A100 SXM 80GB"), ("llama-3.1-8b", "qwen2.5-14b")


def measured(chip: str, model: str, engine: str, running: float, source: str = "made up") -> Sample:
    """What the committed calibration predicts, in a world where the engine "other" takes `SLOWER` times as long a token."""
    shape = catalog.model(model)
    case = Case(shape, catalog.accelerator(chip), Layout(), weight_format("bf16", shape), 16.0, engine, 512.0, 256.0, concurrency=running)
    real = behaviour(replace(case, engine="vllm")).tpot_s * 1e3 * (SLOWER if engine == "other" else 1.0)
    return Sample(case, load_of(case, footprint(case)), "tpot_ms", real, source, f"{model}|{chip}")


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty rows are solved in fewer rounds than ten thousand."""
    monkeypatch.setattr("tools.estimation.serving.fit.ROUNDS", 60)


@pytest.fixture(scope="module")
def rows() -> list[Sample]:
    return [
        measured(chip, model, engine, running)
        for chip in CHIPS
        for model in MODELS
        for engine in ("vllm", "other")
        for running in (1.0, 8.0, 32.0)
    ]


def test_an_engine_that_is_slower_is_found_to_be_slower(rows: list[Sample]) -> None:
    import torch

    fit = Fit(rows)
    solved, everything = fit.solve(torch.arange(len(rows))), torch.arange(len(rows))
    with torch.no_grad():
        predicted = fit.predicted(solved, everything).exp().tolist()
    wrong = [abs(log(row.value / one)) for row, one in zip(rows, predicted, strict=True)]
    assert median(wrong) < log(1.05)
    by_engine = {
        name: median(one for row, one in zip(rows, predicted, strict=True) if row.case.engine == name) for name in ("vllm", "other")
    }
    assert by_engine["other"] / by_engine["vllm"] == pytest.approx(SLOWER, rel=0.08)


def test_a_held_out_figure_has_not_seen_its_own_part(rows: list[Sample]) -> None:
    """One pair is measured ten times too slow: a fit that had seen it would give in to it, one that had not is off by all of it."""
    odd = f"{MODELS[0]}|{CHIPS[0]}"
    fit = Fit([replace(row, value=row.value * (10 if row.pair == odd else 1)) for row in rows])
    gaps = fit.held_out([row.pair for row in fit.rows]).tolist()
    assert median(gap for row, gap in zip(fit.rows, gaps, strict=True) if row.pair == odd) > log(7)
    assert median(abs(gap) for row, gap in zip(fit.rows, gaps, strict=True) if row.pair != odd) < log(1.3)


def test_what_was_never_seen_is_never_said_to_be_known_better(rows: list[Sample]) -> None:
    import torch

    fit = Fit(rows)
    gaps = fit.held_out([row.pair for row in rows])
    assert widening(fit, gaps, "engine") > 1.0  # the other engine is another world
    assert widening(fit, torch.full((len(rows),), 9.0), "engine") == 1.0


def test_bands_hold_four_of_five_of_the_errors_they_are_made_of(rows: list[Sample]) -> None:
    import torch

    fit = Fit(rows * 2)
    gaps = torch.linspace(-0.5, 0.7, len(fit.rows))
    low, high = bands_of(fit, gaps)["tpot"]["all"]
    inside = sum(low <= gap <= high for gap in gaps.tolist()) / len(gaps)
    assert 0.77 <= inside <= 0.83 and exp(low) < 1 < exp(high)


def test_a_measurement_that_a_table_repeats_counts_once(tmp_path: Path) -> None:
    head = (
        "source,source_ref,engine,engine_version,model,gpu,gpu_count,tensor_parallel,precision_weights,precision_kv,"
        "input_tokens,output_tokens,concurrency_or_batch,request_rate,metric,value,notes"
    )
    row = "made up,#{n},vLLM,0.15,meta-llama/Llama-3.1-8B,H100-SXM-80GB,1,1,bf16,,1024,256,8,,tpot_ms,{value},"
    table = tmp_path / "t.csv"
    table.write_text("\n".join([head, row.format(n=1, value=7.5), row.format(n=2, value=7.5), row.format(n=3, value=9)]) + "\n")
    assert [one.value for one in samples(table)] == [7.5, 9.0]
