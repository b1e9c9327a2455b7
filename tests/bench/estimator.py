"""`python -m tests.bench.estimator TABLE.csv.gz`: how good the serving estimator is on pairs it has not seen, and how fast.

Prints, for every source and metric, the held-out errors (twenty folds over model/GPU pairs) beside those of a plain roofline with fixed
constants (80 % of bandwidth, 60 % of FLOPS, nothing fitted); the same in total for sources, models and engines left out whole; the
regret of choosing hardware by it; configurations a second.
Measures and asserts nothing. Needs torch and a table of measurements (../shared/data/serving/measured.csv.gz where it is at hand).
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from math import exp, log
from pathlib import Path
from statistics import median

from knowledge import prices_here
from tools.estimation.serving.calibrate import bands_of, metric_class
from tools.estimation.serving.fit import Fit, Sample, samples
from tools.estimation.serving.formats import peak_tflops
from tools.estimation.serving.metrics import Scheduling, Times, first_token, per_token, tokens_per_second
from tools.estimation.serving.predict import behaviour
from tools.estimation.serving.rates import chip_generation, model_kind, peaks

SHARED = Path(__file__).parents[3] / "shared" / "data" / "serving" / "measured.csv.gz"
TOKENS = ("output_tok_s", "output_tok_s_per_gpu", "total_tok_s")


def plain_roofline(row: Sample) -> float:
    """80 % of bandwidth, 60 % of FLOPS, 8 us a message; prefill shared over the output. Constants as commonly advised, not fitted."""
    top, multiply = peaks(row.case), (peak_tflops(row.case.chip, row.case.fmt)[0] or 0.0) * 1e12  # the datasheet's, whatever the engine

    def seconds(step: object) -> float:
        moved = sum(getattr(step, name) for name in ("weight_bytes", "expert_bytes", "kv_bytes"))
        done = sum(getattr(step, name) for name in ("gemm_flops", "expert_flops", "attention_flops"))
        return max(moved / (0.8 * top.bandwidth), done / (0.6 * multiply)) + 8e-6 * float(getattr(step, "messages"))  # noqa: B009

    load = row.load
    times = Times(seconds(load.decode), seconds(load.alone), seconds(load.bulk) * load.input_tokens / load.together)
    plain = Scheduling(1.0, 0.0, 0.0, 0.0, 0.0)
    speed = tokens_per_second(times, plain, load.running, load.on_rank, load.output_tokens)
    return float(
        {
            "tpot_ms": per_token(times, plain, load.on_rank, load.output_tokens) * 1e3,
            "ttft_ms": first_token(times, plain, load.on_rank, load.output_tokens, 0.0) * 1e3,
            "output_tok_s": speed,
            "output_tok_s_per_gpu": speed / row.case.layout.gpus,
            "total_tok_s": speed * (load.input_tokens + load.output_tokens) / load.output_tokens,
            "prefill_tok_s": load.input_tokens / times.prefill,
        }[row.metric]
    )


def _show(title: str, rows: Iterable[tuple[float, float, bool]]) -> None:
    found = list(rows)
    ours, plain = sorted(exp(abs(a)) - 1 for a, _, _ in found), sorted(exp(abs(b)) - 1 for _, b, _ in found)
    held = sum(inside for _, _, inside in found) / len(found)
    tenth = int(0.9 * len(found))
    print(
        f"{title:62} n={len(found):5} ours {median(ours):7.1%} (p90 {ours[min(tenth, len(ours) - 1)]:7.1%}) "
        f"in band {held:6.1%}   plain roofline {median(plain):7.1%}"
    )


def errors(fit: Fit, gaps: list[float]) -> None:
    """The table of errors. Bands are those of the same folds, so their coverage is close to 80 % by construction in total, not by group."""
    import torch

    bands = bands_of(fit, torch.tensor(gaps))
    groups: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)
    for row, gap in zip(fit.rows, gaps, strict=True):
        name, kind, generation = metric_class(row.metric), model_kind(row.case), chip_generation(row.case.chip)
        low, high = next(bands[name][key] for key in (f"{kind}|{generation}", kind, "all") if key in bands[name])
        entry = (gap, log(row.value) - log(plain_roofline(row)), low <= gap <= high)
        offline = " offline maximum" if row.case.arrival == "offline" else ""
        for key in (f"1 all {name}", f"2 {row.group}{offline}", f"3 {generation} {name}"):
            groups[key].append(entry)
    for key in sorted(groups):
        _show(key[2:], groups[key])


def left_out(fit: Fit, kind: str) -> None:
    """Errors in total by fits that had seen no measurement of the row's client (source), model or engine."""
    gaps = fit.held_out([kinds[kind] for kinds in fit.kinds]).tolist()
    for name in ("tpot", "ttft", "throughput", "prefill"):
        wrong = sorted(exp(abs(gap)) - 1 for row, gap in zip(fit.rows, gaps, strict=True) if metric_class(row.metric) == name)
        print(f"{kind} left out whole: {name:12} n={len(wrong):5} median {median(wrong):7.1%} (p90 {wrong[int(0.9 * len(wrong))]:7.1%})")


