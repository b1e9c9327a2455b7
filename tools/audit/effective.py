"""Effective cost (commitments spread over the usage they cover) where a form needs more than one column for it.

A rule looks at a row's texts and answers with a `Terms`: which columns, added or subtracted, make the effective cost. It never
reads amounts, so that one answer holds for all rows with the same texts. `aws_cur` follows the AWS guide to the Cost and Usage
Report (amortized cost) as used by FOCUS: covered usage takes the reservation's or plan's effective cost, the fee lines keep only
their unused part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tools.audit.reading.header import key

#: Signed column positions to add up, for example ((1, 7), (-1, 9)); () is zero; None means the billed cost itself.
Terms = tuple[tuple[int, int], ...] | None


@dataclass(frozen=True)
class Effective:
    """A rule bound to one header: the text columns it looks at, the amount columns it may name, and the choice."""

    looks_at: tuple[int, ...]
    amounts: tuple[int, ...]
    terms: Callable[[list[str]], Terms]


def aws_cur(names: tuple[str, ...]) -> Effective | None:
    """The rule for a CUR header; None where the report has no commitment columns (effective = unblended then)."""
    at: Mapping[str, int] = {key(name): position for position, name in enumerate(names)}
    kind = at.get("lineitemlineitemtype")
    reserved, plan = at.get("reservationeffectivecost"), at.get("savingsplansavingsplaneffectivecost")
    if kind is None or (reserved is None and plan is None):
        return None
    unused = tuple(at[n] for n in ("reservationunusedamortizedupfrontfeeforbillingperiod", "reservationunusedrecurringfee") if n in at)
    total, used = at.get("savingsplantotalcommitmenttodate"), at.get("savingsplanusedcommitment")
    arn = at.get("reservationreservationarn")

    def terms(cells: list[str]) -> Terms:
        line = cells[kind] if kind < len(cells) else ""
        if line == "DiscountedUsage" and reserved is not None:
            return ((1, reserved),)
        if line == "SavingsPlanCoveredUsage" and plan is not None:
            return ((1, plan),)
        if line == "RIFee" and reserved is not None:
            return tuple((1, position) for position in unused)
        if line == "SavingsPlanRecurringFee" and total is not None and used is not None:
            return (1, total), (-1, used)
        if line in ("SavingsPlanNegation", "SavingsPlanUpfrontFee"):
            return ()
        if line == "Fee" and arn is not None and arn < len(cells) and cells[arn]:
            return ()
        return None

    looks_at = (kind,) if arn is None else (kind, arn)
    return Effective(looks_at, tuple(p for p in (reserved, plan, *unused, total, used) if p is not None), terms)


RULES: dict[str, Callable[[tuple[str, ...]], Effective | None]] = {"aws_cur": aws_cur}
