"""The user's corrections: `cost=F,currency=INR,header=5,decimal=comma`. Parsed here, applied when the layout is made.

A column is named by its header or by its letter; roles by any word of layout.ROLES. Raises UserError (mapping-*) where a
correction names nothing in the file: a typo must not silently change what is audited.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.errors import UserError
from tools.audit.cells import currency_of
from tools.audit.layout import ROLES
from tools.audit.reading.header import key

_SETTINGS = {
    "header": "header row number",
    "decimal": "dot or comma",
    "dateorder": "dmy or mdy",
    "dates": "dmy or mdy",
    "sheet": "sheet name",
}


@dataclass(frozen=True)
class Corrections:
    """Parsed `--mapping`."""

    columns: dict[str, str] = field(default_factory=dict)  # role -> column name or letter
    currency: str = ""
    header_row: int | None = None
    decimal: str = ""
    date_order: str = ""
    sheet: str = ""


def parse(text: str) -> Corrections:
    """Reads `role=column` pairs separated by comma or semicolon. Raises UserError mapping-unreadable, mapping-unknown-role."""
    columns: dict[str, str] = {}
    settings: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in re.split(r"[,;\n](?=\s*[\w ]+=)|[,;]\s*$", text))):
        name, sign, value = part.partition("=")
        value = value.strip().strip("\"'")
        if not sign or not value:
            raise UserError(
                "mapping-unreadable", f'"{part[:60]}" is not a correction.', 'Write role=column, such as "cost=F,currency=INR".'
            )
        word = key(name)
        if word in _SETTINGS:
            settings["dates" if word == "dateorder" else word] = value
        elif word == "currency" and currency_of(value):
            settings["currency"] = currency_of(value)
        else:
            columns[_role(name)] = re.sub(r"^column\s+", "", value, flags=re.IGNORECASE)
    return Corrections(
        columns,
        settings.get("currency", ""),
        _row(settings),
        _choice(settings, "decimal", ("dot", "comma")),
        _choice(settings, "dates", ("dmy", "mdy")),
        settings.get("sheet", ""),
    )


def _role(name: str) -> str:
    word = key(name)
    for role, aliases in ROLES.items():
        if word == key(role) or word in {key(alias) for alias in aliases}:
            return role
    raise UserError(
        "mapping-unknown-role",
        f'"{name.strip()[:40]}" is no role a column can have.',
        f"Use one of: {', '.join(v[0] for v in ROLES.values())}.",
    )


def _row(settings: dict[str, str]) -> int | None:
    text = settings.get("header", "")
    if not text:
        return None
    if not text.isdigit():
        raise UserError("mapping-unreadable", f'"header={text[:20]}" needs a row number.', 'Write "header=5" for a header in row 5.')
    return int(text)


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


def find_column(value: str, names: Sequence[str]) -> int:
    """Position of the column named by header or letter. Raises UserError mapping-unknown-column."""
    for position, name in enumerate(names):
        if key(name) == key(value) and key(value):
            return position
    if re.fullmatch(r"[A-Za-z]{1,2}", value):
        position = 0
        for char in value.upper():
            position = position * 26 + ord(char) - 64
        if position <= len(names):
            return position - 1
    shown = ", ".join(f"{letters(at)} {name[:30]}" for at, name in list(enumerate(names))[:12])
    raise UserError("mapping-unknown-column", f'There is no column "{value[:40]}" in the sheet.', f"The columns are: {shown}.")
