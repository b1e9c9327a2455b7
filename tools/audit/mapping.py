"""The user's corrections: `cost=F,currency=INR,header=5,decimal=comma,delimiter=tab`. Parsed here, applied when the layout is made.

A column is named by its header or by its letter, roles by any word of layout.ROLES. Several names stand with `|` between them: columns
(or whole files) to ignore, sheets to count, or one column for files of different columns (`cost=Net|Betrag`: the first that a sheet has).
Raises UserError (mapping-*) where a name is nowhere in the audit: a typo must not silently change what is audited.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches

from knowledge.errors import UserError
from tools.audit.cells import currency_of, read_money
from tools.audit.layout import ROLES
from tools.audit.reading.header import key

_SETTINGS = {
    "header": "header row number",
    "decimal": "dot or comma",
    "dates": "dmy or mdy",
    "sheet": "sheets to count, no others",
    "also": "hidden sheets to count beside the others",
    "delimiter": "comma, semicolon, tab or pipe",
    "scale": "multiple of every amount",
}
_IGNORE = ("ignore", "skip", "drop", "without", "exclude", "leaveout")
_SAID = {"headerrow": "header", "row": "header", "dateformat": "dates", "dateorder": "dates", "tab": "sheet", "worksheet": "sheet", "sheets": "sheet", "tabs": "sheet", "worksheets": "sheet", "onlysheet": "sheet", "alsosheet": "also", "hiddensheet": "also", "withsheet": "also", "units": "scale", "unitsof": "scale", "multiplier": "scale", "decimalsign": "decimal", "decimals": "decimal", "separator": "delimiter", "delim": "delimiter", "sep": "delimiter"}  # fmt: skip  # noqa: E501
_SCALES = {
    "k": 1000,
    "thousand": 1000,
    "thousands": 1000,
    "million": 10**6,
    "millions": 10**6,
    "lakh": 10**5,
    "lakhs": 10**5,
    "crore": 10**7,
    "none": 1,
}


@dataclass(frozen=True)
class Corrections:
    """Parsed `--mapping`."""

    columns: dict[str, str] = field(default_factory=dict)  # role -> column name or letter, or several with | between them
    currency: str = ""
    header_row: int | None = None
    decimal: str = ""
    date_order: str = ""
    sheets: tuple[str, ...] = ()  # the only sheets to count; () = all that are not hidden
    also: tuple[str, ...] = ()  # sheets to count beside those
    ignored: tuple[str, ...] = ()  # column names or letters that are not to be used, and files that are not to be counted
    delimiter: str = ""  # between the cells of a text file: comma, semicolon, tab, pipe
    scale: Decimal | None = None  # every amount times this; None = as the sheet states


def parse(text: str) -> Corrections:
    """Reads `role=column` pairs separated by comma or semicolon. Raises UserError mapping-unreadable, mapping-unknown-role."""
    columns: dict[str, str] = {}
    settings: dict[str, str] = {}
    ignored: list[str] = []
    for part in filter(None, (piece.strip() for piece in re.split(r"[,;\n](?=\s*[\w ]+=)|[,;]\s*$", text))):
        name, sign, value = part.partition("=")
        value = value.strip().strip("\"'")
        if not sign or not value:
            raise UserError(
                "mapping-unreadable", f'"{part[:60]}" is not a correction.', 'Say what a column is, such as "cost=F,currency=INR".'
            )
        word = key(name)
        word = _SAID.get(word, word)
        if word in ("sheet", "also"):
            settings[word] = "|".join(filter(None, (settings.get(word, ""), value)))
        elif word in _SETTINGS:
            settings[word] = value
        elif word in _IGNORE:
            ignored += map(_bare, names_in(value))
        elif word == "currency" and currency_of(value):
            settings["currency"] = currency_of(value)
        else:
            role = _role(name)
            columns[role] = "|".join(filter(None, (columns.get(role, ""), *map(_bare, names_in(value)))))
    return Corrections(
        columns,
        settings.get("currency", ""),
        _row(settings),
        _choice(settings, "decimal", ("dot", "comma")),
        _choice(settings, "dates", ("dmy", "mdy")),
        names_in(settings.get("sheet", "")),
        names_in(settings.get("also", "")),
        tuple(ignored),
        _choice(settings, "delimiter", ("comma", "semicolon", "tab", "pipe")),
        _scale(settings),
    )


def names_in(value: str) -> tuple[str, ...]:
    """The names with `|` between them, each without quotes."""
    return tuple(name for piece in value.split("|") if (name := piece.strip().strip("\"'").strip()))


def _bare(column: str) -> str:
    return re.sub(r"^(?:the )?col(?:umn|\.)?\s+", "", column.strip().strip("\"'"), flags=re.IGNORECASE)


def _role(name: str) -> str:
    plain = re.sub(r"\b(?:the|my|our|column|col|field|is|are)\b", " ", name, flags=re.IGNORECASE)
    word = key(plain) or key(name)
    for role, aliases in ROLES.items():
        if word == key(role) or word in {key(alias) for alias in aliases}:
            return role
    words = {key(alias): aliases[0] for role, aliases in ROLES.items() for alias in (role, *aliases)}
    near = dict.fromkeys(words[hit] for hit in get_close_matches(word, list(words), 3, 0.7))
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UserError(
        "mapping-unknown-role",
        f'"{name.strip()[:40]}" is no role a column can have.{meant}',
        f"Use one of: {', '.join(v[0] for v in ROLES.values())}.",
    )


def _row(settings: dict[str, str]) -> int | None:
    text = settings.get("header", "")
    if not text:
        return None
    if not text.isdigit():
        raise UserError("mapping-unreadable", f'"header={text[:20]}" needs a row number.', 'Write "header=5" for a header in row 5.')
    return int(text)


def _scale(settings: dict[str, str]) -> Decimal | None:
    text = settings.get("scale", "")
    if not text:
        return None
    value = Decimal(_SCALES[text.casefold()]) if text.casefold() in _SCALES else read_money(text).value
    if value is None or value <= 0 or value > 10**9:
        raise UserError("mapping-unreadable", f'"scale={text[:20]}" needs a number.', 'Write "scale=1000" for amounts in thousands.')
    return value


def _choice(settings: dict[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = settings.get(name, "").casefold()
    if value and value not in choices:
        raise UserError("mapping-unreadable", f'"{name}={value[:20]}" is not understood.', f"Use {' or '.join(choices)}.")
    return value


def letters(position: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA."""
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text


