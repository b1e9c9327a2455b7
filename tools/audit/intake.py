"""Files -> sheets -> one ledger file and the tallies beside it. Recognises repeated files and sheets that only sum others.

Small tables go through the pass row by row; big ones are folded first (big_table.py). Works on the files as they are when the audit
starts: a content hash is taken before, and a file written or replaced since then stops the audit.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from knowledge.errors import UserError
from tools.audit.arrange import arrange
from tools.audit.big_table import BigTable
from tools.audit.cells import shown
from tools.audit.engine import Engine
from tools.audit.fold import plan_of
from tools.audit.kept import parquet_source
from tools.audit.known_files import KnownFiles
from tools.audit.layout import Layout
from tools.audit.ledger import SheetPass, Tally
from tools.audit.mapping import Corrections, check_named
from tools.audit.reading.delimited import open_text
from tools.audit.reading.detect import container_of, size_of, state_of
from tools.audit.reading.parquet import ParquetTable, open_parquet
from tools.audit.reading.sheet import Sheet
from tools.audit.remote import RemoteTable
from tools.audit.snapshots import Delivery, line_of, near_copies, older_executions, superseded
from tools.audit.sources import Spool
from tools.audit.which_sheets import check_sheets, is_named, is_summary_name, to_count

Progress = Callable[[str, float, float], None]
#: Tables up to this size are read row by row: folding them would cost more than it saves.
DIRECT_ROWS = 20_000
_DIRECT_BYTES = {"text": 4_000_000, "gzip": 400_000, "xlsx": 1_500_000, "json": 8_000_000, "json-gzip": 800_000}


@dataclass
class Read:
    """One sheet after its pass. `big` is to be unfolded once its lines are in the ledger."""

    layout: Layout
    tally: Tally
    path: Path
    source: int
    sheet_pass: SheetPass
    big: BigTable | None = None
    spool: Spool | None = None

    def put_marks(self, engine: Engine, rank: int) -> None:
        """Adds the marks of its rows to the table row_marks."""
        spool = self._spooled(engine)
        engine.ask(f"insert into row_marks select {rank}, {spool.mark} from {spool.name}")  # noqa: S608

    def put_lines(self, engine: Engine, rank: int) -> None:
        """Adds its rows to the table row_lines, without and with their amounts."""
        spool, line = self._spooled(engine), line_of(self.layout)
        if line:
            engine.ask(f"insert into row_lines select {rank}, {line}, {spool.mark} from {spool.name}")  # noqa: S608

    def _spooled(self, engine: Engine) -> Spool:
        if self.spool is None:
            self.spool = Spool(engine, self.layout, self.source, self.path.parent)
            self.spool.fill(self.sheet_pass, lambda _: None)
        return self.spool

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files behind it, as shown."""
        return self.big.source.files if self.big else (self.layout.sheet.file,)


@dataclass
class Intake:
    """All files after their passes."""

    reads: list[Read] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)  # shown name -> sha256
    skipped: list[dict[str, str]] = field(default_factory=list)  # sheets and files not counted, with the reason
    questions: list[str] = field(default_factory=list)
    labels: dict[Path, str] = field(default_factory=dict)
    states: dict[Path, tuple[int, int, int]] = field(default_factory=dict)  # of each file before it was hashed
    sheet_names: list[str] = field(default_factory=list)
    headers: list[tuple[str, ...]] = field(default_factory=list)  # of every sheet that was looked at
    left_out: list[str] = field(default_factory=list)  # files that the user said to ignore
    waiting: int = 0  # files and tables still to be looked at; at 0 every name of a correction must have been met
    _next_source: int = 0

    def skip(self, file: str, reason: str, sheet: str = "") -> None:
        """Lists a file or sheet that is not counted."""
        self.skipped.append({"file": file, "sheet": sheet, "reason": reason})

    def reserve(self, count: int) -> int:
        """The first of `count` new source numbers."""
        self._next_source += count
        return self._next_source - count


@dataclass(frozen=True)
class Money:
    """How amounts are converted: rates the user gave, the currency of unstated amounts, the target of the rates."""

    rates: Mapping[str, Decimal]
    default: str
    target: str


@dataclass(frozen=True)
class Desk:
    """What every reading step needs beside the file."""

    engine: Engine
    corrections: Corrections
    money: Money
    out_dir: Path
    progress: Progress
    kept_dir: Path | None = None  # where folds and hashes of earlier audits are kept


