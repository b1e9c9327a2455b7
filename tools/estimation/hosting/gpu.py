"""The search over accelerators: every chip, number format, count and offer, sized under the targets only where that can still matter.

Exact bounds prune: a replica never carries more than without targets, so what is dearer even then than everything that is shown, or
breaks even later, is never sized; it is still rejected with that reason. Hands on options, the tally and the first to break even.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, inf

from knowledge import catalog
from knowledge.prices_here import STRANGERS, HourlyPrice, hourly_prices
from knowledge.schemas import Accelerator, ModelArchitecture
from tools.estimation.hosting.break_even import Steps, volume
from tools.estimation.hosting.offers import Unit, offers_of, unit
from tools.estimation.hosting.option import Tally
from tools.estimation.hosting.quality import Quality, formats, quality_of
from tools.estimation.hosting.question import Question
from tools.estimation.serving.case import MOST_ARRIVING, Case, footprint, room_for
from tools.estimation.serving.counts import Layout
from tools.estimation.serving.engines import generation
from tools.estimation.serving.formats import WeightFormat
from tools.estimation.serving.predict import behaviour
from tools.estimation.serving.rates import calibration, chip_generation
from tools.estimation.serving.refusals import cannot_serve
from tools.estimation.serving.sizing import COUNTS, PLANNED, Sized, replicas, size
from tools.estimation.traffic import SECONDS_PER_MONTH

ENGINE = "vllm"
#: Sizing searches a root to a thousandth; the bound leaves room for that.
SLACK = 1.002


@dataclass
class Placement:
    """A chip, format and count with the units that can be rented for it. `most`: requests a second that a replica cannot exceed."""

    case: Case
    quality: Quality
    units: tuple[Unit, ...]
    most: float
    sized: Sized | None = None

    @property
    def rate(self) -> float:
        """Requests a second of a replica within the targets; 0 where it cannot keep them or was not sized."""
        return 0.0 if self.sized is None or self.sized.best is None else self.sized.best.requests_per_second


@dataclass(frozen=True, slots=True)
class Pick:
    """A placement on a unit, with its month of rent."""

    placement: Placement
    unit: Unit
    usd: float


@dataclass(frozen=True)
class Search:
    """What the search found. `first`: what breaks even at the smallest volume; `first_aside`: of what is kept aside.

    `held`: the cheapest on the machines that are asked about, where some are; `first` is then one of them.
    """

    picks: tuple[Pick, ...]
    held: Pick | None
    first: Pick | None
    first_aside: Pick | None
    sized: int
    placed: int


def steps(one: Unit, rate: float, question: Question, fixed_usd: float) -> Steps:
    """The month of self-hosting on a unit by volume, at the workload's ratio of peak to mean."""
    return Steps(float(one.usd_per_month), one.replicas * rate * SECONDS_PER_MONTH / question.peak_over_mean, fixed_usd)


def search(question: Question, shape: ModelArchitecture, usd_per_request: float | None, tally: Tally) -> Search:
    """The cheapest picks of each seller and chip, and the first to break even against a price per request."""
    placements = [placed for chip in catalog.accelerators().entries.values() for placed in _place(question, shape, chip, tally)]
    picks = _cheapest(question, placements)
    asked = _held(question, placements) if question.held is not None else placements
    held = next((p for p in _cheapest(question, asked) if p.unit.group == (False, False)), None) if question.held is not None else None
    if held is not None:
        picks = [held, *(p for p in picks if p.placement is not held.placement or p.unit != held.unit)]
    first, aside = (None if usd_per_request is None else _first(question, asked, usd_per_request, aside) for aside in (False, True))
    _turn_down(placements, picks, question, tally)
    return Search(tuple(picks), held, first, aside, sum(p.sized is not None for p in placements), len(placements))


def _held(question: Question, placements: list[Placement]) -> list[Placement]:
    """Those on the machines that are asked about, in the format that was named or published: a narrower one was not asked for."""
    found = [p for p in placements if question.held is not None and p.case.chip.name == question.held.chip.name]
    counted = [p for p in found if question.held is not None and p.case.layout.gpus == question.held.count]
    widest = max((p.case.fmt.bits for p in counted or found), default=0.0)
    return [p for p in counted or found if p.case.fmt.bits == widest]


