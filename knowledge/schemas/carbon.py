"""Shape of the facts about carbon: grams of CO2-equivalent per kWh by cloud region and country, power usage effectiveness, manufacture."""

from typing import Annotated

from pydantic import Field, model_validator

from knowledge.schemas.entry import FactFile, Positive, Strict

#: source key -> g CO2e per kWh. A reading of zero is a gap in its source, not a clean grid.
Readings = dict[str, Annotated[float, Field(gt=0, le=1500)]]


class GridRegion(Strict):
    """Electricity of a cloud region: one reading a source, kept apart because they disagree.

    `country` is given where the country's figure is a reading of the region too: not where a country has several grids.
    `same_place` names regions of other clouds in the same place, whose own readings therefore count ("gcp us-east4").
    """

    provider: str
    region: str
    place: str
    country: str = Field("", pattern=r"^([A-Z]{3})?$")
    same_place: tuple[str, ...] = ()
    readings: Readings = Field(default_factory=dict)

    @model_validator(mode="after")
    def _some_figure(self) -> "GridRegion":
        if not (self.readings or self.country or self.same_place):
            raise ValueError(f"{self.region} has no reading, country or other region in the same place")
        return self


class Country(Strict):
    """Electricity of a country (yearly mean); `WOR` is the world."""

    iso3: str = Field(pattern=r"^[A-Z]{3}$")
    iso2: str = Field("", pattern=r"^([A-Z]{2})?$")
    name: str
    aliases: tuple[str, ...] = ()
    readings: Readings = Field(min_length=1)


class PowerUse(Strict):
    """Power usage effectiveness as one source gives it: energy of the site over energy of its machines. No provider = any other."""

    provider: str = ""
    pue_low: float = Field(ge=1, le=3)
    pue_likely: float = Field(ge=1, le=3)
    pue_high: float = Field(ge=1, le=3)
    source: str


class Embodied(Strict):
    """What making an accelerator and its share of the server around it caused, as one source has it, and how long they are used."""

    accelerators: tuple[str, ...] = Field(min_length=1)  # canonical names
    accelerator_kg: Positive  # kg CO2e of one
    server_kg: Positive  # kg CO2e of the server without them
    per_server: int = Field(gt=0)
    lifetime_years: Positive
    note: str = ""
    source: str


class CarbonFile(FactFile):
    regions: tuple[GridRegion, ...] = ()
    countries: tuple[Country, ...] = ()
    power_use: tuple[PowerUse, ...] = ()
    embodied: tuple[Embodied, ...] = ()
