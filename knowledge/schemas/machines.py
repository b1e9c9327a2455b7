"""Shape of the facts about rentable machines and published commitment discounts. USD an hour, list prices without tax.

A machine's prices are one line a region, `region: [on-demand, spot]`, and are turned into `RegionPrice` when somebody asks: there are
thousands of them, and a run needs a few.
"""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from knowledge.schemas.entry import FactFile, Money, Named, Positive, Strict

#: Money as quoted text, so that it stays exact.
PriceText = Annotated[str, StringConstraints(pattern=r"^\d{1,6}(\.\d{1,12})?$")]


class RegionPrice(Strict):
    """USD an hour for the whole machine in one region. `source` only where it differs from the machine's."""

    region: str
    on_demand: Money | None = None
    spot: Money | None = None
    source: str = ""
    doubtful: str = ""  # why a figure is kept but not to be trusted


class Rented(Named):
    """What all rentable machines share. `listed` is written as `prices: {region: [on-demand, spot]}`; null or absent = not known."""

    provider: str
    listed: dict[str, Annotated[list[PriceText | None], Field(min_length=1, max_length=2)]] = Field(min_length=1, alias="prices")
    region_sources: dict[str, str] = Field(default_factory=dict)  # regions read elsewhere than `source`
    doubtful: dict[str, str] = Field(default_factory=dict)  # region -> why its figures are kept but not to be trusted
    size_source: str = ""  # where processors, memory and accelerators were read, if not in `source`

    @cached_property
    def prices(self) -> tuple[RegionPrice, ...]:
        """The prices of all regions; the provider's reference region comes first."""
        return tuple(self._of(region) for region in self.listed)

    def price(self, region: str | None = None) -> RegionPrice | None:
        """The price in that region; without one, the first listed (the provider's reference region)."""
        wanted = next(iter(self.listed)) if region is None else region.lower()
        return self._of(wanted) if wanted in self.listed else None

    def _of(self, region: str) -> RegionPrice:
        on_demand, spot = (*self.listed[region], None)[:2]
        return RegionPrice.model_validate(
            {
                "region": region,
                "on_demand": on_demand,
                "spot": spot,
                "source": self.region_sources.get(region, ""),
                "doubtful": self.doubtful.get(region, ""),
            }
        )


class Instance(Rented):
    """A rentable machine with accelerators; GPU clouds sell single GPUs (`accelerator_count` 1)."""

    accelerator: str  # canonical accelerator name
    accelerator_count: Positive  # fractions where a slice is sold
    vcpus: int | None = Field(None, gt=0)
    memory_gib: Positive | None = None
    tier: str = ""  # "community", "secure", "marketplace" where a GPU cloud has several


class Marketplace(Strict):
    """The seller of the file rents out machines of others. `tier`: of that tier only; empty = all of them."""

    hosts: str  # whose machines they are
    tier: str = ""
    source: str


class InstanceFile(FactFile):
    instances: tuple[Instance, ...]
    marketplace: Marketplace | None = None


class CpuMachine(Rented):
    """A rentable machine without accelerators. Where the cloud may hand out newer processors too, `cpu` is the oldest of them."""

    cpu: str  # canonical CPU family name
    vcpus: int = Field(gt=0)
    vcpus_per_core: Literal[1, 2] | None = None  # only where it differs from the family's threads a core
    memory_gib: Positive


class CpuMachineFile(FactFile):
    cpu_machines: tuple[CpuMachine, ...]


class Commitment(Strict):
    """A published "up to" discount, as a share of the on-demand price."""

    provider: str
    instrument: str
    term: str
    discount_up_to: float = Field(gt=0, lt=1)
    source: str


class CommitmentExample(Strict):
    """What one machine really gets for a commitment, as a share of the on-demand price; the same in all `regions` of the source."""

    provider: str
    machine: str
    instrument: str
    years: Literal[1, 3]
    upfront: Literal["none", "partial", "all"]
    regions: int = Field(gt=0)
    discount: float = Field(gt=0, lt=1)
    source: str


class CommitmentFile(FactFile):
    commitments: tuple[Commitment, ...] = ()
    examples: tuple[CommitmentExample, ...] = ()
