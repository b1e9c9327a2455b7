"""Sheets, columns and files that a message names: "use the sheets May and June", "count the hidden sheet too", "ignore column G". Pure code.

A name counts where the last audit saw it, or where it stands in quotes; a column also by its letter. Knows no roles and no settings.
"""

# ruff: noqa: E501 - patterns are data

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

_QUOTED = re.compile(r"\"([^\"]+)\"|'([^']+)'")
_LETTER = re.compile(r"[A-Z]{1,2}(?!\w)|[a-z](?!\w)")
_END = r"(?=\s*(?:[,;\n?!|]|\.(?:\s|$)|$|\band\b))"
_ANY_SHEET = re.compile(rf"(?i)([\w][\w .-]{{0,40}}?)(?=(?: too| as well| also| only)?{_END})")
_ANY_COLUMN = re.compile(rf"(?i)([\w][\w ./()%$€-]{{0,60}}?){_END}")
_BETWEEN = re.compile(r"(?i)\s*(?:,? and (?:also )?(?:the )?(?:sheet |column )?|[,&|])\s*")
_SHEET = re.compile(
    r"(?i)(?P<no>\b(?:not|don'?t|never) )?(?P<also>\balso )?\b(?P<verb>count|use|read|include|audit|take|add|only|leave out|ignore|skip|exclude|drop)"
    r"(?: (?P<only>only|also))?(?: in)?(?: the)?(?P<hidden> hidden)? (?:sheets?|tabs?)(?: named| called)? "
)
_AFTER_SHEET = re.compile(r"(?i)\s(too|as well|also|only)\b")
_LEAVES_OUT = frozenset({"leave out", "ignore", "skip", "exclude", "drop"})
_BESIDE = frozenset({"also", "too", "as well", "include", "add"})
_UNUSED = re.compile(
    r"(?i)\b(?:ignore|skip|drop|leave out|exclude|(?:do not|don'?t|never) (?:use|count|read|add|include))(?: the)?(?: (?P<called>columns?|files?))? "
)
_IS_UNUSED = re.compile(
    r"(?i)\bcolumns? (\"[^\"]+\"|'[^']+'|[\w][\w ]{0,40}?) (?:is|are|should be|must be)(?: to be)? (?:ignored|unused|left out|skipped|dropped|not (?:to be )?(?:used|counted))\b"
)


class Said(NamedTuple):
    """A setting, the names it is given, and the place of the words."""

    word: str  # "sheet", "also" or "ignore"
    names: tuple[str, ...]
    start: int
    end: int


def sheets_said(text: str, known: Sequence[str], left_out: Collection[str]) -> Iterator[Said]:
    """`sheet` for the only sheets to count, `also` for those to count beside the others. `left_out` are known and not counted now."""
    for hit in _SHEET.finditer(text):
        names, end = _names(text, hit.end(), known, None if known else _ANY_SHEET)
        if not names:
            continue
        after = _AFTER_SHEET.match(text, end)
        end = after.end() if after else end
        said = {word.strip().lower() for word in (hit["also"], hit["only"], hit["verb"], after and after[1]) if word}
        if bool(hit["no"]) != bool(said & _LEAVES_OUT):
            dropped = {name.casefold() for name in (*names, *left_out)}
            names, word = tuple(name for name in known if name.casefold() not in dropped), "sheet"
        else:
            is_beside = hit["hidden"] or said & _BESIDE or set(names) <= set(left_out)
            word = "also" if is_beside and "only" not in said else "sheet"
        if names:
            yield Said(word, names, hit.start(), end)


def unused_said(text: str, columns: Sequence[str], files: Sequence[str]) -> Iterator[Said]:
    """`ignore` for columns and files: after the word "column" any name, after "file" a known one, without either one in quotes."""
    for hit in _UNUSED.finditer(text):
        is_column, is_file = (str(hit["called"]).lower().startswith(word) for word in ("column", "file"))
        known = columns if is_column else files
        names, end = _names(text, hit.end(), known if is_column or is_file else (), _ANY_COLUMN if is_column else None, is_column)
        if names:
            yield Said("ignore", names, hit.start(), end)
    for hit in _IS_UNUSED.finditer(text):
        names, _ = _names(hit[1], 0, columns, _ANY_COLUMN, True)
        if names:
            yield Said("ignore", names, hit.start(), hit.end())


def _names(text: str, at: int, known: Sequence[str], first: re.Pattern[str] | None, letters: bool = False) -> tuple[tuple[str, ...], int]:
    """Names from `at` on with commas or "and" between them, and where they end. The first may be whatever `first` matches."""
    found: list[str] = []
    end = at
    by_length = sorted(known, key=len, reverse=True)
    while True:
        name = next((one for one in by_length if re.match(rf"(?i){re.escape(one)}(?!\w)", text[at:])), "")
        if name:
            found, end = [*found, name], at + len(name)
        elif quoted := _QUOTED.match(text, at):
            found, end = [*found, quoted[1] or quoted[2]], quoted.end()
        elif letters and (letter := _LETTER.match(text, at)):
            found, end = [*found, letter[0].upper()], letter.end()
        elif first and not found and (any_name := first.match(text, at)):
            found, end = [any_name[1]], any_name.end(1)
        else:
            return tuple(found), end
        between = _BETWEEN.match(text, end)
        if between is None:
            return tuple(found), end
        at = between.end()
