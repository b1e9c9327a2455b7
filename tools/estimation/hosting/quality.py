"""Which number formats are tried, and what share of the published model's quality each keeps, where somebody published it.

Scores come from published pairs of runs (`catalog.precision_effects`): the same model and test in 16 bits and in the format. Larger
models lose less, so runs on a smaller model are a cautious reading; for a much smaller model than anybody tested the answer is unknown,
which is flagged and never counts as passed. Judges no other model: whether it does the user's task is not known here.
"""

from dataclasses import dataclass
from statistics import median

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.schemas import Accelerator, ModelArchitecture
from knowledge.source import Source
from tools.estimation.serving.formats import FORMATS, WeightFormat, on_chip, weight_format

#: Our name of a format -> that of the published runs.
_PUBLISHED_AS = {"fp8": "fp8", "int8": "w8a8", "int8-weight-only": "w8a16", "int4": "w4a16"}
#: Runs on a model up to this many times larger still speak for a model.
_LARGER = 2.0
TRIED_ON_GPUS = ("fp8", "int4")
TRIED_ON_CPUS = ("int8-weight-only", "int4")


@dataclass(frozen=True)
class Quality:
    """`kept`: share of the quality of the model as published; None = nobody published it, or it is another model."""

    text: str
    kept: Range | None = None
    source: Source | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything is known that could be held against a floor."""
        return self.kept is not None

    def fails(self, floor: float) -> bool:
        """Whether what is published falls below a floor, cautiously read. What is unknown does not fail: it is flagged."""
        return self.kept is not None and float(self.kept.low) < floor

    def passes(self, floor: float) -> bool:
        """Whether it may be relied on under a floor: without one always, with one where it is published and kept."""
        return floor <= 0 or (self.kept is not None and not self.fails(floor))


AS_PUBLISHED = Quality("the model as published", Range.exact(1.0))
NOT_STATED = Quality("the seller does not state the number format; quality not known")
OTHER_MODEL = Quality("another model: quality on your data not known, measure it on a sample")


def formats(shape: ModelArchitecture, precision: str, chip: Accelerator | None) -> tuple[WeightFormat, ...]:
    """The format asked for; else the published one and the narrower ones that this chip (None = a CPU) computes in or widens from.

    Raises UserError `unknown-precision`.
    """
    published = weight_format(precision, shape)
    if chip is not None:
        published = on_chip(published, chip)
    if precision.strip():
        return (published,)
    tried = TRIED_ON_CPUS if chip is None else TRIED_ON_GPUS
    narrower = (FORMATS[name] for name in tried if chip is None or chip.supports(name))
    return (published, *(fmt for fmt in narrower if fmt.bits < published.bits))


def quality_of(shape: ModelArchitecture, fmt: WeightFormat, context: float) -> Quality:
    """What the format keeps of this model."""
    if fmt.name == weight_format("", shape).name or fmt.bits >= 16:
        return AS_PUBLISHED
    published = _PUBLISHED_AS.get(fmt.name)
    near = (
        () if published is None else catalog.effects_near(published, params_b=shape.params_b, batch=None, context=int(context), count=1000)
    )
    scored = [e for e in near if e.score is not None and e.baseline_score and e.params_b <= _LARGER * shape.params_b]
    if not scored:
        return Quality(f"no published quality of {fmt.name} for a model of this size")
    of = scored[0].model
    shares = [min(1.0, e.score / e.baseline_score) for e in scored if e.model == of and e.score is not None and e.baseline_score]
    kept = Range(min(shares), median(shares), max(shares))
    smaller = ", a smaller model, which loses more" if scored[0].params_b < shape.params_b / 2 else ""
    return Quality(f"published runs of {of} in {fmt.name}{smaller}", kept, catalog.effect_source(scored[0]))
