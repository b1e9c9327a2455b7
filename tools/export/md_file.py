"""The report as Markdown (CommonMark with tables). All text is escaped, so names cannot add markup, HTML or images."""

import re

from tools.export.report import Card, Report, Section, Table
from tools.export.safe_text import for_markdown as md

_CODE = re.compile(r"[A-Za-z0-9@._:/=\-]+( [A-Za-z0-9@._:/=\-]+)*")
EMPTY = "–"


def _code(text: str) -> str:
    """Ids and commands as code where they hold nothing that could end it."""
    return f"`{text}`" if _CODE.fullmatch(text) else md(text)


def _table(table: Table) -> list[str]:
    rule = ["---:" if i in table.numeric else "---" for i in range(len(table.columns))]
    head = [f"**{md(table.caption)}**", ""] if table.caption else []
    body = [f"| {' | '.join(md(cell) or EMPTY for cell in row)} |" for row in table.rows]
    return [*head, f"| {' | '.join(md(c) for c in table.columns)} |", f"| {' | '.join(rule)} |", *body, ""]


def _card(card: Card) -> list[str]:
    out = [f"### {md(card.title)}", "", f"- **Verdict**: {md(card.verdict)}"]
    out += [f"- **{md(name)}**: {md(text)}" for name, text in card.pairs]
    if card.steps:
        out += ["- **Steps**:", *(f"  {i}. {md(step)}" for i, step in enumerate(card.steps, 1))]
    if card.evidence_ids:
        out.append(f"- **Evidence**: {', '.join(_code(i) for i in card.evidence_ids)}")
    return [*out, ""]


def _section(section: Section) -> list[str]:
    out = [f"## {md(section.title)}", ""]
    for text in section.paragraphs:
        out += [md(text), ""]
    for table in section.tables:
        out += _table(table)
    for card in section.cards:
        out += _card(card)
    if section.bullets:
        show = _code if section.key == "reproduce" else md
        out += [*(f"- {show(text)}" for text in section.bullets), ""]
    return out


def markdown(report: Report) -> bytes:
    """The file's bytes, UTF-8."""
    when = f", evidence up to {report.as_of}" if report.as_of else ""
    out = [f"# {md(report.title)}", "", f"**{md(report.headline)}**", "", md(report.level), "", md(f"Plan {report.plan_id}{when}."), ""]
    for section in report.sections:
        out += _section(section)
    return ("\n".join(out).rstrip() + "\n").encode()
