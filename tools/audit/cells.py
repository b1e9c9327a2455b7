"""Reading one cell: text -> exact money, whole day, currency, count. Pure functions, no files, no guesses.

Money is `Decimal`, never float. What cannot be read is `None` with a reason, never zero. `1,234` and `1.234` mean different
things in different countries: the column's style decides, and where a column mixes styles such a cell is unreadable.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal, NamedTuple

from knowledge.quantities import CURRENCIES

Style = Literal["dot", "comma", "mixed"]
DateOrder = Literal["dmy", "mdy", ""]

#: Texts that stand for an empty cell.
BLANK = frozenset({"", "null", "none", "nil", "\\n", "nan", "<null>", "(blank)", "(null)"})
#: Cost words of plans where the row costs nothing extra.
INCLUDED = frozenset({"included", "free", "inbegriffen", "inclus", "incluido", "gratis", "kostenlos"})
#: Beyond this a cell is not an amount anyone was billed.
LARGEST = Decimal(10) ** 15
MOST_DECIMALS = 34
IMPLAUSIBLE = "not a plausible amount"
AMBIGUOUS = "could be thousands or decimals"

_SYMBOLS = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "$": "USD", "us$": "USD", "usd$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD",  # noqa: E501
    "nz$": "NZD", "s$": "SGD", "hk$": "HKD", "r$": "BRL", "₩": "KRW", "₺": "TRY", "₪": "ILS", "₽": "RUB", "₴": "UAH", "zł": "PLN", "kč": "CZK",  # noqa: E501
    "฿": "THB", "₫": "VND", "円": "JPY", "元": "CNY", "rmb": "CNY", "fr.": "CHF", "sfr": "CHF", "rs": "INR", "rs.": "INR", "euro": "EUR", "eur": "EUR",  # noqa: E501
}  # fmt: skip
_MULTIPLES = {"k": Decimal(1000), "m": Decimal(1_000_000), "mn": Decimal(1_000_000), "mio": Decimal(1_000_000), "mio.": Decimal(1_000_000)}
_KNOWN_CODES = frozenset(CURRENCIES)
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z")
_EXPONENT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d{1,4}\Z")
_MONEY = re.compile(
    r"(?P<before>[^\d.,+-]*)(?P<sign>[+-]?)\s*(?P<between>[^\d.,+-]*)(?P<digits>[\d.,]+)\s*(?P<minus>-?)(?P<after>[^\d]*)\Z"
)
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’_]+")
_MINUS = str.maketrans({"−": "-", "–": "-", "‒": "-", "﹣": "-", "-": "-", "＋": "+"})


class Amount(NamedTuple):
    """A read money cell. `value` None with a `problem`: unreadable; with no problem: empty."""

    value: Decimal | None
    currency: str = ""
    problem: str = ""
    included: bool = False


EMPTY = Amount(None)


def style_evidence(text: str) -> Style | None:
    """Which decimal sign this cell proves ("dot" or "comma"); None where it proves nothing (`1,234`, `12`)."""
    digits = re.sub(r"[^\d.,]", "", text)
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma < 0 and dot < 0:
        return None
    if comma >= 0 and dot >= 0:
        return "comma" if comma > dot else "dot"
    sign, at = (",", comma) if comma >= 0 else (".", dot)
    proves: Style = "comma" if sign == "," else "dot"
    other: Style = "dot" if sign == "," else "comma"
    if digits.count(sign) > 1:
        return other
    tail, head = len(digits) - at - 1, digits[:at]
    if tail != 3 or not head or head.startswith("0") or len(head) > 3:
        return proves
    return None


@lru_cache(maxsize=65536)
def read_money(text: str, style: Style = "dot") -> Amount:
    """Reads `1,234.56`, `1.234,56 €`, `(12.00)`, `USD -3`, `5e-06`, `Included`. Never rounds."""
    raw = text.strip()
    if _PLAIN.match(raw) and (style == "dot" or "." not in raw):
        return _bounded(Decimal(raw))
    folded = raw.casefold()
    if folded in BLANK:
        return EMPTY
    if folded in INCLUDED:
        return Amount(Decimal(0), included=True)
    if _EXPONENT.match(raw):
        return _bounded(Decimal(raw))
    return _decorated(raw.translate(_MINUS), style)


def _bounded(value: Decimal, currency: str = "") -> Amount:
    exponent = value.as_tuple().exponent
    if abs(value) >= LARGEST or (isinstance(exponent, int) and -exponent > MOST_DECIMALS):
        return Amount(None, currency, IMPLAUSIBLE)
    return Amount(value, currency)


def _decorated(raw: str, style: Style) -> Amount:
    negative = raw.startswith("(") and raw.endswith(")")
    match = _MONEY.match(_SPACES.sub("", raw.strip("()") if negative else raw))
    if not match:
        return Amount(None, "", "not a number")
    currency, factor = "", Decimal(1)
    for part in (match["before"], match["between"], match["after"]):
        name = part.strip("()[] ").casefold()
        if not name:
            continue
        if part is match["after"] and name in _MULTIPLES:
            factor = _MULTIPLES[name]
            continue
        code = currency_of(name)
        if not code:
            return Amount(None, "", "a percentage" if name == "%" else "not a number")
        currency = code
    digits = _canonical(match["digits"], style)
    if digits is None:
        return Amount(None, currency, AMBIGUOUS)
    try:
        value = Decimal(digits) * factor
    except InvalidOperation:
        return Amount(None, currency, "not a number")
    if negative or match["sign"] == "-" or match["minus"] == "-":
        value = -abs(value)
    return _bounded(value, currency)


def _canonical(digits: str, style: Style) -> str | None:
    proof = style_evidence(digits)
    if proof is None and ("," in digits or "." in digits):
        if style == "mixed":
            return None
        proof = style
    if proof == "comma":
        return digits.replace(".", "").replace(",", ".")
    return digits.replace(",", "")


@lru_cache(maxsize=4096)
def currency_of(text: str) -> str:
    """ISO code of a symbol or code; "" where the text is neither."""
    name = text.strip().strip("()[]").strip()
    code = name.upper()
    if code in _KNOWN_CODES:
        return code
    return _SYMBOLS.get(name.casefold(), "")


def currency_in(header: str) -> str:
    """Currency named inside a header: `Cost (EUR)`, `Betrag in €`, `total_usd`, `Cost ($)`; "" where none is."""
    for word in re.findall(r"[A-Za-z]{0,3}\$|[€£¥₹₩₺₪₽₴฿₫円元]|[A-Za-z]+", header):
        code = word.upper()
        if code in _KNOWN_CODES and (word.isupper() or word.islower()):
            return code
        if not word.isalpha() or word in "円元":
            found = currency_of(word)
            if found:
                return found
    return ""


_ISO = re.compile(r"((?:19|20|21)\d{2})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?|\.(\d{1,2})\.(\d{1,2}))(?:$|[T ])")
_COMPACT = re.compile(r"(20\d{2})(0[1-9]|1[0-2])([0-3]\d)?\Z")
_NUMERIC = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:$|[T ,])")
_NAMED = re.compile(r"(?:(\d{1,2})[\s.\-]+)?([A-Za-zÀ-ÿ]{3,10})\.?[\s\-,']*(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4}|\d{2})\Z")
_CJK = re.compile(r"(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?\Z")
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12, "mär": 3, "mrz": 3, "mai": 5,  # noqa: E501
    "okt": 10, "dez": 12, "fév": 2, "fev": 2, "avr": 4, "jui": 6, "aoû": 8, "aou": 8, "déc": 12, "ene": 1, "abr": 4, "ago": 8, "dic": 12, "set": 9, "out": 10,  # noqa: E501
    "gen": 1, "mag": 5, "giu": 6, "lug": 7, "ott": 10,
}  # fmt: skip


class Day(NamedTuple):
    """A read date cell: first day, whether only a month was named, and which order a numeric date proves."""

    value: date
    month_only: bool = False
    proves: DateOrder = ""
    ambiguous: bool = False
    midnight: bool = True


@lru_cache(maxsize=65536)
def read_day(text: str, order: DateOrder = "") -> Day | None:
    """Reads ISO, compact, epoch seconds or milliseconds, numeric and named dates; None where it is no date."""
    raw = text.strip()
    try:
        return _read_day(raw, order)
    except (ValueError, OverflowError, OSError):
        return None


def _read_day(raw: str, order: DateOrder) -> Day | None:
    if match := _ISO.match(raw):
        time = raw[match.end() :]
        midnight = not time or re.match(r"00:00(:00(\.0+)?)?", time) is not None
        month, day = match[2] or match[4], match[3] or match[5]
        return Day(date(int(match[1]), int(month), int(day or 1)), day is None, midnight=midnight)
    if match := _COMPACT.match(raw):
        return Day(date(int(match[1]), int(match[2]), int(match[3] or 1)), match[3] is None)
    if re.match(r"1\d{9}(?:\d{3})?(?:\.0+)?\Z", raw):
        seconds = int(float(raw)) // (1000 if len(raw.split(".")[0]) == 13 else 1)
        moment = datetime.fromtimestamp(seconds, UTC)
        return Day(moment.date(), midnight=seconds % 86400 == 0)
    if match := _NUMERIC.match(raw):
        return _numeric_day(int(match[1]), int(match[2]), match[3], order, raw[len(match[1])] == ".")
    if match := _CJK.match(raw):
        return Day(date(int(match[1]), int(match[2]), int(match[3] or 1)), match[3] is None)
    return _named_day(raw)


def _named_day(raw: str) -> Day | None:
    match = _NAMED.match(raw)
    if not match:
        return None
    name = match[2].casefold()
    month = 7 if name.startswith("juil") else _MONTHS.get(name[:3])
    if not month:
        return None
    day = match[1] or match[3]
    return Day(date(_year(match[4]), month, int(day or 1)), day is None)


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _numeric_day(first: int, second: int, year: str, order: DateOrder, dotted: bool) -> Day | None:
    if first > 12 and second > 12:
        return None
    proves: DateOrder = "dmy" if first > 12 or dotted else "mdy" if second > 12 else ""
    use = proves or order or "mdy"
    day, month = (first, second) if use == "dmy" else (second, first)
    return Day(date(_year(year), month, day), proves=proves, ambiguous=not proves and first != second)


def month_end(day: date) -> date:
    """Last day of the month that `day` is in."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def day_before(day: date) -> date:
    """The day before; an end given as midnight of the next day belongs to the day before."""
    return day - timedelta(days=1)


