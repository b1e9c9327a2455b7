"""Units: `Quantity` is a Range with a unit that cannot be mixed up with another kind. Built on `pint`.

Each currency is a dimension of its own, so dollars and euros never add up; tokens, requests and GPUs count things
and do not mix either. Holds no exchange rates: a rate is given by the user and applied where it is shown.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from knowledge.ranges import Number, Range

if TYPE_CHECKING:
    from pint import UnitRegistry

HOURS_PER_MONTH = 730  # the clouds' own convention: 8760 / 12
DAYS_PER_MONTH = 30.4167  # 365 / 12

CURRENCIES = (
    "USD",
    "EUR",
    "GBP",
    "INR",
    "JPY",
    "CNY",
    "CHF",
    "CAD",
    "AUD",
    "BRL",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "HUF",
    "SGD",
    "HKD",
    "KRW",
    "MXN",
    "ZAR",
    "ILS",
    "TRY",
    "NZD",
    "AED",
    "SAR",
    "TWD",
    "THB",
    "IDR",
    "MYR",
    "PHP",
    "VND",
    "RUB",
    "UAH",
)
COUNTED = ("token", "request", "gpu", "image", "row", "parameter", "seat")


@cache
def units() -> "UnitRegistry[float]":
    """The one unit registry, built on first use (about 0.2 s)."""
    import pint

    registry: UnitRegistry[float] = pint.UnitRegistry()
    for name in (*CURRENCIES, *COUNTED):
        registry.define(f"{name} = [{name}_count]")
    registry.define("month_of_use = 730 * hour = billing_month")
    return registry


@dataclass(frozen=True)
class Quantity:
    """A range with a unit, such as 41_000 USD/month."""

    value: Range
    unit: str

    @classmethod
    def exact(cls, value: Number | int, unit: str) -> "Quantity":
        """A point value with a unit."""
        return cls(Range.exact(value), unit)

    def to(self, unit: str) -> "Quantity":
        """The same quantity in another unit. Raises pint.DimensionalityError where the kinds differ."""
        if unit == self.unit:
            return self
        registry = units()
        factor = registry.Quantity(1.0, self.unit).to(unit).magnitude
        return Quantity(self.value * factor, unit)

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.value + other.to(self.unit).value, self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.value - other.to(self.unit).value, self.unit)

    def __mul__(self, factor: "Range | Number | int") -> "Quantity":
        return Quantity(self.value * factor, self.unit)
