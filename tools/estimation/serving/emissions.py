"""Carbon of a request: electricity of its accelerators, their server, the site and the grid of a named place; manufacture apart.

A place that was not named has no carbon figure: a world average would say nothing about it. Grams of CO2-equivalent, yearly
means; knows no hour and no certificates.
"""

from dataclasses import dataclass

from knowledge import catalog
from knowledge.catalog.carbon import CarbonFigure
from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.schemas import Accelerator
from tools.estimation.training.energy import SERVER

JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class Emissions:
    """Grams a request."""

    grams: Range
    grid: CarbonFigure
    pue: CarbonFigure


def emissions(joules: Range, provider: str, region: str) -> Emissions | None:
    """Of the electricity; None where the place is not named or its grid is not known."""
    grid = grid_of(provider, region)
    if grid is None:
        return None
    pue = catalog.power_usage_effectiveness(provider or None)
    return Emissions(joules * (1 / JOULES_PER_KWH) * SERVER * pue.value * grid.value, grid, pue)


def grid_of(provider: str, region: str) -> CarbonFigure | None:
    """The grid of a place. A region without its cloud is that of the only cloud which has one of that name."""
    if not region:
        return None
    clouds = [provider] if provider else sorted({one.provider for one in catalog.instances().entries.values() if region in one.listed})
    found = []
    for cloud in clouds or [""]:
        try:
            found.append(catalog.grid_carbon(cloud or None, region))
        except UserError:
            continue
    return found[0] if len(found) == 1 else None


def manufacture(chip: Accelerator, accelerators: Range, peak: float) -> tuple[Range, CarbonFigure] | None:
    """The share of making the accelerators and their server that a request carries; None where nobody published it."""
    made = catalog.embodied_carbon(chip)
    return None if made is None else (made.value * accelerators * (1 / (peak * 3600)), made)
