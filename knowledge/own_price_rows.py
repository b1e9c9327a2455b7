"""From the rows of a user's price file to entries: every name known, every amount possible, every flaw said with its line.

A row is a mapping of our keys to the text that stands there, whatever form the file had. Names and regions that the fact base does not know
are refused with the nearest ones, because a misspelt one would never apply and nobody would see it. Reads no files.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from knowledge.catalog import read_folder
from knowledge.catalog.hardware import accelerators, find_accelerator
from knowledge.catalog.machines import cpu_machines, instances
from knowledge.catalog.tokens import api_models, find_api_model
from knowledge.errors import UserError
from knowledge.own_prices import BASES, OwnMachinePrice, OwnPrices, OwnTokenPrice, machine_key, token_key
from knowledge.prices_here import hourly_prices, known_provider
from knowledge.quantities import CURRENCIES
from knowledge.schemas import TOKEN_TYPES, ApiModel

COMMON = ("provider", "valid_from", "currency", "usd_per_unit", "note")
HOURLY = tuple(f"{basis}_per_hour" for basis in BASES)
PER_MILLION = tuple(f"{kind}_per_million" for kind in TOKEN_TYPES)
MACHINE_KEYS = ("machine", "accelerator", "region", *HOURLY, *COMMON)
MODEL_KEYS = ("model", *PER_MILLION, *COMMON)

_FIGURE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
_TOO_DEAR, _TOO_CHEAP = 20, 50  # a price that many times above the dearest or below the cheapest of the list is a slip
_ANY_HOUR = (Decimal("0.001"), Decimal(5000))  # where the list has no price to compare with
_ANY_MILLION = (Decimal("0.0001"), Decimal(5000))


class Flaw(Exception):
    """What is wrong with one value, in words for the user."""


@dataclass
class Row:
    """One entry as it stands in the file. `lines` says where each value stands."""

    line: int
    values: dict[str, str]
    lines: dict[str, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """The line of a value, else that of its row."""
        return self.lines.get(key, self.line)


def entries(rows: list[Row], file: str) -> tuple[OwnPrices, list[tuple[int, str]]]:
    """All entries, and the flaws as (line, text) in order of lines."""
    machines: list[OwnMachinePrice] = []
    tokens: list[OwnTokenPrice] = []
    flaws: list[tuple[int, str]] = []
    seen: dict[Any, int] = {}
    for row in rows:
        entry = _entry(row, file, flaws)
        if entry is None:
            continue
        key = (machine_key(entry) if isinstance(entry, OwnMachinePrice) else token_key(entry), entry.valid_from)
        if key in seen:
            flaws.append((row.line, f"says again what line {seen[key]} says"))
        seen.setdefault(key, row.line)
        if isinstance(entry, OwnMachinePrice):
            machines.append(entry)
        else:
            tokens.append(entry)
    return OwnPrices(machines=tuple(machines), tokens=tuple(tokens)), sorted(flaws)


def _entry(row: Row, file: str, flaws: list[tuple[int, str]]) -> OwnMachinePrice | OwnTokenPrice | None:
    named = [key for key in ("machine", "accelerator", "model") if row.values.get(key)]
    if len(named) != 1:
        what = f"names {' and '.join(named)}" if named else "names nothing"
        flaws.append((row.line, f"{what}; an entry is of one `machine`, one `accelerator` or one `model`"))
        return None
    allowed = MODEL_KEYS if named == ["model"] else MACHINE_KEYS
    before = len(flaws)
    flaws += [
        (row.line_of(key), f"`{key}` says nothing about a {named[0]}") for key, text in row.values.items() if text and key not in allowed
    ]
    made: dict[str, Any] = {"file": file, "line": row.line}
    for key, read in (("valid_from", _day), ("note", str)):
        _take(row, key, read, made, flaws)
    rate = _rate(row, made, flaws)
    try:
        found: OwnMachinePrice | OwnTokenPrice = (
            _tokens(row, made, rate, flaws) if named == ["model"] else _machine(row, named[0], made, rate, flaws)
        )
    except Flaw as flaw:
        flaws.append((row.line, str(flaw)))
        return None
    return found if len(flaws) == before else None


def _take(row: Row, key: str, read: Any, made: dict[str, Any], flaws: list[tuple[int, str]]) -> None:
    if row.values.get(key):
        try:
            made[key] = read(row.values[key])
        except Flaw as flaw:
            flaws.append((row.line_of(key), f"`{key}` {flaw}"))


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2100:
        raise Flaw(f'"{text[:40]}" is not a day; write it as 2026-10-01')
    return day


def _figure(text: str) -> Decimal:
    if not _FIGURE.fullmatch(text):
        if text.startswith("-"):
            raise Flaw(f'"{text[:40]}" is negative')
        if text[:1] in "=+@":
            raise Flaw(f'"{text[:40]}" looks like a formula; formulas are not worked out, write the figure')
        raise Flaw(f'"{text[:40]}" is not a plain figure such as 45.00, without currency sign, spaces and thousands separators')
    amount = Decimal(text)
    if amount == 0:
        raise Flaw("is zero; leave it out where the price is not known")
    return amount


def _rate(row: Row, made: dict[str, Any], flaws: list[tuple[int, str]]) -> Decimal:
    """USD for one unit of the row's currency, as the user states it."""
    currency = row.values.get("currency", "").upper() or "USD"
    if currency not in CURRENCIES:
        known = f"; known are {', '.join(sorted(CURRENCIES))}"
        flaws.append((row.line_of("currency"), f'`currency` "{currency[:20]}" is not known{_near(currency, CURRENCIES) or known}'))
        return Decimal(1)
    made["currency"] = currency
    _take(row, "usd_per_unit", _figure, made, flaws)
    rate: Decimal | None = made.get("usd_per_unit")
    if currency != "USD" and not row.values.get("usd_per_unit"):
        flaws.append((row.line, f"amounts in {currency} need `usd_per_unit`: what one {currency} is in USD"))
    if currency == "USD" and rate not in (None, 1):
        flaws.append((row.line_of("usd_per_unit"), f"`usd_per_unit` is {rate}, but the currency is USD"))
    return rate or Decimal(1)