def take_in(paths: Sequence[Path], desk: Desk, tables: Sequence[RemoteTable] = ()) -> Intake:
    """Reads every file, or every table of another engine. Raises the UserErrors of the readers and of arrange()."""
    intake = Intake()
    files = [(path, label, container_of(path, label)) for path, label in _wanted(paths, desk, intake)]
    parquet = [(path, label) for path, label, container in files if container == "parquet"]
    others = [one for one in files if one[2] != "parquet"]
    grouped = open_parquet(desk.engine, *map(list, zip(*parquet, strict=True))) if parquet else []
    intake.waiting = len(tables) + len(others) + len(grouped)
    for elsewhere in tables:
        intake.waiting -= 1
        _read_remote(elsewhere, desk, intake)
    for at, (path, label, container) in enumerate(others):
        intake.waiting -= 1
        desk.progress(f"Reading {label}", at, len(paths))
        _read_file(_sheets(path, label, container, desk.corrections), size_of(path, label) > _DIRECT_BYTES[container], desk, intake)
    intake.reads = _without_snapshots(intake, desk)
    for table in grouped:
        intake.waiting -= 1
        _read_parquet(table, desk, intake)
    for path, label in intake.labels.items():
        if state_of(path, label) != intake.states[path]:
            raise UserError(
                "file-changed",
                f"{shown(path.name, 120)} changed while it was being read.",
                "Run the audit again when the file is complete.",
            )
    return intake


def _wanted(paths: Sequence[Path], desk: Desk, intake: Intake) -> list[tuple[Path, str]]:
    """Every different file but those that a correction leaves out. Raises UserError mapping-unreadable where none is left."""
    files = _different(paths, intake, desk)
    wanted = [(path, label) for path, label in files if not is_named(label, desk.corrections.ignored)]
    for path, label in files:
        if (path, label) not in wanted:
            intake.left_out.append(label)
            intake.skip(label, "left out: your correction says so")
            del intake.hashes[label], intake.labels[path]
    if files and not wanted:
        raise UserError("mapping-unreadable", "The corrections leave out every file.", "Name fewer files after ignore=.")
    return wanted


def _different(paths: Sequence[Path], intake: Intake, desk: Desk) -> list[tuple[Path, str]]:
    """Every file once, with its label; copies of a file, and executions that a later one replaces, are skipped."""
    seen: dict[str, str] = {}
    found = []
    known = KnownFiles(desk.kept_dir)
    replaced = older_executions(paths)
    for at, path in enumerate(paths):
        name = shown(path.name, 120)
        if path in replaced:
            intake.skip(f"{shown(path.parent.name, 60)}/{name}", f"older snapshot; {shown(replaced[path], 60)} stands for it")
            continue
        container_of(path, name)  # what cannot be read at all is said before anything is hashed
        intake.states[path] = state_of(path, name)
        digest = known.digest(path, intake.states[path])
        if digest in seen:
            intake.skip(name, f"same content as {seen[digest]}")
            continue
        seen[digest] = name
        label = name if name not in intake.hashes else f"{name} ({at + 1})"
        intake.hashes[label] = digest
        intake.labels[path] = label
        found.append((path, label))
        desk.progress(f"Checking {name}", at, len(paths))
    known.keep()
    return found


def _sheets(path: Path, label: str, container: str, corrections: Corrections) -> Sequence[Sheet]:
    if container == "xlsx":
        from tools.audit.reading.workbook import open_workbook  # as for JSON: a small CSV answers sooner without

        return open_workbook(path, label)
    if container in ("json", "json-gzip"):
        from tools.audit.reading.json_records import open_json

        return open_json(path, label, gzipped=container == "json-gzip")
    return [open_text(path, label, container == "gzip", corrections.delimiter)]


def _read_parquet(table: ParquetTable, desk: Desk, intake: Intake) -> None:
    """A Parquet table: in place where it is big, as text rows where it is small or its rows cannot be folded."""
    if table.row_count > DIRECT_ROWS or len(table.paths) > 1:
        layout = _layouts([table.head(2000)], desk.corrections, intake)[0]
        if layout.sheet.as_stored and (plan := plan_of(layout)):
            table = _newest(table, layout, desk, intake)
            source = intake.reserve(len(table.paths))
            digests = [intake.hashes[label] for label in table.labels]
            big = BigTable(parquet_source(desk.engine, table, plan, source, desk.kept_dir, digests), plan, layout, source, desk.engine)
            desk.progress("Folding the rows", 0, 0)
            big.fold()
            intake.reads.append(_run(layout, source, desk, big))
            return
    _read_file([table.sheet()], False, desk, intake)


