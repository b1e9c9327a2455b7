"""Look-ups of published effects of weight formats on serving throughput.

Two questions: what a format did to saturated throughput on a chip (`saturated_factor`), and which published runs are nearest
to a model size, load and context (`effects_near`). Figures are other people's runs under their conditions (tier published);
nothing is interpolated here, and where nobody published anything near, the answer is None.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import log2
from statistics import median

from knowledge.catalog.hardware import accelerators
from knowledge.catalog.shelf import read_folder
from knowledge.ranges import Range
from knowledge.schemas import Accelerator, PrecisionEffect, SourceEntry
from knowledge.source import Source

#: Half-width around a single reading: one engine upgrade moves the same configuration by 4 to 7 % (median; speed notes, 1.4).
ENGINE_SPREAD = 0.07
#: Requests at once that a saturated run counts as, for distances only.
_MANY = 128
#: Two cards of a generation are alike while neither has more than this many times the other's memory.
_LIKE_MEMORY = 1.5


@dataclass(frozen=True)
class PrecisionFactor:
    """Saturated throughput over that of 16 bits, the runs behind it, and whether they were on this chip or on its generation."""

    factor: Range
    effects: tuple[PrecisionEffect, ...]
    same_chip: bool


@cache
def _serving() -> tuple[tuple[PrecisionEffect, ...], Mapping[str, SourceEntry]]:
    effects: list[PrecisionEffect] = []
    sources: dict[str, SourceEntry] = {}
    for _, content in read_folder("serving"):
        effects += content.precision_effects  # type: ignore[attr-defined]
        sources.update(content.sources)
    return tuple(effects), sources


def precision_effects() -> tuple[PrecisionEffect, ...]:
    """Every published pair of runs, those that broke the model included (`broken`)."""
    return _serving()[0]


def effect_source(effect: PrecisionEffect) -> Source:
    """Where a pair of runs was published."""
    return _serving()[1][effect.source].as_source()


def _akin(chip: Accelerator, other: Accelerator) -> bool:
    """Same generation and about the same memory: on a small card much of the gain is room for the cache, not speed."""
    if not chip.compute_capability or chip.compute_capability != other.compute_capability:
        return False
    if chip.memory_gib is None or other.memory_gib is None:
        return False
    return 1 / _LIKE_MEMORY <= chip.memory_gib / other.memory_gib <= _LIKE_MEMORY


def saturated_factor(chip: Accelerator, precision: str) -> PrecisionFactor | None:
    """What a weight format did to saturated throughput on this chip, else on chips of its generation with like memory.

    None where nobody published either. Runs whose answers were worthless do not count.
    The range spans the published runs and one engine upgrade.
    """
    usable = [e for e in precision_effects() if e.saturated and e.precision == precision and not e.broken]
    mine = tuple(e for e in usable if e.accelerator == chip.name)
    kin = mine or tuple(e for e in usable if _akin(chip, accelerators().entries[e.accelerator]))
    if not kin:
        return None
    factors = [e.factor for e in kin]
    spread = Range(min(factors) * (1 - ENGINE_SPREAD), median(factors), max(factors) * (1 + ENGINE_SPREAD))
    return PrecisionFactor(spread, kin, bool(mine))


def effects_near(
    precision: str, *, params_b: float, batch: int | None, context: int, eager: bool = False, count: int = 3
) -> tuple[PrecisionEffect, ...]:
    """The published runs of a weight format nearest in model size, requests at once (None = saturated) and context.

    Nearest means fewest doublings apart, the three added up. Eager runtimes are never mixed with serving engines, nor broken runs in.
    """

    def doublings(effect: PrecisionEffect) -> float:
        far = abs(log2(effect.params_b / params_b)) + abs(log2((effect.batch or _MANY) / (batch or _MANY)))
        length = (effect.input_tokens or 1) + (effect.output_tokens or 1) / 2
        return far + abs(log2(length / max(context, 1)))

    usable = [e for e in precision_effects() if e.precision == precision and e.eager == eager and not e.broken]
    return tuple(sorted(usable, key=doublings)[:count])
