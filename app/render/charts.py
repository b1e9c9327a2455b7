"""The geometry of every chart on the page: range bars, bars, and columns by day or month. Drawn by templates/charts.html.

Lengths are shares for drawing only; the numbers beside them are the caller's texts. Inline HTML and SVG, because the page's
policy forbids scripts and fetches. A chart never stands alone: its caller puts the same figures into a table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from knowledge.ranges import Range

MOST_BARS, MOST_DAYS = 8, 400
HEIGHT = 100.0


@dataclass(frozen=True)
class Bar:
    """One bar in percent of the widest; `low` and `high` are equal to `likely` where there is no range."""

    title: str
    text: str
    likely: float
    low: float
    high: float
    is_negative: bool = False


def range_bars(entries: Iterable[tuple[str, Range, str]], most: int) -> list[Bar]:
    """(title, range, text): the largest few by their likely value; ends below zero are cut at zero."""
    positive = [entry for entry in entries if Decimal(str(entry[1].high)) > 0]
    listed = sorted(positive, key=lambda entry: -float(entry[1].likely))[:most]
    widest = max((float(saving.high) for _, saving, _ in listed), default=0.0)
    if widest <= 0:
        return []

    def share(value: Any) -> float:
        return round(max(0.0, float(value)) / widest * 100, 1)

    return [Bar(title, text, share(r.likely), share(r.low), share(r.high)) for title, r, text in listed]


def bars(entries: Sequence[tuple[str, Decimal, str]], most: int = MOST_BARS) -> list[Bar]:
    """(title, amount, text) in the caller's order, the first `most`; credits are drawn by their size and marked."""
    listed = list(entries)[:most]
    widest = max((abs(amount) for _, amount, _ in listed), default=Decimal(0))
    if widest == 0:
        return []
    shares = [round(float(abs(amount) / widest) * 100, 1) for _, amount, _ in listed]
    return [
        Bar(title, text, share, share, share, is_negative=amount < 0) for (title, amount, text), share in zip(listed, shares, strict=True)
    ]


@dataclass(frozen=True)
class Column:
    """One day or month: a lower part (AI, filled) and an upper part (everything else, hollow); heights and places in 0..HEIGHT."""

    x: int
    title: str
    lower_y: float
    lower: float
    upper_y: float
    upper: float


@dataclass(frozen=True)
class Columns:
    """Stacked columns; `zero` is the height of the base line, which lies above the bottom where days are negative."""

    columns: tuple[Column, ...]
    zero: float
    first: str
    last: str
    parts: tuple[str, ...]

    @property
    def width(self) -> int:
        """Ten units a day or month, two of them gap."""
        return 10 * len(self.columns)


def columns(days: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> Columns | None:
    """Days, or months, with `day`, `cost` and perhaps `ai_cost`, in order, `texts` their titles; None where there are fewer than two.

    A part below zero (a day of credits) hangs below the base line. Only the last `MOST_DAYS` are drawn.
    """
    shown, said = list(days)[-MOST_DAYS:], list(texts)[-MOST_DAYS:]
    if len(shown) < 2:
        return None
    has_parts = all(one.get("ai_cost") is not None for one in shown)
    pairs = [
        (float(one["ai_cost"]), float(one["cost"]) - float(one["ai_cost"])) if has_parts else (float(one["cost"]), 0.0) for one in shown
    ]
    top = max((max(low, 0) + max(high, 0) for low, high in pairs), default=0.0)
    bottom = min((min(low, 0) + min(high, 0) for low, high in pairs), default=0.0)
    span = top - bottom
    if span <= 0:
        return None
    zero = top / span * HEIGHT
    drawn = []
    for at, ((low, high), title) in enumerate(zip(pairs, said, strict=True)):
        scaled_low, scaled_high = low / span * HEIGHT, high / span * HEIGHT
        base = zero - max(scaled_low, 0) if high >= 0 else zero - min(scaled_low, 0)
        drawn.append(
            Column(
                x=at * 10,
                title=title,
                lower_y=round(zero - max(scaled_low, 0), 2),
                lower=round(abs(scaled_low), 2),
                upper_y=round(base - max(scaled_high, 0), 2),
                upper=round(abs(scaled_high), 2),
            )
        )
    parts = ("AI", "everything else") if has_parts else ()
    return Columns(tuple(drawn), round(zero, 2), str(shown[0]["day"]), str(shown[-1]["day"]), parts)
