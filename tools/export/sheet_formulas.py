"""Writes the planner's arithmetic of one cost line as a spreadsheet formula. Pure text; no numbers of its own.

The rule is that of `tools.planning.combine`: within a pool the strongest action counts in full and each weaker one with
the exponent k of its overlap assumption; idle time never falls below what real work needs; pools multiply; the input
and output parts of a line add up by their share. An action that is off has factor 1, which is neutral in every rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One action on one line: cells that hold its factor and floor in use, and how it combines."""

    part: str  # "input", "output" or "all"
    pool: str
    factor: str  # cell with IF(on, factor, 1)
    floor: str  # cell with IF(on, floor, 0)
    exponent: str  # cell of the overlap assumption; "" where the pool has none


def _pool(terms: Sequence[Term]) -> str:
    factors = ",".join(t.factor for t in terms)
    if len(terms) == 1:
        return terms[0].factor
    if terms[0].pool == "idle_time":
        floors = ",".join(t.floor for t in terms)
        return f"MAX(PRODUCT({factors}),MIN(MAX({floors}),MIN({factors})))"
    if not terms[0].exponent:
        return f"PRODUCT({factors})"
    strongest, losses = f"MIN({factors})", ",".join(f"MAX({t.factor},1)" for t in terms)
    weaker = f"MIN(PRODUCT({factors})/{strongest},1)^{terms[0].exponent}"
    return f"IF({strongest}<=0,0,{strongest}*{weaker}*PRODUCT({losses})/MAX({strongest},1))"


def _product(terms: Sequence[Term]) -> str:
    pools: dict[str, list[Term]] = {}
    for term in terms:
        pools.setdefault(term.pool, []).append(term)
    return "*".join(_pool(pools[name]) for name in sorted(pools)) or "1"


def left_formula(cost: str, share: str, terms: Sequence[Term]) -> str:
    """Cost left on a line. `cost` and `share` are cells; `share` is "" where the line is not split into parts."""
    if not share:
        return f"={cost}*{_product(terms)}"
    parts = {part: _product([t for t in terms if t.part in ("all", part)]) for part in ("input", "output")}
    return f"={cost}*({share}*{parts['input']}+(1-{share})*{parts['output']})"


def terms_of(touches: Sequence[Mapping[str, object]], cells: Mapping[int, tuple[str, str]], exponents: Mapping[str, str]) -> list[Term]:
    """Terms of a line's touches; `cells` maps a touch's place to its factor and floor cells."""
    return [
        Term(str(t["part"]), str(t["pool"]), *cells[i], exponents[str(t["overlap"])] if t["overlap"] else "") for i, t in enumerate(touches)
    ]
