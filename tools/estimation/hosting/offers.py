"""What can be rented: the offers of machines with an accelerator, and how many replicas of so many accelerators one of them carries.

A machine is rented whole, so cards that no replica uses are paid too. What is priced by the accelerator (GPU clouds, a user's own price)
is rented in as many as a replica takes; that so many come in one machine must be asked there. Assumes no price.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from knowledge import catalog
from knowledge.own_prices import Basis
from knowledge.prices_here import HourlyPrice, hourly_prices
from tools.estimation.hosting.question import ANYWHERE, Question
from tools.estimation.serving.money import carrying
from tools.estimation.traffic import HOURS_PER_MONTH

BASES: tuple[Basis, ...] = ("on_demand", "spot")


@dataclass(frozen=True, slots=True)
class Unit:
    """What is rented at once: so many accelerators at a price an hour, carrying `replicas`."""

    price: HourlyPrice
    accelerators: int
    replicas: int
    usd_per_month: Decimal
    aside: bool = False  # kept out of the ranking: a machine of strangers or a desktop card that was not asked for

    @property
    def is_spot(self) -> bool:
        """Whether it can be taken away."""
        return self.price.basis == "spot"

    @property
    def group(self) -> tuple[bool, bool]:
        """Kept aside, can be taken away: what is ranked together."""
        return self.aside, self.is_spot

    @property
    def key(self) -> tuple[str, str]:
        """Who sells which accelerator."""
        return self.price.provider, self.price.accelerator


def offers_of(chip: str, question: Question) -> tuple[HourlyPrice, ...]:
    """On demand and spot, where it was asked for; a price of the user's own leaves no room for others. Cheapest first in each basis."""
    return tuple(price for basis in BASES for price in _prices(chip, basis, question))


def _prices(name: str, basis: Basis, question: Question) -> Iterator[HourlyPrice]:
    asked = {"provider": question.provider or None, "own": question.own, "today": question.today}
    if question.region != ANYWHERE:
        yield from hourly_prices(name, basis, region=question.region or None, **asked)  # type: ignore[arg-type]
        return
    first = hourly_prices(name, basis, **asked)  # type: ignore[arg-type]
    for price in first:
        machine = _rented(price.machine)
        if price.tier == "stated" or machine is None:
            yield price
            continue
        for region in machine:
            yield from hourly_prices(price.machine, basis, region=region, **asked)  # type: ignore[arg-type]


def _rented(machine: str) -> list[str] | None:
    """The regions of a machine of the catalogue."""
    found = catalog.instances().entries.get(machine) or catalog.cpu_machines().entries.get(machine)
    return None if found is None else list(found.listed)


def machine_offers(question: Question) -> tuple[HourlyPrice, ...]:
    """Every machine without accelerators that has a price where it was asked for."""
    entries = catalog.cpu_machines().entries.values()
    sellers = [one.name for one in entries if question.provider in ("", one.provider)]
    return tuple(price for name in sellers for basis in BASES for price in _prices(name, basis, question))


def unit(price: HourlyPrice, count: int, marketplace: bool = True) -> Unit | None:
    """The unit that carries replicas of `count` accelerators; None where no machine of this offer holds one."""
    found = carrying(price, count)
    if found is None:
        return None
    aside = bool(price.reserve) and not marketplace
    return Unit(price, max(int(price.accelerators), count), found.replicas, found.usd * HOURS_PER_MONTH, aside)
