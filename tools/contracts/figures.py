"""How a figure is written: one formatter for chat, panels and every export, so that totals read the same everywhere.

Rounds for reading only; never feeds back into arithmetic. Exact money shows cents and list prices all their digits; a bound of a
range shows three.
"""

from decimal import ROUND_HALF_UP, Decimal

from knowledge.ranges import Number, Range

_SYMBOL = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥"}


def money_text(value: Number, currency: str, cents: bool = True) -> str:
    """`$1,234.56`, `-$3.00`, `CHF 12.00`, `12.00` without a currency; tiny amounts keep two digits, never as a power: `$0.0000025`."""
    amount = Decimal(str(value))
    sign = "-" if amount < 0 else ""
    amount = abs(amount)
    symbol = _SYMBOL.get(currency, f"{currency} " if currency else "")
    if not cents and amount >= 100:
        return f"{sign}{symbol}{_three_digits(amount)}"
    if amount != 0 and amount < Decimal("0.01"):
        return f"{sign}{symbol}{amount:.{1 - amount.adjusted()}f}"
    return f"{sign}{symbol}{amount.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def _three_digits(amount: Decimal) -> str:
    digits = len(str(int(amount)))
    rounded = int(amount.scaleb(-(digits - 3)).to_integral_value(ROUND_HALF_UP)) * 10 ** max(0, digits - 3)
    return f"{rounded:,}"


def number_text(value: Number, whole: bool = True) -> str:
    """A plain number to three significant digits, thousands separated; above 1000 `whole`, or to three digits as well."""
    number = float(value)
    if number == 0:
        return "0"
    if abs(number) >= 999.5:  # what rounds to 1,000 is written like it
        sign = "-" if number < 0 else ""
        return f"{number:,.0f}" if whole else f"{sign}{_three_digits(abs(Decimal(str(number))))}"
    return f"{number:.3g}"


def value_text(value: Number, unit: str, cents: bool = True) -> str:
    """A single value with its unit: `$41,000.00 a month`, `12.4 ms`, `35 %`."""
    number, suffix = _parts(value, unit, cents)
    return f"{number} {suffix}".strip()


def range_text(value: Range, unit: str) -> str:
    """Exact values as they are; ranges as `likely (low to high)` to three digits, with the unit once, at the end:
    `$20,400 ($13,400 to $27,400) a month`, `12.4 (11 to 15.2) ms`."""
    if value.is_exact:
        return value_text(value.likely, unit)
    low, likely, high = (_parts(v, unit, cents=False)[0] for v in (value.low, value.likely, value.high))
    if low == likely == high:
        return value_text(value.likely, unit, cents=False)
    return f"{likely} ({low} to {high}) {_parts(value.likely, unit, cents=False)[1]}".strip()


def _parts(value: Number, unit: str, cents: bool) -> tuple[str, str]:
    """The number, with its currency sign where it is money, and what stands behind it."""
    head, _, per = unit.partition("/")
    if per in _LIST_PRICES:
        return _in_full(value if cents else _shortened(value), head), f"per {per}"
    if len(head) == 3 and head.isupper() and head.isalpha():
        return money_text(value, head, cents), _PER.get(per, f"per {per}") if per else ""
    if not unit and isinstance(value, Decimal):  # money whose currency nobody stated
        return money_text(value, "", cents), ""
    if unit == "ratio":
        return number_text(float(value) * 100, cents), "%"
    if float(value) == 1 and unit in _PLURALS:
        unit = unit[:-1]
    return number_text(value, cents), unit


def _shortened(value: Number) -> Decimal:
    """To three digits, cents where that is more."""
    amount = Decimal(str(value))
    return amount.quantize(Decimal(1).scaleb(min(-2, amount.adjusted() - 2)), ROUND_HALF_UP) if amount else amount


def _in_full(value: Number, currency: str) -> str:
    """A list price with all its digits, at least cents: `$0.075`."""
    amount = Decimal(str(value))
    exponent = amount.normalize().as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{'-' if amount < 0 else ''}{_SYMBOL.get(currency, f'{currency} ')}{abs(amount):,.{places}f}"


#: Prices of so many are short as sellers write them; rounding to cents would change them.
_LIST_PRICES = frozenset({"million tokens", "thousand requests"})
_PLURALS = frozenset({"rows", "tokens", "months", "days", "GPUs", "requests", "replicas"})
_PER = {"month": "a month", "hour": "an hour", "day": "a day", "year": "a year"}
