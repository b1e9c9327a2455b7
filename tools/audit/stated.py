"""What a sheet says about its own amounts: their currency, whether they are thousands, whose dollar `$` is. Looks at headers, number
formats, the lines above and below the table; a correction of the user comes first. States only what is written, else "".
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tools.audit.cells import currency_in, currency_of, shown
from tools.audit.layout import Layout
from tools.audit.mapping import Corrections
from tools.audit.reading.header import filled, key
from tools.audit.views import respelled, stated_scale

_DOLLARS = frozenset({"AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN"})
_SIMPLIFIED = re.compile("[额费务账总计单项]")
_JAPANESE = re.compile("[\u3041-\u30ff額費総円]")
_LABEL = ("currency", "währung", "devise", "moneda", "valuta", "moeda", "waluta", "валюта", "通貨", "货币", "币种", "통화")
_RATE_LINE = re.compile(r"\brate\b|\bfx\b|exchange|kurs|курс|汇率|為替|\d\s*=\s*\d|=", re.IGNORECASE)


def currency(layout: Layout, positions: Sequence[int], rows: Sequence[list[str]], corrections: Corrections) -> tuple[str, str]:
    """The currency of amounts that state none, and where that is known from; "" where nothing says it."""
    if corrections.currency:
        return corrections.currency, "your correction"
    for at in positions:
        if code := currency_in(layout.header.names[at]):
            return code, f'the column "{shown(layout.header.names[at], 40)}"'
    for line in layout.header.preface:
        if key(line[0]).startswith(_LABEL) and (code := currency_of(line[-1]) or currency_in(line[-1])):
            return code, "the lines above the table"
    above = {code for line in layout.header.preface if len(line) <= 2 for code in _codes(" ".join(line))}
    if len(above) == 1:
        return above.pop(), "the lines above the table"
    if layout.currency:
        return layout.currency, layout.currency_from
    formats = {layout.sheet.column_currency[at] for at in positions if at in layout.sheet.column_currency}
    if len(formats) == 1:
        return formats.pop(), "the number format of the cells"
    notes = [cell for cells in rows if filled(cells) == 1 for cell in cells if cell.strip() and not re.search(r"\d", cell)]
    below = {code for note in notes for code in _codes(note)}
    return (below.pop(), "a note in the sheet") if len(below) == 1 else ("", "")


def _codes(line: str) -> set[str]:
    if _RATE_LINE.search(line) or len(line) > 160:
        return set()
    words = re.findall(r"[^\s()\[\],;:/]+", line)
    return {code for word in words if (code := currency_in(word)) and not word.islower()}


def as_stated(layout: Layout, positions: Sequence[int], rows: Sequence[list[str]], corrections: Corrections) -> Layout:
    """The layout with amounts read as the sheet states them: times the stated multiple, signs as the stated currency's."""
    layout = _signs(layout, positions, rows, corrections)
    factor, source = corrections.scale, "your correction"
    if factor is None:
        factor, source = (None, "") if layout.form else _scale(layout, positions)
    if factor is None or not positions:
        return layout
    if factor == 1:
        return replace(layout, factor=factor)
    note = f"every amount was multiplied by {factor:f}: {source} says so"
    asked = (
        ()
        if corrections.scale
        else (f"Are the amounts in units of {factor:f} ({source})? They were multiplied; scale=1 reads them as they stand.",)
    )
    return replace(layout, factor=factor, notes=(*layout.notes, note), questions=(*layout.questions, *asked))


def _scale(layout: Layout, positions: Sequence[int]) -> tuple[Decimal | None, str]:
    for at in positions:
        if factor := stated_scale(layout.header.names[at], False):
            return factor, f'the column "{shown(layout.header.names[at], 40)}"'
    for line in layout.header.preface:
        if len(line) <= 2 and (factor := stated_scale(" ".join(line), True)):
            return factor, f'the line "{shown(" ".join(line), 40)}"'
    return None, ""


def _signs(layout: Layout, positions: Sequence[int], rows: Sequence[list[str]], corrections: Corrections) -> Layout:
    cells = [cells[at] for cells in rows for at in positions if at < len(cells)]
    stated = layout.currency
    if any("$" in cell for cell in cells) and (stated in _DOLLARS or (corrections.currency and stated != "USD")):
        return replace(layout, sheet=respelled(layout.sheet, positions, layout.header.row, "$", stated))
    if (
        stated
        or "currency" in layout.roles
        or not any(sign in text for text in (*cells, *(layout.header.names[at] for at in positions)) for sign in "¥￥")
    ):
        return layout
    headers = " ".join(layout.header.names)
    code, language = ("JPY", "Japanese") if _JAPANESE.search(headers) else ("CNY", "Chinese") if _SIMPLIFIED.search(headers) else ("", "")
    if not code:
        return replace(layout, questions=(*layout.questions, "Is ¥ the Japanese yen or the Chinese yuan (currency=JPY or currency=CNY)?"))
    note = f'"¥" was read as {code}: the headers are {language}'
    return replace(layout, currency=code, currency_from=f"the {language} headers", notes=(*layout.notes, note))
