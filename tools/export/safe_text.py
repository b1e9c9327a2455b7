"""Makes text from people and files safe to print: one line, no control characters, bounded length, escaped per format.

Knows nothing of plans. Lengths in characters. HTML needs nothing here (Jinja2 escapes); the PDF gets text as data.
"""

import re
import unicodedata

CELL_LIMIT = 2000  # longest text in a table cell or paragraph
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}  # controls, bidi overrides and other invisibles, lone surrogates, unassigned
_JOINERS = "\u200c\u200d"  # written languages and emoji need these two
_MARKS = re.compile(r"([\\`*_\[\]<>|#~!{}])")
_LEADING = re.compile(r"^(?:=|[-+](?=[\s+-]|$)|\d+[.)](?=\s|$))")  # setext rule, list, numbered list
#: What a spreadsheet may read as a formula (OWASP: = + - @ TAB CR), with the full-width forms that some programs accept.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain(value: object, limit: int = CELL_LIMIT) -> str:
    """`value` as one line of printable text, at most `limit` characters, cut with an ellipsis."""
    kept = [c if c in _JOINERS or unicodedata.category(c) not in _HIDDEN else " " for c in str(value)[: limit * 4]]
    text = " ".join("".join(kept).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def for_markdown(value: object, limit: int = CELL_LIMIT) -> str:
    """Text that Markdown (CommonMark with tables) shows as it is: no markup, no HTML, no image, no new cell."""
    text = _MARKS.sub(r"\\\1", plain(value, limit).replace("&", "&amp;"))
    lead = _LEADING.match(text)
    if lead:
        at = lead.end() - 1
        text = f"{text[:at]}\\{text[at:]}"
    return text


def for_spreadsheet(value: object, limit: int = CELL_LIMIT) -> str:
    """Text that no spreadsheet runs as a formula, also after it was saved as CSV: a leading apostrophe where needed."""
    text = plain(value, limit)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
