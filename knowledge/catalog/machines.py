"""Look-ups of rentable machines, their prices by region, and commitment discounts. List prices in USD without tax.

A user's own price is not handled here: `knowledge/prices_here.py` asks for that first.
"""

from collections.abc import Mapping
from functools import cache

from knowledge.catalog.hardware import accelerator
from knowledge.catalog.shelf import Shelf, load_shelf, read_folder
from knowledge.errors import UserError
from knowledge.schemas import Commitment, CommitmentExample, CpuMachine, Instance, Marketplace, Rented
from knowledge.source import Source


@cache
def instances() -> Shelf[Instance]:
    """All rentable machines with accelerators."""
    return load_shelf("instance", "prices/instances", Instance)


@cache
def cpu_machines() -> Shelf[CpuMachine]:
    """All rentable machines without accelerators."""
    return load_shelf("CPU machine", "prices/cpu_machines", CpuMachine)


def instance(name: str, region: str | None = None) -> Instance:
    """An instance type; with `region`, it must have a price there.

    Raises UserError `unknown-instance`, or `unknown-region-price` naming the regions that are known.
    """
    found = instances().get(name)
    _sold_there(found, region)
    return found


def cpu_machine(name: str, region: str | None = None) -> CpuMachine:
    """A machine without accelerators. Raises UserError `unknown-cpu-machine`, `unknown-region-price`."""
    found = cpu_machines().get(name)
    _sold_there(found, region)
    return found


def _sold_there(found: Rented, region: str | None) -> None:
    if region is not None and region.lower() not in found.listed:
        known = ", ".join(list(found.listed)[:8])
        raise UserError("unknown-region-price", f"No price of {found.name} in {region[:40]} is known.", f"Known regions: {known}.")


def instance_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return instances().aliases


def instances_with(accelerator_name: str) -> list[Instance]:
    """Machines that hold that accelerator, cheapest on-demand price per accelerator first; unpriced ones last."""
    canonical = accelerator(accelerator_name).name

    def per_accelerator(item: Instance) -> tuple[bool, float]:
        known = [float(prices[0]) / item.accelerator_count for prices in item.listed.values() if prices[0] is not None]
        return (not known, min(known, default=0.0))

    return sorted((i for i in instances().entries.values() if i.accelerator == canonical), key=per_accelerator)


@cache
def marketplaces() -> Mapping[str, Marketplace]:
    """Machines that belong to others than their seller, by name of the machine."""
    return {
        one.name: content.marketplace  # type: ignore[attr-defined]
        for _, content in read_folder("prices/instances")
        for one in content.instances  # type: ignore[attr-defined]
        if content.marketplace is not None and content.marketplace.tier in ("", one.tier)  # type: ignore[attr-defined]
    }


@cache
def commitments() -> tuple[tuple[Commitment, Source], ...]:
    """Published "up to" commitment discounts with their sources."""
    found: list[tuple[Commitment, Source]] = []
    for _, content in read_folder("prices/commitments"):
        found.extend((c, content.sources[c.source].as_source()) for c in content.commitments)  # type: ignore[attr-defined]
    return tuple(found)


@cache
def commitment_examples() -> tuple[tuple[CommitmentExample, Source], ...]:
    """What a machine really gets for each term and way of paying, with the source: how large discounts are, beside "up to"."""
    found: list[tuple[CommitmentExample, Source]] = []
    for _, content in read_folder("prices/commitments"):
        found.extend((e, content.sources[e.source].as_source()) for e in content.examples)  # type: ignore[attr-defined]
    return tuple(found)
