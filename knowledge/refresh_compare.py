"""Compares what a public file says of machines with our facts: changed, confirmed, not listed any more, impossible.

A price that jumps beyond reason is refused by name; where much of a file is missing or refused, all of it is. What is not confirmed keeps
its old source and day, so that it does not look young. Writes nothing: the changes wait in a `FactText`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median_low
from typing import Any

from knowledge.refresh_edit import FactText
from knowledge.refresh_sources import Published, Upstream

#: A price that rose or fell by more than these factors is refused: a slipped decimal point or another unit is likelier.
_MOST_RISE, _MOST_FALL = Decimal(3), Decimal(10)
_LEAST_FOUND = 0.6  # share of our prices that a file of the known form still holds
_MOST_REFUSED = 0.05


class NotUsable(Exception):
    """The file as a whole is not used; the text says why."""


@dataclass
class Comparison:
    """The result for one public file."""

    upstream: Upstream
    day: date
    changes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    confirmed: int = 0
    further: int = 0  # names in the file that the fact base does not hold
    files: list[FactText] = field(default_factory=list)


def plain(value: Decimal) -> str:
    """A price without needless zeros and never as a power."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def move(old: Decimal | None, new: Decimal | None) -> str:
    """`55.04 -> 49.99 (-9.2 %)`."""
    shown = f"{plain(old) if old is not None else 'unknown'} -> {plain(new) if new is not None else 'unknown'}"
    return shown + (f" ({100 * (new / old - 1):+.1f} %)" if old and new else "")


def shown(path: Path) -> str:
    """`prices/instances/aws.yaml`."""
    return "/".join(path.parts[-3:])


def impossible(old: Decimal | None, new: Decimal | None) -> str:
    """Why a change cannot be meant; "" where it can."""
    if new == 0:
        return "is zero there"
    if old and new and not old / _MOST_FALL <= new <= old * _MOST_RISE:
        return f"would go {move(old, new)}: too far to be taken without a look"
    return ""


def fact_files(data: Path, kinds: Iterable[str]) -> list[FactText]:
    """The files of these kinds, ready to be changed."""
    return [FactText(path) for kind in kinds for path in sorted((data / kind).glob("*.yaml"))]


def dated(text: FactText, key: str) -> str:
    """The name under which a source stays for what the new one does not confirm."""
    return f"{key}_{text.data['sources'][key]['checked_on']:%Y_%m_%d}"


def is_of(source: str | None, key: str) -> bool:
    """Whether a source is the one of that key, or a former reading of it."""
    return source is not None and (source == key or re.fullmatch(re.escape(key) + r"_\d{4}_\d{2}_\d{2}", source) is not None)


def renew_source(text: FactText, found: Comparison, used: set[str]) -> None:
    """The source with its new day; beside it its former readings on which something still rests, and no others."""
    key = found.upstream.key
    former = text.data["sources"][key]
    tail = str(former["ref"]).partition("; ")[2]
    text.set({"ref": found.upstream.ref + (f"; {tail}" if tail else ""), "checked_on": found.day}, "sources", key)
    if dated(text, key) in used and dated(text, key) not in text.data["sources"]:
        text.set(former, "sources", dated(text, key))
    for other in text.data["sources"]:
        if other != key and is_of(other, key) and other not in used:
            text.drop("sources", other)


def guard(found: Comparison, ours: int, missing: int) -> None:
    """Raises NotUsable where too little of what we know is in a file, or too much of it cannot be."""
    if ours - missing < _LEAST_FOUND * ours:
        raise NotUsable(f"only {ours - missing} of our {ours} prices are in it; its form may have changed, or it was cut off")
    if len(found.refused) > max(2.0, _MOST_REFUSED * ours):
        first = "; ".join(found.refused[:3])
        raise NotUsable(f"{len(found.refused)} of its prices cannot be meant, such as {first}")


