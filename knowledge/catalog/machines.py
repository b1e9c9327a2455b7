"""Look-ups of rentable machines, their prices by region, and published commitment discounts. List prices in USD without tax.

A user's own price is not handled here.
"""

from collections.abc import Mapping
from functools import cache

from knowledge.catalog.hardware import accelerator
from knowledge.catalog.shelf import Shelf, load_shelf, read_folder
from knowledge.errors import UserError
from knowledge.schemas import Commitment, Instance
from knowledge.source import Source


@cache
def instances() -> Shelf[Instance]:
    """All rentable machines."""
    return load_shelf("instance", "prices/instances", Instance)


def instance(name: str, region: str | None = None) -> Instance:
    """An instance type; with `region`, it must have a price there.

    Raises UserError `unknown-instance`, or `unknown-region-price` naming the regions that are known.
    """
    found = instances().get(name)
    if region is not None and found.price(region) is None:
        known = ", ".join(p.region for p in found.prices[:8])
        raise UserError("unknown-region-price", f"No price of {found.name} in {region[:40]} is known.", f"Known regions: {known}.")
    return found


def instance_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return instances().aliases


def instances_with(accelerator_name: str) -> list[Instance]:
    """Machines that hold that accelerator, cheapest on-demand price per accelerator first; unpriced ones last."""
    canonical = accelerator(accelerator_name).name

    def per_accelerator(item: Instance) -> tuple[bool, float]:
        known = [float(p.on_demand) / item.accelerator_count for p in item.prices if p.on_demand is not None]
        return (not known, min(known, default=0.0))

    return sorted((i for i in instances().entries.values() if i.accelerator == canonical), key=per_accelerator)


@cache
def commitments() -> tuple[tuple[Commitment, Source], ...]:
    """Published "up to" commitment discounts with their sources."""
    found: list[tuple[Commitment, Source]] = []
    for _, content in read_folder("prices/commitments"):
        found.extend((c, content.sources[c.source].as_source()) for c in content.commitments)  # type: ignore[attr-defined]
    return tuple(found)
