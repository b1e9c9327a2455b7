"""Carbon look-ups: grid carbon of a region, country or the world, power usage effectiveness, and manufacture by accelerator-hour.

Each answer is a range with the sources behind it: sources of grid carbon disagree by a fifth and more, so none is taken alone. Yearly
means by place; nothing here knows the hour, a provider's green contracts or certificates.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from statistics import median, quantiles
from typing import Any

from knowledge.catalog.shelf import read_folder
from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.schemas import Accelerator, Country, Embodied, GridRegion, PowerUse, SourceEntry
from knowledge.source import Source

#: Least half-width around grid carbon: where two sources speak of one region of GCP, every second pair is further apart.
USUAL_SPREAD = 0.15
HOURS_A_YEAR = 8760
_ANYWHERE = frozenset({"", "any", "global", "world", "anywhere", "worldwide"})


@dataclass(frozen=True)
class CarbonFigure:
    """A range in the unit that the look-up names, what it is of, and where it was read."""

    value: Range
    of: str  # "Virginia", "Germany", "the world", "H100 SXM"
    scope: str  # "region", "country", "world", "provider", "any provider", "accelerator"
    sources: tuple[Source, ...]


_Sources = Mapping[str, SourceEntry]


@dataclass(frozen=True)
class _Books:
    regions: Mapping[tuple[str, str], tuple[GridRegion, _Sources]]
    countries: Mapping[str, tuple[Country, _Sources]]  # every spelling, lower case
    power: tuple[tuple[PowerUse, _Sources], ...]
    embodied: tuple[tuple[Embodied, _Sources], ...]


@cache
def _books() -> _Books:
    files: list[Any] = [content for _, content in read_folder("carbon")]
    countries: dict[str, tuple[Country, _Sources]] = {}
    for content in files:
        for country in content.countries:
            for spelling in (country.iso3, country.iso2, country.name, *country.aliases):
                countries.setdefault(spelling.lower(), (country, content.sources))
    return _Books(
        {(r.provider, r.region): (r, content.sources) for content in files for r in content.regions},
        {spelling: found for spelling, found in countries.items() if spelling},
        tuple((p, content.sources) for content in files for p in content.power_use),
        tuple((e, content.sources) for content in files for e in content.embodied),
    )


def _region_key(provider: str, region: str) -> str:
    """The region as its cloud spells it: Azure's without spaces, zones of AWS and GCP without their letter."""
    text = region.strip().lower()
    if provider == "azure":
        return text.replace(" ", "")
    return re.sub(r"(?<=\d)[a-f]$" if provider == "aws" else r"(?<=\d)-[a-f]$", "", text)


def _unknown(what: str, known: Iterable[str], hint: str) -> UserError:
    from rapidfuzz import process

    near = [hit[0] for hit in process.extract(what, list(dict.fromkeys(known)), processor=str.lower, limit=3, score_cutoff=70)]
    text = f"Did you mean {' or '.join(near)}?" if near else hint
    return UserError("unknown-region", f'No grid carbon for "{what[:60]}" is known.', text, {"nearest": near})


def grid_region(provider: str, region: str) -> GridRegion:
    """The own readings of a cloud region. Raises UserError `unknown-region` with the nearest names."""
    cloud = provider.strip().lower()
    found = _books().regions.get((cloud, _region_key(cloud, region)))
    if found is None:
        ours = [name for owner, name in _books().regions if owner == cloud]
        clouds = sorted({owner for owner, _ in _books().regions})
        raise _unknown(region, ours, f"Grid carbon is known for regions of {', '.join(clouds)}, and for countries.")
    return found[0]


def _own(readings: Mapping[str, float], sources: _Sources) -> list[tuple[float, Source]]:
    return [(value, sources[key].as_source()) for key, value in readings.items()]


def _of_region(region: GridRegion) -> list[tuple[float, Source]]:
    """Readings of the region, of other clouds' regions in the same place, and of the country where it has one grid."""
    books = _books()
    found = _own(*_readings_of(books.regions[region.provider, region.region]))
    for neighbour in region.same_place:
        cloud, _, name = neighbour.partition(" ")
        found += _own(*_readings_of(books.regions[cloud, name]))
    if region.country:
        found += _own(*_readings_of(books.countries[region.country.lower()]))
    return found


