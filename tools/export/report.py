"""The shapes of a report: sections of paragraphs, tables, cards and bars. Every text in them is final.

Markdown, HTML and PDF print these shapes, so that they cannot differ. Texts are not escaped here: each format escapes
for itself.
"""

from dataclasses import dataclass

from tools.contracts.plan import Verdict

NOT_KNOWN = "not known"
VERDICT_WORDS = {
    Verdict.DO: "Do",
    Verdict.TRY_FIRST: "Try first",
    Verdict.DO_NOT: "Do not",
    Verdict.NOT_APPLICABLE: "Not applicable",
    Verdict.NEEDS_DATA: "Needs data",
}
MEANING = (
    "Savings are a month. Alone: if it were the only action (worst case, likely, best case). After the earlier ones: what it adds in "
    "the order shown. In totals the likely value is all likely factors together; low and high are the tenth and ninetieth percentile "
    "of the planner's seeded draws, so they are not the sums of the rows."
)


@dataclass(frozen=True)
class Table:
    """`columns` are titles, `numeric` the positions to align right, `weights` relative widths for paged formats."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    weights: tuple[float, ...] = ()
    caption: str = ""


@dataclass(frozen=True)
class Card:
    """Name and value pairs under a title."""

    title: str
    verdict: str
    pairs: tuple[tuple[str, str], ...]
    steps: tuple[str, ...] = ()
    evidence_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bar:
    """One bar; lengths are shares of the longest, 0..1."""

    title: str
    low: float
    likely: float
    high: float
    text: str


@dataclass(frozen=True)
class Section:
    """One heading with what stands below it. `wide` asks paged formats for a landscape page."""

    key: str
    title: str
    paragraphs: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    tables: tuple[Table, ...] = ()
    cards: tuple[Card, ...] = ()
    bullets: tuple[str, ...] = ()
    wide: bool = False


@dataclass(frozen=True)
class Report:
    """Headline (the change) first, then the level, then the sections."""

    title: str
    headline: str
    level: str
    plan_id: str
    as_of: str  # date of the newest evidence, ISO; "" where there is none
    sections: tuple[Section, ...]