def compare_machines(upstream: Upstream, published: Published, data: Path, today: date) -> Comparison:
    """Prices of machines by region. Raises NotUsable."""
    found = Comparison(upstream, published.day or today)
    ours = missing = 0
    known: set[str] = set()
    by_name: dict[str, list[str]] = {}
    for name, region in published.machines:
        by_name.setdefault(name, []).append(region)
    for text in fact_files(data, upstream.kinds):
        entries = _entries(text, upstream)
        known |= {str(entry["name"]) for _, _, entry in entries}
        if not entries or upstream.key not in text.data["sources"]:
            continue
        if text.data["sources"][upstream.key]["checked_on"] >= found.day:
            found.remarks.append(f"{shown(text.path)} is of {text.data['sources'][upstream.key]['checked_on']} already")
            wanted = [(str(entry["name"]), region) for _, _, entry in entries for region in _regions(entry, upstream.key)]
            ours, missing = ours + len(wanted), missing + sum(one not in published.machines for one in wanted)
            continue
        used: set[str] = set()
        for group, position, entry in entries:
            taken = {
                region: _one_price(text, (group, position), entry, region, published, found) for region in _regions(entry, upstream.key)
            }
            ours += len(taken)
            missing += sum((str(entry["name"]), region) not in published.machines for region in taken)
            if group == "instances":  # machines without accelerators are held for a few regions only
                _further_regions(text, (group, position), entry, sorted(by_name.get(str(entry["name"]), ())), published, found)
            used |= _settle_sources(text, (group, position), entry, taken, upstream.key)
        if upstream.key in used:  # else nothing of the file is in there any more, and it stays as it is
            renew_source(text, found, used)
            found.files.append(text)
    guard(found, ours, missing)
    found.further = len({name for name, _ in published.machines} - known)
    return found


def _entries(text: FactText, upstream: Upstream) -> list[tuple[str, int, Mapping[str, Any]]]:
    """Entries of a file that rest on this source: list, position, entry."""
    group = "cpu_machines" if "cpu_machines" in text.data else "instances"
    return [
        (group, position, entry)
        for position, entry in enumerate(text.data.get(group) or ())
        if upstream.provider in ("", entry.get("provider")) and _regions(entry, upstream.key)
    ]


def _regions(entry: Mapping[str, Any], key: str) -> list[str]:
    return [region for region in entry["prices"] if is_of(entry.get("region_sources", {}).get(region, entry["source"]), key)]


def _one_price(
    text: FactText, way: tuple[str, int], entry: Mapping[str, Any], region: str, published: Published, found: Comparison
) -> bool:
    """Takes one price over, or says why not. Returns whether it is confirmed or taken."""
    where = f"{entry['name']} in {region}"
    new = published.machines.get((str(entry["name"]), region))
    old = tuple(None if each is None else Decimal(each) for each in (*entry["prices"][region], None)[:2])
    if new is None or any(before is not None and after is None for before, after in zip(old, new, strict=True)):
        found.gone.append(where)
        return False
    why = next((why for before, after in zip(old, new, strict=True) if (why := impossible(before, after))), "")
    if why:
        found.refused.append(f"{where} {why}")
        return False
    if new == old:
        found.confirmed += 1
        return True
    written = [None if each is None else plain(each) for each in new]
    text.set(written if written[1] is not None else written[:1], *way, "prices", region)
    kinds = zip(("on-demand", "spot"), old, new, strict=True)
    found.changes += [f"{where}, {kind}: {move(before, after)}" for kind, before, after in kinds if before != after]
    return True


def _further_regions(
    text: FactText, way: tuple[str, int], entry: Mapping[str, Any], regions: list[str], published: Published, found: Comparison
) -> None:
    """Regions where the machine is sold by now; a price far from those elsewhere is refused."""
    elsewhere = [Decimal(prices[0]) for prices in entry["prices"].values() if prices[0] is not None]
    for region in regions:
        on_demand, spot = published.machines[str(entry["name"]), region]
        if region in entry["prices"] or on_demand is None:
            continue
        where = f"{entry['name']} in {region}"
        why = impossible(median_low(elsewhere), on_demand) if elsewhere else ""
        if why or not on_demand or (spot is not None and not 0 < spot <= on_demand):
            found.refused.append(f"{where} {why or 'has an impossible price'}")
            continue
        text.set([plain(each) for each in (on_demand, spot) if each is not None], *way, "prices", region)
        found.changes.append(f"{where}: sold there now, {plain(on_demand)}" + (f", spot {plain(spot)}" if spot is not None else ""))


def _settle_sources(text: FactText, way: tuple[str, int], entry: Mapping[str, Any], taken: Mapping[str, bool], key: str) -> set[str]:
    """Sets source and region sources to what was confirmed and what was not; returns all source keys that the entry uses then."""
    stands = {region: entry.get("region_sources", {}).get(region, entry["source"]) for region in entry["prices"]}
    stands |= dict.fromkeys(text.meant[way[0]][way[1]]["prices"].keys() - stands.keys(), key)
    for region, is_taken in taken.items():
        stands[region] = key if is_taken else dated(text, key) if stands[region] == key else stands[region]
    source = key if key in stands.values() else entry["source"] if entry["source"] in stands.values() else next(iter(stands.values()))
    regions = {region: other for region, other in stands.items() if other != source}
    text.set(source, *way, "source")
    if regions:
        text.set(regions, *way, "region_sources")
    elif "region_sources" in entry:
        text.drop(*way, "region_sources")
    return {source, *regions.values()}
