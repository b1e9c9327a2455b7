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
    """Markdown text of the statements and the origin of every figure in it."""
    sentences, figures = [], []
    for statement in statements:
        filled: dict[str, str] = dict(statement.names)
        for name, evidence_id in statement.figures.items():
            record = known.get(evidence_id)
            if record is None or record.value is None:
                filled[name] = "an unknown amount"
                continue
            filled[name] = range_text(record.value, record.unit)
            figures.append(FigureRef(shown=filled[name], evidence_id=evidence_id))
        allowed = {*statement.names.values(), *(f.shown for f in figures)}
        text = _PLACEHOLDER.sub(lambda m, have=filled: have.get(m[1], "an unknown amount"), statement.text)  # type: ignore[misc]
        sentences.append(guarded(text, allowed))
    return "\n\n".join(s for s in sentences if s), tuple(dict.fromkeys(figures))


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
