"""Overlapping snapshots: clouds put the whole month into the folder again every few hours, and only the newest delivery counts.

A delivery is a file, or the files of one execution's folder. It is superseded when nine in ten of its rows stand unchanged in a later
delivery that covers the same days, or when both lie below one billing period as different executions of one export. It is left out
and listed, never added up. Looks at rows, days and folder names only; knows no forms.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.audit.engine import Engine

SUPERSEDED = 0.9
#: Fewer rows than this may be alike by chance: then it is asked, not decided.
FEWEST_ROWS = 20
_PERIOD = re.compile(r"(?i)^(?:billing_?period|invoice_?month|period|month)=|^\d{8}-\d{8}$")


@dataclass(frozen=True)
class Delivery:
    """One delivery. Days are ISO texts, "" where the rows name none."""

    name: str
    first_day: str
    last_day: str
    rows: int
    place: str  # its path: of deliveries alike in everything else the last by name is the newest

    @property
    def age(self) -> tuple[str, int, str]:
        """Later deliveries are greater."""
        return self.last_day, self.rows, self.place

    def overlaps(self, other: "Delivery") -> bool:
        """Whether both cover a day."""
        return bool(self.first_day and other.first_day) and self.first_day <= other.last_day and other.first_day <= self.last_day


@dataclass(frozen=True)
class Superseded:
    """An older delivery and the one that stands for it; `sure` is false where the rows are too few to decide."""

    name: str
    by: str
    sure: bool


def executions(paths: Sequence[Path]) -> dict[Path, str]:
    """For files below `<billing period>/<execution>/`: the execution that each belongs to, as `period/execution`."""
    found = {}
    for path in paths:
        for parent in path.parents:
            if parent.parent != parent and _PERIOD.match(parent.parent.name):
                found[path] = f"{parent.parent.name}/{parent.name}"
                break
    return found


def older_executions(paths: Sequence[Path]) -> dict[Path, str]:
    """Files of executions that a later one below the same billing period replaces -> that later execution's folder."""
    by_period: dict[Path, dict[str, list[Path]]] = {}
    for path, execution in executions(paths).items():
        root = next(parent for parent in path.parents if parent.name == execution.partition("/")[0])
        by_period.setdefault(root, {}).setdefault(execution.partition("/")[2], []).append(path)
    older: dict[Path, str] = {}
    for folders in by_period.values():
        newest = max(folders, key=lambda name: (max(path.stat().st_mtime_ns for path in folders[name]) if not _dated(folders) else 0, name))
        older |= {path: newest for name, members in folders.items() if name != newest for path in members}
    return older


def _dated(names: Iterable[str]) -> bool:
    """Whether every folder name begins with a time stamp, so that names sort by time."""
    return all(re.match(r"\d{4}-?\d{2}-?\d{2}", name) for name in names)


def superseded(engine: Engine, deliveries: Sequence[Delivery], put_marks: Callable[[int, Delivery], None]) -> list[Superseded]:
    """The deliveries that a later one stands for. `put_marks(rank, delivery)` fills the table row_marks (rank, mark) with its rows."""
    ordered = sorted(deliveries, key=lambda delivery: delivery.age)
    ranks = [rank for rank, one in enumerate(ordered) if any(one.overlaps(other) for other in ordered if other is not one)]
    if len(ranks) < 2:
        return []
    engine.ask("create or replace table row_marks (rank integer, mark ubigint)")
    for rank in ranks:
        put_marks(rank, ordered[rank])
    counted = engine.ask(
        "with last as (select mark, max(rank) as newest from row_marks group by mark) "
        "select rank, count(distinct mark), count(distinct mark) filter (newest > rank), max(newest) "
        "from row_marks join last using (mark) group by rank order by rank"
    )
    engine.ask("drop table row_marks")
    return [
        Superseded(ordered[rank].name, ordered[newest].name, rows >= FEWEST_ROWS)
        for rank, rows, again, newest in counted
        if again >= SUPERSEDED * rows and ordered[rank].overlaps(ordered[newest])
    ]