def _near(text: str, known: Any) -> str:
    from rapidfuzz import process, utils

    hits = [hit[0] for hit in process.extract(text, list(known), processor=utils.default_process, limit=3, score_cutoff=60)]
    return f"; did you mean {' or '.join(hits)}?" if hits else ""


def _machine(row: Row, named: str, made: dict[str, Any], rate: Decimal, flaws: list[tuple[int, str]]) -> OwnMachinePrice:
    name = row.values[named]
    seller = ""
    if named == "machine":
        found = instances().find(name) or cpu_machines().find(name)
        if found is None:
            near = [*instances().nearest(name, 2), *cpu_machines().nearest(name, 1)]
            chip = find_accelerator(name)
            hint = f"; {chip.name} is an accelerator: write it under `accelerator`" if chip else _either(near)
            raise Flaw(f'`machine` "{name[:60]}" is not known{hint}')
        made["machine"], seller = found.name, found.provider
    else:
        chip = find_accelerator(name)
        if chip is None:
            raise Flaw(f'`accelerator` "{name[:60]}" is not known{_either(accelerators().nearest(name))}')
        made["accelerator"] = chip.name
    made["provider"] = _seller(row, name, seller)
    made["region"] = _region(row, made["provider"])
    bounds = _hour_bounds(made.get("machine") or made["accelerator"])
    for basis, key in zip(BASES, HOURLY, strict=True):
        _take_amount(row, key, basis, rate, bounds, made, flaws)
    if not any(row.values.get(key) for key in (*HOURLY, *PER_MILLION)):
        raise Flaw(f"has no price; give {', '.join(f'`{key}`' for key in HOURLY)}")
    _in_order(row, made, (("spot", "on_demand"), ("committed", "on_demand")), "per_hour", flaws)
    return OwnMachinePrice.model_validate(made)


