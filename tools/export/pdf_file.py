"""The report as PDF through Typst: real, tagged text (PDF/UA-1), A4, fonts embedded, nothing fetched.

Texts reach Typst as data, never as markup. A character that no font on this machine has is printed as its code point
in brackets, and the last section says which ones; other formats keep it.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import typst

from knowledge.errors import ToolError
from tools.export.report import Report, Section

STANDARD: Literal["ua-1"] = "ua-1"  # also refuses text without a font, which is how a missing glyph is found
_PROBE = b"""#set document(title: "probe", date: none)
#set text(font: ("Liberation Sans", "Arial", "Helvetica", "DejaVu Sans", "Libertinus Serif"), lang: "en")
#for c in sys.inputs.characters.clusters() [#c ]
"""
_REFUSED = re.compile(r"the text `(.+)` could not be displayed", re.DOTALL)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def unprintable(text: str) -> set[str]:
    """The characters of `text` that no font here can show. ASCII is always there."""
    waiting = [sorted({c for c in text if ord(c) > 126 and not c.isspace()})]
    missing: set[str] = set()
    while waiting:
        group = waiting.pop()
        if not group:
            continue
        try:
            typst.compile(_PROBE, sys_inputs={"characters": "".join(group)}, pdf_standards=[STANDARD])
        except typst.TypstError:
            if len(group) == 1:
                missing.add(group[0])
            else:
                middle = len(group) // 2
                waiting += [group[:middle], group[middle:]]
    return missing


def _replaced(value: Any, missing: set[str]) -> Any:
    if isinstance(value, str):
        return "".join(f"[U+{ord(c):04X}]" if c in missing else c for c in value)
    if isinstance(value, dict):
        return {key: _replaced(part, missing) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(part, missing) for part in value]
    return value


def _note(missing: set[str]) -> Section:
    named = tuple(f"[U+{ord(c):04X}] {unicodedata.name(c, 'unnamed')}" for c in sorted(missing)[:40])
    text = (
        "This machine has no font for some characters of this plan; they are printed as code points. "
        "The other formats hold them as they are."
    )
    return Section("characters", "Characters without a font", (text,), bullets=named)


def _data(report: Report) -> dict[str, Any]:
    when = f", evidence up to {report.as_of}" if report.as_of else ""
    data = {**asdict(report), "footer": f"{report.title} · plan {report.plan_id}{when}"}
    for section in data["sections"]:
        for table in section["tables"]:
            table["numeric"] = sorted(table["numeric"])
            table["weights"] = list(table["weights"] or [1] * len(table["columns"]))
    return data


def pdf(report: Report) -> bytes:
    """The file's bytes. Raises ToolError `pdf-failed`."""
    try:
        missing = unprintable("".join(_texts(_data(report))))
        if missing:
            report = replace(report, sections=(*report.sections, _note(missing)))
        data = json.dumps(_replaced(_data(report), missing), ensure_ascii=False)
        source = (Path(__file__).parent / "plan.typ").read_bytes()
        return bytes(typst.compile(source, sys_inputs={"report": data}, pdf_standards=[STANDARD]))
    except typst.TypstError as error:
        reason = _REFUSED.sub("a character has no font", str(error)).splitlines()[0][:200]
        raise ToolError(
            "pdf-failed", f"The PDF could not be set: {reason}", "Export as html and print it from the browser instead."
        ) from error
