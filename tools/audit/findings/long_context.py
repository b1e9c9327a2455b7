"""Single requests above the size from which a model costs more per token: the surcharge of the list on those requests."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tools.audit.findings.rule import Ask, Match, Rule
from tools.audit.pricing.desk import prices_of
from tools.audit.pricing.models import ModelCost, ranked
from tools.audit.pricing.use import Reading, list_cost, parts, steps


def _surcharged(ask: Ask, values: Mapping[str, Any]) -> list[Match]:
    prices = prices_of(ask, values)
    return ranked(match for one in prices.models if (match := _over(one, prices.reading)) is not None)


def _over(one: ModelCost, reading: Reading) -> Match | None:
    if one.entry is None:
        return None
    dear = plain = amount = Decimal(0)
    rows, above = 0, 0
    places: list[int] = []
    for use in one.uses:
        price = one.entry.price_on(use.day) if use.day else one.price
        tier = price.long_context if price else None
        if price is None or tier is None or use.over is None or use.over <= steps().index(tier.above_tokens):
            continue
        high, normal = list_cost(parts(use, reading, price)), list_cost(parts(use._replace(over=0), reading, price))
        if high is None or normal is None:
            continue
        dear, plain, amount = dear + high, plain + normal, amount + (use.billed or Decimal(0))
        rows, above = rows + use.rows, tier.above_tokens
        places += use.places
    if not rows or dear <= plain:
        return None
    paid = one.billed is not None
    surcharge = amount * (dear - plain) / dear if paid else dear - plain
    return Match(
        one.model,
        amount if paid else None,
        rows,
        sorted(places)[:20],
        (Decimal(0), surcharge / 2, surcharge),
        f"{rows:,} requests above {above:,} input tokens",
        why=f"list price of long requests beside the normal one, {one.source()}; likely share assumed",
        currency="" if paid else "USD",
    )


RULE = Rule(
    id="long-context-surcharge",
    title="Requests so long that they cost more per token",
    confirm="What fills these prompts; whether retrieval, a summary or several shorter requests do.",
    work=_surcharged,
)