def _read_remote(table: RemoteTable, desk: Desk, intake: Intake) -> None:
    """A table of another engine: folded there, or copied where its rows cannot be folded."""
    if table.label in intake.hashes:
        table.files = (f"{table.label} ({len(intake.hashes) + 1})",)
    layout = _layouts([table.head(2000)], desk.corrections, intake)[0]
    if plan := plan_of(layout):
        source = intake.reserve(1)
        desk.progress(f"Folding the rows of {table.label}", 0, 0)
        big = BigTable(table, plan, layout, source, desk.engine)
        big.fold()
        if again := next((label for label, digest in intake.hashes.items() if digest == table.digest), ""):
            intake.skipped.append({"file": table.label, "sheet": "", "reason": f"same content as {again}"})
            return
        intake.reads.append(_run(layout, source, desk, big))
    else:
        _read_file([table.sheet()], False, desk, intake)
    intake.hashes[table.label] = table.digest


def _read_file(sheets: Sequence[Sheet], is_big: bool, desk: Desk, intake: Intake) -> None:
    file = sheets[0].file
    layouts = _layouts(sheets, desk.corrections, intake)
    with_money = [layout for layout in layouts if layout.has_money]
    with_counts = [layout for layout in layouts if layout.has_tokens]
    for layout in layouts:
        if layout not in with_money and (with_money or layout not in with_counts):
            intake.skipped.append({"file": file, "sheet": shown(layout.sheet.name, 40), "reason": "no cost column"})
    chosen = with_money or with_counts
    if not any(layout.has_rows for layout in layouts):
        raise UserError(
            "file-no-rows",
            f"{file} has a header but 0 cost rows.",
            "Upload a file with at least one row of cost or usage below the header.",
        )
    if not chosen:
        raise _no_money(layouts, file, desk.corrections)
    reads = [_read_sheet(layout, is_big, intake.reserve(1), desk) for layout in chosen]
    for read in reads:
        tally = read.tally
        if "billed" in read.layout.roles and tally.rows_unknown and not tally.rows_counted:
            _unreadable(read, file)
    intake.reads += _without_summaries(reads, desk.corrections, intake)


def _without_snapshots(intake: Intake, desk: Desk) -> list[Read]:
    """Leaves out a file most of whose rows stand again in another of the same columns and days."""
    groups: dict[tuple[str, ...], list[Read]] = {}
    for read in intake.reads:
        groups.setdefault(read.layout.header.names, []).append(read)
    dropped: set[int] = set()
    for members in groups.values():
        by_name = {str(read.source): read for read in members}
        deliveries = [_delivery(read) for read in members]

        def put(rank: int, delivery: Delivery, by_name: dict[str, Read] = by_name) -> None:
            by_name[delivery.name].put_marks(desk.engine, rank)

        done = superseded(desk.engine, deliveries, put)
        for found in done:
            old, new = by_name[found.name], by_name[found.by]
            if found.sure:
                dropped.add(old.source)
                intake.skip(
                    old.layout.sheet.file, f"older snapshot; {new.layout.sheet.file} holds its rows", shown(old.layout.sheet.name, 40)
                )
            else:
                intake.questions.append(
                    f"{old.layout.sheet.file} and {new.layout.sheet.file} hold the same rows and were both counted. "
                    f"Is one a copy{_leaves_out(old, new, intake.reads)}?"
                )

        def put_lines(rank: int, delivery: Delivery, by_name: dict[str, Read] = by_name) -> None:
            by_name[delivery.name].put_lines(desk.engine, rank)

        asked = {(found.name, found.by) for found in done}
        left = [one for one in deliveries if int(one.name) not in dropped]
        for first, second in near_copies(desk.engine, left, put_lines):
            old, new = by_name[first.name], by_name[second.name]
            if (first.name, second.name) not in asked:
                intake.questions.append(_revised(_place(old, new), _place(new, old), _leaves_out(old, new, intake.reads)))
    return [read for read in intake.reads if read.source not in dropped]


