"""Overlapping snapshots: clouds put the whole month into the folder again every few hours, and only the newest delivery counts.

A delivery is a file, or the files of one execution's folder. It is superseded when nine in ten of its rows stand unchanged in a later
delivery that covers the same days, or when both lie below one billing period as different executions of one export. It is left out
and listed, never added up. Two deliveries whose rows differ in their amounts alone are near-copies: asked about, both counted. Looks at
rows, days and names only; knows no forms.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tools.audit.engine import Engine
from tools.audit.layout import Layout
from tools.audit.reading.header import key

SUPERSEDED = 0.9
#: Share of rows unchanged from which two deliveries of the same lines are near-copies, whatever their names.
UNCHANGED = 0.5
#: Near-copies are looked for among up to so many rows: people revise sheets, exports come as executions.
MOST_COMPARED = 1_000_000
#: Fewer rows than this may be alike by chance: then it is asked, not decided.
FEWEST_ROWS = 20
_AMOUNTS = ("billed", "effective", "list", "credits", "quantity", "utilization", "requests")
_REVISIONS = (
    "rev|revised|revision|copy|copy of|kopie|copie|copia|final|new|neu|old|alt|draft|entwurf|updated?|corrected|correction|"
    "korrigiert|korrektur|corrigé|corregido|corretto|poprawione|исправлено|修正|改訂"
)
_REVISION = re.compile(
    rf"(?i)\(\d{{1,2}}\)|(?<![^\W_])(?:(?:rev|revision|version|ver|v|r|copy|kopie|copie|copia)[ ._-]?\d{{1,2}}|{_REVISIONS})(?![^\W_])"
)
_PERIOD = re.compile(r"(?i)^(?:billing_?period|invoice_?month|period|month)=|^\d{8}-\d{8}$")


@dataclass(frozen=True)
class Delivery:
    """One delivery. Days are ISO texts, "" where the rows name none."""

    name: str
    first_day: str
    last_day: str
    rows: int
    place: str  # its path: of deliveries alike in everything else the last by name is the newest
    sheet: str = ""

    @property
    def age(self) -> tuple[str, int, str]:
        """Later deliveries are greater."""
        return self.last_day, self.rows, self.place

    def overlaps(self, other: "Delivery") -> bool:
        """Whether both cover a day."""
        return bool(self.first_day and other.first_day) and self.first_day <= other.last_day and other.first_day <= self.last_day

    def is_named_like(self, other: "Delivery") -> bool:
        """Whether both names are the same but for words of a revision: `Jan.csv` and `Jan (rev2).csv`."""
        return _plain_name(self.place) == _plain_name(other.place) and _plain_name(self.sheet) == _plain_name(other.sheet)

    def may_cover_the_same(self, other: "Delivery") -> bool:
        """Whether both cover a day; where days are not known, whether their names say so."""
        return self.overlaps(other) if self.first_day and other.first_day else self.is_named_like(other)


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


def near_copies(
    engine: Engine, deliveries: Sequence[Delivery], put_lines: Callable[[int, Delivery], None]
) -> list[tuple[Delivery, Delivery]]:
    """Pairs (smaller or older first) that hold the same lines but for some amounts.

    `put_lines(rank, delivery)` fills the table row_lines (rank, base, mark): a hash of each row without its amounts, and with them.
    """
    ordered = sorted(deliveries, key=lambda delivery: delivery.age)
    pairs = {(a, b) for b in range(len(ordered)) for a in range(b) if ordered[a].may_cover_the_same(ordered[b])}
    ranks = sorted({rank for pair in pairs for rank in pair})
    if not pairs or sum(ordered[rank].rows for rank in ranks) > MOST_COMPARED:
        return []
    engine.ask("create or replace table row_lines (rank integer, base ubigint, mark ubigint)")
    for rank in ranks:
        put_lines(rank, ordered[rank])
    counted = engine.ask(
        "with bases as (select distinct rank, base from row_lines), marks as (select distinct rank, mark from row_lines), "
        "lines as (select a.rank, b.rank other, count(*) n from bases a join bases b using (base) where a.rank < b.rank group by 1, 2), "
        "same as (select a.rank, b.rank other, count(*) n from marks a join marks b using (mark) where a.rank < b.rank group by 1, 2) "
        "select rank, other, lines.n / (select count(*) from bases where bases.rank = lines.rank), "
        "coalesce(same.n, 0) / (select count(*) from marks where marks.rank = lines.rank) "
        "from lines left join same using (rank, other) order by 1, 2"
    )
    engine.ask("drop table row_lines")
    return [
        (ordered[a], ordered[b])
        for a, b, lines, same in counted
        if (a, b) in pairs and lines >= SUPERSEDED and (same >= UNCHANGED or ordered[a].is_named_like(ordered[b]))
    ]


def line_of(layout: Layout) -> str:
    """SQL of a row's hash without its amounts, and without the figures in columns of no known role; "" where nothing is left of it."""
    amounts = {at for role, positions in layout.roles.items() if role in _AMOUNTS or role.endswith("_tokens") for at in positions}
    amounts |= {at for at, _ in layout.pivot.columns} if layout.pivot else set()
    amounts |= {at for _, outputs in layout.model_groups for at in outputs}
    known = {at for positions in layout.roles.values() for at in positions}
    texts = [(at, f"coalesce(cast(c{at} as varchar), '')") for at in range(len(layout.header.names)) if at not in amounts]
    figure = "'[^[:alnum:]]*[0-9][0-9.,'' ]*[^[:alnum:]]*'"
    parts = [text if at in known else f"case when regexp_full_match({text}, {figure}) then '' else {text} end" for at, text in texts]
    return f"hash({', '.join(parts)})" if parts else ""


@lru_cache(maxsize=1024)
def _plain_name(place: str) -> str:
    """A file's or sheet's name without its ending and the words of a revision."""
    name = _REVISION.sub(" ", re.sub(r"(?i)\.(?:csv|tsv|txt|xlsx?|xlsm|json|jsonl|parquet|gz)\b", "", Path(place).name))
    return key(name) or place
