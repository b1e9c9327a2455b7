"""`price_api`: a workload or a usage table at dated list prices. Decides which of the two is meant; the work lies beside.

With a model and its traffic it is a workload; without traffic it is the usage that the conversation's audits counted, of all models or of
the one named. The user's own prices win over the list.
"""

from datetime import date

from knowledge.errors import UserError
from tools.contracts.tool import ToolContext, ToolResult
from tools.estimation.api.records import TRAFFIC
from tools.estimation.api.usage import price_usage
from tools.estimation.api.usage_table import usage_of
from tools.estimation.api.workload import find_model, price_workload
from tools.estimation.tool import PriceApi


def run(args: PriceApi, context: ToolContext) -> ToolResult:
    """The price and its alternatives. Raises UserError as the two ways do, `argument-missing`, `argument-invalid`."""
    own, today = context.session.own_prices, date.today()
    given = [name for name in TRAFFIC if getattr(args, name) is not None]
    if args.model and len(given) == len(TRAFFIC):
        return price_workload(args, own, today)
    table = usage_of(context.session)
    if given or (args.model and not table.uses):
        missing = [name for name in ("model", *TRAFFIC) if getattr(args, name) in (None, "")]
        needed = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
        raise UserError(
            "argument-missing",
            f"price_api needs {needed} to price a workload.",
            "Give them; or upload a usage file and give no traffic to price what it counts.",
        )
    if args.terms or args.cached_share or args.batch_share:
        raise UserError(
            "argument-invalid",
            "Cached share, batch share and terms say how a workload is bought; a usage table says itself what was cached and batched.",
            "Leave them out, or give the model with its requests and tokens.",
        )
    return price_usage(table, find_model(args.model) if args.model else None, own, today)
