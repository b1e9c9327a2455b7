"""What an hour of a machine or accelerator, or a million tokens of a model, costs here: the user's own price first, else the catalogue's.

The one place where a list price is replaced by the user's. Says where each price comes from and whether it is old; converts nothing and
adds nothing up. USD.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache

from knowledge import own_prices
from knowledge.catalog.hardware import accelerator, accelerators, find_accelerator
from knowledge.catalog.machines import cpu_machines, instances, marketplaces
from knowledge.catalog.providers import providers, source_of
from knowledge.catalog.shelf import is_stale
from knowledge.errors import UserError
from knowledge.own_prices import Basis, OwnMachinePrice, OwnPrices
from knowledge.ranges import Range
from knowledge.schemas import TOKEN_TYPES, ApiModel, CpuMachine, Instance, Rented, TokenPrice
from knowledge.source import Source, Tier

STRANGERS = "machines of strangers, no service level"
DESKTOP = "a desktop card, whose driver licence does not permit data centres"


@dataclass(frozen=True)
class HourlyPrice:
    """An hour of `machine`, or of a single accelerator where that is empty."""

    usd: Decimal
    basis: Basis
    machine: str
    provider: str  # "" = the user did not say
    region: str  # "" = the user did not say; "any" = the same everywhere
    accelerator: str  # "" for a machine without
    accelerators: Decimal  # how many of them the hour buys; 0 for a machine without
    tier: Tier
    source: Source
    is_old: bool
    note: str = ""
    reserve: str = ""  # why a company would think twice before it rests on this offer: other people's machine, a desktop card

    @property
    def usd_per_accelerator(self) -> Decimal:
        """An hour of one accelerator. Raises ValueError for a machine without."""
        if not self.accelerators:
            raise ValueError(f"{self.machine} has no accelerator")
        return self.usd / self.accelerators


def hourly_prices(
    name: str,
    basis: Basis = "on_demand",
    *,
    provider: str | None = None,
    region: str | None = None,
    own: OwnPrices = own_prices.NONE,
    today: date | None = None,
) -> tuple[HourlyPrice, ...]:
    """What `name` costs an hour, cheapest per accelerator first. Empty where no price is known: that is unknown, not free.

    `name` is a machine or an accelerator; for an accelerator, the machines that hold it. A price of the user's own leaves no room for
    the catalogue's. Without a region, the catalogue's is that of each provider's reference region. Doubtful spot prices are left out.
    Raises UserError `unknown-accelerator`, `unknown-provider` with the nearest names.
    """
    day = today or date.today()
    seller = known_provider(provider)
    machine = _machine(name)
    chip = accelerator(name).name if machine is None else getattr(machine, "accelerator", "")
    found = list(_own(machine, chip, basis, seller, region, own.machines_on(day)))
    if not found:
        candidates: Sequence[Rented] = [machine] if machine is not None else _holding().get(chip, [])
        found = [price for one in candidates if seller in ("", one.provider) for price in _listed(one, basis, region, day)]
    return tuple(sorted(found, key=lambda price: (price.usd / (price.accelerators or 1), price.machine)))


def per_accelerator(prices: Sequence[HourlyPrice]) -> Range:
    """Lowest, median and highest USD an hour of one accelerator. Raises ValueError where there are none."""
    if not prices:
        raise ValueError("no price is known")
    amounts = sorted(price.usd_per_accelerator for price in prices)
    return Range(amounts[0], amounts[len(amounts) // 2], amounts[-1])


def _machine(name: str) -> Instance | CpuMachine | None:
    return instances().find(name) or (None if find_accelerator(name) else cpu_machines().find(name))


@cache
def _holding() -> Mapping[str, list[Instance]]:
    found: dict[str, list[Instance]] = {}
    for one in instances().entries.values():
        found.setdefault(one.accelerator, []).append(one)
    return found


def known_provider(name: str | None) -> str:
    """The catalogue's name of a provider. Raises UserError `unknown-provider`."""
    if not name:
        return ""
    known = providers().get(name.strip().lower())
    if known is None:
        from rapidfuzz import process

        hits = process.extract(name.strip().lower(), list(providers()), limit=3, score_cutoff=60)
        near = list(dict.fromkeys(providers()[hit[0]] for hit in hits))
        raise UserError(
            "unknown-provider",
            f'No provider called "{name.strip()[:60]}" is known.',
            f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(sorted(set(providers().values())))}.",
            {"nearest": near},
        )
    return known


