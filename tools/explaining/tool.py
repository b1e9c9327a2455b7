"""Declaration of `explain`. Light."""

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class Explain(Arguments):
    """Arguments of `explain`."""

    topic: str = Field(min_length=1, max_length=500, description="A technique or concept, an evidence id, or a figure as shown")


EXPLAIN = ToolSpec(
    name="explain",
    summary="Explain a technique, a verdict, or where a number comes from",
    args=Explain,
    runs="inline",
    entry="tools.explaining.work:run",
)
