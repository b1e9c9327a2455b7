"""Text that cannot act: escapes Markdown and HTML, and strips what would fetch or lead elsewhere from answers.

Everything a user, a file or a model wrote passes through here before the page sees it.
"""

import re
from collections.abc import Mapping

from agent.events import FigureRef
from tools.contracts.evidence import Evidence

_MARK = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>&$:@])")
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]")
_PLACE = "\ue000"  # stands for a figure while the text around it is made safe
_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def clean(text: str) -> str:
    """Without control characters, direction overrides and lone surrogates."""
    return _HIDDEN.sub("\ufffd", text)


def literal(text: str) -> str:
    """Markdown that shows exactly this text, line breaks kept."""
    return _MARK.sub(lambda m: _ENTITY.get(m[1], "\\" + m[1]), clean(text)).replace("\n", "  \n")


def answer(text: str, figures: tuple[FigureRef, ...] = (), evidence: Mapping[str, Evidence] | None = None) -> str:
    """An answer's Markdown without HTML, images or links; each figure leads to its evidence and carries its tier."""
    text = clean(text).replace(_PLACE, "\ufffd")
    links, parts, end = [], "", 0
    for start, figure in _placed(text, figures):
        record = (evidence or {}).get(figure.evidence_id)
        if start >= end and record is not None and re.fullmatch(r"ev-[0-9a-f]+", figure.evidence_id):
            parts += text[end:start] + _PLACE
            links.append(f'[{_safe(figure.shown)}](#{figure.evidence_id} "{record.tier.value}")')
            end = start + len(figure.shown)
    left = iter(links)
    return re.sub(_PLACE, lambda _: next(left), _safe(parts + text[end:]))


def _safe(text: str) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    safe = safe.replace("![", "!\\[").replace("](", "]\\(").replace("://", ":\\//").replace("$", "\\$")
    return re.sub(r"(?m)^(\s*\[[^\]]*\]):", r"\1\\:", safe)  # reference definitions


def _placed(text: str, figures: tuple[FigureRef, ...]) -> list[tuple[int, FigureRef]]:
    """Each figure with its place, in reading order; one that says none is looked for, whole and the longest first."""
    placed = [(one.at, one) for one in figures if one.at >= 0 and text.startswith(one.shown, one.at)]
    loose: dict[str, list[FigureRef]] = {}
    for one in figures:
        if one.at < 0 and one.shown:
            loose.setdefault(one.shown, []).append(one)
    if loose:  # "$0.00" is not looked for inside "$3,470 ($0.00 to $3,470)"
        longest = "|".join(map(re.escape, sorted(loose, key=len, reverse=True)))
        for hit in re.finditer(rf"(?<![\w\[.,])(?:{longest})(?!\w|\]\()", text):
            left = loose[hit[0]]
            placed.append((hit.start(), left.pop(0) if len(left) > 1 else left[0]))
    return sorted(placed, key=lambda item: item[0])


def code(text: str) -> str:
    """Inline code."""
    return "`" + clean(text).replace("`", "'").replace("\n", " ")[:200] + "`"
