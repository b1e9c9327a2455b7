"""Options bought by the token: hosts of the open model, the API model that is used now, and cheaper ones for the same tasks.

A host is matched only through the catalogue's own link from an API model to its weights (`ApiModel.weights`), never by a likeness of
names. Speed and number format of hosts are not known, so no latency target is checked for them; that is said. List prices or the user's
own; no prompt cache, no batches, no discounts: those are named as ways to stay.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from knowledge import catalog
from knowledge.prices_here import TokenPriceHere, token_price
from knowledge.ranges import Range
from knowledge.schemas import ApiModel
from knowledge.source import Source, Tier
from tools.estimation.api.alternatives import OLDEST_DAYS, Alternative, alternatives, is_retired
from tools.estimation.api.cost import month_cost
from tools.estimation.hosting.option import NOTHING, Kind, Option, Tally, ranked
from tools.estimation.hosting.quality import AS_PUBLISHED, NOT_STATED, OTHER_MODEL, Quality
from tools.estimation.hosting.question import Question

METHOD = "Tokens a month x price of the million, by kind of token; cached input only where its share was stated, no batches."
SPEED_UNKNOWN = "speed not known: hold it against the latency target by a test"
DATED = "the seller's name is that of a dated version: check that it is the one you want"
#: A month of issue in a model's name, such as 0528 or 2507.
_MONTH = re.compile(r"(?<![\d.])(?:0[1-9]|1[0-2]|2[3-9])\d{2}(?![\d.])")
#: Kinds of `alternatives` that are another model or another seller; the others are ways to stay.
MOVES = ("model", "weights")


@dataclass(frozen=True)
class Hosted:
    """What can be bought by the token. `now`: the API model in use, else the cheapest host of the open model."""

    managed: tuple[Option, ...]
    now: Option | None
    fixes: tuple[Alternative, ...]  # ways to stay and pay less
    shrink: tuple[Option, ...]


def hosted(question: Question, tally: Tally) -> Hosted:
    """Options by the token; everything that was looked at is shown or in the tally."""
    managed = _managed(question, tally)
    if question.api is not None:
        tally.saw(1)
        now = _as_is(question.api, question, tally)
    else:
        now = managed[0] if managed else None
    if now is None:
        return Hosted(tuple(managed[: question.shown]), None, (), ())
    api = catalog.api_model(now.model)
    others = alternatives(api, token_price(api, question.own, question.today).price, question.traffic, question.today, question.own)
    known = {option.model for option in managed}
    fixes = tuple(offer for offer in others if offer.kind not in MOVES)
    moves = [offer for offer in others if offer.kind in MOVES and offer.model not in known]
    tally.saw(len(moves))
    shrink = ranked(_other(offer, question) for offer in moves)
    for extra in shrink[question.shown :]:
        tally.reject("api", extra.provider, "cost", "dearer than what is shown", f"{extra.model} costs more a month.")
    return Hosted(tuple(managed[: question.shown]), now, fixes, tuple(shrink[: question.shown]))


def _managed(question: Question, tally: Tally) -> list[Option]:
    """Hosts of the open model, cheapest first. What is not shown is turned down here."""
    shape = question.shape
    if shape is None or catalog.models().entries.get(shape.name) is not shape:
        return []  # a folder's model may be called like a catalogue's and be another
    sellers = [one for one in catalog.api_models().entries.values() if one.weights == shape.name and one != question.api]
    tally.saw(len(sellers))
    if not sellers:
        tally.saw(1)
        tally.reject(
            "managed", shape.name, "price", "no price of it by the token is known", "Name yours in a price file (model, input, output)."
        )
    found = [option for one in sellers if (option := _seller(one, question, tally)) is not None]
    shown = ranked(found)
    for extra in shown[question.shown :]:
        tally.reject("managed", extra.provider, "cost", "dearer than what is shown", f"{extra.model} costs more a month.")
    tally.saw(1)
    tally.reject(
        "managed",
        "accelerators by the second",
        "price",
        "no price by the second that ends with the last request is known",
        "Name an hour of it in a price file, and the hours in use; or hold it against the break-even utilization.",
    )
    return shown


def _against(one: ApiModel, here: TokenPriceHere, question: Question) -> tuple[str, str, str] | None:
    """The stage, the reason and the nearest that speak against a model sold by the token."""
    wanted = question.input_tokens + question.output_tokens
    if here.price.output is None:
        return "price", "no price of its output tokens is known", "Name yours in a price file."
    if is_retired(one, question.today):
        return "retired", f"it retired on {one.retires_on}", ""
    if one.context_tokens is not None and wanted > one.context_tokens:
        return "context", f"it reads at most {one.context_tokens:,} tokens", "Shorten the request."
    if not here.own and (here.source.age_days(question.today) or 0) > OLDEST_DAYS:
        return "price", "its price was last read more than a year ago", "Name yours in a price file."
    return None


def _seller(one: ApiModel, question: Question, tally: Tally) -> Option | None:
    here = token_price(one, question.own, question.today)
    against = _against(one, here, question)
    if against is not None:
        tally.reject("managed", one.provider, *against)
        return None
    same = question.api is None or question.api.weights == one.weights
    work = NOTHING if question.api is None else question.work.switching
    option = _option("managed", one, here, question, NOT_STATED if same else OTHER_MODEL, work)
    notes = (*option.notes, DATED) if _MONTH.search(one.name) else option.notes
    return replace(option, asked=question.is_named, notes=notes)


def _as_is(one: ApiModel, question: Question, tally: Tally) -> Option | None:
    """What is used now, at what is paid for it where that is known, else at the price of its tokens."""
    here = token_price(one, question.own, question.today)
    against = _against(one, here, question) if question.paid is None else None
    if against is not None:
        tally.reject("api", one.name, *against)
        return None
    found = _option("api", one, here, question, AS_PUBLISHED, NOTHING)
    if question.paid is None:
        return found
    tier, source, method = _paid(question)
    return replace(found, usd=Range.exact(question.paid), tier=tier, source=source, method=method, is_old=False)


def _paid(question: Question) -> tuple[Tier, Source, str]:
    """How what is paid now is known."""
    found = question.counted
    if found is None or found.usd != question.paid:
        return Tier.STATED, Source("your words"), "What is paid a month now, as stated."
    source = Source(", ".join(found.month.files))
    if found.times == 1:
        return Tier.BILLED, source, "Billed for its tokens, over the months that the bill covers."
    return Tier.ESTIMATED, source, "Billed for its tokens a month, times the traffic that is supposed."


def _other(offer: Alternative, question: Question) -> Option:
    one = catalog.api_model(offer.model)
    here = token_price(one, question.own, question.today)
    quality = NOT_STATED if offer.kind == "weights" else OTHER_MODEL
    return replace(_option("api", one, here, question, quality, question.work.switching), asked=offer.kind == "weights")


def _option(kind: Kind, one: ApiModel, here: TokenPriceHere, question: Question, quality: Quality, work: Range) -> Option:
    cost = month_cost(here.price, question.traffic)
    said = [f"retires on {one.retires_on}"] if one.retires_on is not None else []
    return Option(
        kind=kind,
        name=one.name,
        provider=one.provider,
        region="",
        precision="",
        count=0,
        usd=cost.total,
        work=work,
        source=here.source_of("output"),
        method=METHOD,
        quality=quality,
        tier=Tier.ESTIMATED,
        is_old=here.is_old,
        model=one.name,
        notes=(SPEED_UNKNOWN, *said),
    )


def usd_per_request(option: Option, question: Question) -> tuple[float, float, float]:
    """Low, likely, high USD of one request: an API's month is a straight line through zero."""
    if option.usd is None:
        raise ValueError("no price")
    requests = Decimal(str(question.requests_per_month))
    low, likely, high = (float(Decimal(v) / requests) for v in (option.usd.low, option.usd.likely, option.usd.high))
    return low, likely, high