def _own(
    machine: Rented | None, chip: str, basis: Basis, seller: str, region: str | None, entries: Sequence[OwnMachinePrice]
) -> Iterator[HourlyPrice]:
    """The user's prices that apply. For a machine, its own entry before that of its accelerator; the region named before every region."""
    fits = [
        entry
        for entry in entries
        if getattr(entry, basis) is not None
        and (not seller or entry.provider in ("", seller))
        and (region is None or entry.region in ("", region.lower()))
    ]
    if machine is not None:
        exact = [entry for entry in fits if entry.machine == machine.name]
        of_chip = [entry for entry in fits if chip and entry.accelerator == chip and entry.provider in ("", machine.provider)]
        fits = exact or of_chip
    else:
        fits = [entry for entry in fits if entry.accelerator == chip or (entry.machine and _chip_of(entry.machine) == chip)]
    if region is not None:
        named = {(entry.machine, entry.accelerator, entry.provider) for entry in fits if entry.region}
        fits = [entry for entry in fits if entry.region or (entry.machine, entry.accelerator, entry.provider) not in named]
    for entry in fits:
        amount = Decimal(getattr(entry, basis))
        held = machine or (instances().entries.get(entry.machine) if entry.machine else None)
        count = Decimal(str(held.accelerator_count)) if isinstance(held, Instance) else Decimal(1 if chip else 0)
        yield HourlyPrice(
            usd=amount if entry.machine or not chip else amount * count,
            basis=basis,
            machine=held.name if held is not None else "",
            provider=entry.provider or (held.provider if held is not None else ""),
            region=entry.region,
            accelerator=chip,
            accelerators=count,
            tier=Tier.STATED,
            source=entry.source,
            is_old=False,
            note=entry.note,
        )


def _chip_of(machine: str) -> str:
    held = instances().entries.get(machine)
    return held.accelerator if held is not None else ""


def _listed(machine: Rented, basis: Basis, region: str | None, day: date) -> Iterator[HourlyPrice]:
    price = machine.price(region) or machine.price("any")
    amount = getattr(price, basis, None)  # the catalogue holds no committed prices, only "up to" discounts
    if price is None or amount is None or (basis == "spot" and price.doubtful):
        return
    source = source_of(machine, price.source)
    yield HourlyPrice(
        usd=amount,
        basis=basis,
        machine=machine.name,
        provider=machine.provider,
        region=price.region,
        accelerator=machine.accelerator if isinstance(machine, Instance) else "",
        accelerators=Decimal(str(machine.accelerator_count)) if isinstance(machine, Instance) else Decimal(0),
        tier=Tier.CATALOGUE,
        source=source,
        is_old=is_stale(source, day),
        note=price.doubtful or machine.note,
        reserve=_reserves().get(machine.name, ""),
    )


@cache
def _reserves() -> Mapping[str, str]:
    """What speaks against an offer, by machine."""
    strangers = dict.fromkeys(marketplaces(), STRANGERS)
    desks = {one.name: DESKTOP for one in instances().entries.values() if not accelerators().entries[one.accelerator].data_centre}
    return {name: "; ".join(filter(None, (strangers.get(name), desks.get(name)))) for name in strangers | desks}


@dataclass(frozen=True)
class TokenPriceHere:
    """Prices of a million tokens, the user's own where stated. `own` names the token types that are the user's."""

    price: TokenPrice
    source: Source
    is_old: bool
    own: Mapping[str, Source] = field(default_factory=dict)

    def source_of(self, token_type: str) -> Source:
        """Where the price of a token type stands; "reasoning" is billed as output."""
        return self.own.get("output" if token_type == "reasoning" else token_type, self.source)  # noqa: S105

    def tier_of(self, token_type: str) -> Tier:
        """STATED for the user's own price, else CATALOGUE."""
        return Tier.STATED if ("output" if token_type == "reasoning" else token_type) in self.own else Tier.CATALOGUE  # noqa: S105


def token_price(model: ApiModel, own: OwnPrices = own_prices.NONE, today: date | None = None) -> TokenPriceHere:
    """The prices of a model in force on that day: each token type that the user states replaces the list's, the others stay.

    A cached or batch price of the list that would exceed the user's own plain price is not known any more.
    """
    day = today or date.today()
    listed = model.price_on(day)
    source = source_of(model, listed.source)
    entry = next((one for one in own.tokens_on(day) if one.model == model.name), None)
    if entry is None:
        return TokenPriceHere(listed, source, is_stale(source, day))
    stated = {kind: getattr(entry, kind) for kind in TOKEN_TYPES if getattr(entry, kind) is not None}
    merged = listed.model_copy(update=stated)
    for kind, plain in (("cached", "input"), ("batch_input", "input"), ("batch_output", "output")):
        discounted, full = getattr(merged, kind), getattr(merged, plain)
        if kind not in stated and discounted is not None and full is not None and discounted > full:
            merged = merged.model_copy(update={kind: None})
    return TokenPriceHere(merged, source, is_stale(source, day), dict.fromkeys(stated, entry.source))
