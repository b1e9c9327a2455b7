"""Reading one cell: text -> exact money, whole day, currency, count. Pure functions, no files, no guesses.

Money is `Decimal`, never float. What cannot be read is `None` with a reason, never zero. `1,234` and `1.234` mean different
things in different countries: the column's style decides, and where a column mixes styles such a cell is unreadable.
"""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal, NamedTuple

from knowledge.quantities import CURRENCIES
from tools.audit.days import DateOrder as DateOrder
from tools.audit.days import Day as Day
from tools.audit.days import day_before as day_before
from tools.audit.days import month_end as month_end
from tools.audit.days import read_day as read_day
from tools.audit.numerals import multiple_of, plain_signs, well_grouped

Style = Literal["dot", "comma", "mixed"]

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
    "€": "EUR", "£": "GBP", "jp¥": "JPY", "cn¥": "CNY", "₹": "INR", "$": "USD", "us$": "USD", "usd$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD",  # noqa: E501
    "nz$": "NZD", "s$": "SGD", "hk$": "HKD", "r$": "BRL", "₩": "KRW", "₺": "TRY", "₪": "ILS", "₽": "RUB", "₴": "UAH", "zł": "PLN", "kč": "CZK",  # noqa: E501
    "฿": "THB", "₫": "VND", "円": "JPY", "元": "CNY", "rmb": "CNY", "fr.": "CHF", "sfr": "CHF", "rs": "INR", "rs.": "INR", "euro": "EUR", "eur": "EUR",  # noqa: E501
    "руб": "RUB", "р": "RUB", "грн": "UAH", "zl": "PLN", "kc": "CZK", "원": "KRW", "tl": "TRY", "fr": "CHF", "ft": "HUF", "रु": "INR", "रुपये": "INR", "د.إ": "AED",  # noqa: E501
    "dollar": "USD", "dollars": "USD", "euros": "EUR", "inr₹": "INR", "nt$": "TWD", "mx$": "MXN",
}  # fmt: skip
_NORDIC = frozenset({"SEK", "NOK", "DKK", "ISK"})
_PESOS = frozenset({"MXN", "ARS", "CLP", "COP", "UYU", "DOP", "PHP", "CUP", "BOB"})
#: Signs of several countries' money: the amount can be read, and only the sheet or the user can say which of them it is.
SHARED_SIGNS = {
    "¥": frozenset({"JPY", "CNY"}),
    "kr": _NORDIC,
    "kr.": _NORDIC,
    "crowns": _NORDIC | {"CZK"},
    "peso": _PESOS,
    "pesos": _PESOS,
    "rupees": frozenset({"INR", "PKR", "LKR", "NPR", "MUR"}),
}
_KNOWN_CODES = frozenset(CURRENCIES)
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z")
_EXPONENT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d{1,4}\Z")
_MONEY = re.compile(
    r"(?P<before>[^\d.,+-]*)(?P<sign>[+-]?)\s*(?P<between>[^\d.,+-]*)(?P<digits>[\d.,_]+)\s*(?P<minus>-?)(?P<after>[^\d]*)\Z"
)
_SPACES = re.compile(r"[\s'_]+")
_GROUP_SPACE = re.compile(r"(?<=\d)(?:[^\S\n]|')(?=\d)")


class Amount(NamedTuple):
    """A read money cell. `value` None with a `problem`: unreadable; with no problem: empty. `currency`: ISO code or one of SHARED_SIGNS."""

    value: Decimal | None
    currency: str = ""
    problem: str = ""
    included: bool = False
    multiple: bool = False  # the cell states its own multiple, such as `1.2k`


EMPTY = Amount(None)
_NO_NUMBER = Amount(None, "", "not a number")
_LONGEST_NUMBER = 500  # characters
_LONGEST_DECORATED = 100  # with signs and words; looking for an amount in a page of text takes the square of its length


def style_evidence(text: str) -> Style | None:
    """Which decimal sign this cell proves ("dot" or "comma"); None where it proves nothing (`1,234`, `12`)."""
    digits = re.sub(r"[^\d.,]", "", text if text.isascii() else plain_signs(text).text)
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


def read_money(text: str, style: Style = "dot") -> Amount:
    """Reads `1,234.56`, `1.234,56 €`, `(12.00)`, `USD -3`, `5e-06`, `Included`. Never rounds."""
    return _NO_NUMBER if len(text) > _LONGEST_NUMBER else _read_money(text, style)


@lru_cache(maxsize=65536)
def _read_money(text: str, style: Style) -> Amount:
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
    return _decorated(raw, style) if len(raw) <= _LONGEST_DECORATED else _NO_NUMBER


def _bounded(value: Decimal, currency: str = "") -> Amount:
    exponent = value.as_tuple().exponent
    if abs(value) >= LARGEST or (isinstance(exponent, int) and -exponent > MOST_DECIMALS):
        return Amount(None, currency, IMPLAUSIBLE)
    return Amount(value, currency)


