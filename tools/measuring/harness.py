"""The one timing harness: adaptive sampling, interleaved comparison, and the statistics of both. Knows no model library.

What is timed is a `Block`: a function that runs its target n times and returns n durations in nanoseconds (taken with
perf_counter_ns, in whatever process the target lives). Two vCPUs of a shared machine drift by several per cent, so
absolute times of different runs are never compared; `interleave` alternates targets (A B, B A, A B ...) and
`compare` works on the ratio within each round.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from knowledge.ranges import Range

Block = Callable[[int], Sequence[int]]
MIN_ITERATIONS = 10
MIN_SECONDS = 2.0
_BLOCK_SECONDS = 0.25
_RESAMPLES = 1000
_Z95 = 1.959964
MARGIN = 0.005  # smaller differences are not worth a word, and calling them would often be wrong


def _silent() -> None:
    """Heartbeat for callers that show none."""


@dataclass(frozen=True)
class Samples:
    """Durations of one target in nanoseconds, in the order taken."""

    nanoseconds: tuple[int, ...]

    @property
    def iterations(self) -> int:
        """Number of timed calls."""
        return len(self.nanoseconds)

    def percentile_ms(self, percent: float, seed: int = 7) -> Range:
        """A percentile in ms with its 95 % bootstrap interval."""
        return self._bootstrap(lambda rows: np.percentile(rows, percent, axis=-1), seed)

    def mean_ms(self, seed: int = 7) -> Range:
        """Mean in ms with its 95 % bootstrap interval (the base of throughput)."""
        return self._bootstrap(lambda rows: np.mean(rows, axis=-1), seed)

    def _bootstrap(self, statistic: Callable[[np.ndarray], np.ndarray], seed: int) -> Range:
        data = np.asarray(self.nanoseconds, dtype=np.float64) / 1e6
        draws = np.random.default_rng(seed).integers(0, len(data), (_RESAMPLES, len(data)))
        low, high = np.percentile(statistic(data[draws]), [2.5, 97.5])
        point = float(statistic(data))
        return Range(min(float(low), point), point, max(float(high), point))


def measure(block: Block, max_seconds: float = 20.0, min_seconds: float = MIN_SECONDS, tick: Callable[[], None] = _silent) -> Samples:
    """Samples until at least 10 calls and `min_seconds`, or until `max_seconds` have passed (at least 3 calls then)."""
    taken: list[int] = []
    began = time.monotonic()
    size = 1
    while True:
        taken.extend(block(size))
        tick()
        passed, busy = time.monotonic() - began, sum(taken) / 1e9
        enough = len(taken) >= MIN_ITERATIONS and busy >= min_seconds
        if enough or len(taken) >= 5000 or (passed >= max_seconds and len(taken) >= 3):
            return Samples(tuple(taken))
        size = block_size(taken)


def block_size(taken: Sequence[int]) -> int:
    """Calls that fill about a quarter of a second, from the durations seen so far."""
    return max(1, min(500, round(_BLOCK_SECONDS * 1e9 / max(1.0, float(np.median(taken))))))


@dataclass
class Rounds:
    """Median duration (ns) of each target in each interleaved round, and every single duration."""

    medians: dict[str, list[float]] = field(default_factory=dict)
    samples: dict[str, list[int]] = field(default_factory=dict)


def interleave(
    blocks: Mapping[str, Block],
    max_seconds: float = 60.0,
    min_rounds: int = 10,
    half_width: float = 0.01,
    tick: Callable[[], None] = _silent,
) -> Rounds:
    """Alternates the targets, order reversed each time, so that drift cancels within a round (A B B A).

    The first `min_rounds` rounds tell how many are needed to know each ratio against the first to +-`half_width`
    (95 %); that number is then run without looking again, because stopping when the interval looks narrow would call
    equal targets different too often (Stein's two-stage rule, 1945). Ends at `max_seconds`, but never before 4 rounds.
    """
    names = list(blocks)
    result = Rounds({n: [] for n in names}, {n: [] for n in names})
    sizes = {n: block_size(blocks[n](1)) for n in names}
    began, needed = time.monotonic(), math.inf
    while True:
        taken: dict[str, list[int]] = {n: [] for n in names}
        for name in (*names, *reversed(names)):
            taken[name].extend(blocks[name](max(1, sizes[name] // 2)))
            tick()
        for name in names:
            result.medians[name].append(float(np.median(taken[name])))
            result.samples[name].extend(taken[name])
        count = len(result.medians[names[0]])
        if count >= 4 and time.monotonic() - began >= max_seconds:
            return result
        if count == min_rounds:
            needed = max(rounds_needed(result, names[0], name, half_width) for name in names[1:])
        if count >= needed:
            return result


def rounds_needed(pilot: Rounds, baseline: str, candidate: str, half_width: float) -> int:
    """Rounds that make the 95 % interval of the log ratio +-`half_width`, from the spread seen in the pilot rounds."""
    logs = np.log(np.asarray(pilot.medians[candidate]) / np.asarray(pilot.medians[baseline]))
    return max(len(logs), math.ceil((student_t95(len(logs) - 1) * float(np.std(logs, ddof=1)) / half_width) ** 2))


def compare(rounds: Rounds, baseline: str, candidate: str) -> Range:
    """Candidate time / baseline time with its 95 % interval: a t-interval on the log ratios of the rounds.

    Raises ValueError below 2 rounds. Below 1 is faster; an interval that holds 1 shows no difference.
    """
    logs = np.log(np.asarray(rounds.medians[candidate]) / np.asarray(rounds.medians[baseline]))
    if len(logs) < 2:
        raise ValueError("a comparison needs at least 2 rounds")
    centre, spread = float(np.mean(logs)), float(np.std(logs, ddof=1)) / math.sqrt(len(logs))
    reach = student_t95(len(logs) - 1) * spread
    return Range(math.exp(centre - reach), math.exp(centre), math.exp(centre + reach))


def student_t95(freedom: int) -> float:
    """Two-sided 95 % quantile of Student's t (Abramowitz and Stegun 26.7.5; exact for 1 and 2 degrees of freedom)."""
    if freedom < 3:
        return {1: 12.706, 2: 4.303}[freedom]
    z, v = _Z95, freedom
    first = (z**3 + z) / (4 * v)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    return z + first + second + third


def differs(ratio: Range) -> str:
    """ "faster", "slower" or "same": the interval of candidate / baseline time must clear 1 by half a per cent."""
    if ratio.high < 1 - MARGIN:
        return "faster"
    return "slower" if ratio.low > 1 + MARGIN else "same"
