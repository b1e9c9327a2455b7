"""Reading one date cell: text -> whole day. Pure functions, no guesses: what is no date is None.

A numeric date such as 03/04/2025 says whether it proves an order; the column's order decides the rest. Spreadsheet day numbers (45658)
are read only where the column was found to hold them (order "serial").
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from tools.audit.calendar_words import WEEKS, month_of

DateOrder = Literal["dmy", "mdy", "serial", ""]

_ISO = re.compile(r"((?:19|20|21)\d{2})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?|\. ?(\d{1,2})\. ?(\d{1,2})\.?)(?:$|[T ])")
_COMPACT = re.compile(r"(20\d{2})(0[1-9]|1[0-2])([0-3]\d)?\Z")
_NUMERIC = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:$|[T ,])")
_MONTH_YEAR = re.compile(r"(?:(1[0-2]|0?[1-9])[/-]|(0[1-9]|1[0-2])\.)((?:19|20)\d{2})\Z")
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?\.?[\s.\-/]*(?:de )?)?([^\W\d_][^\s\d.,'’/_()-]{1,11})\.?[\s\-,'’/.]*(?:de )?"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4}|\d{2})(?: ?(?:г|р|年)\.?)?\Z"
)
_YEAR_NAMED = re.compile(r"((?:19|20)\d{2})[\s\-/]+([^\W\d_][^\s\d.,'’/_()-]{1,11})\.?(?:[\s\-/]+(\d{1,2}))?\Z")
_CJK = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(?:(\d{1,2})\s?[日일])?\Z")
_WEEK = re.compile(
    rf"(?:(20\d{{2}})[-\s/.,]*(?:{WEEKS}|S)[-\s.]*(\d{{1,2}})|(?:{WEEKS})[-\s.]*(\d{{1,2}})[-\s/,]+(20\d{{2}})|(20\d{{2}})年第?(\d{{1,2}})[週周])\Z",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?\Z")
_LONGEST = 100  # characters of a date
_FIRST_SERIAL, _LAST_SERIAL = 36526, 55153  # 2000-01-01 to 2050-12-31


class Day(NamedTuple):
    """A read date cell: first day, whether only a month was named, and which order a numeric date proves."""

    value: date
    month_only: bool = False
    proves: DateOrder = ""
    ambiguous: bool = False
    midnight: bool = True
    last: date | None = None  # last day of a named week


def read_day(text: str, order: DateOrder = "") -> Day | None:
    """Reads ISO, compact, epoch seconds or milliseconds, week, numeric and named dates; None where it is no date."""
    return None if len(text) > _LONGEST else _read_text(text, order)


@lru_cache(maxsize=65536)
def _read_text(text: str, order: DateOrder) -> Day | None:
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
    if match := _MONTH_YEAR.match(raw):
        return Day(date(int(match[3]), int(match[1] or match[2]), 1), True)
    if match := _CJK.match(raw):
        return Day(date(int(match[1]), int(match[2]), int(match[3] or 1)), match[3] is None)
    if match := _WEEK.match(raw):
        year, week = match[1] or match[4] or match[5], match[2] or match[3] or match[6]
        first = date.fromisocalendar(int(year), int(week), 1)
        return Day(first, last=first + timedelta(days=6))
    if order == "serial" and is_serial(raw):
        return Day(date(1899, 12, 30) + timedelta(days=int(raw[:5])), midnight="." not in raw)
    return _named_day(raw)


def is_serial(raw: str) -> bool:
    """Whether a cell could be a spreadsheet's day number of this century."""
    match = _SERIAL.match(raw.strip())
    return match is not None and _FIRST_SERIAL <= int(match[1]) <= _LAST_SERIAL


def _named_day(raw: str) -> Day | None:
    if match := _YEAR_NAMED.match(raw):
        month = month_of(match[2])
        return Day(date(int(match[1]), month, int(match[3] or 1)), match[3] is None) if month else None
    match = _NAMED.match(raw)
    if not match or not (month := month_of(match[2])):
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
