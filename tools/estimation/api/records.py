"""Evidence of `price_api`: prices, parts, totals and offers, each with its origin, and sentences that list them.

Rounds money for reading only. A figure made from list prices is an estimate of the month; the prices themselves are catalogue,
or stated where they are the user's own.
"""

import shlex
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from string import ascii_lowercase
from typing import Any

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.source import Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement
from tools.estimation.api.alternatives import Alternative
from tools.estimation.api.cost import Line
from tools.estimation.api.terms import Chosen
from tools.estimation.tool import PriceApi

#: Arguments that say how much is used.
TRAFFIC = ("requests_per_month", "input_tokens", "output_tokens")
_MICRO = Decimal("0.000001")
TITLES: Mapping[str, str] = {
    "input": "input tokens",
    "cached": "cached input tokens",
    "output": "output tokens",
    "batch_input": "batched input tokens",
    "batch_cached": "cached input tokens in batches",
    "batch_output": "batched output tokens",
    "cache_write": "writing to the prompt cache",
    "request_fee": "requests (fee)",
}
#: Kind of a line -> the token type whose price it uses.
_TYPES = {"batch_cached": "cached"}


def money(value: Range) -> Range:
    """Rounded to a millionth, for reading and records."""
    return Range(*(Decimal(v).quantize(_MICRO) for v in (value.low, value.likely, value.high)))


def ref(source: Source) -> SourceRef:
    """A source as evidence carries it."""
    return SourceRef(ref=source.ref, checked_on=source.checked_on)


def sources(chosen: Chosen, batched: bool) -> list[Source]:
    """Where the prices that were used stand."""
    keys = [*chosen.other_keys, *([chosen.price.batch_source] if batched and chosen.price.batch_source else [])]
    found = [chosen.here.source, *(catalog.source_of(chosen.model, key) for key in keys), *chosen.here.own.values()]
    return list(dict.fromkeys(found))


def price_record(chosen: Chosen, line: Line, reproduce: str) -> Evidence:
    """The price of one kind of tokens."""
    model, price, kind = chosen.model, chosen.price, _TYPES.get(line.kind, line.kind)
    own = kind in chosen.own
    source = chosen.here.source_of(kind) if own or not chosen.other_keys else catalog.source_of(model, chosen.other_keys[-1])
    if line.kind in ("batch_input", "batch_output") and price.batch_source and not own:
        source = catalog.source_of(model, price.batch_source)
    method = "The user's own price." if own else "List price."
    if line.kind == "cache_write":
        method = "What writing costs beyond the plain price; from nothing to all of what is not read from the cache is written."
    elif not line.known:
        method = "Not published in the sources at hand; bounded by the plain price of the same tokens."
    elif not line.price.is_exact:
        method = "List price; the high bound is the one of the peak hours." if "peak" in price.tiers else "Both discounts, as bounds."
    return Evidence.record(
        tier=Tier.STATED if own else Tier.CATALOGUE if line.known else Tier.ASSUMED,
        claim=f"Price of {TITLES[line.kind]} of {model.name}",
        source=ref(source),
        value=line.price,
        unit="USD/thousand requests" if line.kind == "request_fee" else "USD/million tokens",
        method=method,
        inputs={"model": model.name, "kind": line.kind, "valid_from": str(price.valid_from or "")},
        reproduce=reproduce,
    )


def part_record(model: str, line: Line, parent: Evidence, reproduce: str) -> Evidence:
    """What one kind of tokens costs a month."""
    return Evidence.record(
        tier=Tier.ESTIMATED,
        claim=f"Monthly list price of {TITLES[line.kind]} on {model}",
        source=parent.source,
        value=money(line.usd),
        unit="USD/month",
        method="Quantity a month x price.",
        inputs={"model": model, "kind": line.kind, "quantity": str(line.quantity)},
        parents=(parent.id,),
        reproduce=reproduce,
    )


def total_record(model: str, total: Range, inputs: dict[str, Any], parts: Sequence[Evidence], source: Source, reproduce: str) -> Evidence:
    """The month."""
    return Evidence.record(
        tier=Tier.ESTIMATED,
        claim=f"Monthly list price of the workload on {model}",
        source=ref(source),
        value=money(total),
        unit="USD/month",
        method="Sum over token types of tokens a month x list price; exact for the stated traffic where no price is unknown.",
        inputs=inputs,
        parents=tuple(part.id for part in parts),
        reproduce=reproduce,
    )


def currency_record(total: Evidence, currency: str, rate: Decimal, reproduce: str) -> Evidence:
    """The same month in the currency of the user, at the rate that the user gave."""
    if total.value is None:
        raise ValueError("nothing to convert")
    value = Range(*(Decimal(v) / rate for v in (total.value.low, total.value.likely, total.value.high)))
    return Evidence.record(
        tier=Tier.ESTIMATED,
        claim=f"{total.claim}, in {currency}",
        source=SourceRef(ref="your exchange rate"),
        value=money(value),
        unit=total.unit.replace("USD", currency),
        method="The amount in USD divided by the stated rate.",
        inputs={"currency": currency, "usd_for_one": str(rate)},
        parents=(total.id,),
        reproduce=reproduce,
    )


def offer_record(offer: Alternative, total: Evidence, today: date, reproduce: str) -> Evidence:
    """What an alternative costs a month."""
    model = catalog.api_model(offer.model)
    return Evidence.record(
        tier=offer.tier,
        claim=f"Monthly list price with: {offer.title}",
        source=ref(offer_source(offer, today)),
        value=money(offer.usd),
        unit="USD/month",
        method=offer.method,
        inputs={**total.inputs, "alternative": offer.kind, "alternative_model": model.name, "conditions": offer.conditions},
        parents=(total.id,),
        reproduce=reproduce,
    )


def offer_source(offer: Alternative, today: date) -> Source:
    """Where the price of an offer was read."""
    model = catalog.api_model(offer.model)
    return catalog.source_of(model, offer.source_key or model.price_on(today).source)


def listing(head: str, items: Sequence[tuple[str, str]], between: str = " ") -> Statement:
    """`head: name figure, name figure.` from (name, evidence id). Placeholders hold no digits: a digit in a text is a figure."""
    places = [(f"name_{letter}", f"usd_{letter}") for letter in ascii_lowercase[: len(items)]]
    pieces = ", ".join(f"{{{name}}}{between}{{{usd}}}" for name, usd in places)
    names = {name: item[0] for (name, _), item in zip(places, items, strict=True)}
    figures = {usd: item[1] for (_, usd), item in zip(places, items, strict=True)}
    return Statement(text=f"{head}: {pieces}.", figures=figures, names=names)


def command(args: PriceApi) -> str:
    """The command that prices the same workload again."""
    words = ["python", "-m", "app", "run", "price_api", "--model", args.model]
    for name in (*TRAFFIC, "cached_share", "batch_share"):
        value = float(getattr(args, name))
        words += [f"--{name.replace('_', '-')}", f"{value:g}" if float(f"{value:g}") == value else repr(value)]
    return shlex.join([*words, *(["--terms", args.terms] if args.terms else [])])