def _tokens(row: Row, made: dict[str, Any], rate: Decimal, flaws: list[tuple[int, str]]) -> OwnTokenPrice:
    name = row.values["model"]
    found = find_api_model(name)
    seller = _seller(row, name, "")
    if found is not None and seller and found.provider != seller:
        found = find_api_model(f"{seller}/{name}")
    if found is None:
        raise Flaw(f'`model` "{name[:60]}" is not known{f" from {seller}" if seller else ""}{_either(api_models().nearest(name))}')
    made["model"], made["provider"] = found.name, found.provider
    for kind, key in zip(TOKEN_TYPES, PER_MILLION, strict=True):
        _take_amount(row, key, kind, rate, _million_bounds(found, kind), made, flaws)
    if not any(row.values.get(key) for key in (*PER_MILLION, *HOURLY)):
        raise Flaw(f"has no price; give {', '.join(f'`{key}`' for key in PER_MILLION)}")
    _in_order(row, made, (("cached", "input"), ("batch_input", "input"), ("batch_output", "output")), "per_million", flaws)
    return OwnTokenPrice.model_validate(made)


def _in_order(row: Row, made: dict[str, Any], pairs: tuple[tuple[str, str], ...], unit: str, flaws: list[tuple[int, str]]) -> None:
    """What is sold at a discount costs no more than the full price of the same row."""
    for less, full in pairs:
        if less in made and full in made and made[less] > made[full]:
            flaws.append((row.line_of(f"{less}_{unit}"), f"`{less}_{unit}` is above `{full}_{unit}`"))


def _take_amount(
    row: Row, key: str, name: str, rate: Decimal, bounds: tuple[Decimal, Decimal], made: dict[str, Any], flaws: list[tuple[int, str]]
) -> None:
    """One amount in USD, where it stands and is possible."""
    before = len(flaws)
    _take(row, key, _figure, made, flaws)
    if len(flaws) > before or key not in made:
        return
    made[name] = made.pop(key) * rate
    low, high = bounds
    if not low <= made[name] <= high:
        flaws.append(
            (
                row.line_of(key),
                f"`{key}` comes to {made[name].normalize():f} USD; between {low:.4g} and {high:.4g} is possible, check the unit",
            )
        )


def _either(names: list[str]) -> str:
    return f"; did you mean {' or '.join(names)}?" if names else ""


def _seller(row: Row, name: str, expected: str) -> str:
    """The provider that the row names, else the only one that has the machine."""
    if not row.values.get("provider"):
        return expected
    try:
        seller = known_provider(row.values["provider"])
    except UserError as error:
        raise Flaw(f"{error.message} {error.hint}") from None
    if expected and seller != expected:
        raise Flaw(f"{name[:60]} is a machine of {expected}, not of {seller}")
    return seller


def _region(row: Row, seller: str) -> str:
    region = row.values.get("region", "").lower().replace(" ", "")
    known = regions().get(seller, frozenset()) if seller else frozenset(r for of_one in regions().values() for r in of_one)
    if not region or not known or region in known:
        return region
    whose = f" of {seller}" if seller else ""
    raise Flaw(f'`region` "{region[:40]}"{whose} is not known{_near(region, sorted(known))} (without a region the price holds everywhere)')


@cache
def regions() -> Mapping[str, frozenset[str]]:
    """Regions by provider, from prices and grid carbon. Providers that sell everywhere at one price have none."""
    found: dict[str, set[str]] = {}
    for shelf in (instances(), cpu_machines()):
        for machine in shelf.entries.values():
            found.setdefault(machine.provider, set()).update(machine.listed)
    for _, content in read_folder("carbon"):
        for place in content.regions:  # type: ignore[attr-defined]
            found.setdefault(place.provider, set()).add(place.region)
    return {name: frozenset(names - {"any"}) for name, names in found.items() if names - {"any"}}


@lru_cache(maxsize=512)
def _hour_bounds(name: str) -> tuple[Decimal, Decimal]:
    """What an hour may cost, from the list prices of the same thing: for an accelerator, of one."""
    known = [price.usd if price.machine == name else price.usd / (price.accelerators or 1) for price in _listed_hours(name)]
    return (min(known) / _TOO_CHEAP, max(known) * _TOO_DEAR) if known else _ANY_HOUR


def _listed_hours(name: str) -> Iterator[Any]:
    yield from hourly_prices(name)
    yield from hourly_prices(name, "spot")


def _million_bounds(model: ApiModel, kind: str) -> tuple[Decimal, Decimal]:
    price = model.price_on()
    known = [amount for other in ("input", "output", kind) if (amount := getattr(price, other)) is not None]
    return (min(known) / _TOO_CHEAP, max(known) * _TOO_DEAR) if known else _ANY_MILLION
