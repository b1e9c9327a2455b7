"""Quality of a model on labelled rows, as a score per example, with intervals and the gate that a candidate must pass.

Metrics: `accuracy` (classification), `exact_match` (text generation with an answer: the greedy continuation equals
it, under the row's JSON schema where it brings one), `perplexity` (text generation on plain text; lower is better).
Intervals are 95 %: Wilson for shares, bootstrap over examples otherwise and for paired differences. Computes on
scores; runs no model.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from knowledge.ranges import Range

_RESAMPLES = 4000
_Z95 = 1.959964
MIN_ROWS = 30  # fewer examples cannot show that quality is kept


@dataclass(frozen=True)
class Scores:
    """Per example: `totals` (1 or 0 for shares, summed loss in nats for perplexity) over `weights` (1, or tokens)."""

    metric: str
    totals: tuple[float, ...]
    weights: tuple[float, ...]

    @classmethod
    def from_reply(cls, reply: dict[str, Any]) -> "Scores":
        """Rebuilds scores that a measuring child sent."""
        return cls(reply["metric"], tuple(reply["totals"]), tuple(reply["weights"]))

    @property
    def higher_is_better(self) -> bool:
        """Direction of the metric."""
        return self.metric != "perplexity"

    @property
    def value(self) -> float:
        """The metric over all examples."""
        return float(self._metric(np.asarray(self.totals).sum(), np.asarray(self.weights).sum()))

    def _metric(self, total: Any, weight: Any) -> Any:
        mean = total / weight
        return np.exp(np.minimum(mean, 700.0)) if self.metric == "perplexity" else mean

    def interval(self) -> Range:
        """The metric with its 95 % interval."""
        if self.metric != "perplexity":
            return wilson(sum(self.totals), len(self.totals))
        values = self.resampled(_draws(len(self.totals)))
        low, high = np.percentile(values, [2.5, 97.5])
        return Range(min(float(low), self.value), self.value, max(float(high), self.value))

    def resampled(self, draws: np.ndarray) -> np.ndarray:
        """The metric on each bootstrap sample; `draws` has shape (resamples, examples)."""
        return np.asarray(self._metric(np.asarray(self.totals)[draws].sum(axis=1), np.asarray(self.weights)[draws].sum(axis=1)))


def wilson(hits: float, count: int) -> Range:
    """Share of hits with the Wilson score interval (Wilson 1927). Raises ZeroDivisionError for no examples."""
    share = hits / count
    z2 = _Z95**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = _Z95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return Range(max(0.0, min(share, centre - reach)), share, min(1.0, max(share, centre + reach)))


def _draws(count: int, seed: int = 5) -> np.ndarray:
    resamples = max(200, min(_RESAMPLES, 4_000_000 // count))
    return np.random.default_rng(seed).integers(0, count, (resamples, count))


def loss(baseline: Scores, candidate: Scores) -> Range:
    """Quality lost by the candidate as a share of the baseline, paired over the same examples; negative = better.

    Raises ValueError where the two were not scored on the same examples with the same metric.
    """
    if baseline.metric != candidate.metric or baseline.weights != candidate.weights:
        raise ValueError("scores of different examples or metrics cannot be compared")
    draws = _draws(len(baseline.totals))
    sign = 1.0 if baseline.higher_is_better else -1.0

    def share(before: Any, after: Any) -> Any:
        scale = np.maximum(before, 1e-9)
        return sign * (before - after) / scale

    point = float(share(baseline.value, candidate.value))
    low, high = np.percentile(share(baseline.resampled(draws), candidate.resampled(draws)), [2.5, 97.5])
    return Range(min(float(low), point), point, max(float(high), point))


@dataclass(frozen=True)
class GateResult:
    """`state`: passed, failed, unsure (too few rows to tell) or unmeasured. `reason` is words without figures."""

    state: str
    reason: str
    lost: Range | None = None


def gate(baseline: Scores | None, candidate: Scores | None, tolerance: float) -> GateResult:
    """Whether the candidate keeps quality within `tolerance` (share of the baseline that may be lost).

    Passed only where the whole interval of the loss lies within tolerance and there are at least 30 examples (30 right
    ones of the baseline, where answers are right or wrong); failed where the measured loss is above it; unsure in between.
    """
    if baseline is None or candidate is None:
        return GateResult("unmeasured", "quality was not measured, because no labelled file was given")
    if not np.isfinite(candidate.value):
        return GateResult("failed", "the quantized copy gives values that are not finite")
    lost = loss(baseline, candidate)
    if lost.likely > tolerance:
        sure = "" if lost.low > tolerance else ", though the rows are too few to be certain"
        return GateResult("failed", f"quality drops beyond your tolerance{sure}", lost)
    if baseline.higher_is_better and len(baseline.totals) >= MIN_ROWS > sum(baseline.totals):
        return GateResult("unsure", "the model as it is answers too few examples right for a loss of quality to show", lost)
    if len(baseline.totals) < MIN_ROWS:
        return GateResult("unsure", "the file has too few examples to show that quality is kept", lost)
    if lost.high > tolerance:
        return GateResult("unsure", "the measured loss is within your tolerance, but the file has too few examples to be sure", lost)
    return GateResult("passed", "quality stays within your tolerance", lost)
