"""`price_api`: what an API workload costs a month at dated list prices, and cheaper ways to buy the same. USD without tax.

Exact where every price it touches is known; a price the fact base does not have is named as unknown and bounded, never
assumed. Does not know the customer's own discounts, taxes, free tiers or rate limits, and does not judge quality.
"""

import shlex
from datetime import date
from decimal import Decimal
from typing import Any

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.schemas import ApiModel, TokenPrice
from knowledge.source import Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement, ToolContext, ToolResult
from tools.estimation.api_alternatives import Alternative, alternatives
from tools.estimation.token_cost import Cost, Line, Traffic, is_long, month_cost
from tools.estimation.tool import PriceApi

_MICRO = Decimal("0.000001")
_TITLES = {
    "input": "input tokens",
    "cached": "cached input tokens",
    "output": "output tokens",
    "batch_input": "batched input tokens",
    "batch_cached": "cached input tokens in batches",
    "batch_output": "batched output tokens",
    "request_fee": "requests (fee)",
}


def find_model(name: str) -> ApiModel:
    """The API model of that name. Raises UserError `unknown-api-model`, or `open-model-has-sellers` naming who sells it."""
    found = catalog.find_api_model(name)
    if found is not None:
        return found
    weights = catalog.models().find(name)
    sellers = [m.name for m in catalog.api_models().entries.values() if weights is not None and m.weights == weights.name]
    if weights is not None and sellers:
        raise UserError(
            "open-model-has-sellers",
            f"{weights.name} is an open model; its price depends on who serves it.",
            f"Name one of: {', '.join(sorted(sellers))}.",
            {"nearest": sorted(sellers)},
        )
    return catalog.api_model(name)


def _traffic(args: PriceApi) -> Traffic:
    """Arguments as Decimals through their shortest text form, so that 0.1 stays a tenth."""
    numbers = (args.requests_per_month, args.input_tokens, args.output_tokens, args.cached_share, args.batch_share)
    return Traffic(*(Decimal(str(n)) for n in numbers))


def _check(model: ApiModel, price: TokenPrice, traffic: Traffic) -> None:
    if price.output is None and traffic.output_tokens > 0:
        raise UserError(
            "no-output-price",
            f"No price of output tokens is known for {model.name} ({', '.join(model.tasks)}).",
            "Ask with 0 output tokens, or name another model.",
        )
    if model.context_tokens is not None and traffic.input_tokens > model.context_tokens:
        raise UserError(
            "context-too-long",
            f"{model.name} reads at most {model.context_tokens:,} tokens; {float(traffic.input_tokens):,g} a request were given.",
            "Check the tokens a request, or name a model with a longer context.",
        )


def _source_keys(price: TokenPrice, cost: Cost) -> list[str]:
    batched = any(line.kind.startswith("batch") and line.known for line in cost.lines)
    return [price.source, *([price.batch_source] if batched and price.batch_source and price.batch_source != price.source else [])]


def _money(value: Range) -> Range:
    """Rounded to a millionth of a dollar, for reading and records."""
    return Range(*(Decimal(v).quantize(_MICRO) for v in (value.low, value.likely, value.high)))


def _ref(source: Source) -> SourceRef:
    return SourceRef(ref=source.ref, checked_on=source.checked_on)


def _command(args: PriceApi) -> str:
    words = ["python", "-m", "app", "run", "price_api", "--model", args.model]
    for name in ("requests_per_month", "input_tokens", "output_tokens", "cached_share", "batch_share"):
        words += [
            f"--{name.replace('_', '-')}",
            f"{getattr(args, name):g}" if float(f"{getattr(args, name):g}") == getattr(args, name) else repr(getattr(args, name)),
        ]
    return shlex.join(words)


def _price_evidence(model: ApiModel, price: TokenPrice, line: Line, reproduce: str) -> Evidence:
    batched = line.kind.startswith("batch") and bool(price.batch_source)
    source = catalog.source_of(model, price.batch_source if batched else price.source)
    method = "List price." if line.known else "Not published in the sources at hand; bounded by the plain price of the same tokens."
    if line.kind == "input" and not line.price.is_exact:
        method = "List price; the high bound writes all of it to the prompt cache."
    unit = "USD/thousand requests" if line.kind == "request_fee" else "USD/million tokens"
    return Evidence.record(
        tier=Tier.CATALOGUE if line.known else Tier.ASSUMED,
        claim=f"Price of {_TITLES[line.kind]} of {model.name}",
        source=_ref(source),
        value=line.price,
        unit=unit,
        method=method,
        inputs={"model": model.name, "kind": line.kind, "valid_from": str(price.valid_from or "")},
        reproduce=reproduce,
    )