def _decorated(raw: str, style: Style) -> Amount:
    plain = plain_signs(raw)
    match = _MONEY.match(_SPACES.sub("", _GROUP_SPACE.sub("\0", plain.text)).replace("\0", "_"))
    if not match:
        return Amount(None, "", "not a number")
    currency, factor = "", Decimal(1)
    for group in ("before", "between", "after"):
        part = match[group]
        code, multiple = _beside(part, group == "after")
        if code is None:
            return Amount(None, "", "a percentage" if part.strip("() ") == "%" else "not a number")
        currency, factor = code or currency, factor * multiple
    if plain.doubt:
        return Amount(None, currency, plain.doubt)
    digits = _canonical(match["digits"], style)
    if digits is None:
        return Amount(None, currency, AMBIGUOUS)
    try:
        value = Decimal(digits) * factor
    except InvalidOperation:
        return Amount(None, currency, "not a number")
    if plain.negative or match["sign"] == "-" or match["minus"] == "-":
        value = -abs(value)
    return _bounded(value, currency)._replace(multiple=factor != 1)


def _beside(part: str, after: bool) -> tuple[str | None, Decimal]:
    """Currency and multiple written beside the digits (`k€`, `USD`, `тыс. руб`); None where the words are neither."""
    name = part.strip("()[]: ").casefold().replace("￥", "¥")
    if not name:
        return "", Decimal(1)
    if code := currency_of(name):
        return code, Decimal(1)
    if name in SHARED_SIGNS:
        return name, Decimal(1)
    if after:
        for cut in range(len(name), 0, -1):
            rest = name[cut:].strip()
            code = rest if rest in SHARED_SIGNS else currency_of(rest)
            if (factor := multiple_of(name[:cut])) is not None and (not rest or code):
                return code, factor
    return None, Decimal(1)


def _canonical(digits: str, style: Style) -> str | None:
    proof = style_evidence(digits)
    if proof is None and ("," in digits or "." in digits):
        if style == "mixed":
            return None
        proof = style
    sign, group = (",", ".") if proof == "comma" else (".", ",")
    whole, point, cents = digits.partition(sign)
    if "_" in cents or group in cents or not well_grouped(whole.replace("_", group), group) or ("_" in whole and group in whole):
        return None
    return whole.replace(group, "").replace("_", "") + (f".{cents}" if point else "")


@lru_cache(maxsize=4096)
def currency_of(text: str) -> str:
    """ISO code of a symbol or code; "" where the text is neither."""
    name = text.strip().strip("()[]").strip()
    code = name.upper()
    if code in _KNOWN_CODES:
        return code
    return _SYMBOLS.get(name.casefold(), "")


def currency_meant(stated: str, known: str) -> str:
    """Currency of an amount with this code or sign, where the sheet or the user says `known`; "" where that does not settle it."""
    shared = SHARED_SIGNS.get(stated.casefold().replace("￥", "¥"))
    if shared is None:
        return stated or known
    return known if known in shared else ""


def currency_in(header: str) -> str:
    """Currency named inside a header: `Cost (EUR)`, `Betrag in €`, `total_usd`, `Cost ($)`; "" where none is."""
    for word in re.findall(
        r"[A-Za-z]{0,3}\$|[€£¥₹₩₺₪₽₴฿₫円]|(?<!单)元|[천만]원|(?<![^\W\d_])(?:원|zł|Kč|kč|руб|грн|TL|रुपये)(?![^\W\d_])|[A-Za-z]+",
        header.replace("￥", "¥"),
    ):
        code = word.upper()
        if code in _KNOWN_CODES and (word.isupper() or (word.islower() and word not in ("try", "php"))):
            return code
        if len(word) == 4 and code[0] in "TK" and code[1:] in _KNOWN_CODES and word[1:].isupper():
            return code[1:]  # TEUR, kUSD
        if not word.isascii() or not word.isalpha() or word == "TL":
            found = currency_of(word.strip("천만") if "원" in word else word)
            if found:
                return found
    return ""


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
#: Beginnings of what `_MAIL` and `_KEY` look for.
_PRIVATE_SIGNS = "@|[spr]k[-_]|gh[pousr]_|hf_|github_pat_|glpat-|xox|AKIA|ASIA|AIza|eyJ|-----"
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


def stays(column: str, limit: int) -> str:
    """SQL: whether `shown` gives this text back as it is. Never true where it does not; of most names true."""
    return f"(regexp_full_match({column}, '[!-~]{{1,{limit}}}') and not regexp_matches({column}, '{_PRIVATE_SIGNS}'))"


@lru_cache(maxsize=65536)
def _shown(text: str, limit: int) -> str:
    clean = " ".join(_UNSAFE.sub(" ", text).split())
    clean = _KEY.sub(lambda match: f"{match[match.lastindex or 0]}…", _MAIL.sub(r"\1…@\2", clean))
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
