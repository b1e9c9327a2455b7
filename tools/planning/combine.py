"""What a set of actions leaves of each line's cost: sub-additive by construction.

Within a pool of techniques that work on the same resource, the strongest counts in full and each further one with an
exponent k <= 1 (one published pair: pruning 2.0x and FP8 2.2x gave 2.6x, so k = 0.24); idle time never falls below what
real work needs; pools multiply. Therefore an action's marginal saving never exceeds its stand-alone saving, and
nothing goes below zero. Columns of every array: best case, likely, worst case, then seeded random draws.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.ranges import Range
from tools.planning.assumptions import Settings
from tools.planning.candidates import Candidate, part_of
from tools.planning.spend import SpendLine

Array = NDArray[np.float64]
BEST, LIKELY, WORST, DRAWS = 0, 1, 2, 3
DEFAULT_DRAWS = 2000
OVERLAP = {"throughput": "overlap_throughput", "training_work": "overlap_training", "tokens_in": "overlap_input"}


def sample(name: str, value: Range, draws: int, reverse: bool = False) -> Array:
    """Columns for one uncertain value: its three bounds, then draws whose median is the likely value.

    Each half of the draws is uniform between the likely value and a bound. `name` seeds them, so that switching one
    action off does not change the draws of another. `reverse`: the high bound is the best case.
    """
    low, likely, high = float(value.low), float(value.likely), float(value.high)
    u = np.random.default_rng(zlib.crc32(name.encode())).random(draws)
    drawn = np.where(u < 0.5, low + (likely - low) * u * 2, likely + (high - likely) * (u * 2 - 1))
    ends = (high, likely, low) if reverse else (low, likely, high)
    return np.concatenate([np.array(ends), drawn])


@dataclass(frozen=True)
class Touch:
    """An action's effect on one part of one line."""

    line: int
    part: str  # "input", "output" or "all"
    pool: str
    factor: Array
    floor: float


class Calculator:
    """Costs left on every line for any set of candidates of a baseline."""

    def __init__(self, lines: Sequence[SpendLine], candidates: Iterable[Candidate], settings: Settings, draws: int = DEFAULT_DRAWS) -> None:
        self.lines = list(lines)
        self._at = {line.id: index for index, line in enumerate(self.lines)}
        self.costs = [sample(f"cost {line.id}", line.cost, draws, reverse=True) for line in self.lines]
        self._k: dict[str, Array] = {}
        self.touches: dict[str, tuple[Touch, ...]] = {}
        self._shares: dict[int, Array] = {}
        columns: dict[tuple[str, int], Array] = {}
        shares: dict[tuple[object, object], Array] = {}
        for candidate in candidates:
            touches = []
            for reach in candidate.reaches:
                pool, line = reach.effect.pool, self._at[reach.line.id]
                key = (f"{candidate.id} {reach.size.factor}", draws)
                if key not in columns:
                    columns[key] = sample(candidate.id, reach.size.factor, draws)
                if pool in OVERLAP and pool not in self._k:
                    self._k[pool] = sample(pool, settings.get(OVERLAP[pool]), draws, reverse=True)
                part = reach.effect.part if not part_of(reach.line) and reach.line.kind in ("api_tokens", "managed_ai") else "all"
                if part != "all" and line not in self._shares:
                    tokens = (candidate.facts.get("input_tokens"), candidate.facts.get("output_tokens"))
                    if tokens not in shares:
                        shares[tokens] = self._input_share(candidate.facts, settings, draws)
                    self._shares[line] = shares[tokens]
                touches.append(Touch(line, part, pool, columns[key], reach.size.floor))
            self.touches[candidate.id] = tuple(touches)

    @staticmethod
    def _input_share(facts: Mapping[str, object], settings: Settings, draws: int) -> Array:
        """Share of an unsplit API sum that pays for input: tokens in / (tokens in + price ratio x tokens out)."""
        ratio = sample("output_price_ratio", settings.get("output_price_ratio"), draws)
        ratio[[BEST, WORST]] = ratio[LIKELY]  # whether it helps depends on the action; the three bounds keep it at its likely value
        tokens_in, tokens_out = float(str(facts["input_tokens"])), float(str(facts["output_tokens"]))
        result: Array = tokens_in / np.maximum(tokens_in + ratio * tokens_out, 1e-12)
        return result

    def _pool(self, pool: str, touches: Sequence[Touch], columns: slice) -> Array | float:
        factors = [t.factor[columns] for t in touches]
        if len(factors) == 1:
            return factors[0]
        if pool == "idle_time":
            product: Array = np.prod(factors, axis=0)
            floor = max(t.floor for t in touches)
            return np.maximum(product, np.minimum(floor, np.min(factors, axis=0)))
        if pool not in self._k:
            return np.asarray(np.prod(factors, axis=0))
        ordered = np.sort(np.stack(factors), axis=0)
        weak: Array = np.prod(ordered[1:], axis=0)
        # a slowdown counts in full: only the gain of the weaker ones is dampened
        gain, loss = np.minimum(weak, 1.0), np.prod(np.maximum(ordered[1:], 1.0), axis=0)
        return np.asarray(ordered[0] * gain ** self._k[pool][columns] * loss)

    def left(self, active: Iterable[str], columns: slice = slice(None)) -> list[Array]:
        """Cost left on every line with these actions, as columns."""
        by_line: dict[int, list[Touch]] = {}
        for name in sorted(active):
            for touch in self.touches[name]:
                by_line.setdefault(touch.line, []).append(touch)
        factors: dict[tuple[object, ...], Array | float] = {}
        left = []
        for i, cost in enumerate(self.costs):
            if i not in by_line:
                left.append(cost[columns])
                continue
            share = self._shares.get(i)
            alike = (id(share), *((t.part, t.pool, id(t.factor), t.floor) for t in by_line[i]))  # a bill has many lines of few kinds
            if alike not in factors:
                factors[alike] = self._line_factor(by_line[i], i, columns)
            left.append(cost[columns] * factors[alike])
        return left

    def _line_factor(self, touches: Sequence[Touch], line: int, columns: slice) -> Array | float:
        parts = ("input", "output") if line in self._shares else ("all",)
        shares: Mapping[str, Array | float] = {"all": 1.0}
        if line in self._shares:
            share = self._shares[line][columns]
            shares = {"input": share, "output": 1 - share}
        result: Array | float = 0.0
        for part in parts:
            pools: dict[str, list[Touch]] = {}
            for touch in touches:
                if touch.part in ("all", part):
                    pools.setdefault(touch.pool, []).append(touch)
            remaining: Array | float = shares[part]
            for pool, members in sorted(pools.items()):
                remaining = remaining * self._pool(pool, members, columns)
            result = result + remaining
        return result

    def line_factor(self, name: str, line_id: str) -> Range:
        """Remaining share of a whole line when only this action is applied."""
        index = self._at[line_id]
        touches = [t for t in self.touches[name] if t.line == index]
        values = np.asarray(self._line_factor(touches, index, slice(0, DRAWS)), dtype=float)
        low, likely, high = sorted(round(float(v), 6) for v in values)
        return Range(low, likely, high)

    def saving(self, active: Iterable[str], columns: slice = slice(None)) -> Array:
        """Monthly saving of a set, as columns."""
        left = self.left(active, columns)
        if not left:
            return np.zeros(1)
        return np.asarray(sum(cost[columns] for cost in self.costs) - sum(left), dtype=float)

    def likely(self, active: Iterable[str]) -> float:
        """Monthly saving of a set at the likely values."""
        return float(self.saving(active, slice(LIKELY, LIKELY + 1))[0])