def position_of(value: str, names: Sequence[str]) -> int | None:
    """Position of the column named by header or letter, of several names the first that is there; None where there is none."""
    if (whole := _whole(value, names)) is not None:
        return whole
    for one in names_in(value):
        for position, name in enumerate(names):
            if key(name) == key(one) and key(one):
                return position
        if re.fullmatch(r"[A-Za-z]{1,2}", one):
            position = 0
            for char in one.upper():
                position = position * 26 + ord(char) - 64
            if position <= len(names):
                return position - 1
    return None


def _whole(value: str, names: Sequence[str]) -> int | None:
    """Position of a header that itself holds a `|`."""
    return next((at for at, name in enumerate(names) if "|" in value and name.casefold() == value.casefold()), None)


def check_named(corrections: Corrections, headers: Sequence[Sequence[str]], files: Sequence[str] = ()) -> None:
    """Raises UserError mapping-unknown-column where a correction names a column that no sheet has, and none of the `files` left out.

    `headers`: the names of each sheet.
    """
    left_out = {name.casefold() for name in files}
    for value in (*corrections.columns.values(), *corrections.ignored):
        if any(_whole(value, names) is not None for names in headers):
            continue
        for one in names_in(value):
            if one.casefold() not in left_out and all(position_of(one, names) is None for names in headers):
                raise unknown_column(one, headers)


def unknown_column(value: str, headers: Sequence[Sequence[str]]) -> UserError:
    """The error for a column that is not there, with the nearest names."""
    where, listed = [(at, name) for names in headers for at, name in enumerate(names)], list(enumerate(headers[0]))
    near = _nearest(value, [name for _, name in where])
    meant = f" Did you mean {' or '.join(dict.fromkeys(_called(*where[at]) for at in near))}?" if near else ""
    some = "There is no column" if len(headers) == 1 else "No sheet of the audit has a column"
    one = "" if len(headers) == 1 else "of the first sheet "
    return UserError(
        "mapping-unknown-column",
        f'{some} "{value[:40]}".{meant}',
        f"The columns {one}are: {', '.join(f'{letters(at)} {name[:30]}' for at, name in listed[:12])}.",
    )


def _called(position: int, name: str) -> str:
    return f'{letters(position)} "{name[:30]}"'


def _nearest(value: str, names: Sequence[str]) -> list[int]:
    wanted = key(value)
    keys = [key(name) for name in names]
    close = get_close_matches(wanted, keys, 3, 0.6)
    inside = [name for name in keys if wanted and len(wanted) >= 3 and wanted in name and name not in close]
    return [keys.index(name) for name in (*close, *inside)][:3]
