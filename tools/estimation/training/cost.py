"""Money of a training job: whole machines by the hour, at the user's own price or the catalogue's, on demand and spot. Decimal, USD.

A machine is rented whole, so its idle cards are paid too. No price is assumed: where none is known, nothing is said. Does not know
storage, transfer, taxes or discounts.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from knowledge.own_prices import NONE, Basis, OwnPrices
from knowledge.prices_here import HourlyPrice, hourly_prices
from knowledge.ranges import Range
from knowledge.source import Source, Tier

SHOWN = 6


@dataclass(frozen=True)
class Offer:
    """So many machines of one kind that hold the accelerators asked for."""

    price: HourlyPrice
    machines: int

    @property
    def usd_per_hour(self) -> Decimal:
        """An hour of all of them."""
        return self.price.usd * self.machines


@dataclass(frozen=True)
class Hourly:
    """What an hour costs over the offers: cheapest, median, dearest. Cheapest first."""

    usd: Range
    offers: tuple[Offer, ...]

    @property
    def tier(self) -> Tier:
        """STATED where the prices are the user's own."""
        return self.offers[0].price.tier

    @property
    def source(self) -> Source:
        """Where the cheapest one stands."""
        return self.offers[0].price.source

    @property
    def is_old(self) -> bool:
        """Whether the cheapest or the median price is older than the fact base allows."""
        return any(offer.price.is_old for offer in (self.offers[0], self.offers[len(self.offers) // 2]))


def stated(usd_per_gpu_hour: float, gpu: str, count: int) -> Hourly:
    """The price that the user typed, an hour of one accelerator."""
    price = Decimal(str(usd_per_gpu_hour))
    source = Source("your words")
    one = HourlyPrice(price, "on_demand", "", "", "", gpu, Decimal(1), Tier.STATED, source, False)
    return Hourly(Range.exact(price * count), (Offer(one, count),))


def hourly(gpu: str, count: int, basis: Basis, provider: str = "", region: str = "", own: OwnPrices = NONE) -> Hourly | None:
    """An hour of machines that hold `count` of the accelerator; None where no price is known.

    Machines with more than twice as many are left out where others are to be had. Raises UserError `unknown-provider`.
    """
    prices = hourly_prices(gpu, basis, provider=provider or None, region=region or None, own=own)
    offers = [Offer(price, ceil(count / price.accelerators)) for price in prices if price.accelerators]
    if not offers:
        return None
    snug = [offer for offer in offers if offer.machines * offer.price.accelerators <= 2 * count]
    ranked = sorted(snug or offers, key=lambda offer: (offer.usd_per_hour, offer.price.machine))
    amounts = [offer.usd_per_hour for offer in ranked]
    return Hourly(Range(amounts[0], amounts[len(amounts) // 2], amounts[-1]), tuple(ranked))


def total(hour: Range, hours: Range) -> Range:
    """USD of a job. Hours reach Decimal by their shortest text form."""
    return hour * hours
