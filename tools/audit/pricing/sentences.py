"""Two sentences of the audit's answer: how the bill stands to the price list, and what usage without money costs at list prices."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from knowledge.source import Tier
from tools.audit.pricing.check import PriceCheck
from tools.audit.pricing.usage import PricedUsage
from tools.audit.report import Report, plain

_BOUND = {
    "lower": ", which is a lower bound",
    "upper": ", which is an upper bound",
    "open": ", with parts missing on both sides",
    "exact": "",
}


def say_prices(report: Report, where: str, checks: Sequence[PriceCheck], usage: PricedUsage | None) -> None:
    """Adds the sentences and their evidence; nothing where there are no model tokens."""
    for check in checks:
        if check.spend > 0:
            _say_check(report, where, check)
    if usage is not None and usage.total is not None:
        _say_usage(report, where, usage)


def _say_check(report: Report, where: str, check: PriceCheck) -> None:
    code = check.currency
    spend = report.figure("Spend on model tokens", _tidy(check.spend), code, where, method="sum of usage rows that pay for model tokens")
    if not check.lines:
        reason = max(check.unchecked, key=lambda entry: (entry.amount, entry.reason)).reason
        report.say("Price check: none of {spend} for model tokens could be compared; {reason}.", {"spend": spend}, {"reason": reason})
        return
    checked = report.figure(
        "Spend compared with list prices",
        _tidy(check.checked),
        code,
        where,
        method="sum of rows with a listed model and token counts",
        parents=(spend,),
    )
    held = {f"{line.model} {line.token_type}": f"billed {plain(line.billed)}, list {plain(line.expected)}" for line in check.lines[:100]}
    refs = sorted({line.source.ref for line in check.lines})
    expected = report.figure(
        "The same tokens at list prices",
        _tidy(check.expected),
        code,
        "; ".join(refs),
        method="tokens by type x list price of the day of use",
        tier=Tier.CATALOGUE,
        checked_on=min((line.source.checked_on for line in check.lines if line.source.checked_on), default=None),
        inputs={"lines": held},
        parents=(checked,),
    )
    open_part = report.figure(
        "Difference to list prices without an explanation",
        _tidy(check.unexplained),
        code,
        where,
        method="billed minus list, over lines where no known way of charging reproduces the amount",
        tier=Tier.CATALOGUE,
        parents=(checked, expected),
    )
    report.say(
        "Price check: of {spend} for model tokens, {checked} was compared with list prices read on {read_on}; at list it is {expected}, "
        "and {open} of the difference has no explanation in the bill."
        + (" Some of these prices are old." if any(x.stale for x in check.lines) else ""),
        {"spend": spend, "checked": checked, "expected": expected, "open": open_part},
        {"read_on": _days(tuple(sorted({x.source.checked_on for x in check.lines if x.source.checked_on})))},
    )


def _say_usage(report: Report, where: str, usage: PricedUsage) -> None:
    if usage.total is None:
        return
    refs = sorted({line.source.ref for line in usage.lines})
    lines = {
        f"{line.model} {line.token_type}{' batch' if line.batch else ''} at {plain(line.price)}": plain(line.tokens)
        for line in usage.lines[:200]
    }
    cost = report.figure(
        "Usage without money, at list prices" + _BOUND[usage.bound],
        _tidy(usage.total),
        "USD",
        "; ".join(refs),
        method="tokens by type x list price of the day of use; not a billed amount",
        tier=Tier.CATALOGUE,
        checked_on=min(usage.checked_on, default=None),
        inputs={
            "tokens": lines,
            "rows": where,
            "declared": list(usage.declared),
            "missing": [f"{gap.model} {gap.token_type}" for gap in usage.missing],
        },
    )
    text = (
        "At list prices read on {read_on} this usage costs {cost}" + _BOUND[usage.bound] + "; that is a list price and not a billed amount."
    )
    report.say(text + (" Some of these prices are old." if usage.stale else ""), {"cost": cost}, {"read_on": _days(usage.checked_on)})
    for sentence in usage.declared:
        report.say(sentence)


def _tidy(value: Decimal) -> Decimal:
    """The same amount without trailing zeros."""
    return Decimal(plain(value))


def _days(days: tuple[date, ...]) -> str:
    """`2026-08-21`, or the first and the last of several."""
    if not days:
        return "an unknown day"
    return days[0].isoformat() if len(days) == 1 else f"{days[0].isoformat()} to {days[-1].isoformat()}"
