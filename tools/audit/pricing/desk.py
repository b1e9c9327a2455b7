"""`Prices`: all that list prices say about one currency of one audit, each worked out once and only when asked for.

Rules reach it through the values they are given (`prices_of`), so that ten rules read the ledger's tokens once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from tools.audit.findings.rule import Ask, Match
from tools.audit.pricing.check import PriceCheck, check
from tools.audit.pricing.models import ModelCost, cost_models, ranked
from tools.audit.pricing.usage import PricedUsage, priced_usage
from tools.audit.pricing.use import Counting, Reading, read_uses


@dataclass
class Prices:
    """Ask only while the ledger studies `currency`."""

    ask: Ask
    counting: Counting
    currency: str
    today: date

    @cached_property
    def reading(self) -> Reading:
        """Tokens out of the ledger."""
        return read_uses(self.ask, self.counting)

    @cached_property
    def models(self) -> list[ModelCost]:
        """What each model was used for and cost, dearest first."""
        return cost_models(self.reading, self.currency, self.today)

    @cached_property
    def check(self) -> PriceCheck:
        """Billed beside listed."""
        return check(self.reading, self.currency, self.today)

    @cached_property
    def usage(self) -> PricedUsage | None:
        """Usage without money at list prices."""
        return priced_usage(self.reading, self.today)


def prices_of(ask: Ask, values: Mapping[str, Any]) -> Prices:
    """The audit's `Prices`, or new ones where a rule is asked by itself."""
    known = values.get("prices")
    return (
        known
        if isinstance(known, Prices)
        else Prices(ask, Counting(), str(values.get("currency", "")), values.get("today") or date.today())
    )


def of_model(rule: Callable[[ModelCost], Match | None]) -> Callable[[Ask, Mapping[str, Any]], Iterable[Match]]:
    """A rule's `work` from a question about one model; its matches come dearest first."""

    def work(ask: Ask, values: Mapping[str, Any]) -> list[Match]:
        return ranked(match for one in prices_of(ask, values).models if (match := rule(one)) is not None)

    return work
