"""Shape of the facts about electricity: grams of CO2-equivalent per kWh by region and source, power usage effectiveness."""

from typing import Annotated

from pydantic import Field

from knowledge.schemas.entry import FactFile, Strict


class GridRegion(Strict):
    """Grams of CO2-equivalent per kWh in a cloud region: one reading a source, kept apart because they disagree."""

    provider: str
    region: str
    place: str
    readings: dict[str, Annotated[float, Field(ge=0, le=1500)]]  # source key -> g/kWh


class PowerUse(Strict):
    """Power usage effectiveness of a provider (range where one is published as a range)."""

    provider: str
    pue_low: float = Field(ge=1, le=3)
    pue_high: float = Field(ge=1, le=3)
    source: str


class CarbonFile(FactFile):
    regions: tuple[GridRegion, ...] = ()
    power_use: tuple[PowerUse, ...] = ()
