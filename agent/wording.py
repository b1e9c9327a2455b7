"""Turns statements into text: fills placeholders from evidence, and guards that no other figure slips through.

Every figure in an answer comes from an evidence record (or stands in the user's own words or a name); a figure that
does not is cut out sentence by sentence and said to be unmeasured. The same guard holds for every language model.
"""

import re
from collections.abc import Iterable, Mapping

from agent.events import FigureRef
from tools.contracts.evidence import Evidence
from tools.contracts.figures import range_text
from tools.contracts.tool import Statement

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# A figure: digits that are not part of a name such as int8, H100, gpt-4o, CO2 or p95.
_FIGURE = re.compile(r"(?<![A-Za-z0-9_\-./])[-+]?(?:[$€£₹¥]\s?)?\d[\d,]*(?:\.\d+)?(?![A-Za-z0-9_]*[A-Za-z_])")
NOT_MEASURED = "(I had a figure here without evidence behind it, so I left it out.)"


def render(statements: Iterable[Statement], known: Mapping[str, Evidence]) -> tuple[str, tuple[FigureRef, ...]]:
    """Markdown text of the statements and the origin of every figure in it, each with its place in the text."""
    text, figures = "", []
    for statement in statements:
        sentence, found = _filled(statement, known)
        shown = guarded(sentence, (*statement.names.values(), *(f.shown for f in found)))
        if shown:
            text += "\n\n" if text else ""
            figures += [f.model_copy(update={"at": f.at + len(text)}) for f in found if shown == sentence]
            text += shown
    return text, tuple(figures)


def _filled(statement: Statement, known: Mapping[str, Evidence]) -> tuple[str, list[FigureRef]]:
    """One sentence with its names and figures in place."""
    parts, figures, end = "", [], 0
    for hit in _PLACEHOLDER.finditer(statement.text):
        parts += statement.text[end : hit.start()]
        end = hit.end()
        evidence_id = statement.figures.get(hit[1], "")
        record = known.get(evidence_id)
        if hit[1] in statement.figures and record is not None and record.value is not None:
            figures.append(FigureRef(shown=range_text(record.value, record.unit), evidence_id=evidence_id, at=len(parts)))
            parts += figures[-1].shown
        else:
            parts += "an unknown amount" if hit[1] in statement.figures else statement.names.get(hit[1], "an unknown amount")
    return parts + statement.text[end:], figures


def guarded(text: str, allowed: Iterable[str]) -> str:
    """`text` without sentences that hold a figure found in none of the `allowed` strings."""
    rest = text
    for known in sorted(allowed, key=len, reverse=True):
        if known:
            rest = rest.replace(known, " ")
    if not _FIGURE.search(rest):
        return text
    return NOT_MEASURED


def stray_figures(text: str, allowed: Iterable[str]) -> list[str]:
    """Figures in `text` that stand in none of the `allowed` strings (used by the tests over whole conversations)."""
    for known in sorted(allowed, key=len, reverse=True):
        if known:
            text = text.replace(known, " ")
    return _FIGURE.findall(text)
