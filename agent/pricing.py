"""Plans the calls that price: one workload on one API model, or the usage that the conversation's audits counted. Code only.

How the price is asked for is read from the message (`agent/reading/price_words.py`); the traffic comes from the workload's facts.
Runs nothing and computes nothing.
"""

from typing import Any

from agent.reading.price_words import price_words
from agent.state import PlannedCall
from knowledge.catalog import find_api_model
from tools.contracts.workload import Workload

#: Prices what the audits counted.
USAGE = PlannedCall(tool="price_api", args={}, subject="your usage")


def price_call(text: str, work: Workload) -> PlannedCall | None:
    """The call that prices the workload the way the message asks; None while its model or its traffic is not known.

    A model named in the message is priced even where the workload runs on another.
    """
    asked = price_words(text)
    model = asked.model or work.model
    if model is None or find_api_model(model) is None:
        return None
    traffic = {"requests_per_month": work.monthly_requests, "input_tokens": work.input_tokens, "output_tokens": work.output_tokens}
    if any(value is None for value in traffic.values()):
        return None
    how = {"cached_share": work.cached_share, "batch_share": asked.batch_share, "terms": asked.terms or None}
    args: dict[str, Any] = {"model": model, **traffic, **{key: value for key, value in how.items() if value is not None}}
    return PlannedCall(tool="price_api", args=args, subject=model)