def _total_evidence(args: PriceApi, model: ApiModel, cost: Cost, parents: tuple[str, ...], source: Source, reproduce: str) -> Evidence:
    inputs = {"model": model.name, **{k: v for k, v in args.model_dump().items() if k != "model"}, "unknown": cost.unknown}
    return Evidence.record(
        tier=Tier.ESTIMATED,
        claim=f"Monthly list price of the workload on {model.name}",
        source=_ref(source),
        value=_money(cost.total),
        unit="USD/month",
        method="Sum over token types of tokens a month x list price; exact for the stated traffic where no price is unknown.",
        inputs=inputs,
        parents=parents,
        reproduce=reproduce,
    )


def _offer_evidence(offer: Alternative, total: Evidence, today: date, reproduce: str) -> Evidence:
    candidate = catalog.api_model(offer.model)
    price = candidate.price_on(today)
    return Evidence.record(
        tier=offer.tier,
        claim=f"Monthly list price with: {offer.title}",
        source=_ref(catalog.source_of(candidate, price.source)),
        value=_money(offer.usd),
        unit="USD/month",
        method=offer.method,
        inputs={**total.inputs, "alternative": offer.kind, "alternative_model": offer.model, "conditions": offer.conditions},
        parents=(total.id,),
        reproduce=reproduce,
    )


def _statements(model: ApiModel, total: Evidence, cost: Cost, offers: list[tuple[Alternative, Evidence]], stale: bool) -> list[Statement]:
    said = [Statement(text="At list price {model} costs {usd}.", figures={"usd": total.id}, names={"model": model.name})]
    if cost.unknown:
        said.append(Statement(text=f"Unknown, and therefore only bounded: {', '.join(cost.unknown)}."))
    if stale:
        said.append(
            Statement(text="The list price was last checked some months ago; compare it with the seller's page before you rely on it.")
        )
    for kind in ("cache", "batch", "model"):
        best = next(((o, e) for o, e in offers if o.kind == kind), None)
        if best is not None:
            offer, record = best
            caveat = " (quality not checked here)" if kind == "model" else ""
            said.append(Statement(text=f"{{title}}: {{usd}}{caveat}.", figures={"usd": record.id}, names={"title": offer.title}))
    return said


def _breakdown(line: Line) -> dict[str, Any]:
    return {
        "type": line.kind,
        "title": _TITLES[line.kind],
        "quantity": float(line.quantity),
        "price": line.price.as_dict(),
        "price_unit": "USD per thousand requests" if line.kind == "request_fee" else "USD per million tokens",
        "usd_per_month": _money(line.usd).as_dict(),
        "known": line.known,
    }


def run(args: PriceApi, context: ToolContext) -> ToolResult:  # noqa: ARG001 - every tool has this signature
    """The monthly price and its alternatives.

    Raises UserError `unknown-api-model`, `open-model-has-sellers`, `no-output-price`, `context-too-long`.
    """
    today = date.today()
    model = find_model(args.model)
    price, traffic = model.price_on(today), _traffic(args)
    _check(model, price, traffic)
    cost = month_cost(price, traffic)
    reproduce = _command(args)
    sources = [catalog.source_of(model, key) for key in _source_keys(price, cost)]
    stale = any(catalog.is_stale(source, today) for source in sources)
    prices = [_price_evidence(model, price, line, reproduce) for line in cost.lines]
    total = _total_evidence(args, model, cost, tuple(p.id for p in prices), sources[0], reproduce)
    offers = [(offer, _offer_evidence(offer, total, today, reproduce)) for offer in alternatives(model, traffic, today)]
    result: dict[str, Any] = {
        "model": model.name,
        "provider": model.provider,
        "currency": "USD",
        "usd_per_month": _money(cost.total).as_dict(),
        "exact": cost.total.is_exact,
        "by_token_type": [_breakdown(line) for line in cost.lines],
        "unknown": cost.unknown,
        "long_context_price": is_long(price, traffic.input_tokens),
        "price_sources": [{"ref": s.ref, "checked_on": str(s.checked_on)} for s in sources],
        "price_checked_on": str(min(s.checked_on for s in sources if s.checked_on)),
        "stale": stale,
        "retires_on": str(model.retires_on) if model.retires_on else None,
        "alternatives": [_as_offer(offer, record) for offer, record in offers],
    }
    records = (*prices, total, *(record for _, record in offers))
    return ToolResult(result=result, evidence=records, statements=tuple(_statements(model, total, cost, offers, stale)))


def _as_offer(offer: Alternative, record: Evidence) -> dict[str, Any]:
    return {
        "kind": offer.kind,
        "title": offer.title,
        "model": offer.model,
        "usd_per_month": _money(offer.usd).as_dict(),
        "saving": _money(offer.saving).as_dict(),
        "conditions": offer.conditions,
        "evidence": record.id,
    }