# ------------------------------------------------------------------------------------------------------------ placing


def _place(question: Question, shape: ModelArchitecture, chip: Accelerator, tally: Tally) -> Iterable[Placement]:
    offers = offers_of(chip.name, question)
    tried = formats(shape, question.precision, chip)
    each = max(len(offers), 1)
    tally.saw(each * len(tried) * len(COUNTS))

    def out(stage: str, reason: str, nearest: str = "", score: float = 0.0, count: int = each * len(tried) * len(COUNTS)) -> None:
        tally.reject("gpu", chip.name, stage, reason, nearest, count, score)

    if not offers:
        out("price", *_unpriced(chip, question))
        return
    if not calibration().knows("generation", chip_generation(chip)):
        out("calibration", "no published serving measurement of its kind: its speed is not known", "Measure it.")
        return
    for fmt in tried:
        quality = quality_of(shape, fmt, question.input_tokens + question.output_tokens / 2)
        for count in COUNTS:
            against = _against(question, shape, chip, fmt, count, quality)
            if isinstance(against, tuple):
                out(*against, count=each)
                continue
            is_held = question.held is not None and question.held.chip.name == chip.name
            found = [one for price in offers if (one := unit(price, count, _may_be_ranked(price, question, is_held))) is not None]
            out("machine", "no machine with so many of them is offered in one piece", score=count, count=len(offers) - len(found))
            if found:
                yield Placement(against, quality, tuple(found), _most(against))


def _may_be_ranked(price: HourlyPrice, question: Question, is_held: bool) -> bool:
    """Whether a machine with a reserve is ranked all the same: marketplaces were asked for, or this desktop card was."""
    return question.marketplace or (is_held and STRANGERS not in price.reserve)


def _unpriced(chip: Accelerator, question: Question) -> tuple[str, str]:
    elsewhere = hourly_prices(chip.name, own=question.own, today=question.today) if question.provider or question.region else ()
    if elsewhere:
        where = " ".join(filter(None, (question.provider, question.region)))
        near = elsewhere[0]
        return f"no price of it is known at {where}", f"{near.provider} {near.region} sells it.".replace(" any ", " ")
    return "no price is known", "Name yours in a price file (accelerator, on demand)."


def _against(
    question: Question, shape: ModelArchitecture, chip: Accelerator, fmt: WeightFormat, count: int, quality: Quality
) -> Case | tuple[str, str, str, float]:
    """The case, or the stage, the reason, the nearest and how far the attempt was from possible."""
    if quality.fails(question.floor):
        nearest = "Take the published format, or measure your own."
        return "quality", f"{fmt.name} keeps less than the quality floor in {quality.text}", nearest, 0.0
    case = Case(
        shape=shape,
        chip=chip,
        layout=Layout(tensor=count),
        fmt=fmt,
        kv_bits=16.0,
        engine=generation(ENGINE, ""),
        input_tokens=question.input_tokens,
        output_tokens=question.output_tokens,
        cached_share=question.cached_share,
    )
    no = cannot_serve(case)
    if no is None:
        return case
    if no.code in ("does-not-fit", "context-does-not-fit"):
        nearest = "Take larger accelerators or a smaller model."
        return "fit", f"{shape.name} does not fit, even in {fmt.name} on {count} of them", nearest, fmt.bits / count
    return ("model" if no.code == "not-a-decoder" else "fit"), no.text, "", 1e9


def _most(case: Case) -> float:
    """Requests a second that `size` cannot exceed: those of a full batch without any target."""
    full = behaviour(replace(case, arrival="closed", concurrency=max(1.0, min(room_for(case, footprint(case)), MOST_ARRIVING))))
    return full.requests_per_second * PLANNED * SLACK


# ------------------------------------------------------------------------------------------------------------ searching