def _readings_of(entry: tuple[GridRegion, _Sources] | tuple[Country, _Sources]) -> tuple[Mapping[str, float], _Sources]:
    return entry[0].readings, entry[1]


def _figure(readings: list[tuple[float, Source]], of: str, scope: str) -> CarbonFigure:
    """The median, between the lowest and the highest reading, and never narrower than the usual disagreement."""
    values = [value for value, _ in readings]
    middle = median(values)
    low = min(min(values), middle * (1 - USUAL_SPREAD))
    high = max(max(values), middle * (1 + USUAL_SPREAD))
    return CarbonFigure(Range(low, middle, high), of, scope, tuple(dict.fromkeys(source for _, source in readings)))


def grid_carbon(provider: str | None = None, region: str | None = None, country: str | None = None) -> CarbonFigure:
    """Grams of CO2-equivalent per kWh of a cloud region, else of a country, else of the world (a wide range).

    `region` may name a country, as GPU clouds do. Raises UserError `unknown-region` where a place is named that nobody has a reading of.
    """
    cloud, place = (provider or "").strip().lower(), (region or "").strip()
    entry = _books().regions.get((cloud, _region_key(cloud, place)))
    if entry is not None:
        return _figure(_of_region(entry[0]), entry[0].place, "region")
    if country or place.lower() not in _ANYWHERE:
        return _of_country(cloud, place, country)
    values = sorted(
        value for iso3, (c, _) in _books().countries.items() if iso3.upper() == c.iso3 != "WOR" for value in c.readings.values()
    )
    tenths = quantiles(values, n=10)
    world, sources = _books().countries["wor"]
    likely = median(world.readings.values())
    everywhere = tuple(dict.fromkeys(source for _, source in _own({key: 0.0 for key in sources}, sources)))
    return CarbonFigure(Range(tenths[0], likely, tenths[-1]), "the world", "world", everywhere)


def _of_country(cloud: str, place: str, country: str | None) -> CarbonFigure:
    countries = _books().countries
    found = next((countries[name] for name in (place.lower(), (country or "").strip().lower()) if name in countries), None)
    if found is None:
        ours = [name for owner, name in _books().regions if owner == cloud] or [c.name for c, _ in countries.values()]
        raise _unknown(country or place, ours, "Name a region of aws, azure, gcp or oci, or a country.")
    return _figure(_own(*_readings_of(found)), found[0].name, "country")


def power_usage_effectiveness(provider: str | None) -> CarbonFigure:
    """Energy of the site over energy of its machines, of a provider; of any other one, from the best to the industry's mean."""
    cloud = (provider or "").strip().lower()
    mine = [p for p in _books().power if cloud and p[0].provider == cloud]
    used = mine or [p for p in _books().power if not p[0].provider]
    entries = [p for p, _ in used]
    value = Range(min(p.pue_low for p in entries), median(p.pue_likely for p in entries), max(p.pue_high for p in entries))
    return CarbonFigure(
        value,
        cloud if mine else "any provider",
        "provider" if mine else "any provider",
        tuple(dict.fromkeys(s[p.source].as_source() for p, s in used)),
    )


def embodied_carbon(accelerator: Accelerator) -> CarbonFigure | None:
    """Grams of CO2-equivalent of manufacture for an hour of one accelerator and its share of the server; None where nobody published it.

    Spread evenly over every hour of the lifetime, so an hour that the machine stands idle carries as much.
    """
    used = [(e, s) for e, s in _books().embodied if accelerator.name in e.accelerators]
    if not used:
        return None
    grams = [1000 * (e.accelerator_kg + e.server_kg / e.per_server) / (e.lifetime_years * HOURS_A_YEAR) for e, _ in used]
    sources = tuple(dict.fromkeys(s[e.source].as_source() for e, s in used))
    return CarbonFigure(Range(min(grams), median(grams), max(grams)), accelerator.name, "accelerator", sources)