def _revised(one: str, other: str, how: str) -> str:
    return f"{one} and {other} hold the same lines, some with other amounts, and were both counted. Does one replace the other{how}?"


def _place(read: Read, beside: Read) -> str:
    sheet = read.layout.sheet
    return f'{sheet.file} sheet "{shown(sheet.name, 40)}"' if sheet.file == beside.layout.sheet.file else sheet.file


def _leaves_out(old: Read, new: Read, reads: Sequence[Read]) -> str:
    """The correction that leaves the first of two out."""
    file = old.layout.sheet.file
    if file != new.layout.sheet.file:
        is_whole = sum(read.layout.sheet.file == file for read in reads) == 1
        return f" (ignore={file} leaves the first out)" if is_whole else ""
    rest = "|".join(shown(read.layout.sheet.name, 40) for read in reads if read.layout.sheet.file == file and read is not old)
    return f" (sheet={rest if len(rest) <= 120 else 'NAME|NAME'} leaves the first out)"


def _delivery(read: Read) -> Delivery:
    days, last = read.tally.days, read.tally.last_day
    if read.big:
        first_day, last_day = read.big.span()
        return Delivery(str(read.source), first_day, last_day, read.tally.rows_read, read.layout.sheet.file, read.layout.sheet.name)
    first = min(days).isoformat() if days else ""
    until, sheet = last.isoformat() if last else first, read.layout.sheet
    return Delivery(str(read.source), first, until, read.tally.rows_read, sheet.file, sheet.name)


def _newest(table: ParquetTable, layout: Layout, desk: Desk, intake: Intake) -> ParquetTable:
    """The table without the files that a later one stands for."""
    if len(table.paths) < 2 or "start" not in layout.roles:
        return table
    by_name = {str(at): label for at, label in enumerate(table.labels)}
    deliveries = [
        Delivery(str(at), first, last, rows, str(table.paths[at])) for at, first, last, rows in table.spans(layout.roles["start"][0])
    ]
    found = superseded(desk.engine, deliveries, lambda rank, delivery: table.put_marks(rank, int(delivery.name)))
    for one in found:
        if one.sure:
            intake.skip(by_name[one.name], f"older snapshot; {by_name[one.by]} holds its rows")
        else:
            intake.questions.append(
                f"{by_name[one.name]} and {by_name[one.by]} hold the same rows and were both counted. "
                f"Is one a copy (ignore={by_name[one.name]} leaves the first out)?"
            )
    dropped, asked, line = {one.name for one in found if one.sure}, {(one.name, one.by) for one in found}, line_of(layout)
    left = [delivery for delivery in deliveries if delivery.name not in dropped] if line else []
    for first, second in near_copies(desk.engine, left, lambda rank, delivery: table.put_lines(rank, int(delivery.name), line)):
        if (first.name, second.name) not in asked:
            old, new = by_name[first.name], by_name[second.name]
            intake.questions.append(_revised(old, new, f" (ignore={old} leaves the first out)"))
    return table.without({int(name) for name in dropped})


def _layouts(sheets: Sequence[Sheet], corrections: Corrections, intake: Intake) -> list[Layout]:
    found = []
    intake.sheet_names += [sheet.name for sheet in sheets]
    choice = to_count(sheets, corrections)
    intake.questions += choice.questions
    for sheet, reason in choice.left_out:
        intake.skip(sheet.file, reason, shown(sheet.name, 40))
    for sheet in choice.sheets:
        layout = arrange(sheet, corrections)
        if layout is None:
            intake.skip(sheet.file, "no table", shown(sheet.name, 40))
        else:
            found.append(layout)
            intake.headers.append(layout.header.names)
    if not intake.waiting:
        check_sheets(corrections, intake.sheet_names)
        if intake.headers:
            check_named(corrections, intake.headers, intake.left_out)
    if not found:
        raise UserError(
            "file-no-rows", f"{sheets[0].file} holds no table: 0 cost rows.", "Upload a file with a header row and at least one cost row."
        )
    return found