def rates(fit: Fit, gaps: list[float]) -> Iterable[tuple[Sample, str, float, float]]:
    """Tokens a second, measured and predicted: throughput rows as they are, runs that state both latencies by what these imply."""
    latencies: dict[tuple[object, ...], dict[str, tuple[Sample, float]]] = defaultdict(dict)
    for row, gap in zip(fit.rows, gaps, strict=True):
        if row.metric in TOKENS:
            yield row, row.metric, row.value, row.value / exp(gap)
        elif row.metric in ("ttft_ms", "tpot_ms"):
            case = row.case
            run = (
                row.pair,
                case.client,
                case.engine,
                case.fmt.name,
                case.layout,
                row.load.input_tokens,
                row.load.output_tokens,
                row.load.asked,
            )
            latencies[run][row.metric] = (row, gap)
    for both in latencies.values():
        if len(both) == 2:
            row, gap = both["ttft_ms"]
            after, later = both["tpot_ms"]
            answer = [(row.value / exp(a) + (row.load.output_tokens - 1) * after.value / exp(b)) / 1e3 for a, b in ((0, 0), (gap, later))]
            yield row, "from latencies", *(row.load.asked * row.load.output_tokens / seconds for seconds in answer)


def regret(fit: Fit, gaps: list[float]) -> None:
    """$ a token of the hardware and setting that we would pick over the best measured, by model, lengths and metric."""
    choices: dict[tuple[str, ...], dict[tuple[str, int], list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row, metric, measured, predicted in rates(fit, gaps):
        prices = prices_here.hourly_prices(row.case.chip.name)
        if not prices:
            continue
        cards = 1 if metric.endswith("per_gpu") else row.case.layout.gpus
        each = float(prices_here.per_accelerator(prices).likely) * cards
        key = (row.pair.split("|")[0], metric, f"{row.load.input_tokens:g}", f"{row.load.output_tokens:g}")
        choices[key][row.case.chip.name, row.case.layout.gpus].append((each / measured, each / predicted))
    found = []
    for options in choices.values():
        if len(options) < 3:
            continue
        best = [min(pairs, key=lambda pair: pair[1]) for pairs in options.values()]  # of each hardware its best predicted setting
        picked = min(best, key=lambda pair: pair[1])
        found.append(picked[0] / min(true for pairs in options.values() for true, _ in pairs))
    found.sort()
    print(
        f"decision regret: {len(found)} groups, median {median(found):.3f}, p90 {found[int(0.9 * len(found))]:.3f}, worst {found[-1]:.2f}"
    )


def speed(fit: Fit) -> None:
    """Full configurations a second on one core, and a search over 10,000."""
    cases = [row.case for row in fit.rows[:2000]]

    def rate(work: Callable[[int], object], count: int) -> float:
        start = time.process_time()
        for number in range(count):
            work(number)
        return count / (time.process_time() - start)

    each = rate(lambda n: behaviour(replace(cases[n % len(cases)], concurrency=float(1 + n % 256))), 10_000)
    print(f"speed: {each:,.0f} configurations a second of one core; 10,000 in {10_000 / each:.2f} s")


def main() -> int:
    """Runs all parts."""
    table = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    if not table.is_file():
        print(
            f"no table of measurements at hand; say: python -m tests.bench.estimator TABLE.csv (looked for {table.name})", file=sys.stderr
        )
        return 1
    fit = Fit(samples(table))
    print(f"{len(fit.rows)} measurements, each once; every figure by a fit that had not seen its model/GPU pair")
    gaps = fit.held_out([row.pair for row in fit.rows]).tolist()
    errors(fit, gaps)
    for kind in ("client", "model", "engine"):
        left_out(fit, kind)
    regret(fit, gaps)
    speed(fit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
