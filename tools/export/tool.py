"""Declaration of `export_plan`. Light."""

from typing import Literal

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class ExportPlan(Arguments):
    """Arguments of `export_plan`. The plan comes from the session."""

    format: Literal["md", "html", "pdf", "xlsx", "json"] = Field("md", description="File format")


EXPORT_PLAN = ToolSpec(
    name="export_plan",
    summary="Write the plan as a file to share: Markdown, HTML, PDF, XLSX with live formulas, or JSON",
    args=ExportPlan,
    runs="inline",
    entry="tools.export.work:run",
)