def _read_sheet(layout: Layout, is_big: bool, source: int, desk: Desk) -> Read:
    read = _once(layout, is_big, source, desk)
    if read.tally.style_conflict and layout.style != "mixed" and layout.form is None:
        question = "The cost column mixes decimal comma and decimal point; cells that could be either are listed as unreadable. Which one is meant (decimal=comma or decimal=dot)?"  # noqa: E501
        read = _once(replace(layout, style="mixed", questions=(*layout.questions, question)), is_big, source, desk)
    return read


def _once(layout: Layout, is_big: bool, source: int, desk: Desk) -> Read:
    plan = plan_of(layout) if is_big else None
    if plan is None:
        return _run(layout, source, desk, None)
    spool = Spool(desk.engine, layout, source, desk.out_dir)
    return _run(layout, source, desk, BigTable(spool, plan, layout, source, desk.engine), spool)


def _run(layout: Layout, source: int, desk: Desk, big: BigTable | None, spool: Spool | None = None) -> Read:
    """The pass over one sheet, its ledger lines written to a file of their own."""
    path = desk.out_dir / f"ledger-{source}.csv"
    money = desk.money
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        sheet_pass = SheetPass(layout, source, writer.writerow, money.rates, money.default, money.target)
        if big is None:
            tally = sheet_pass.run()
        else:
            if spool:
                big.specials = spool.fill(sheet_pass, lambda row: desk.progress(f"Reading {layout.sheet.file}", row, 0))
                repeats = spool.repeats(sheet_pass)
                big.fold()
            tally = big.run(sheet_pass)
            if spool:
                tally.repeats += repeats
    return Read(layout, tally, path, source, sheet_pass, big, spool)


def _without_summaries(reads: list[Read], corrections: Corrections, intake: Intake) -> list[Read]:
    """Leaves out a sheet whose total repeats another sheet's total, or the sum of all others: it is a summary of them."""
    if len(reads) < 2:
        return reads
    totals = [{currency: amount for currency, amount in read.tally.totals.items() if amount} for read in reads]
    for at, read in enumerate(reads):
        name = shown(read.layout.sheet.name, 40)
        is_summary = is_summary_name(read.layout.sheet.name)
        others = [total for other, total in enumerate(totals) if other != at]
        summed: dict[str, Decimal] = {}
        for total in others:
            for currency, amount in total.items():
                summed[currency] = summed.get(currency, Decimal(0)) + amount
        repeats = totals[at] and (totals[at] == summed or (is_summary and totals[at] in others))
        if repeats and (is_summary or len(reads) > 2 or read.tally.rows_counted < max(r.tally.rows_counted for r in reads)):
            if not is_named(read.layout.sheet.name, (*corrections.sheets, *corrections.also)):
                intake.skip(read.layout.sheet.file, "repeats the total of the other sheets", name)
                return [other for other in reads if other is not read]
            intake.questions.append(
                f'The sheet "{name}" repeats the total of the other sheets; it was counted because you named it. Should it be?'
            )
        elif is_summary:
            rest = "|".join(shown(other.layout.sheet.name, 40) for other in reads if other is not read)
            intake.questions.append(
                f'The sheet "{name}" was counted beside the others. Is it a summary of them (sheet={rest if len(rest) <= 120 else "NAME|NAME"} leaves it out)?'  # noqa: E501
            )
    return reads


def _no_money(layouts: Sequence[Layout], file: str, corrections: Corrections) -> UserError:
    names = ", ".join(f'"{shown(name, 30)}"' for name in layouts[0].header.names[:10])
    named = shown(corrections.columns.get("billed", ""), 60)
    missing = f'"{named}" and none ' if named else ""
    hint = (
        f'Name its cost column too, for example "cost={named}|Total".'
        if named
        else 'Name the cost column, for example "cost=F" or "cost=Total".'
    )
    return UserError("no-money-column", f"{file} has no column {missing}that looks like money. Its columns are: {names}.", hint)


def _unreadable(read: Read, file: str) -> None:
    at = read.layout.roles["billed"][0]
    cell = read.tally.unknown[0]
    raise UserError(
        "unreadable-money-column",
        f'{file}: no cell of "{shown(read.layout.header.names[at], 40)}" can be read as money; row {cell["row"]} holds "{cell["cell"]}" ({cell["problem"]}).',  # noqa: E501
        "Name the right column (cost=...), or the decimal sign (decimal=comma).",
        {"column": shown(read.layout.header.names[at], 40), "cells": read.tally.unknown[:5]},
    )
