"""A layout after the user's corrections of columns: roles given, columns not used, and what a sheet does not have said in words.

A correction of a column that this sheet does not have changes nothing here (mapping.check_named asks whether any sheet has it).
Settings such as currency and decimal sign are applied where they are settled (arrange.py, stated.py).
"""

from collections.abc import Sequence
from dataclasses import replace

from tools.audit.cells import shown
from tools.audit.layout import ROLES, Layout
from tools.audit.mapping import Corrections, position_of


def corrected(layout: Layout, corrections: Corrections, ignored: frozenset[int]) -> Layout:
    """The layout with every correction of a column that its sheet has; `ignored` are the positions that are not to be used."""
    names = layout.header.names
    roles = {role: tuple(at for at in positions if at not in ignored) for role, positions in layout.roles.items()}
    confidence = dict(layout.confidence)
    given = {role: at for role, value in corrections.columns.items() if (at := position_of(value, names)) is not None}
    for role, position in given.items():
        roles = {r: tuple(p for p in positions if p != position or r == "tags") for r, positions in roles.items()}
        roles[role] = (position,)
        confidence[position] = 1.0
    roles = {role: positions for role, positions in roles.items() if positions}
    inside = {role: entries for role, found in layout.inside.items() if (entries := tuple(e for e in found if e.at not in ignored))}
    pivot = None if "billed" in given else layout.pivot
    if pivot and ignored:
        pivot = replace(pivot, columns=tuple((at, value) for at, value in pivot.columns if at not in ignored))
    notes = layout.notes
    if "billed" in given:
        named = names[given["billed"]][:40]
        notes = tuple(note for note in notes if not note.startswith(f'"{named}" was not counted'))
    notes += tuple(f'"{names[at][:40]}" is not used: your correction says so' for at in sorted(ignored))
    if corrections.currency and "currency" not in corrections.columns:
        roles.pop("currency", None)
    questions = () if "billed" in given else layout.questions
    tags = layout.tags or tuple((roles[role][0], role) for role in ("environment", "team") if role in roles)
    tags = tuple((at, name) for at, name in tags if at not in ignored)
    before_tax = None if "billed" in given else layout.before_tax
    layout = replace(layout, roles=roles, inside=inside, confidence=confidence, pivot=pivot, questions=questions, tags=tags, notes=notes)
    layout = replace(layout, before_tax=before_tax)
    return _own_reading(layout, [(role, value) for role, value in corrections.columns.items() if role not in given])


def _own_reading(layout: Layout, missing: Sequence[tuple[str, str]]) -> Layout:
    """The layout with a note on each corrected column that this sheet does not have, and a question where that is the cost."""
    notes = tuple(
        f'no column "{shown(value, 60)}" here, which your correction names for {ROLES[role][0]}; it was read as found'
        for role, value in missing
    )
    asked = []
    if (value := dict(missing).get("billed")) and layout.has_money:
        columns = layout.roles.get("billed") or [at for at, _ in (layout.pivot.columns if layout.pivot else ())]
        place = " ".join(filter(None, (layout.sheet.file, layout.sheet.name and f'sheet "{shown(layout.sheet.name, 40)}"')))
        read = f'"{shown(layout.header.names[columns[0]], 40)}"' + (
            " and the columns beside it" if len(columns) > 1 and layout.pivot else ""
        )
        named = shown(value, 60)
        asked = [f'{place} has no column "{named}"; its cost was read from {read}. Is that right (cost={named}|NAME names another)?']
    return replace(layout, notes=(*layout.notes, *notes), questions=(*layout.questions, *asked))
