"""What published runs say about a weight format at this load, size, context and runtime: where fewer bits win and where they lose.

Weight-only formats widen weights before each multiplication: they save memory traffic and cost arithmetic, so they can win with one
request at a time and lose under full load. Figures are other people's runs (tier published) beside our own estimate; where the
two disagree on the sign, that is said. Changes no figure.
"""

from dataclasses import dataclass, replace
from math import log2
from statistics import median

from knowledge import catalog
from knowledge.catalog.serving import ENGINE_SPREAD, effect_source
from knowledge.ranges import Range
from knowledge.schemas import PrecisionEffect
from knowledge.source import Source
from tools.estimation.serving.case import Case
from tools.estimation.serving.engines import LAYER_SPLIT
from tools.estimation.serving.formats import FORMATS, WeightFormat, on_chip
from tools.estimation.serving.predict import Behaviour, in_flight, ready
from tools.estimation.serving.refusals import cannot_serve

#: Our names of formats as the published table names them.
PUBLISHED = {"fp8": "fp8", "int8": "w8a8", "int8-weight-only": "w8a16", "int4": "w4a16"}
#: Requests on one rank from which a replica counts as busy, and below which as serving one at a time.
BUSY, SINGLE = 16.0, 2.0
#: Requests at once that a saturated run counts as; runs that a figure is taken from at most.
MANY, SHOWN = 128, 6
#: A factor nearer to one than this is neither a gain nor a loss.
EVEN = 0.05
#: Our own ratio this far outside the published range is said.
APART = 0.15


@dataclass(frozen=True)
class Advice:
    """`kind`: busy, few (requests at once), single or eager. `factor`: throughput over sixteen bits; None where nobody published any."""

    kind: str
    factor: Range | None
    runs: tuple[PrecisionEffect, ...]
    same_chip: bool
    ours: float | None  # our estimate of the same ratio at a load that both hold; None where sixteen bits do not fit
    short_of_room: bool  # sixteen-bit weights leave no room for the planned load on the same accelerators
    better: tuple[str, Range, tuple[PrecisionEffect, ...]] | None  # a format that did better under full load on this chip

    @property
    def verdict(self) -> str:
        """loses, gains, even, unclear (runs on both sides of one) or unknown."""
        if self.factor is None:
            return "unknown"
        if self.factor.high < 1 or self.factor.low > 1:
            return "loses" if self.factor.high < 1 else "gains"
        factors = [run.factor for run in self.runs]
        return "unclear" if min(factors) < 1 - EVEN and max(factors) > 1 + EVEN else "even"

    @property
    def on(self) -> str:
        """What the runs were on, for people."""
        return ", ".join(list(dict.fromkeys(f"{run.model} on {run.accelerator}" for run in self.runs))[:3])

    @staticmethod
    def source_of(runs: tuple[PrecisionEffect, ...]) -> Source:
        """Where the first of the runs was published."""
        return effect_source(runs[0])

    @property
    def disagrees(self) -> bool:
        """Whether our own estimate is clearly more hopeful than published losses, or less than published gains."""
        if self.ours is None or self.factor is None:
            return False
        if self.verdict == "loses":
            return self.ours > float(self.factor.high) * (1 + APART)
        return self.verdict == "gains" and self.ours * (1 + APART) < float(self.factor.low)


def advice(case: Case, now: Behaviour) -> Advice | None:
    """For the case's format at the planned load; None for sixteen bits and formats without published pairs."""
    precision = PUBLISHED.get(case.fmt.name)
    if precision is None:
        return None
    eager = case.engine in LAYER_SPLIT and case.engine != "llama.cpp"
    ours, room = over_sixteen_bits(case, now.load.running)
    short = room < now.load.running
    if now.load.on_rank >= BUSY and not eager:
        found = catalog.saturated_factor(case.chip, precision)
        factor, runs, same = (found.factor, found.effects, found.same_chip) if found else (None, (), False)
        return Advice("busy", factor, runs, same, ours, short, _better(case, factor))
    runs = _near(case, precision, now.load.on_rank, eager)
    factors = [run.factor for run in runs]
    kind = "eager" if eager else "single" if now.load.on_rank < SINGLE else "few"
    spread = Range(min(factors) * (1 - ENGINE_SPREAD), median(factors), max(factors) * (1 + ENGINE_SPREAD)) if factors else None
    return Advice(kind, spread, runs, False, ours, short, None)


def _near(case: Case, precision: str, at_once: float, eager: bool) -> tuple[PrecisionEffect, ...]:
    """The nearest runs of about this size, load and context, whatever the chip: within one doubling, contexts within three."""
    context = case.input_tokens + case.output_tokens / 2

    def is_near(run: PrecisionEffect) -> bool:
        length = (run.input_tokens or 1) + (run.output_tokens or 1) / 2
        far = (run.params_b / case.shape.params_b, (run.batch or MANY) / max(at_once, 1.0))
        return all(abs(log2(ratio)) <= 1 for ratio in far) and (run.input_tokens is None or abs(log2(length / context)) <= 3)

    every = catalog.effects_near(
        precision,
        params_b=case.shape.params_b,
        batch=max(round(at_once), 1),
        context=int(context),
        eager=eager,
        count=len(catalog.precision_effects()),
    )
    return tuple(run for run in every if is_near(run))[:SHOWN]


def _better(case: Case, mine: Range | None) -> tuple[str, Range, tuple[PrecisionEffect, ...]] | None:
    """The format with the highest published factor under full load, where it beats this one clearly."""
    found = [(name, catalog.saturated_factor(case.chip, key)) for name, key in PUBLISHED.items() if name != case.fmt.name]
    known = [(name, one.factor, one.effects) for name, one in found if one is not None and float(one.factor.likely) > 1 + EVEN]
    best = max(known, key=lambda entry: float(entry[1].likely), default=None)
    if best is None or (mine is not None and float(best[1].likely) <= float(mine.likely) + EVEN):
        return None
    return best


def over_sixteen_bits(case: Case, running: float) -> tuple[float | None, float]:
    """Our own throughput over that of 16-bit weights on the same accelerators with as many in flight as both hold, and their room.

    No ratio where sixteen bits do not fit.
    """
    wide = replace(case, fmt=_sixteen(case))
    if cannot_serve(wide) is not None:
        return None, 0.0
    narrow, plain = ready(case), ready(wide)
    asked = max(min(running, plain.idle.room), 1.0)
    return in_flight(narrow, asked).tokens_per_second / in_flight(plain, asked).tokens_per_second, plain.idle.room


def _sixteen(case: Case) -> WeightFormat:
    return on_chip(FORMATS["bf16"], case.chip)
