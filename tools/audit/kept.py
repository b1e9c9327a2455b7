"""Folds kept from one audit of Parquet bills to the next: when files were only added, only these are read.

A kept fold belongs to the content of its files, in their order, to the columns that were folded and to the engine's version; it is used
where its files are the first of those to audit, and never otherwise. It lies in the user's own folder and holds what the ledger holds:
texts of the bill and sums. Whatever is damaged or foreign there is passed over. Nothing is judged here.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from tools.audit.engine import Engine
from tools.audit.fold import Near, Plan
from tools.audit.reading.parquet import ParquetTable
from tools.audit.sources import ParquetSource

#: Raise when a table below changes its meaning.
_VERSION = 4
#: Name in the folder, and the table that is kept there (its name before the number of the source).
_TABLES = {"amounts": "summed", "texts": "texts", "names": "cells", "days": "days", "near": "near", "asked": "marks"}
_MOST_KEPT, _MOST_BYTES = 6, 2_000_000_000
#: A fold is kept in parts, one for each time that files were added; when there are more they are written as one.
_MOST_PARTS = 16
#: Fewer rows are folded again before a kept fold is read.
_WORTH_KEEPING = 200_000


def parquet_source(
    engine: Engine, parquet: ParquetTable, plan: Plan, number: int, kept_dir: Path | None, digests: Sequence[str]
) -> ParquetSource:
    """The source for these files; `digests` are the hashes of their contents."""
    if kept_dir is None or parquet.row_count < _WORTH_KEEPING:
        return ParquetSource(engine, parquet, plan, number)
    version = engine.ask("select version()")[0][0]
    told = json.dumps([_VERSION, version, repr(plan), parquet.columns])
    return KeptParquet(engine, parquet, plan, number, Shelf(kept_dir, hashlib.sha256(told.encode()).hexdigest()[:24]), tuple(digests))


@dataclass(frozen=True)
class Shelf:
    """The kept folds of one way of folding."""

    folder: Path
    key: str

    def find(self, digests: Sequence[str]) -> tuple[Path, int] | None:
        """The kept fold of the most of the first files, and their number."""
        found = [(len(files), path) for path, files in self._entries() if files == list(digests[: len(files)])]
        count, path = max(found, default=(0, Path()))
        return (path, count) if count else None

    def put(self, digests: Sequence[str], write: Callable[[Path], None]) -> None:
        """Keeps a fold; those that it holds, and the oldest beyond the limits, go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / f".{uuid4().hex}"
        new.mkdir()
        try:
            write(new)
            sizes = {path.name: path.stat().st_size for path in new.iterdir()}
            (new / "kept.json").write_text(json.dumps({"files": list(digests), "sizes": sizes}))
            for path, files in self._entries():
                if files == list(digests[: len(files)]):
                    shutil.rmtree(path, ignore_errors=True)
            new.rename(self.folder / f"{self.key}-{uuid4().hex[:8]}")
        finally:
            shutil.rmtree(new, ignore_errors=True)
        self._make_room()

    def _entries(self) -> list[tuple[Path, list[str]]]:
        found = []
        for path in self.folder.glob(f"{self.key}-*"):
            try:
                told: dict[str, Any] = json.loads((path / "kept.json").read_text())
                whole = all((path / name).stat().st_size == size for name, size in told["sizes"].items())
                if whole and set(_TABLES) <= {name.split("-")[0] for name in told["sizes"]}:
                    found.append((path, list(told["files"])))
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue  # not whole, or not ours: the files are folded instead
        return found

    def _make_room(self) -> None:
        by_age = sorted((path for path in self.folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime, reverse=True)
        held = 0
        for at, path in enumerate(by_age):
            held += sum(file.stat().st_size for file in path.iterdir())
            if at >= _MOST_KEPT or held > _MOST_BYTES:
                shutil.rmtree(path, ignore_errors=True)


class KeptParquet(ParquetSource):
    """Parquet files of which the first may have been folded before."""

    def __init__(self, engine: Engine, parquet: ParquetTable, plan: Plan, number: int, shelf: Shelf, digests: tuple[str, ...]) -> None:
        super().__init__(engine, parquet, plan, number)
        self.shelf, self.digests = shelf, digests
        found = shelf.find(digests)
        self.kept: Path | None = found[0] if found else None
        self.known = found[1] if found else 0
        self.has_new = self.known < len(digests)
        self._asked_again = False
        if self.kept:
            for name in _TABLES:
                self._view(name)
        if self.kept and self.has_new:
            parquet.expose(self.name, plan.positions, self.known)

    def fold(self, plan: Plan, name: str) -> None:
        """See `big_table.Source`."""
        if self.has_new:
            super().fold(plan, f"{name}_new")
        sums = [f"sum({column}) as {column}" for column in self._sums(f"{name}_new" if self.has_new else self._old("amounts"))]
        parts = " union all by name ".join(f"select * from {part}" for part in self._parts("amounts", f"{name}_new"))  # noqa: S608
        self.engine.ask(
            f"create or replace table {name} as select mark, name, min(first) as first, max(last) as last, sum(n)::bigint as n, "  # noqa: S608
            f"{', '.join(sums)} from ({parts}) group by mark, name"
        )

    def texts(self, plan: Plan, sums: str, key: str, name: str) -> None:
        """See `big_table.Source`. Texts of known marks were kept, so those of others stand in the new files."""
        kept = "texts" if key == "mark" else "names"
        if self.kept is None:
            super().texts(plan, sums, key, name)
            return
        self.engine.ask(f"create or replace table {name}_sums as select * from {sums} anti join {self._old(kept)} using ({key})")  # noqa: S608
        if self.has_new:
            super().texts(plan, f"{name}_sums", key, f"{name}_new")
        self._with_old(lambda: None, kept, name)()

    def days(self, plan: Plan, name: str) -> Callable[[], object]:
        """See `big_table.Source`."""
        wait = super().days(plan, f"{name}_new") if self.has_new else lambda: None
        return self._with_old(wait, "days", name)

    def apart(self, plan: Plan, near: Near, marks: str, name: str) -> Callable[[], object]:
        """See `big_table.Source`. What nobody asked of the kept files before is asked of all files."""
        if self.kept:
            not_asked = f"{marks} anti join {self._old('asked')} using (mark) semi join {self._old('amounts')} using (mark)"
            if not self.engine.ask(f"select 1 from {not_asked} limit 1"):  # noqa: S608
                wait = super().apart(plan, near, marks, f"{name}_new") if self.has_new else lambda: None
                return self._with_old(wait, "near", name, f"where mark in (select mark from {marks})")  # noqa: S608
            self._asked_again = True
            self._parquet.expose(self.name, plan.positions)
        return super().apart(plan, near, marks, name)

    def keep(self, number: int) -> None:
        """See `big_table.Source`."""
        if self.kept and not self.has_new and not self._asked_again:
            return
        parts = max(len(list(self.kept.glob(f"{name}-*.parquet"))) for name in _TABLES) if self.kept else 0
        add = self.kept if self.has_new and parts < _MOST_PARTS else None

        def write(folder: Path) -> None:
            for name, table in _TABLES.items():
                part = add is not None and name != "asked" and not (name == "near" and self._asked_again)
                if part and add:
                    for path in add.glob(f"{name}-*.parquet"):
                        os.link(path, folder / path.name)
                self._write(f"{table}_{number}{'_new' if part else ''}", folder / f"{name}-{parts if part else 0}.parquet")

        self.shelf.put(self.digests, write)

    def _write(self, table: str, path: Path) -> None:
        columns = [
            f"cast({column} as decimal(38,0)) as {column}" if kind == "HUGEINT" else str(column)  # Parquet would make a float of it
            for column, kind, *_ in self.engine.ask(f"describe {table}")
        ]
        self.engine.ask(f"copy (select {', '.join(columns)} from {table}) to '{path}' (format parquet, compression lz4_raw)")  # noqa: S608

    def _with_old(self, wait: Callable[[], object], kept: str, name: str, where: str = "") -> Callable[[], object]:
        """Waits, then shows what was kept and what is new as one."""

        def told() -> None:
            wait()
            parts = " union all by name ".join(f"select * from {part} {where}" for part in self._parts(kept, f"{name}_new"))  # noqa: S608
            self.engine.ask(f"create or replace view {name} as {parts}")

        return told

    def _old(self, name: str) -> str:
        return f"kept_{name}_{self.name}"

    def _view(self, name: str) -> None:
        select = f"select * from read_parquet('{self.kept}/{name}-*.parquet')"  # noqa: S608
        self.engine.ask(f"create or replace view {self._old(name)} as {select}")

    def _parts(self, kept: str, new: str) -> list[str]:
        return [*([self._old(kept)] if self.kept else []), *([new] if self.has_new else [])]

    def _sums(self, table: str) -> list[str]:
        return [column for column, *_ in self.engine.ask(f"describe {table}") if column not in ("mark", "name", "first", "last", "n")]
