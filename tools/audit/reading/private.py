"""Says which columns hold mail addresses or access keys, so that the reader of an audit knows why names are masked.

Looks at the first rows only and changes nothing: `cells.shown` masks, wherever a cell becomes a name that somebody sees.
"""

from collections.abc import Iterable
from itertools import islice

from tools.audit.cells import holds_key, holds_mail
from tools.audit.mapping import letters
from tools.audit.reading.sheet import Row

_LOOKED_AT = 400  # rows
_MOST_COLUMNS = 8


def private_notes(rows: Iterable[Row]) -> dict[str, str]:
    """Notes of a sheet: `mail addresses` and `access keys`, each with its columns; nothing where there are none."""
    mails: set[int] = set()
    keys: set[int] = set()
    for _, cells in islice(rows, _LOOKED_AT):
        mails |= {at for at, cell in enumerate(cells) if at not in mails and holds_mail(cell)}
        keys |= {at for at, cell in enumerate(cells) if at not in keys and holds_key(cell)}
    notes = {}
    for name, found in (("mail addresses", mails), ("access keys", keys)):
        if found:
            listed = ", ".join(letters(at) for at in sorted(found)[:_MOST_COLUMNS]) + (" ..." if len(found) > _MOST_COLUMNS else "")
            notes[name] = f"found in column {listed}; masked wherever they are shown or exported"
    return notes
