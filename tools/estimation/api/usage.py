"""A usage table at today's list prices: by model and token type, beside what was billed, with what has no price named.

The bill's own tokens are priced, so nothing is assumed about traffic. `usage_table` collects them, `usage_prices` prices them and
`usage_report` says what came out.
"""

from datetime import date
from decimal import localcontext

from knowledge.errors import UserError
from knowledge.own_prices import OwnPrices
from knowledge.schemas import ApiModel
from tools.contracts.tool import ToolResult
from tools.estimation.api.cost import EXACT
from tools.estimation.api.usage_prices import priced_use
from tools.estimation.api.usage_report import Report
from tools.estimation.api.usage_table import UsageTable


def price_usage(table: UsageTable, wanted: ApiModel | None, own: OwnPrices, today: date) -> ToolResult:
    """The table at today's prices, of one model where one is named. Raises UserError `usage-missing`, `model-not-in-usage`."""
    uses = [use for use in table.uses if wanted is None or (use.entry is not None and use.entry.name == wanted.name)]
    if not uses:
        raise _nothing(table, wanted)
    with localcontext(EXACT):
        return Report(table, [priced_use(use, own, today, table.reproduce) for use in uses], today).result()


def _nothing(table: UsageTable, wanted: ApiModel | None) -> UserError:
    if wanted is None or not table.uses:
        return UserError(
            "usage-missing",
            "No audited file of this conversation counts tokens by model.",
            "Upload a usage export or a bill with tokens, or give --model, --requests-per-month, --input-tokens and --output-tokens.",
        )
    return UserError(
        "model-not-in-usage",
        f"The audited files count no tokens of {wanted.name}.",
        f"They count tokens of {', '.join(use.model for use in table.uses[:8])}.",
    )
