"""One workload on one model: what a month costs, part by part, what that rests on, and how the same could be bought cheaper.

Exact where every price it touches is known; a price the fact base does not have is named as unknown and bounded, never
assumed. Does not know the customer's own discounts, taxes, free tiers or rate limits beyond the prices they state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.own_prices import OwnPrices
from knowledge.schemas import ApiModel
from knowledge.source import Source
from tools.contracts.evidence import Evidence
from tools.contracts.tool import Statement, ToolResult
from tools.estimation.api import records
from tools.estimation.api.alternatives import SOON, Alternative, alternatives, is_retired
from tools.estimation.api.cost import Cost, Line, Traffic, is_long, month_cost
from tools.estimation.api.records import TITLES, money
from tools.estimation.api.terms import CHOICES, Chosen, Terms, choose, in_tier, read_terms
from tools.estimation.tool import PriceApi


@dataclass(frozen=True)
class _Month:
    """Everything that was worked out."""

    chosen: Chosen
    traffic: Traffic
    terms: Terms
    cost: Cost
    sources: Sequence[Source]
    parts: Sequence[tuple[Line, Evidence, Evidence]]  # line, record of its price, record of its cost
    total: Evidence
    converted: Evidence | None
    offers: Sequence[tuple[Alternative, Evidence]]
    today: date

    @property
    def model(self) -> ApiModel:
        return self.chosen.model

    @property
    def is_old(self) -> bool:
        return any(catalog.is_stale(source, self.today) for source in self.sources if source.checked_on)


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


def price_workload(args: PriceApi, own: OwnPrices, today: date) -> ToolResult:
    """The monthly price and its alternatives.

    Raises UserError `unknown-api-model`, `open-model-has-sellers`, `no-output-price`, `context-too-long`, `output-too-long`,
    `terms-unreadable`, `currency-without-rate`, `no-price-for-tier`, `no-price-for-region`.
    """
    terms = read_terms(args.terms)
    chosen = choose(find_model(args.model), terms, today, own)
    numbers = (args.requests_per_month, args.input_tokens, args.output_tokens, args.cached_share, args.batch_share)
    traffic = Traffic(*(Decimal(str(n)) for n in numbers))  # through the shortest text form, so that 0.1 stays a tenth
    _check(chosen, traffic, terms)
    month = _month(args, chosen, traffic, terms, own, today)
    return ToolResult(result=_result(month), evidence=_evidence(month), statements=tuple(_statements(month)))


def _check(chosen: Chosen, traffic: Traffic, terms: Terms) -> None:
    model, price = chosen.model, chosen.price
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
    if model.max_output_tokens is not None and traffic.output_tokens > model.max_output_tokens:
        raise UserError(
            "output-too-long",
            f"{model.name} writes at most {model.max_output_tokens:,} tokens; {float(traffic.output_tokens):,g} a request were given.",
            "Check the tokens a request, or name a model that writes longer answers.",
        )
    if terms.tier != "standard" and is_long(chosen.here.price, traffic.input_tokens):
        raise UserError(
            "no-price-for-tier",
            f"The price of requests as long as these in the {terms.tier} tier of {model.name} is not known.",
            "Ask without a tier, or with shorter requests.",
        )


def _month(args: PriceApi, chosen: Chosen, traffic: Traffic, terms: Terms, own: OwnPrices, today: date) -> _Month:
    model, reproduce = chosen.model, records.command(args)
    cost = month_cost(chosen.price, traffic)
    batched = any(line.kind in ("batch_input", "batch_output") and line.known for line in cost.lines)
    sources = records.sources(chosen, batched)
    parts = []
    for line in cost.lines:
        price = records.price_record(chosen, line, reproduce)
        parts.append((line, price, records.part_record(model.name, line, price, reproduce)))
    inputs = {"model": model.name, **{k: v for k, v in args.model_dump().items() if k != "model"}, "unknown": cost.unknown}
    total = records.total_record(model.name, cost.total, inputs, [part for _, _, part in parts], sources[0], reproduce)
    found = alternatives(model, chosen.price, traffic, today, own)
    offers = [(offer, records.offer_record(offer, total, today, reproduce)) for offer in found]
    converted = records.currency_record(total, terms.currency, terms.rate, reproduce) if terms.rate else None
    return _Month(chosen, traffic, terms, cost, sources, parts, total, converted, offers, today)


def _evidence(month: _Month) -> tuple[Evidence, ...]:
    parts = [record for _, price, part in month.parts for record in (price, part)]
    return (*parts, month.total, *([month.converted] if month.converted else []), *(record for _, record in month.offers))


# ------------------------------------------------------------------------------------------------------------ result keys


def _result(month: _Month) -> dict[str, Any]:
    model, price = month.model, month.chosen.price
    days = [source.checked_on for source in month.sources if source.checked_on]
    return {
        "model": model.name,
        "provider": model.provider,
        "currency": "USD",
        "usd_per_month": money(month.cost.total).as_dict(),
        "exact": month.cost.total.is_exact,
        "by_token_type": [_breakdown(line) for line in month.cost.lines],
        "unknown": month.cost.unknown,
        "terms": {"tier": month.terms.tier, "region": month.terms.region},
        "in_currency": _converted(month),
        "own_prices": list(month.chosen.own),
        "long_context_price": is_long(price, month.traffic.input_tokens),
        "tiers": _tier_prices(month),
        "fine_tuned": _fine_tuned(month),
        "price_sources": [{"ref": s.ref, "checked_on": str(s.checked_on) if s.checked_on else None} for s in month.sources],
        "price_checked_on": str(min(days)) if days else None,
        "stale": month.is_old,
        "promised_until": str(price.promised_until) if price.promised_until else None,
        "retires_on": str(model.retires_on) if model.retires_on else None,
        "note": model.note,
        "alternatives": [_offer(month, offer, record) for offer, record in month.offers],
    }


def _breakdown(line: Line) -> dict[str, Any]:
    return {
        "type": line.kind,
        "title": TITLES[line.kind],
        "quantity": float(line.quantity),
        "price": line.price.as_dict(),
        "price_unit": "USD per thousand requests" if line.kind == "request_fee" else "USD per million tokens",
        "usd_per_month": money(line.usd).as_dict(),
        "known": line.known,
    }


def _converted(month: _Month) -> dict[str, Any] | None:
    if month.converted is None or month.converted.value is None:
        return None
    rate = str(month.terms.rate)
    return {"currency": month.terms.currency, "usd_for_one": rate, "per_month": month.converted.value.as_dict()}


def _tier_prices(month: _Month) -> list[dict[str, Any]]:
    """The month in every service tier that has a price, dearer ones too."""
    price = month.chosen.here.price
    if not price.tiers or month.terms.region or is_long(price, month.traffic.input_tokens):
        return []
    known = [("standard", price), *((name, found) for name in CHOICES[1:] if (found := in_tier(price, name)) is not None)]
    if len(known) < 2:
        return []
    return [{"tier": name, "usd_per_month": money(month_cost(rates, month.traffic).total).as_dict()} for name, rates in known]


def _fine_tuned(month: _Month) -> dict[str, Any] | None:
    """The same traffic on a fine-tuned copy, where the list has its price; training is billed apart and its price is not known."""
    tuned = catalog.api_models().entries.get(f"ft:{month.model.name}")
    if tuned is None:
        return None
    total = month_cost(tuned.price_on(month.today), month.traffic).total
    return {"model": tuned.name, "usd_per_month": money(total).as_dict(), "training_price": None}


def _offer(month: _Month, offer: Alternative, record: Evidence) -> dict[str, Any]:
    source = records.offer_source(offer, month.today)
    return {
        "kind": offer.kind,
        "title": offer.title,
        "model": offer.model,
        "usd_per_month": money(offer.usd).as_dict(),
        "saving": money(offer.saving).as_dict(),
        "conditions": offer.conditions,
        "price_checked_on": str(source.checked_on),
        "stale": catalog.is_stale(source, month.today),
        "evidence": record.id,
    }


# ------------------------------------------------------------------------------------------------------------ sentences


def _statements(month: _Month) -> list[Statement]:
    where = "At your own prices" if month.chosen.own else "At list price"
    how = f" in the {month.terms.tier} tier" if month.terms.tier != "standard" else ""
    said = [Statement(text=f"{where}{how} {{model}} costs {{usd}}.", figures={"usd": month.total.id}, names={"model": month.model.name})]
    if month.converted is not None:
        said.append(Statement(text="At the rate you gave that is {amount}.", figures={"amount": month.converted.id}))
    return [*said, *_parts(month), *_caveats(month), *_ways(month), *_models(month)]


def _parts(month: _Month) -> list[Statement]:
    shown = [(line, part) for line, _, part in month.parts if line.kind != "cache_write"]
    said = []
    if len(shown) > 1:
        pieces = ", ".join(f"{{{line.kind}}} for {TITLES[line.kind]}" for line, _ in shown)
        said.append(Statement(text=f"Of that, {pieces}.", figures={line.kind: part.id for line, part in shown}))
    for line, _, part in month.parts:
        if line.kind == "cache_write":
            text = "The high end counts what writing to the prompt cache may cost: {usd}."
            said.append(Statement(text=text, figures={"usd": part.id}))
    if month.cost.unknown:
        said.append(Statement(text=f"Unknown, and therefore only bounded: {', '.join(month.cost.unknown)}. Do you know it?"))
    return said


def _caveats(month: _Month) -> list[Statement]:
    model, price, said = month.model, month.chosen.price, []
    if model.retires_on is not None and model.retires_on <= month.today + SOON:
        verb = "retired" if is_retired(model, month.today) else "retires"
        said.append(Statement(text=f"{{model}} {verb} on {{day}}.", names={"model": model.name, "day": str(model.retires_on)}))
    if price.promised_until is not None:
        text = "It is a promotional price, promised until {day}."
        if price.promised_until < month.today:
            text = "It was a promotional price, promised until {day}; what it is now was not published when it was read."
        said.append(Statement(text=text, names={"day": str(price.promised_until)}))
    if "peak" in price.tiers:
        said.append(Statement(text="The high end is the price of the seller's peak hours, which are on weekdays."))
    if price.audio_input is not None:
        said.append(Statement(text="These are prices of text tokens; audio tokens are priced apart."))
    if "reasoning" in model.tasks and month.traffic.output_tokens > 0:
        said.append(Statement(text="{model} bills its hidden reasoning as output: count it in.", names={"model": model.name}))
    if month.is_old:
        day = min(s.checked_on for s in month.sources if s.checked_on)
        text = "The list price was last read on {day}: compare it with the seller's page before you rely on it."
        said.append(Statement(text=text, names={"day": str(day)}))
    return said


def _ways(month: _Month) -> list[Statement]:
    """Other ways to buy the same model."""
    ways = [(o, e) for o, e in month.offers if o.kind not in ("model", "weights")]
    return [Statement(text="{title}: {usd}.", figures={"usd": e.id}, names={"title": o.title}) for o, e in ways]


def _models(month: _Month) -> list[Statement]:
    said = []
    for kind, head in (
        ("weights", "The same open model elsewhere"),
        ("model", "Cheaper models that do the same kinds of task, quality not checked here"),
    ):
        chosen = _named([pair for pair in month.offers if pair[0].kind == kind], month.model.provider)
        if chosen:
            said.append(records.listing(head, [(offer.model, record.id) for offer, record in chosen]))
    return said


def _named(offers: Sequence[tuple[Alternative, Evidence]], seller: str) -> list[tuple[Alternative, Evidence]]:
    """The cheapest two of the same seller and of others: what a sentence can hold."""
    near = [pair for pair in offers if catalog.api_model(pair[0].model).provider == seller]
    return [*near[:2], *(pair for pair in offers if pair not in near)][:4] if near else list(offers[:3])
