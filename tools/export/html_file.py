"""The report as one self-contained HTML page: inline style, no script, nothing fetched, light and dark, printable.

Jinja2 escapes every text; the bar chart is inline SVG with its numbers as text.
"""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from tools.export.report import Report


@lru_cache(maxsize=1)
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return env.get_template("plan.html.j2")


def html(report: Report) -> bytes:
    """The file's bytes, UTF-8."""
    ids = {row[0] for s in report.sections if s.key == "sources" for table in s.tables for row in table.rows}
    return _template().render(report=report, known_ids=ids).encode()
