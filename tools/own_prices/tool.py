"""Declaration of `read_prices`: the step that reads an uploaded price file. Light.

Not in the fixed list of tools: it follows from an upload, and nobody asks for it by name.
"""

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class ReadPrices(Arguments):
    """Arguments of `read_prices`."""

    file: list[str] = Field(min_length=1, max_length=20, description="Price files (YAML or CSV, see docs/prices.md)")


READ_PRICES = ToolSpec(
    name="read_prices",
    summary="Read price files of the user's own, which then win over list prices",
    args=ReadPrices,
    runs="worker",
    entry="tools.own_prices.work:run",
    time_limit_s=60,
    memory_limit_mib=1024,
)
