"""Files -> sheets -> one ledger file and the tallies beside it. Recognises repeated files and sheets that only sum others.

Works on the files as they are when the audit starts: a content hash is taken before and after, and a change stops the audit.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from knowledge.errors import UserError
from tools.audit.arrange import arrange
from tools.audit.cells import shown
from tools.audit.layout import Layout
from tools.audit.ledger import SheetPass, Tally
from tools.audit.mapping import Corrections
from tools.audit.reading.delimited import open_text
from tools.audit.reading.detect import container_of, file_hash
from tools.audit.reading.sheet import Sheet
from tools.audit.reading.workbook import open_workbook

Progress = Callable[[str, float, float], None]
_SUMMARY_NAMES = ("summary", "overview", "total", "pivot", "dashboard", "übersicht", "zusammenfassung", "résumé", "resumen", "riepilogo")


@dataclass
class Read:
    """One sheet after its pass."""

    layout: Layout
    tally: Tally
    path: Path
    source: int


@dataclass
class Intake:
    """All files after their passes."""

    reads: list[Read] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)  # shown name -> sha256
    skipped: list[dict[str, str]] = field(default_factory=list)  # sheets and files not counted, with the reason
    questions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Money:
    """How amounts are converted: rates the user gave, the currency of unstated amounts, the target of the rates."""

    rates: Mapping[str, Decimal]
    default: str
    target: str


def take_in(files: Sequence[str], corrections: Corrections, money: Money, out_dir: Path, progress: Progress) -> Intake:
    """Reads every file. Raises the UserErrors of the readers and of arrange()."""
    intake = Intake()
    seen: dict[str, str] = {}
    for at, given in enumerate(files):
        path = Path(given)
        name = shown(path.name, 120)
        progress(f"Reading {name}", at, len(files))
        container = container_of(path, name)
        digest = file_hash(path)
        if digest in seen:
            intake.skipped.append({"file": name, "sheet": "", "reason": f"same content as {seen[digest]}"})
            continue
        seen[digest] = name
        label = name if name not in intake.hashes else f"{name} ({at + 1})"
        intake.hashes[label] = digest
        sheets = open_workbook(path, label) if container == "xlsx" else [open_text(path, label, container == "gzip")]
        _read_file(sheets, corrections, money, out_dir, intake, at)
        if file_hash(path) != digest:
            raise UserError("file-changed", f"{name} changed while it was being read.", "Run the audit again when the file is complete.")
    return intake


def _read_file(sheets: Sequence[Sheet], corrections: Corrections, money: Money, out_dir: Path, intake: Intake, file_at: int) -> None:
    file = sheets[0].file
    layouts = _layouts(sheets, corrections, intake)
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
        raise _no_money(layouts, file)
    reads = [_read_sheet(layout, file_at * 1000 + at, money, out_dir / f"ledger-{file_at}-{at}.csv") for at, layout in enumerate(chosen)]
    for read in reads:
        tally = read.tally
        if "billed" in read.layout.roles and tally.rows_unknown and not tally.rows_counted:
            _unreadable(read, file)
    intake.reads += _without_summaries(reads, intake)


def _layouts(sheets: Sequence[Sheet], corrections: Corrections, intake: Intake) -> list[Layout]:
    chosen = list(sheets)
    if corrections.sheet and len(sheets) > 1:
        chosen = [sheet for sheet in sheets if sheet.name.casefold() == corrections.sheet.casefold()]
        if not chosen:
            raise UserError(
                "mapping-unknown-sheet",
                f'There is no sheet "{shown(corrections.sheet, 40)}".',
                f"The sheets are: {', '.join(shown(s.name, 40) for s in sheets[:20])}.",
            )
    elif any(not sheet.hidden for sheet in sheets):
        for sheet in (sheet for sheet in sheets if sheet.hidden):
            intake.skipped.append({"file": sheet.file, "sheet": shown(sheet.name, 40), "reason": "hidden sheet"})
            intake.questions.append(
                f'The sheet "{shown(sheet.name, 40)}" is hidden and was not counted. Should it be (sheet={shown(sheet.name, 40)})?'
            )
        chosen = [sheet for sheet in sheets if not sheet.hidden]
    found = []
    for sheet in chosen:
        layout = arrange(sheet, corrections)
        if layout is None:
            intake.skipped.append({"file": sheet.file, "sheet": shown(sheet.name, 40), "reason": "no table"})
        else:
            found.append(layout)
    if not found:
        raise UserError(
            "file-no-rows", f"{sheets[0].file} holds no table: 0 cost rows.", "Upload a file with a header row and at least one cost row."
        )
    return found


def _read_sheet(layout: Layout, source: int, money: Money, path: Path) -> Read:
    tally = _pass(layout, source, money, path)
    if tally.style_conflict and layout.style != "mixed" and layout.form is None:
        layout = replace(
            layout,
            style="mixed",
            questions=(
                *layout.questions,
                "The cost column mixes decimal comma and decimal point; cells that could be either are listed as unreadable. Which one is meant (decimal=comma or decimal=dot)?",  # noqa: E501
            ),
        )
        tally = _pass(layout, source, money, path)
    return Read(layout, tally, path, source)


def _pass(layout: Layout, source: int, money: Money, path: Path) -> Tally:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        return SheetPass(layout, source, writer.writerow, money.rates, money.default, money.target).run()


def _without_summaries(reads: list[Read], intake: Intake) -> list[Read]:
    """Leaves out a sheet whose total repeats another sheet's total, or the sum of all others: it is a summary of them."""
    if len(reads) < 2:
        return reads
    totals = [{currency: amount for currency, amount in read.tally.totals.items() if amount} for read in reads]
    for at, read in enumerate(reads):
        named = any(word in read.layout.sheet.name.casefold() for word in _SUMMARY_NAMES)
        others = [total for other, total in enumerate(totals) if other != at]
        summed: dict[str, Decimal] = {}
        for total in others:
            for currency, amount in total.items():
                summed[currency] = summed.get(currency, Decimal(0)) + amount
        repeats = totals[at] and (totals[at] == summed or (named and totals[at] in others))
        if repeats and (named or len(reads) > 2 or read.tally.rows_counted < max(r.tally.rows_counted for r in reads)):
            intake.skipped.append(
                {
                    "file": read.layout.sheet.file,
                    "sheet": shown(read.layout.sheet.name, 40),
                    "reason": "repeats the total of the other sheets",
                }
            )
            return [other for other in reads if other is not read]
        if named:
            intake.questions.append(
                f'The sheet "{shown(read.layout.sheet.name, 40)}" was counted beside the others. Is it a summary of them (then name the sheet to count, sheet=...)?'  # noqa: E501
            )
    return reads


def _no_money(layouts: Sequence[Layout], file: str) -> UserError:
    names = ", ".join(f'"{shown(name, 30)}"' for name in layouts[0].header.names[:10])
    return UserError(
        "no-money-column",
        f"{file} has no column that looks like money. Its columns are: {names}.",
        'Name the cost column, for example "cost=F" or "cost=Total".',
    )


def _unreadable(read: Read, file: str) -> None:
    at = read.layout.roles["billed"][0]
    cell = read.tally.unknown[0]
    raise UserError(
        "unreadable-money-column",
        f'{file}: no cell of "{shown(read.layout.header.names[at], 40)}" can be read as money; row {cell["row"]} holds "{cell["cell"]}" ({cell["problem"]}).',  # noqa: E501
        "Name the right column (cost=...), or the decimal sign (decimal=comma).",
        {"column": shown(read.layout.header.names[at], 40), "cells": read.tally.unknown[:5]},
    )
