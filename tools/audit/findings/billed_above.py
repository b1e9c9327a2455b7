"""Tokens billed above the dated list price, with the explanation that the bill itself bears out, or none."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from knowledge.catalog import checked
from knowledge.source import Tier
from tools.audit.findings.rule import Ask, Match, Rule
from tools.audit.pricing.check import Line
from tools.audit.pricing.desk import prices_of


def beyond(ask: Ask, values: Mapping[str, Any]) -> list[Line]:
    """Lines of the price check outside the tolerance, largest difference first."""
    lines = [line for line in prices_of(ask, values).check.lines if abs(line.difference) > line.tolerance]
    return sorted(lines, key=lambda line: (-abs(line.difference), line.model, line.token_type, line.batch))


def said(line: Line) -> str:
    """What a finding notes about a line."""
    share = abs(line.difference) / line.expected * 100 if line.expected else Decimal(0)
    direction = "above" if line.difference > 0 else "below"
    text = line.text or "no explanation found in the bill"
    old = ", a price older than the limit for fresh ones" if line.stale else ""
    note = f"; {line.note}" if line.note else ""
    return f"{share:,.1f} % {direction} the list price read on {line.source.checked_on}{old}: {text}{note}"


def _above(ask: Ask, values: Mapping[str, Any]) -> list[Match]:
    return [
        Match(
            f"{line.model} {line.token_type.replace('_', ' ')}",
            line.billed,
            line.rows,
            line.places,
            (Decimal(0), line.difference / 2, line.difference),
            said(line),
            tier=Tier.CATALOGUE,
            why=f"the difference to {line.source.ref} ({checked(line.source)}); likely half, since contracts differ",
        )
        for line in beyond(ask, values)
        if line.difference > 0
    ]


RULE = Rule(
    id="billed-above-list",
    title="Billed above the list price",
    confirm="The price on the vendor's page or in the contract on those days, and how it counts cached tokens.",
    work=_above,
)
