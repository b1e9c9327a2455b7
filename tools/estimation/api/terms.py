"""How a model is bought: service tier, region, currency, and the user's own prices. Picks the prices that apply under these terms.

The one place of this tool where prices are taken from the catalogue or from the user's own file. A tier or region without
a price is refused with what there is; nothing is carried over from another one. Computes no costs.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.own_prices import NONE, OwnPrices
from knowledge.prices_here import TokenPriceHere, token_price
from knowledge.quantities import CURRENCIES
from knowledge.schemas import ApiModel, TokenPrice
from knowledge.schemas.tokens import TIERS, Rates
from tools.estimation import terms_text
from tools.estimation.api.cost import EXACT

CHOICES = ("standard", *(tier for tier in TIERS if tier != "peak"))
KNOWN: terms_text.Known = {"tier": CHOICES, "region": None, "currency": None, "rate": None}
#: USD for one unit of any currency lie between these.
RATES = (Decimal("0.00001"), Decimal(1000))
EVERYWHERE = frozenset({"", "global", "any", "all"})
_EXAMPLE = "tier=flex, region=eu, currency=EUR, rate=1.08"


@dataclass(frozen=True)
class Terms:
    """What was asked for beside model and traffic. `rate` is USD for one unit of `currency`."""

    tier: str = "standard"
    region: str = ""
    currency: str = "USD"
    rate: Decimal | None = None


@dataclass(frozen=True)
class Chosen:
    """A model with the prices that apply. `other_keys` are source keys that these prices use beside their own."""

    model: ApiModel
    price: TokenPrice
    here: TokenPriceHere
    other_keys: tuple[str, ...] = ()
    own: tuple[str, ...] = field(default=())  # token types whose price is the user's


def read_terms(text: str) -> Terms:
    """`tier=flex, region=eu`. Raises UserError `terms-unreadable`, `currency-unknown`, `currency-without-rate`."""
    given = {key: str(value).lower() for key, value in terms_text.read_terms(text, KNOWN, _EXAMPLE).items()}
    return Terms(
        given.get("tier", "standard"), given.get("region", ""), *_currency(given.get("currency", "usd").upper(), given.get("rate"))
    )


def _currency(currency: str, rate: str | None) -> tuple[str, Decimal | None]:
    if currency not in CURRENCIES:
        from rapidfuzz import process

        near = [hit[0] for hit in process.extract(currency, CURRENCIES, limit=3, score_cutoff=60)]
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(sorted(CURRENCIES))}."
        raise UserError("currency-unknown", f'"{currency[:20]}" is no currency known here.', hint)
    if currency == "USD":
        return currency, None
    if rate is None:
        raise UserError(
            "currency-without-rate",
            f"List prices are in USD; {currency} is not supported without an exchange rate.",
            f'Ask in USD, or give the rate: "currency={currency}, rate=..." (USD for one {currency}).',
        )
    try:
        value = Decimal(rate)
    except InvalidOperation:
        value = Decimal("NaN")
    if not (value.is_finite() and RATES[0] <= value <= RATES[1]):
        raise UserError(
            "terms-unreadable",
            f'The rate "{rate[:20]}" is not a number from {RATES[0]} to {RATES[1]}.',
            f"Give USD for one {currency}, such as 1.08.",
        )
    return currency, value


def choose(model: ApiModel, terms: Terms, today: date, own: OwnPrices = NONE) -> Chosen:
    """The prices of the model under these terms. Raises UserError `no-price-for-tier`, `no-price-for-region`."""
    model = _seller_in(model, terms.region)
    here = token_price(model, own, today)
    price, keys = _in_region(model, here.price, terms.region)
    if terms.tier != "standard":
        price, key = _in_tier(model, price, terms.tier)
        keys = (*keys, key)
    return Chosen(model, price, here, tuple(filter(None, keys)), tuple(here.own))


def in_tier(price: TokenPrice, tier: str) -> TokenPrice | None:
    """The prices with every request in a service tier; None where they are not known. Batches keep their own."""
    rates = price.tiers.get(tier)  # type: ignore[call-overload]
    return (
        None if rates is None else price.model_copy(update={**_replaced(rates), "tiers": {}, "long_context": None, "promised_until": None})
    )


def _replaced(rates: Rates) -> dict[str, Any]:
    return {name: getattr(rates, name) for name in ("input", "output", "cached", "cache_write")}


def _in_tier(model: ApiModel, price: TokenPrice, tier: str) -> tuple[TokenPrice, str]:
    found = in_tier(price, tier)
    if found is None:
        known = [name for name in price.tiers if name != "peak"]
        raise UserError(
            "no-price-for-tier",
            f"The fact base has no price of {model.name} in the {tier} tier.",
            f"Known are standard{''.join(f', {name}' for name in known)}.",
        )
    return found, price.tiers[tier].source  # type: ignore[index]


def _seller_in(model: ApiModel, region: str) -> ApiModel:
    """Amazon Bedrock sells newer models behind two endpoints, for one region and for all, at two prices: two entries here."""
    host, slash, rest = model.name.partition("/")
    shelf = catalog.api_models().entries
    if not slash or not region:
        return model
    everywhere = shelf.get(f"{host}/global.{rest}")
    if region in EVERYWHERE and everywhere is not None:
        return everywhere
    if region not in EVERYWHERE and rest.startswith("global."):
        return shelf.get(f"{host}/{rest.removeprefix('global.')}", model)
    return model


def _in_region(model: ApiModel, price: TokenPrice, region: str) -> tuple[TokenPrice, tuple[str, ...]]:
    if region in EVERYWHERE:
        return price, ()
    if region in price.regions:
        rates = price.regions[region]
        dropped: dict[str, Any] = {"batch_input": None, "batch_output": None, "long_context": None, "tiers": {}}
        return price.model_copy(update={**_replaced(rates), **dropped}), (rates.source,)
    if region in price.region_factor:
        return _scaled(price, price.region_factor[region]), (price.region_source,)
    if _is_regional(model):
        return price, ()
    known = sorted({*price.regions, *price.region_factor})
    raise UserError(
        "no-price-for-region",
        f'The fact base has no price of {model.name} for the region "{region[:40]}".',
        f"Known are {', '.join(known)}." if known else "Its list price is not told apart by region: ask without one.",
    )


def _is_regional(model: ApiModel) -> bool:
    """Whether the entry is the price of an endpoint in one region, whichever that is."""
    host, slash, rest = model.name.partition("/")
    return bool(slash) and f"{host}/global.{rest}" in catalog.api_models().entries


def _scaled(price: TokenPrice, factor: Decimal) -> TokenPrice:
    """Every price times a factor; a fee a request stays."""
    with localcontext(EXACT):

        def times(value: Any) -> Any:
            return value * factor if isinstance(value, Decimal) else value

        names = ("input", "cached", "cache_write", "output")
        update: dict[str, Any] = {name: times(getattr(price, name)) for name in (*names, "batch_input", "batch_output")}
        if price.long_context is not None:
            update["long_context"] = price.long_context.model_copy(update={n: times(getattr(price.long_context, n)) for n in names})
        update["tiers"] = {
            tier: rates.model_copy(update={n: times(getattr(rates, n)) for n in names}) for tier, rates in price.tiers.items()
        }
        return price.model_copy(update=update)
