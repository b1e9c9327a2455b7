"""What serving costs: the offers that can carry a replica, whole machines where they are sold whole, on both cost bases. USD, Decimal.

Allocation: every replica paid around the clock for the stated traffic. Usage: a replica as busy as its targets allow. No price is
assumed; where none is known the reason is said. Knows no discounts, storage or transfer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from statistics import median

from knowledge import catalog, prices_here
from knowledge.own_prices import OwnPrices
from knowledge.prices_here import STRANGERS, HourlyPrice
from knowledge.ranges import Range
from tools.estimation.serving.options import Asked

#: Clouds whose machines are rented whole; everywhere else a price of one accelerator is a price by the accelerator.
WHOLE = frozenset({"aws", "azure", "gcp", "oci"})
Bounds = tuple[int, int, int]  # replicas: low, likely, high


@dataclass(frozen=True, slots=True)
class Offer:
    """A machine that carries `replicas` of a replica's accelerators, at USD an hour."""

    price: HourlyPrice
    replicas: int
    usd: Decimal

    def hour(self, replicas: int) -> Decimal:
        """An hour of as many machines as the replicas take."""
        return self.usd * ceil(replicas / self.replicas)


def offers(asked: Asked, count: int, chip: str, own: OwnPrices) -> list[Offer]:
    """Offers that carry replicas of `count` accelerators, cheapest first. Empty where no price is known."""
    prices = prices_here.hourly_prices(chip, asked.basis, provider=asked.provider or None, region=asked.region or None, own=own)
    found = [one for price in prices if (one := carrying(price, count)) is not None]
    return sorted(found, key=lambda one: (one.usd / one.replicas, one.price.machine))


def counted(asked: Asked, every: list[Offer]) -> list[Offer]:
    """Without machines of strangers and desktop cards, unless they were asked for or nothing else is sold."""
    own_racks = [one for one in every if STRANGERS not in one.price.reserve]
    return every if asked.marketplace else [one for one in own_racks if not one.price.reserve] or own_racks or every


def carrying(price: HourlyPrice, count: int) -> Offer | None:
    """What must be rented for replicas of `count` accelerators; None where no machine of this offer holds one."""
    held = int(price.accelerators)
    if price.accelerators < 1:
        return None  # a slice of a card: its speed is not known here
    if held >= count:
        return Offer(price, held // count, price.usd)
    return Offer(price, 1, price.usd * count) if held == 1 and price.provider not in WHOLE else None


def by_seller(found: Iterable[Offer], replicas: int) -> list[tuple[Decimal, Offer]]:
    """An hour of the replicas at each seller's cheapest offer, cheapest seller first."""
    best: dict[str, tuple[Decimal, Offer]] = {}
    for one in found:
        usd = one.hour(replicas)
        if one.price.provider not in best or usd < best[one.price.provider][0]:
            best[one.price.provider] = (usd, one)
    return sorted(best.values(), key=lambda pair: (pair[0], pair[1].price.machine))


def hour(found: list[Offer], replicas: Bounds) -> Range:
    """All replicas: cheapest offer and fewest replicas, median seller and likely, dearest and most."""
    lowest, highest = min(one.hour(replicas[0]) for one in found), max(one.hour(replicas[2]) for one in found)
    return Range(lowest, median(usd for usd, _ in by_seller(found, replicas[1])), highest)


def one_replica(found: list[Offer]) -> Range:
    """An hour of one replica on a full machine; of each seller its cheapest for the median."""
    each = sorted(((one.usd / one.replicas, one.price.provider) for one in found), reverse=True)
    sellers = {provider: usd for usd, provider in each}.values()  # the last of each seller is its cheapest
    return Range(each[-1][0], median(sellers), each[0][0])


def is_old(found: list[Offer]) -> bool:
    """Whether the cheapest or the median price is older than prices keep."""
    return found[0].price.is_old or found[len(found) // 2].price.is_old


def sold_elsewhere(asked: Asked, chip: str, own: OwnPrices) -> list[str]:
    """Where the accelerator is sold at all, as "provider region": the nearest to a place without a price."""
    places = [
        f"{one.provider} {region}"
        for one in catalog.instances_with(chip)
        if asked.provider in ("", one.provider) or not asked.region
        for region in one.listed
    ]
    return list(dict.fromkeys(places or [f"{p.provider} {p.region}" for p in prices_here.hourly_prices(chip, own=own)]))[:4]
