"""Electricity and carbon of accelerator-hours: power of the card while it trains, its server, the site, and the grid.

Ranges throughout, in kWh and kg CO2e. Unknown power is unknown, not zero. Embodied carbon is told apart. Knows no clock: a grid's
yearly mean stands for the hour.
"""

from dataclasses import dataclass

from knowledge import catalog
from knowledge.catalog.carbon import CarbonFigure
from knowledge.ranges import Range
from knowledge.schemas import Accelerator

#: Power while training over the datasheet's; and the server's around the cards over theirs. Assumptions: a DGX H100 may draw 10.2 kW
#: for eight cards of 0.7 kW, which is the high end.
POWER_SHARE = Range(0.55, 0.8, 1.0)
SERVER = Range(1.1, 1.35, 1.8)


@dataclass(frozen=True)
class Footprint:
    """Energy of the site in kWh; grams as kg CO2e. None where the power of the card is not known."""

    energy_kwh: Range
    carbon_kg: Range
    embodied_kg: Range | None
    pue: CarbonFigure
    grid: CarbonFigure
    embodied: CarbonFigure | None


def footprint(gpu: Accelerator, gpu_hours: Range, provider: str, region: str) -> Footprint | None:
    """Energy and carbon of that many accelerator-hours in a place; without a place, of the world's grids (a wide range).

    Raises UserError `unknown-region` where a place is named that nobody has a reading of.
    """
    if gpu.tdp_w is None:
        return None
    pue = catalog.power_usage_effectiveness(provider or None)
    grid = catalog.grid_carbon(provider or None, region or None)
    energy = gpu_hours * (POWER_SHARE * (gpu.tdp_w / 1000)) * SERVER * pue.value
    made = catalog.embodied_carbon(gpu)
    return Footprint(energy, energy * grid.value * 0.001, None if made is None else gpu_hours * made.value * 0.001, pue, grid, made)
