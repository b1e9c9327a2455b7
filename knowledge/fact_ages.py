"""How many facts of each kind there are, and when they were last checked: the table that `python -m knowledge.check` prints.

A fact's day is that of the source of what it says now: of a machine's price in a region that region's, of a token price the one in
force, of grid carbon its newest reading. History, and what lies beside the main figure, does not count. Changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge.schemas import ApiModel, CarbonFile, CommitmentFile, FactFile, Rented
from knowledge.source import STALE_AFTER_DAYS


@dataclass(frozen=True)
class Ages:
    """The facts of one kind. No days where the kind has none."""

    kind: str
    count: int
    oldest: date | None
    newest: date | None
    past: int  # checked more than `STALE_AFTER_DAYS` days ago


def ages(kind: str, days: Iterable[date | None], today: date) -> Ages:
    """Facts of a kind from their days; None = a fact without a figure of its own, such as a region that has its country's."""
    every = list(days)
    known = sorted(day for day in every if day is not None)
    past = sum((today - day).days > STALE_AFTER_DAYS for day in known)
    return Ages(kind, len(every), known[0] if known else None, known[-1] if known else None, past)


def fact_ages(loaded: dict[str, list[tuple[str, FactFile]]], entries_of: Any, today: date) -> list[Ages]:
    """Every kind, with what lies in a kind's files beside its entries. `entries_of(kind, content)` gives the entries of a file."""
    days: dict[str, list[date | None]] = {}
    for kind, files in loaded.items():
        days.setdefault(kind, [])
        for _, content in files:
            for entry in entries_of(kind, content):
                days[kind].append(_day(content, entry, today))
                if isinstance(entry, Rented):
                    regions = (_checked(content, entry.region_sources.get(region, entry.source)) for region in entry.listed)
                    days.setdefault(f"{kind}, region prices", []).extend(regions)
            for part, beside in _beside(content):
                days.setdefault(f"{kind}, {part}", []).extend(_day(content, entry, today) for entry in beside)
    return [ages(kind, found, today) for kind, found in sorted(days.items())]


def _beside(content: FactFile) -> Iterator[tuple[str, Iterable[Any]]]:
    if isinstance(content, CarbonFile):
        yield from (("countries", content.countries), ("manufacture", content.embodied), ("power use", content.power_use))
    if isinstance(content, CommitmentFile):
        yield "examples", content.examples


def _checked(content: FactFile, key: str) -> date | None:
    source = content.sources.get(key)  # a key without a source is an error of the check, said there
    return source.checked_on if source else None


def _day(content: FactFile, entry: Any, today: date) -> date | None:
    if isinstance(entry, ApiModel):
        return _checked(content, entry.price_on(today).source)
    if hasattr(entry, "source"):
        return _checked(content, entry.source)
    return max(filter(None, (_checked(content, key) for key in entry.readings)), default=None)


def table(rows: Iterable[Ages]) -> str:
    """The kinds as lines of text, under a heading."""
    shown = [("facts", "kind", "oldest", "newest", f"past {STALE_AFTER_DAYS} days")]
    for row in rows:
        shown.append((str(row.count), row.kind, str(row.oldest or "-"), str(row.newest or "-"), str(row.past) if row.oldest else "-"))
    wide = max(len(line[1]) for line in shown)
    return "\n".join(f"{count:>6}  {kind:<{wide}}  {old:<10}  {new:<10}  {past:>12}" for count, kind, old, new, past in shown)
