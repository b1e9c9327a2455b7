"""Makes the text of an amount plain before it is read: digits of any script, typographic signs, brackets, CR/DR, `5,-`, HTML leftovers.

Pure text work: no currency, no decimal style, no value. What could mean two things is said (`doubt`), not chosen.
"""

# ruff: noqa: E501 - character and word lists are data

import html
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

CREDIT_OR_CRORE = "could be a credit or crore"

_SIGNS = str.maketrans(
    {
        "−": "-", "–": "-", "‒": "-", "﹣": "-", "‐": "-", "‑": "-", "—": "-", "＋": "+", "٫": ".", "٬": ",", "،": ",", "’": "'", "‘": "'", "´": "'", "`": "'", "ʼ": "'",
        "\u200e": "", "\u200f": "", "\u061c": "", "\u200b": "", "\u2066": "", "\u2067": "", "\u2068": "", "\u2069": "", "\u202a": "", "\u202b": "", "\u202c": "", "\ufeff": "",
    }
)  # fmt: skip
_MULTIPLES = {
    "k": 1000, "tsd": 1000, "tys": 1000, "тыс": 1000, "тис": 1000, "千": 1000, "천": 1000, "bin": 1000,
    "m": 10**6, "mn": 10**6, "mio": 10**6, "mln": 10**6, "млн": 10**6, "million": 10**6, "百万": 10**6, "백만": 10**6,
    "bn": 10**9, "mrd": 10**9, "млрд": 10**9, "billion": 10**9, "万": 10**4, "萬": 10**4, "만": 10**4, "億": 10**8, "亿": 10**8, "억": 10**8,
    "lakh": 10**5, "lakhs": 10**5, "lac": 10**5, "crore": 10**7, "crores": 10**7, "लाख": 10**5, "करोड़": 10**7,
}  # fmt: skip
_BRACKETED = re.compile(r"\(([^()\d]*[\d.,][^()]*)\)")
_SIDE = re.compile(r"(?:(?<![^\W\d_])(CR|DR|Cr|Dr)[\s.:]*(?=[^\w]*\d)|(?<=[\d\s)])(CR|DR|Cr|Dr)\.?\s*$)")
_FULL_STOP = re.compile(r"(?<=[^\W\d_\u0660-\u0669])\.|(?<=[\u0900-\u0903\u093a-\u094f])\.")
_NO_CENTS = re.compile(r"(?<=\d)([.,])\s*(?:-{1,3}|=)(?=[^\d]*$)")


class Plain(NamedTuple):
    """The text made plain, whether it is negative by brackets or CR, and what stays open."""

    text: str
    negative: bool = False
    doubt: str = ""


def ascii_digits(text: str) -> str:
    """Digits of any script and full-width signs as ASCII; other text as it is."""
    if text.isascii():
        return text
    return "".join(
        chr(ord(c) - 0xFEE0)
        if "\uff01" <= c <= "\uff5e"
        else str(unicodedata.decimal(c))
        if unicodedata.category(c) == "Nd"
        else c.translate(_SIGNS)
        for c in text
    )


def plain_signs(raw: str) -> Plain:
    """`($1,200.00)`, `1.250,-`, `１２３`, `500.00 CR`, `&euro;5*` with ASCII digits and one way to say negative."""
    text = raw[2:-1] if raw.startswith('="') and raw.endswith('"') else raw  # ="12.50": text that a program wrote as a formula
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if "<" in text:
        text = re.sub(r"</?[A-Za-z][^<>]*>", " ", text)
    text = ascii_digits(text).strip()
    text = re.sub(r"(?<=[\d)\s%€$])[*†‡¹²³⁰⁴-⁹]+$", "", text).strip()
    text = re.sub(r"(?<=\d)\s*/[-=]+$", "", text)
    negative = False
    if match := _BRACKETED.search(text):
        outside = text[: match.start()] + text[match.end() :]
        if not any(c.isdigit() for c in outside):
            negative, text = True, f"{text[: match.start()]}{match[1]}{text[match.end() :]}"
    if match := _SIDE.search(text):
        side = match[1] or match[2]
        text = (text[: match.start()] + " " + text[match.end() :]).strip()
        if side == "Cr" and not match[1]:
            return Plain(text, negative, CREDIT_OR_CRORE)
        if side.upper() == "CR":
            if negative or "-" in text:
                return Plain(text, negative, "negative and a credit at once")
            negative = True
    text = _NO_CENTS.sub(lambda m: f"{m[1]}00", text)
    return Plain(_FULL_STOP.sub("", text), negative)


@lru_cache(maxsize=1024)
def multiple_of(word: str) -> Decimal | None:
    """1000 for `k`, `Tsd`, `тыс`, `千`; None where the word is no multiple."""
    factor = _MULTIPLES.get(word.strip(" .").casefold())
    return None if factor is None else Decimal(factor)


def well_grouped(whole: str, sign: str) -> bool:
    """Whether the digits before the decimal sign are grouped as somewhere in the world: 1,234,567 or 12,34,567 or 1,2345,6789."""
    if sign not in whole:
        return True
    first, *rest = whole.split(sign)
    if not first or len(first) > 4:
        return False
    threes = len(first) <= 3 and all(len(part) == 3 for part in rest)
    lakhs = len(first) <= 2 and len(rest[-1]) == 3 and all(len(part) == 2 for part in rest[:-1])
    fours = all(len(part) == 4 for part in rest)
    return threes or lakhs or (fours and len(rest) > 1)
