"""Which currency an XLSX number format shows: `[$€-407] #,##0.00` -> EUR, `"₹"#,##0` -> INR. Reads styles.xml, no cells.

Rule for signs that several countries share ($, ¥, kr, R): the country in the format decides (`[$$-1009]` is CAD); a country
we do not know leaves the currency unknown. A `$` that names no country is USD; `¥`, `kr` and `R` without one stay unknown.
Built-in formats that the file does not spell out (such as 44) show the reader's own currency, so they state none.
Country numbers are those of Microsoft's [MS-LCID], read 2026-11-22.
"""

import re

from knowledge.quantities import CURRENCIES
from tools.audit.cells import currency_of
from tools.audit.reading.xml_part import walk

MOST_STYLES = 70_000  # Excel itself stops at 65,490

_SHARED = frozenset({"$", "¥", "￥", "kr", "kr.", "r"})
_BY_LANGUAGE = {  # LCID -> country
    0x409: "US", 0x1009: "CA", 0xC0C: "CA", 0xC09: "AU", 0x1409: "NZ", 0x4809: "SG", 0x1004: "SG", 0xC04: "HK", 0x3C09: "HK",
    0x404: "TW", 0x80A: "MX", 0x804: "CN", 0x411: "JP", 0x41D: "SE", 0x414: "NO", 0x814: "NO", 0x406: "DK", 0x1C09: "ZA", 0x436: "ZA",
}  # fmt: skip
_BY_COUNTRY = {
    "US": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD", "TW": "TWD", "MX": "MXN", "CN": "CNY", "JP": "JPY",
    "SE": "SEK", "NO": "NOK", "DK": "DKK", "ZA": "ZAR",
}  # fmt: skip
_TOKEN = re.compile(
    r'\[\$(?P<sign>[^\]-]*)(?:-(?P<country>[^\]]*))?\]|"(?P<quoted>[^"]*)"|\\(?P<escaped>.)'
    r"|[_*].|\[[^\]]*\]|(?P<bare>[$€£¥￥₹₩₺₪₽₴฿₫]+)|(?P<other>.)",
    re.DOTALL,
)


def format_currency(code: str) -> str:
    """ISO code that every section of a format code agrees on; "" where it shows none, several, or one we cannot tell."""
    found = {currency for section in _sections(code[:1000]) if (currency := _section_currency(section)) is not None}
    return found.pop() if len(found) == 1 else ""


def _sections(code: str) -> list[list[re.Match[str]]]:
    sections: list[list[re.Match[str]]] = [[]]
    for token in _TOKEN.finditer(code):
        if token["other"] == ";":
            sections.append([])
        else:
            sections[-1].append(token)
    return sections


def _section_currency(tokens: list[re.Match[str]]) -> str | None:
    """The currency of one section, "" where its sign cannot be told, None where it shows none."""
    country = next((token["country"] for token in tokens if token["country"]), "")
    text = ""
    for token in tokens:
        piece = next((token[name] for name in ("sign", "quoted", "escaped", "bare") if token[name]), None)
        text += " " if piece is None else piece
    found = {code for word in text.split() if (code := _word_currency(word, country)) is not None}
    return None if not found else found.pop() if len(found) == 1 else ""


def _word_currency(word: str, country: str) -> str | None:
    if word.casefold() in _SHARED:
        if not country:
            return "USD" if word == "$" else None if word in "Rr" else ""
        return _BY_COUNTRY.get(_country(country), "")
    if word.isalpha() and word.isascii() and not word.isupper():
        return currency_of(word) or None if word.casefold() in ("eur", "euro", "rs", "usd") else None
    return currency_of(word) or None


def _country(text: str) -> str:
    """Country of `409` (hexadecimal, calendar and digits above the low 16 bits) or `en-US`."""
    try:
        return _BY_LANGUAGE.get(int(text.split(",")[0], 16) & 0xFFFF, "")
    except ValueError:
        last = text.split(",")[0].replace("_", "-").rpartition("-")[2].upper()
        return last if last in _BY_COUNTRY else ""


def style_currencies(styles: bytes, name: str) -> dict[int, str]:
    """Index of each cell style (the `s` of a cell) whose number format shows a currency -> its ISO code."""
    codes: dict[str, str] = {}
    formats: list[str] = []

    def element(path: tuple[str, ...], attributes: dict[str, str]) -> None:
        if path[-2:] == ("numFmts", "numFmt") and len(codes) < MOST_STYLES:
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif path[-2:] == ("cellXfs", "xf") and len(formats) < MOST_STYLES:
            formats.append(attributes.get("numFmtId", "0"))

    walk(styles, name, element)
    known = {number: currency for number, code in codes.items() if (currency := format_currency(code)) in CURRENCIES}
    return {at: known[number] for at, number in enumerate(formats) if number in known}
