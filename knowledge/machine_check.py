"""What `knowledge.check` asks of rentable machines: known parts, prices possible for what they buy, spot not above on-demand.

Reads no files and changes nothing.
"""

from collections.abc import Iterator
from decimal import Decimal

from knowledge.schemas import CpuMachine, Instance, RegionPrice, Rented

#: USD an hour that one whole accelerator, or one vCPU, can cost; beyond it a unit or a decimal point is wrong.
ACCELERATOR_HOUR = (Decimal("0.02"), Decimal(80))
VCPU_HOUR = (Decimal("0.001"), Decimal(1))


def price_errors(owner: str, price: RegionPrice) -> Iterator[str]:
    """Spot is not above on-demand unless the row says why it is kept."""
    if price.on_demand is None and price.spot is None:
        yield f"{owner} in {price.region}: no price at all"
    if price.on_demand == 0 or price.spot == 0:
        yield f"{owner} in {price.region}: a price of zero; leave it out where it is unknown"
    if price.on_demand is not None and price.spot is not None and price.spot > price.on_demand and not price.doubtful:
        yield f"{owner} in {price.region}: spot {price.spot} above on-demand {price.on_demand}"


def machine_errors(item: Rented, accelerators: set[str], cpus: set[str]) -> Iterator[str]:
    """Known accelerator or processor, remarks only on regions that are listed, and prices. A kind that did not load refuses nothing."""
    for region in sorted((set(item.region_sources) | set(item.doubtful)) - set(item.listed)):
        yield f"{item.name}: {region} is remarked on but has no price"
    if isinstance(item, Instance):
        count, (low, high), what = Decimal(str(item.accelerator_count)), ACCELERATOR_HOUR, "accelerator"
        if accelerators and item.accelerator not in accelerators:
            yield f"{item.name}: accelerator {item.accelerator} is not in the fact base"
    elif isinstance(item, CpuMachine):
        count, (low, high), what = Decimal(item.vcpus), VCPU_HOUR, "vCPU"
        if cpus and item.cpu not in cpus:
            yield f"{item.name}: processor {item.cpu} is not in the fact base"
    else:
        raise TypeError(type(item).__name__)
    for price in item.prices:
        yield from price_errors(item.name, price)
        for amount in (price.on_demand, price.spot):
            if amount and not low <= amount / count <= high:
                yield f"{item.name} in {price.region}: {amount / count:.4f} USD an hour for one {what} is outside {low} to {high}"
