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
    known = evidence or {}
    for figure in sorted({(f.shown, f.evidence_id) for f in figures if f.shown}, key=lambda f: -len(f[0])):
        shown, evidence_id = figure
        record = known.get(evidence_id)
        if record is None or not re.fullmatch(r"ev-[0-9a-f]+", evidence_id):
            continue
        written = shown.replace("&", "&amp;").replace("<", "&lt;").replace("$", "\\$")
        # only whole figures outside links made before
        pattern = rf"(?<![\w\[.,]){re.escape(written)}(?![\w]|\]\()"
        safe = re.sub(pattern, lambda _m, w=written, e=evidence_id, t=record.tier.value: f'[{w}](#{e} "{t}")', safe)  # type: ignore[misc]
    return safe


def code(text: str) -> str:
    """Inline code."""
    return "`" + clean(text).replace("`", "'").replace("\n", " ")[:200] + "`"
