"""Finds which known value a figure on screen shows: "6.0k", "$1,234.56", "35 %", "12.4 ms".

Matches a figure as the one formatter (`tools.contracts.figures`) would write a bound of a record, else within half of
the last digit shown. Looks up only; computes nothing new.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tools.contracts.evidence import Evidence
from tools.contracts.figures import range_text, value_text

_SCALE = {"k": 3, "thousand": 3, "m": 6, "million": 6, "mio": 6, "b": 9, "bn": 9, "billion": 9}
_FIGURE = re.compile(
    r"(?<![\w.@])(?<!\w-)(?P<sign>-)?(?P<symbol>[$€£₹¥]|[A-Z]{3}\s)?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\s?(?P<scale>thousand|million|mio|bn|billion|[kKmMbB](?![a-zA-Z])))?"
    r"(?:\s?(?P<unit>%|per cent|percent|(?:ms|s|MiB|GiB|kWh|tok/s|tokens?|months?|hours?|days?)\b))?(?!\w)"
)
_CURRENCY = {"$": "USD", "€": "EUR", "£": "GBP", "₹": "INR", "¥": "JPY"}


@dataclass(frozen=True)
class Shown:
    """A figure read from text. `half` is half of its last shown digit, in the same unit; `currency` "" where none is shown."""

    text: str
    value: Decimal
    half: Decimal
    currency: str
    percent: bool
    unit: str


@dataclass(frozen=True)
class Match:
    """A record whose value reads like the figure."""

    evidence: Evidence
    bound: str  # low, likely, high
    exact: bool


def read_figures(text: str) -> list[Shown]:
    """The figures in a text, in order; names such as H100 or int8 are not figures."""
    found = []
    for hit in _FIGURE.finditer(text):
        try:
            number = Decimal(hit.group("number").replace(",", ""))
        except InvalidOperation:
            continue
        exponent = number.as_tuple().exponent
        half = Decimal(5).scaleb((exponent if isinstance(exponent, int) else 0) - 1)
        whole = hit.group("number").replace(",", "")
        if "." not in whole and "," in hit.group("number"):
            zeros = len(whole) - len(whole.rstrip("0"))
            half = Decimal(5).scaleb(min(zeros, max(0, len(whole) - 3)) - 1)
        scale = _SCALE.get((hit.group("scale") or "").lower(), 0)
        unit = (hit.group("unit") or "").lower()
        sign = -1 if hit.group("sign") else 1
        symbol = (hit.group("symbol") or "").strip()
        percent = unit in ("%", "per cent", "percent")
        found.append(
            Shown(hit.group(0).strip(), sign * number.scaleb(scale), half.scaleb(scale), _CURRENCY.get(symbol, symbol), percent, unit)
        )
    return found


def _fits(shown: Shown, record: Evidence, value: Decimal) -> bool:
    currency = record.unit.split("/")[0]
    is_money = len(currency) == 3 and currency.isupper()
    if shown.currency and (not is_money or shown.currency != currency):
        return False
    if shown.percent:
        return record.unit == "ratio" and abs(value * 100 - shown.value) <= shown.half
    if shown.unit in ("ms", "s", "mib", "gib", "token", "tokens") and record.unit.lower().rstrip("s") != shown.unit.rstrip("s"):
        return False
    return abs(value - shown.value) <= shown.half


def match(shown: Shown, evidence: Iterable[Evidence]) -> list[Match]:
    """Records that the figure may show, best first: written exactly so, then the likely bound, then the newest run, and
    within a run in its own order (headlines first)."""
    found: list[tuple[tuple[int, int, int, int], Match]] = []
    for age, record in enumerate(reversed(list(evidence))):
        if record.value is None:
            continue
        written = range_text(record.value, record.unit)
        for place, bound in enumerate(("likely", "low", "high")):
            raw = getattr(record.value, bound)
            value = Decimal(str(raw))
            texts = {value_text(raw, record.unit), value_text(raw, record.unit, cents=False)}
            exact = any(t == shown.text or t.startswith(shown.text + " ") for t in texts) or written.startswith(shown.text + " ")
            if exact or _fits(shown, record, value):
                found.append(((0 if exact else 1, place, -int(record.created_at.timestamp()), -age), Match(record, bound, exact)))
                break
    return [m for _, m in sorted(found, key=lambda item: item[0])]
