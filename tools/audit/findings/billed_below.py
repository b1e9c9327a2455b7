"""Tokens billed below the dated list price: a discount, batch, a plan, or a unit misread. No saving: a price to plan with."""

from collections.abc import Mapping
from typing import Any

from tools.audit.findings.billed_above import beyond, said
from tools.audit.findings.rule import Ask, Match, Rule


def _below(ask: Ask, values: Mapping[str, Any]) -> list[Match]:
    return [
        Match(f"{line.model} {line.token_type.replace('_', ' ')}", line.billed, line.rows, line.places, None, said(line))
        for line in beyond(ask, values)
        if line.difference < 0
    ]


RULE = Rule(
    id="billed-below-list",
    title="Billed below the list price",
    confirm="The discount in the contract, and until when it holds: savings are then smaller than list prices suggest.",
    work=_below,
)