def _rent(question: Question, one: Unit, rate: float) -> float:
    """A month's rent for the peak."""
    return ceil(replicas(question.peak_per_second, rate) / one.replicas) * float(one.usd_per_month)


def _sized(placement: Placement, question: Question) -> float:
    if placement.sized is None:
        placement.sized = size(placement.case, question.target)
    return placement.rate


def _by_bound(placements: Iterable[Placement], bound: Callable[[Placement], float]) -> list[tuple[float, int, Placement]]:
    return sorted((bound(p), n, p) for n, p in enumerate(placements))


def _cheapest(question: Question, placements: list[Placement]) -> list[Pick]:
    """The `shown` cheapest pairs of seller and chip, on demand and on spot, each with its cheapest format, count and machine.

    What is kept aside has lists of its own.
    """
    found: list[Pick] = []
    for group in product((False, True), (False, True)):
        best: dict[tuple[str, str], Pick] = {}

        def least(placed: Placement, group: tuple[bool, bool] = group) -> float:
            return min((_rent(question, one, placed.most) for one in placed.units if one.group == group), default=inf)

        for bound, _, placed in _by_bound(placements, least):
            if bound == inf or (len(best) >= question.shown and bound > sorted(p.usd for p in best.values())[question.shown - 1]):
                break
            rate = _sized(placed, question)
            for one in placed.units if rate else ():
                usd = _rent(question, one, rate) if one.group == group else inf
                if usd < (best[one.key].usd if one.key in best else inf):
                    best[one.key] = Pick(placed, one, usd)
        found += sorted(best.values(), key=lambda pick: (pick.usd, pick.unit.key))[: question.shown]
    return found


def _first(question: Question, placements: list[Placement], usd_per_request: float, aside: bool) -> Pick | None:
    """What breaks even at the smallest volume, on demand; the bound is the same machine without targets."""
    wanted = (aside, False)
    fixed = float(question.work.own.likely) + float(question.work.moving.likely)

    def at(one: Unit, rate: float) -> float:
        found = volume(steps(one, rate, question, fixed), usd_per_request)
        return inf if found is None else found.first

    def least(placed: Placement) -> float:
        return min((at(one, placed.most) for one in placed.units if one.group == wanted), default=inf)

    best, pick = inf, None
    for bound, _, placed in _by_bound(placements, least):
        if bound >= best:
            break
        rate = _sized(placed, question)
        for one in placed.units if rate else ():
            found = at(one, rate) if one.group == wanted else inf
            if found < best:
                best, pick = found, Pick(placed, one, _rent(question, one, rate))
    return pick


# ------------------------------------------------------------------------------------------------------------ turning down


def _turn_down(placements: list[Placement], picks: list[Pick], question: Question, tally: Tally) -> None:
    """What was placed and is not shown: too slow, or dearer than what is shown."""
    shown: dict[int, int] = defaultdict(int)
    for pick in picks:
        shown[id(pick.placement)] += 1
    for placed in placements:
        name, left = placed.case.chip.name, len(placed.units) - shown[id(placed)]
        if placed.sized is not None and placed.sized.best is None:
            alone = placed.sized.alone
            figures = f"{alone.ttft_s * 1e3:.0f} ms to the first token and {alone.tpot_s * 1e3:.1f} ms a token"
            tally.reject(
                "gpu", name, "latency", "the latency target is missed even by one request at a time", f"Alone it takes {figures}.", left
            )
            continue
        if placed.sized is None:
            tally.pruned += left
        best = min(placed.units, key=lambda one: (one.group, _rent(question, one, placed.rate or placed.most)))
        least = _rent(question, best, placed.rate or placed.most)
        word = "costs" if placed.sized is not None else "costs, even without latency targets, at least"
        count = placed.case.layout.gpus
        nearest = (
            f"{count} x {name} in {placed.case.fmt.name} at {best.price.provider or 'your price'} {word} {least:,.0f} USD a month of rent."
        )
        tally.reject("gpu", name, "cost", "dearer than what is shown", nearest, left, least)
