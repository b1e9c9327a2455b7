"""Findings, sums and counts -> result keys, evidence and statements. Arithmetic is done elsewhere; here figures get their origin.

Statement texts hold no figures; every figure is a placeholder filled from evidence.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement


@dataclass
class Report:
    """Collects evidence and statements in order."""

    reproduce: str
    evidence: list[Evidence] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    def figure(self, claim: str, value: Decimal | int | float | Range, unit: str, ref: str, **more: Any) -> str:
        """Records one figure, billed unless `tier` says otherwise; returns its evidence id. Sums of cells are exact, so no range."""
        tier, source = more.pop("tier", Tier.BILLED), SourceRef(ref=ref, checked_on=more.pop("checked_on", None))
        known = value if isinstance(value, Range) else Range.exact(value)
        record = Evidence.record(tier=tier, claim=claim, value=known, unit=unit, source=source, reproduce=self.reproduce, **more)
        if all(record.id != earlier.id for earlier in self.evidence):
            self.evidence.append(record)
        return record.id

    def say(self, text: str, figures: dict[str, str] | None = None, names: dict[str, str] | None = None) -> None:
        """Adds one sentence."""
        self.statements.append(Statement(text=text, figures=figures or {}, names=names or {}))


def plain(value: Decimal) -> str:
    """Exact decimal text without trailing zeros: `1.6823086974`, `0`."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def row_ref(file: str, sheet: str, numbers: tuple[int, ...] | list[int], count: int | None = None) -> str:
    """`bill.csv rows 2-6, 9`, `bill.csv row 4 and 3 more`: the count of those that are not listed."""
    where = f"{file} sheet {sheet}" if sheet else file
    numbers = [number for number in numbers if number]  # a table of another engine has no row numbers
    if not numbers:
        return where
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    text = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans[:8])
    listed = sum(b - a + 1 for a, b in spans[:8])
    more = max(count or 0, len(set(numbers))) - listed
    return f"{where} {'row' if listed == 1 else 'rows'} {text}" + (f" and {more} more" if more > 0 else "")
