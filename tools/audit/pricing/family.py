"""Relations between models of one maker, read from their names and prices: smaller siblings, newer versions. No claim on quality.

A name is a family word ("gpt", "claude"), a version and a size word ("mini", "haiku"); models outside that pattern have no relations.
Models that write hidden reasoning are not offered in place of ones that do not: their token counts would differ.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from knowledge import catalog
from knowledge.schemas import ApiModel, TokenPrice
from tools.audit.pricing.models import ModelCost, cost_elsewhere

_SMALL = ("nano", "micro", "lite", "haiku", "mini", "small", "luna")
_SIZES = re.compile(r"^(?:nano|micro|lite|flash|haiku|mini|small|medium|sonnet|large|opus|pro|premier|ultra|luna|sol|terra|fable)$")
#: At equal tokens a smaller sibling must cost at most this share to be worth a test.
WORTH = Decimal("0.5")

#: The model, its price today, and the list cost of the bill with it: both models compared at today's prices.
Offer = tuple[ApiModel, TokenPrice, Decimal]


class Name(NamedTuple):
    """The parts of a catalogue name."""

    family: str
    version: tuple[int, ...]
    size: tuple[str, ...]


@lru_cache(maxsize=1024)
def name_of(entry: ApiModel) -> Name | None:
    """Family, version and size words; None where the name holds anything else."""
    bare = entry.name.rpartition("/")[2].rpartition("amazon.")[2].rpartition("anthropic.")[2]
    family = ""
    version: list[int] = []
    size: list[str] = []
    for word in re.split(r"[-\s]+", bare):
        number = re.fullmatch(r"(o)?(\d{1,2})(?:\.(\d{1,2}))?(?:o)?", word)
        if number is not None:
            family = family or number[1] or ""
            minor = (number[3] or "").rstrip("0")
            version += [int(number[2]), *([int(minor)] if minor else [])]
        elif _SIZES.match(word):
            size.append(word)
        elif not family and word.isalpha():
            family = word
        elif word not in ("preview", "latest", "turbo"):
            return None
    return Name(family, tuple(version), tuple(size)) if family and (version or size) else None


def _siblings(one: ModelCost) -> Iterator[tuple[Name, Name, Offer]]:
    entry, own = one.entry, name_of(one.entry) if one.entry else None
    if entry is None or own is None:
        return
    listed, now = one.list_total, cost_elsewhere(one, entry.price_on(one.today))
    if not listed or not now:
        return
    for other in catalog.api_models().entries.values():
        name = name_of(other)
        if other.provider != entry.provider or other.name == entry.name or name is None or name.family != own.family:
            continue
        if set(other.tasks) & {"chat", "reasoning", "embedding"} != set(entry.tasks) & {"chat", "reasoning", "embedding"}:
            continue
        if other.retires_on is not None and other.retires_on <= one.today:
            continue
        price = other.price_on(one.today)
        cost = cost_elsewhere(one, price)
        if cost is not None and cost < now:
            yield own, name, (other, price, listed * cost / now)


def smaller(one: ModelCost) -> list[Offer]:
    """Smaller models of the family, not older than this one, at half the cost or less; dearest first. None for a small model."""
    found = [
        offer
        for own, name, offer in _siblings(one)
        if not set(own.size) & set(_SMALL)
        and name.version >= own.version
        and name.size != own.size
        and offer[2] <= WORTH * (one.list_total or 0)
    ]
    return sorted(found, key=lambda offer: (-offer[2], offer[0].name))


def newer_and_cheaper(one: ModelCost) -> Offer | None:
    """The cheapest model of the same family and size with a higher version that costs less; the newest of equals."""
    found = [
        (offer[2], tuple(-part for part in name.version), offer)
        for own, name, offer in _siblings(one)
        if name.size == own.size and name.version > own.version
    ]
    return min(found, key=lambda item: item[:2])[2] if found else None
