"""Effective cost (commitments spread over the usage they cover) where a form needs more than one column for it.

`aws_cur` follows the AWS guide to the Cost and Usage Report (amortized cost) as used by FOCUS: covered usage takes the
reservation's or plan's effective cost, the fee lines keep only their unused part.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from tools.audit.cells import read_count
from tools.audit.reading.header import key

Effective = Callable[[list[str], Decimal], Decimal]


def _cell(cells: list[str], at: int | None) -> Decimal:
    if at is None or at >= len(cells):
        return Decimal(0)
    return read_count(cells[at]) or Decimal(0)


def aws_cur(names: tuple[str, ...]) -> Effective | None:
    """Row function for a CUR header; None where the report has no commitment columns (effective = unblended then)."""
    at: Mapping[str, int] = {key(name): position for position, name in enumerate(names)}
    kind = at.get("lineitemlineitemtype")
    reserved, plan = at.get("reservationeffectivecost"), at.get("savingsplansavingsplaneffectivecost")
    if kind is None or (reserved is None and plan is None):
        return None
    unused = (at.get("reservationunusedamortizedupfrontfeeforbillingperiod"), at.get("reservationunusedrecurringfee"))
    total, used = at.get("savingsplantotalcommitmenttodate"), at.get("savingsplanusedcommitment")
    arn = at.get("reservationreservationarn")

    def effective(cells: list[str], billed: Decimal) -> Decimal:
        line = cells[kind] if kind < len(cells) else ""
        if line == "DiscountedUsage" and reserved is not None:
            return _cell(cells, reserved)
        if line == "SavingsPlanCoveredUsage" and plan is not None:
            return _cell(cells, plan)
        if line == "RIFee" and reserved is not None:
            return _cell(cells, unused[0]) + _cell(cells, unused[1])
        if line == "SavingsPlanRecurringFee" and total is not None and used is not None:
            return _cell(cells, total) - _cell(cells, used)
        if line in ("SavingsPlanNegation", "SavingsPlanUpfrontFee"):
            return Decimal(0)
        if line == "Fee" and arn is not None and arn < len(cells) and cells[arn]:
            return Decimal(0)
        return billed

    return effective


RULES: dict[str, Callable[[tuple[str, ...]], Effective | None]] = {"aws_cur": aws_cur}
