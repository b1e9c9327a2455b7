"""Which sheets of a file are counted: those that the user names, else all that are not hidden. What is left out is listed, or asked about.

A workbook that has none of the named sheets is counted as if none were named, and that is asked; a name that is nowhere in the audit is an
error. Looks at names only; sheets that repeat the total of others are found in intake.py.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.errors import UserError
from tools.audit.cells import shown
from tools.audit.header_words import SUMMARY_SHEETS
from tools.audit.mapping import Corrections
from tools.audit.reading.sheet import Sheet
from tools.audit.reconcile import total_label

_LONGEST = 40  # characters of a sheet name, as shown


@dataclass
class Choice:
    """The sheets of one file to count."""

    sheets: list[Sheet]
    left_out: list[tuple[Sheet, str]] = field(default_factory=list)  # with the reason
    questions: list[str] = field(default_factory=list)


def to_count(sheets: Sequence[Sheet], corrections: Corrections) -> Choice:
    """The sheets of one file that the corrections name, or those that are not hidden."""
    if len(sheets) < 2:
        return Choice(list(sheets))
    also = [sheet for sheet in sheets if is_named(sheet.name, corrections.also)]
    only = [sheet for sheet in sheets if is_named(sheet.name, corrections.sheets)]
    if only:
        chosen = [sheet for sheet in sheets if sheet in only or sheet in also]
        return Choice(chosen, [(sheet, "not among the sheets that you named") for sheet in sheets if sheet not in chosen])
    visible = [sheet for sheet in sheets if not sheet.hidden]
    choice = Choice([sheet for sheet in sheets if not sheet.hidden or sheet in also or not visible])
    for sheet in sheets:
        if sheet not in choice.sheets:
            choice.left_out.append((sheet, "hidden sheet"))
            name = shown(sheet.name, _LONGEST)
            choice.questions.append(f'The sheet "{name}" is hidden and was not counted. Should it be (also={name})?')
    if corrections.sheets:
        named = "|".join(corrections.sheets)
        choice.questions.append(
            f'{sheets[0].file} has no sheet "{shown(named, 60)}"; all its sheets were counted. Should they be (sheet={shown(named, 60)}|NAME names one)?'  # noqa: E501
        )
    return choice


def is_named(name: str, wanted: Sequence[str]) -> bool:
    """Whether a sheet is one of those that the user wrote, as it is or as it was shown."""
    forms = {name.strip().casefold(), shown(name, _LONGEST).strip().casefold()}
    return any(one.casefold() in forms for one in wanted)


def is_summary_name(name: str) -> bool:
    """Whether a sheet is named as one that sums the others, in any language that the audit knows."""
    plain = unicodedata.normalize("NFC", name).casefold()
    return any(word in plain for word in SUMMARY_SHEETS) or total_label(plain) in ("exact", "edge")


def check_sheets(corrections: Corrections, names: Sequence[str]) -> None:
    """Raises UserError mapping-unknown-sheet where a correction names a sheet that no file has. `names`: of all sheets of the audit."""
    for wanted in (*corrections.sheets, *corrections.also):
        if not any(is_named(name, (wanted,)) for name in names):
            known = [shown(name, _LONGEST) for name in dict.fromkeys(names) if name]
            raise UserError(
                "mapping-unknown-sheet",
                f'There is no sheet "{shown(wanted, _LONGEST)}".',
                f"The sheets are: {', '.join(known[:20])}." if known else "The files hold one table each: leave the sheet out.",
            )
