"""Text that cannot act: escapes Markdown and HTML, and strips what would fetch or lead elsewhere from answers.

Everything a user, a file or a model wrote passes through here before the page sees it.
"""

import re
from collections.abc import Mapping

from agent.events import FigureRef
from tools.contracts.evidence import Evidence

_MARK = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>&$:@])")
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]")
_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def clean(text: str) -> str:
    """Without control characters, direction overrides and lone surrogates."""
    return _HIDDEN.sub("\ufffd", text)


def literal(text: str) -> str:
    """Markdown that shows exactly this text, line breaks kept."""
    return _MARK.sub(lambda m: _ENTITY.get(m[1], "\\" + m[1]), clean(text)).replace("\n", "  \n")


def answer(text: str, figures: tuple[FigureRef, ...] = (), evidence: Mapping[str, Evidence] | None = None) -> str:
    """An answer's Markdown without HTML, images or links; each figure leads to its evidence and carries its tier."""
    safe = clean(text).replace("&", "&amp;").replace("<", "&lt;")
    safe = safe.replace("![", "!\\[").replace("](", "]\\(").replace("://", ":\\//").replace("$", "\\$")
    safe = re.sub(r"(?m)^(\s*\[[^\]]*\]):", r"\1\\:", safe)  # reference definitions
    origins: dict[str, list[tuple[str, str]]] = {}  # figure as written -> its evidence and tier, in reading order
    for figure in figures:
        record = (evidence or {}).get(figure.evidence_id)
        if figure.shown and record is not None and re.fullmatch(r"ev-[0-9a-f]+", figure.evidence_id):
            written = figure.shown.replace("&", "&amp;").replace("<", "&lt;").replace("$", "\\$")
            origins.setdefault(written, []).append((figure.evidence_id, record.tier.value))
    if not origins:
        return safe

    def linked(match: re.Match[str]) -> str:
        left = origins[match[0]]
        evidence_id, tier = left.pop(0) if len(left) > 1 else left[0]
        return f'[{match[0]}](#{evidence_id} "{tier}")'

    # whole figures only, the longest first, and in one pass: "$0.00" is not looked for inside "$3,470 ($0.00 to $3,470)"
    longest = "|".join(map(re.escape, sorted(origins, key=len, reverse=True)))
    return re.sub(rf"(?<![\w\[.,])(?:{longest})(?!\w|\]\()", linked, safe)


def code(text: str) -> str:
    """Inline code."""
    return "`" + clean(text).replace("`", "'").replace("\n", " ")[:200] + "`"
