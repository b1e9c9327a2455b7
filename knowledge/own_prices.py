"""A user's own prices: what their contract or their hardware really costs, read from a file of theirs (`own_price_file.py`).

They win over the catalogue wherever they apply, carry the tier STATED and name the file and line they stand in. Values only: nothing is
parsed here, and what they replace is decided in `prices_here.py`. USD; an hour of a whole machine or of one accelerator, or a million
tokens. None = not stated.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from knowledge.source import Source

Basis = Literal["on_demand", "committed", "spot"]
BASES: tuple[Basis, ...] = ("on_demand", "committed", "spot")
Amount = Annotated[Decimal, Field(gt=0)]


class _Strict(BaseModel):
    """As `schemas.entry.Strict`, without the schemas of all kinds of fact: every worker gets these prices, few read facts."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class OwnEntry(_Strict):
    """What all entries say: where they stand, since when they hold, and how the amounts came to be USD."""

    file: str
    line: int = Field(ge=1)
    provider: str = ""  # "" = whoever sells it
    valid_from: date | None = None
    currency: str = "USD"  # of the file; the amounts here are USD
    usd_per_unit: Amount | None = None  # the rate that the user stated, where the currency is another
    note: str = ""

    @property
    def source(self) -> Source:
        """The file and the line."""
        return Source(f"{self.file}, line {self.line}")


class OwnMachinePrice(OwnEntry):
    """An hour of a machine, or of one accelerator where `machine` is empty. Names are the catalogue's."""

    machine: str = ""
    accelerator: str = ""
    region: str = ""  # "" = every region
    on_demand: Amount | None = None
    committed: Amount | None = None
    spot: Amount | None = None


class OwnTokenPrice(OwnEntry):
    """A million tokens of a model. `model` is the catalogue's name."""

    model: str
    input: Amount | None = None
    cached: Amount | None = None
    cache_write: Amount | None = None
    output: Amount | None = None
    batch_input: Amount | None = None
    batch_output: Amount | None = None


Entry = TypeVar("Entry", bound=OwnEntry)


class OwnPrices(_Strict):
    """All of a user's own prices. Empty and false where there are none."""

    machines: tuple[OwnMachinePrice, ...] = ()
    tokens: tuple[OwnTokenPrice, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.machines or self.tokens)

    @property
    def files(self) -> tuple[str, ...]:
        """The files they come from, in order."""
        return tuple(dict.fromkeys(entry.file for entry in (*self.machines, *self.tokens)))

    def without(self, files: Iterable[str]) -> "OwnPrices":
        """These without what stands in those files."""
        left_out = set(files)
        return OwnPrices(
            machines=tuple(entry for entry in self.machines if entry.file not in left_out),
            tokens=tuple(entry for entry in self.tokens if entry.file not in left_out),
        )

    def over(self, other: "OwnPrices") -> "OwnPrices":
        """These and, for what these do not name, the others': a conversation's file over the one that Frugal was started with."""
        return OwnPrices(
            machines=(*self.machines, *_not_in(other.machines, self.machines, machine_key)),
            tokens=(*self.tokens, *_not_in(other.tokens, self.tokens, token_key)),
        )

    def machines_on(self, day: date) -> tuple[OwnMachinePrice, ...]:
        """Of entries for the same thing, the latest that holds on that day."""
        return _in_force(self.machines, machine_key, day)

    def tokens_on(self, day: date) -> tuple[OwnTokenPrice, ...]:
        """Of entries for the same model, the latest that holds on that day."""
        return _in_force(self.tokens, token_key, day)


NONE = OwnPrices()


def machine_key(entry: OwnMachinePrice) -> tuple[str, str, str, str]:
    """What an entry is a price of."""
    return entry.machine, entry.accelerator, entry.provider, entry.region


def token_key(entry: OwnTokenPrice) -> str:
    """What an entry is a price of."""
    return entry.model


def _not_in(entries: Iterable[Entry], others: Iterable[Entry], key: Callable[[Entry], Hashable]) -> list[Entry]:
    named = {key(entry) for entry in others}
    return [entry for entry in entries if key(entry) not in named]


def _in_force(entries: Iterable[Entry], key: Callable[[Entry], Hashable], day: date) -> tuple[Entry, ...]:
    found: dict[Any, Entry] = {}
    for entry in sorted(entries, key=lambda e: e.valid_from or date.min):
        if entry.valid_from is None or entry.valid_from <= day:
            found[key(entry)] = entry
    return tuple(found.values())