@lru_cache(maxsize=65536)
def read_count(text: str, style: Style = "dot") -> Decimal | None:
    """A quantity or token count; None where the cell is empty or no number."""
    amount = read_money(text, style)
    return None if amount.included else amount.value


_UNSAFE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_MAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+\.[\w.-]+)")
_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"((?:sk|pk|rk)[-_])(?=[\w-]*?[A-Za-z0-9]{16})[\w-]{16,}|(gh[pousr]_|hf_)[A-Za-z0-9]{16,}|(github_pat_|glpat-|xox[abprs]-)[\w-]{16,}"
    r"|(AKIA|ASIA)[A-Z0-9]{16}|(AIza)[\w-]{30,}|(eyJ)[\w-]{10,}\.[\w.-]{10,}|(-----BEGIN)[A-Z ]*PRIVATE KEY-----.*)",
    re.DOTALL,
)
_LOOKED_AT = 400  # characters past the limit: enough for any mail address or key that begins before it


def holds_mail(text: str) -> bool:
    """Whether the beginning of a cell names a mail address."""
    return "@" in text and _MAIL.search(text[:2000]) is not None


def holds_key(text: str) -> bool:
    """Whether the beginning of a cell holds what looks like an access key or private key."""
    return len(text) > 18 and _KEY.search(text[:2000]) is not None


def shown(text: str, limit: int = 80) -> str:
    """Cell text as a name on screen: one line, no control or direction marks, mail and keys masked, length limited.

    Of a mail address its first letter and its domain stay (`a…@corp.com`), of a key its kind (`sk-…`).
    """
    return _shown(text[: limit + _LOOKED_AT], limit)


@lru_cache(maxsize=65536)
def _shown(text: str, limit: int) -> str:
    clean = " ".join(_UNSAFE.sub(" ", text).split())
    clean = _KEY.sub(lambda match: f"{match[match.lastindex or 0]}…", _MAIL.sub(r"\1…@\2", clean))
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
