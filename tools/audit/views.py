"""A sheet as it is read, where that differs from its cells: `$` of another country, tables side by side. Finds a stated multiple.

A view changes text only in the columns named and keeps row numbers. A cell that cannot be read stays as it is, so that it is listed as
unreadable. Which scale or sign holds is decided in stated.py.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tools.audit.cells import currency_in, read_money
from tools.audit.columns import column_of, names, spaced
from tools.audit.header_words import OTHER_AMOUNTS
from tools.audit.mapping import letters
from tools.audit.reading.header import filled, key
from tools.audit.reading.sheet import Row, Sheet
from tools.audit.rowtypes import opened

_SCALES: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (factor, re.compile(words, re.IGNORECASE))
    for factor, words in (
        (10**7, r"\bcrores?\b|करोड़"),
        (10**5, r"\blakhs?\b|\blacs?\b|लाख"),
        (10**8, r"億円|亿元|억 ?원"),
        (10**4, r"(?<!百)万[円元]|(?<!백)만 ?원"),
        (
            10**6,
            r"\bmillion(?:s|en|i|es)?\b|\bmillones\b|\bmilhões\b|\bmiljoen\b|\bmio\b|\bmln\b|млн|百万|백만|\bm[€£]|[$€£]\s?m\b|\bm(?:eur|usd|gbp|chf)\b|مليون",
        ),
        (
            1000,
            r"\bthousands?\b|\btausend\b|\btsd\b|\bk\s?(?=[$€£₹]|eur\b|usd\b|gbp\b|chf\b|inr\b|pln\b)|"
            r"[$€£]\s?k\b|(?:eur|usd|gbp|chf) ?k\b|\bt\s?€|\bt ?(?:eur|usd|chf|gbp)\b|"
            r"['’]000s?\b|\(000s?\)|\b000s\b|\bmilliers?\b|\bmiles de\b|\(miles\)|\bmilhares\b|\bmigliaia\b|\bduizend|\btys\b|"
            r"тыс|тис\b|\bbin (?:try|tl|₺|usd|eur|avro)\b|"
            r"千円|千元|千美元|仟元|천 ?원|हज़ार|हजार|[آأ]لاف|\bألف\b",
        ),
    )
)
_PARTS = {Decimal("0.01"): r" cents? |¢| paise | pence | centimes | centavos ", Decimal("0.000001"): r" micros | microdollars "}
_ABOUT_UNITS = re.compile(r"\bper\b|\bpro\b|\bpar\b|\btokens?\b|\brequests?\b|/\s?\d", re.IGNORECASE)
_ABOUT_AMOUNTS = re.compile(
    r"^\W*in\b|amount|figure|value|numbers|currency|beträge|angaben|werte|montants|chiffres|importes|cifras|valores|importi|bedragen|kwoty|суммы|суми|"
    r"単位|单位|單位|단위|tutarlar|राशि|^\W*en\b|^\W*w\b",
    re.IGNORECASE,
)


def stated_scale(text: str, preface: bool) -> Decimal | None:
    """The multiple that a header or a line above the table states (`Cost (k€)`, `in USD thousands`, `単位:千円`); else None."""
    if _ABOUT_UNITS.search(text) or len(text) > 120:
        return None
    if preface and (re.search(r"[1-9]\d", text) or not (_ABOUT_AMOUNTS.search(text) or currency_in(text))):
        return None
    if not preface and (small := next((factor for factor, word in _PARTS.items() if re.search(word, spaced(text))), None)):
        return small
    return next((Decimal(factor) for factor, words in _SCALES if words.search(text)), None)


def respelled(sheet: Sheet, columns: Sequence[int], first_row: int, sign: str, code: str) -> Sheet:
    """`sign` before or after an amount read as the currency `code`, because the sheet says so (`$` in a sheet in CAD)."""
    alone = re.compile(rf"(?<![A-Za-z]){re.escape(sign)}")
    return _changed(sheet, columns, first_row, lambda text: alone.sub(f"{code} ", text) if sign in text else text)


def _changed(sheet: Sheet, columns: Sequence[int], first_row: int, change: Callable[[str], str]) -> Sheet:
    def rows() -> Iterator[Row]:
        for number, cells in sheet.rows():
            if number > first_row:
                cells = list(cells)
                for at in columns:
                    if at < len(cells) and cells[at]:
                        cells[at] = change(cells[at])
            yield number, cells

    return replace(sheet, rows=rows, plain=None, as_stored=False)


def alone(sheet: Sheet, first_row: int, paths: Mapping[int, str]) -> Sheet:
    """Cells of JSON text read as one of their values: that of `paths`, by column."""

    def rows() -> Iterator[Row]:
        for number, cells in sheet.rows():
            if number > first_row:
                cells = [opened(cell).get(paths[at], "") if at in paths else cell for at, cell in enumerate(cells)]
            yield number, cells

    return replace(sheet, rows=rows, plain=None, as_stored=False)


def tables_beside(sample: Sequence[Row], header_row: int) -> list[tuple[int, int]]:
    """Column spans (first, end) of tables that stand side by side; one span where there is one table.

    They do where an empty column parts them, and either their header names repeat or the rows of one end before the other's.
    """
    body = [cells for number, cells in sample if number >= header_row and filled(cells)]
    width = max((len(cells) for cells in body), default=0)
    used = [any(at < len(cells) and cells[at].strip() for cells in body) for at in range(width)]
    spans: list[tuple[int, int]] = []
    start = None
    for at in range(width + 1):
        if at < width and used[at]:
            start = at if start is None else start
        elif start is not None:
            spans.append((start, at))
            start = None
    wide = [span for span in spans if span[1] - span[0] >= 2 and _has_amounts(body, span)]
    if len(wide) < 2 or len(wide) != len(spans):
        return spans[:1] if len(spans) == 1 else [(0, width)]
    headers = [[key(cell) for cell in body[0][a:b]] for a, b in wide]
    repeat = any(set(headers[0]) & set(other) - {""} for other in headers[1:])
    lengths = {max((at for at, cells in enumerate(body) if any(cells[a:b])), default=0) for a, b in wide}
    return wide if repeat or len(lengths) > 1 else [(0, width)]


def beside(sheet: Sheet, sample: Sequence[Row], header_row: int) -> tuple[Sheet, tuple[str, ...]]:
    """The sheet with the one table to read, or with equal tables one below the other; and what is to be asked about the others."""
    spans = tables_beside(sample, header_row)
    if len(spans) < 2:
        return sheet, ()
    rows = [cells for number, cells in sample if number > header_row]
    header = next(cells for number, cells in sample if number == header_row)
    above = [cells for number, cells in sample if number < header_row]
    keep = [span for span in spans if not _planned(above, span)] or spans
    size = {span: sum(filled(cells[span[0] : span[1]]) >= 2 for cells in rows) for span in keep}
    main = max(keep, key=lambda span: size[span])
    same = [span for span in keep if [key(n) for n in header[span[0] : span[1]]] == [key(n) for n in header[main[0] : main[1]]]]
    shown = ", ".join(f"{letters(a)}-{letters(b - 1)}" for a, b in spans)
    if len(same) > 1:
        others = len(spans) - len(same)
        left = f"; {others} {'other was' if others == 1 else 'others were'} not counted" if others else ""
        return stacked(sheet, same, header_row), (
            f"Tables stand side by side in columns {shown}. Those with the same header were added up{left}. Is that right?",
        )
    counted = f"{letters(main[0])}-{letters(main[1] - 1)}"
    return only(sheet, main), (
        f"Tables stand side by side in columns {shown}. Only {counted} was counted. Should another one be, or all of them?",
    )


def _planned(above: Sequence[list[str]], span: tuple[int, int]) -> bool:
    titles = [cell for cells in above for cell in cells[span[0] : span[1]] if cell.strip()]
    return any(names(column_of(0, title, ()), OTHER_AMOUNTS["a plan or forecast"]) for title in titles)


def _has_amounts(body: Sequence[list[str]], span: tuple[int, int]) -> bool:
    rows = [cells[span[0] : span[1]] for cells in body[1:]]
    some = [cells for cells in rows if filled(cells)]
    return len(some) >= 1 and sum(any(read_money(cell).value is not None for cell in cells) for cells in some) >= 0.5 * len(some)


def only(sheet: Sheet, span: tuple[int, int]) -> Sheet:
    """The sheet with the columns of one span; those before it are blank, so that letters keep their meaning."""

    def rows() -> Iterator[Row]:
        for number, cells in sheet.rows():
            yield number, [""] * span[0] + list(cells[span[0] : span[1]])

    return replace(sheet, rows=rows, plain=None, as_stored=False)


def stacked(sheet: Sheet, spans: Sequence[tuple[int, int]], header_row: int) -> Sheet:
    """Tables with the same header one below the other: each row of the sheet gives a row for each table that has cells there."""
    first = spans[0]

    def rows() -> Iterator[Row]:
        for number, cells in sheet.rows():
            yield number, [""] * first[0] + list(cells[first[0] : first[1]])
            if number > header_row:
                for a, b in spans[1:]:
                    if filled(cells[a:b]):
                        yield number, [""] * first[0] + list(cells[a:b])

    return replace(sheet, rows=rows, plain=None, as_stored=False)
