"""What a priced usage table says in sentences: the total, the bill beside it, what is missing and why, and what would cost less.

Every figure is a record made by `usage_report.py`. Computes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from knowledge import catalog
from knowledge.source import Source
from tools.contracts.evidence import Evidence
from tools.contracts.tool import Statement
from tools.estimation.api.records import listing
from tools.estimation.api.usage_prices import Priced, label, sellers
from tools.estimation.api.usage_table import UsageTable

#: How many models a sentence names.
NAMED = 3
_CENT = Decimal("0.01")
_BOUNDS = {"lower": ", at least", "upper": ", at most", "open": ", give or take what the file or the price list does not say", "exact": ""}

Offer = tuple[dict[str, Any], Evidence]


@dataclass(frozen=True)
class Outcome:
    """The table once it is priced. A figure that the files do not allow is None; `priced` is dearest first."""

    table: UsageTable
    priced: Sequence[Priced]
    today: date
    total: Evidence | None
    billed: Evidence | None
    gap: Evidence | None
    monthly: Evidence | None
    offers: Sequence[Offer]

    @property
    def known(self) -> list[tuple[Priced, Evidence]]:
        """Models that have a price for some of their tokens."""
        return [(one, one.record) for one in self.priced if one.record is not None]

    @property
    def unknown(self) -> list[Priced]:
        """Models that the price list does not hold."""
        return [one for one in self.priced if one.use.entry is None]

    @property
    def bound(self) -> str:
        """On which side of the true list cost the total stands; what has no price is left out of it."""
        if any(one.missing or one.use.unsplit for one in self.priced):
            return {"exact": "lower", "upper": "open"}.get(self.table.bound, self.table.bound)
        return self.table.bound

    @property
    def sources(self) -> list[Source]:
        """Where the prices that were used stand."""
        found = [source for one, _ in self.known if one.here is not None for source in (one.here.source, *one.here.own.values())]
        return list(dict.fromkeys(found))

    @property
    def has_own(self) -> bool:
        """Whether one of the prices is the user's own."""
        return any(one.here is not None and one.here.own for one, _ in self.known)


def statements(now: Outcome) -> list[Statement]:
    """What came out, what is left out, and what would cost less."""
    return [*_totals(now), *_bill(now), *_left_out(now), *_caveats(now), *_offers(now.offers)]


def _totals(now: Outcome) -> list[Statement]:
    said: list[Statement] = []
    if now.total is not None:
        prices = "your own prices, and at today's list prices where you gave none," if now.has_own else "today's list prices"
        text = f"At {prices} the usage in {{files}} costs {{usd}}{_BOUNDS[now.bound]}; that is computed and not a billed amount."
        names = {"files": ", ".join(now.table.files) or "the audited files"}
        said.append(Statement(text=text, figures={"usd": now.total.id}, names=names))
        if len(now.known) > 1:
            said.append(listing("The dearest", [(one.use.model, record.id) for one, record in now.known[:NAMED]]))
    if now.monthly is not None:
        said.append(Statement(text="By the length of the period in the file that is {usd}.", figures={"usd": now.monthly.id}))
    return said


def _bill(now: Outcome) -> list[Statement]:
    said: list[Statement] = []
    if now.billed is not None and now.gap is not None:
        text, figures = "Billed for the same tokens: {billed}; billed less list: {gap}.", {"billed": now.billed.id, "gap": now.gap.id}
        if now.has_own:
            text = text.replace("less list", "less those prices")
        if now.gap.value is not None and abs(Decimal(now.gap.value.likely)) < _CENT:
            same = "the same" if now.has_own else "the list price"
            text, figures = f"Billed for the same tokens: {{billed}}, which is {same}.", {"billed": now.billed.id}
        said.append(Statement(text=text, figures=figures))
    others = sorted({one.use.currency for one, _ in now.known if one.use.billed is not None and one.use.currency != "USD"})
    if others:
        text = "The bill is in {other}; list prices are in USD, so the two are not compared. Audit it with an exchange rate to compare."
        said.append(Statement(text=text, names={"other": ", ".join(filter(None, others)) or "no stated currency"}))
    return said


def _left_out(now: Outcome) -> list[Statement]:
    said = [Statement(text=text) for text in now.table.declared]
    if now.unknown:
        text = "Not in the price list, so unknown and left out: {models}. What do they cost a million tokens?"
        said.append(Statement(text=text, names={"models": ", ".join(one.use.model for one in now.unknown)}))
    for one in now.unknown[:NAMED]:
        if found := sellers(one.use.model):
            names = {"model": one.use.model, "sellers": ", ".join(found[:NAMED])}
            said.append(Statement(text="{model} is an open model, whose price depends on the seller, such as {sellers}.", names=names))
    listed = [one for one in now.priced if one.use.entry is not None]
    if gaps := [f"{label(part)} tokens of {one.use.model}" for one in listed for part in one.missing]:
        said.append(Statement(text="No price is known for {gaps}; they are left out.", names={"gaps": ", ".join(gaps)}))
    if unsplit := [one.use.model for one in listed if one.use.unsplit]:
        text = "The file does not split the tokens of {models} into input and output, so they have no price here."
        said.append(Statement(text=text, names={"models": ", ".join(unsplit)}))
    return said


def _caveats(now: Outcome) -> list[Statement]:
    said: list[Statement] = []
    prices = [one.here.price for one, _ in now.known if one.here is not None]
    if any(price.long_context for price in prices) and not now.table.declared:
        said.append(Statement(text="Very long requests cost more than the plain price used here; the table does not tell their sizes."))
    if any("peak" in price.tiers for price in prices):
        said.append(Statement(text="Requests in the seller's peak hours cost more than the plain price used here."))
    if old := [source.checked_on for source in now.sources if source.checked_on and catalog.is_stale(source, now.today)]:
        text = "The oldest of these list prices was read on {day}: compare it with the seller's page before you rely on it."
        said.append(Statement(text=text, names={"day": str(min(old))}))
    return said


def _offers(offers: Sequence[Offer]) -> list[Statement]:
    said = [
        Statement(text="{title}: saves {usd}.", figures={"usd": record.id}, names={"title": keys["title"]})
        for keys, record in offers
        if keys["kind"] == "batch"
    ]
    models = [(f"{keys['model']} in place of {keys['in_place_of']}", record.id) for keys, record in offers if keys["kind"] == "model"]
    if models:
        said.append(listing("Cheaper models that do the same kinds of task, quality not checked here", models[:NAMED], " saves "))
    return said
