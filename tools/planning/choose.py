"""Chooses the set of actions of one case with the highest net benefit: exact by branch and bound.

Net benefit = monthly saving at likely values x horizon - one-time cost. Competing techniques (`excludes`) are never
chosen together. Savings are sub-additive, so the sum of the rest's stand-alone values is a valid upper bound. Beyond
NODE_LIMIT nodes the search stops and says so; tests compare it with brute force.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.planning.candidates import Candidate
from tools.planning.combine import LIKELY, OVERLAP, Calculator

NODE_LIMIT = 200_000


@dataclass(frozen=True)
class Choice:
    """The chosen candidate ids, and whether the search was complete."""

    chosen: frozenset[str]
    proven: bool


class QuickSaving:
    """`Calculator.likely` in plain floats, lines with the same touches merged: for the search only."""

    def __init__(self, calculator: Calculator, names: Sequence[str]) -> None:
        self.k = {pool: float(values[LIKELY]) for pool, values in calculator._k.items()}
        touching: dict[int, list[tuple[str, str, str, float, float]]] = {}
        for name in names:
            for t in calculator.touches[name]:
                touching.setdefault(t.line, []).append((name, t.part, t.pool, float(t.factor[LIKELY]), t.floor))
        merged: dict[tuple[float, tuple[tuple[str, str, str, float, float], ...]], float] = {}
        for line, touches in touching.items():
            share = float(calculator._shares[line][LIKELY]) if line in calculator._shares else -1.0
            key = (share, tuple(sorted(touches)))
            merged[key] = merged.get(key, 0.0) + float(calculator.costs[line][LIKELY])
        self.groups = [(cost, share, touches) for (share, touches), cost in merged.items()]

    def __call__(self, active: frozenset[str]) -> float:
        return sum(cost * (1 - self._factor(share, [t for t in touches if t[0] in active])) for cost, share, touches in self.groups)

    def _factor(self, share: float, touches: list[tuple[str, str, str, float, float]]) -> float:
        if not touches:
            return 1.0
        parts = (("all", 1.0),) if share < 0 else (("input", share), ("output", 1 - share))
        result = 0.0
        for part, weight in parts:
            pools: dict[str, list[tuple[float, float]]] = {}
            for _, where, pool, factor, floor in touches:
                if where in ("all", part):
                    pools.setdefault(pool, []).append((factor, floor))
            for pool, members in pools.items():
                weight *= self._pool(pool, members)
            result += weight
        return result

    def _pool(self, pool: str, members: list[tuple[float, float]]) -> float:
        factors = sorted(f for f, _ in members)
        if pool == "idle_time" and len(factors) > 1:
            return max(math.prod(factors), min(max(floor for _, floor in members), factors[0]))
        if pool in OVERLAP and len(factors) > 1:
            weak = math.prod(factors[1:])
            loss: float = math.prod(max(f, 1.0) for f in factors[1:])
            return float(factors[0] * min(weak, 1.0) ** self.k[pool] * loss)
        return math.prod(factors)


def conflicts(candidates: Sequence[Candidate]) -> dict[str, frozenset[str]]:
    """Candidate id -> ids of the candidates of the same case that it competes with."""
    result = {}
    for one in candidates:
        result[one.id] = frozenset(
            other.id
            for other in candidates
            if other.case.name == one.case.name and (other.card.id in one.card.excludes or one.card.id in other.card.excludes)
        )
    return result


def best_set(candidates: Sequence[Candidate], calculator: Calculator, cost: Mapping[str, float], months: float) -> Choice:
    """The best set among candidates of one case. `cost` is the one-time cost of each id, at its likely value."""
    saving = QuickSaving(calculator, [c.id for c in candidates])
    against = conflicts(candidates)
    alone = {c.id: saving(frozenset({c.id})) * months - cost[c.id] for c in candidates}
    order = sorted((c.id for c in candidates if alone[c.id] > 0), key=lambda name: (-alone[name], name))
    best: tuple[float, frozenset[str]] = (0.0, frozenset())
    nodes = 0

    def walk(position: int, chosen: frozenset[str], barred: frozenset[str], value: float) -> None:
        nonlocal best, nodes
        nodes += 1
        if value > best[0] + 1e-9:
            best = (value, chosen)
        rest = [name for name in order[position:] if name not in barred]
        if not rest or nodes > NODE_LIMIT or value + sum(alone[name] for name in rest) <= best[0] + 1e-9:
            return
        name = rest[0]
        after = order.index(name) + 1
        grown = chosen | {name}
        worth = saving(grown) * months - sum(cost[x] for x in grown)
        walk(after, grown, barred | against[name], worth)
        walk(after, chosen, barred, value)

    walk(0, frozenset(), frozenset(), 0.0)
    return Choice(best[1], nodes <= NODE_LIMIT)
