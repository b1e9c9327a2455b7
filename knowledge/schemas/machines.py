"""Shape of the facts about rentable machines and published commitment discounts. USD an hour, list prices without tax."""

from pydantic import Field

from knowledge.schemas.entry import FactFile, Money, Named, Positive, Strict


class RegionPrice(Strict):
    """USD an hour for the whole instance in one region. `source` only where it differs from the instance's."""

    region: str
    on_demand: Money | None = None
    spot: Money | None = None
    source: str = ""
    doubtful: str = ""  # why a figure is kept but not to be trusted


class Instance(Named):
    """A rentable machine with accelerators; GPU clouds sell single GPUs (`accelerator_count` 1)."""

    provider: str
    accelerator: str  # canonical accelerator name
    accelerator_count: Positive  # fractions where a slice is sold
    vcpus: int | None = Field(None, gt=0)
    memory_gib: Positive | None = None
    tier: str = ""  # "community", "secure", "marketplace" where a GPU cloud has several
    prices: tuple[RegionPrice, ...] = Field(min_length=1)

    def price(self, region: str | None = None) -> RegionPrice | None:
        """The price in that region; without one, the first listed (the provider's reference region)."""
        if region is None:
            return self.prices[0]
        return next((p for p in self.prices if p.region == region.lower()), None)


class InstanceFile(FactFile):
    instances: tuple[Instance, ...]


class Commitment(Strict):
    """A published "up to" discount, as a share of the on-demand price."""

    provider: str
    instrument: str
    term: str
    discount_up_to: float = Field(gt=0, lt=1)
    source: str


class CommitmentFile(FactFile):
    commitments: tuple[Commitment, ...]
