"""Month names in many languages, and periods named in a column header: `Jan`, `févr. 25`, `2025-01`, `Q1 2025`, `2025年1月`.

Data and look-ups only; dates of rows are read in days.py. A word that could be two months is no month.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_NAMES = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november desember",
    "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
    "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितम्बर अक्तूबर नवम्बर दिसम्बर",
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
)
#: Words for a week, as a pattern.
WEEKS = (
    "week|wk|cw|kw|w|(?:kalender)?woche|semaine|sem|semana|settimana|sett|vecka|uge|uke|viikko|tydzień|tydz|týden|"
    "неделя|нед|тиждень|hafta|주|सप्ताह"
)
_SHORT = {"mrz": 3, "maerz": 3, "mrt": 3, "dez": 12, "dec": 12, "jly": 7}  # short forms that do not begin a full name


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    word = word.casefold().replace("ı", "i")
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFKD", word)
    return "".join(c for c in parts if unicodedata.category(c) != "Mn" or "\u0900" <= c <= "\u097f")


_MONTHS = [[_folded(name) for name in line.split()] for line in _NAMES]


@lru_cache(maxsize=4096)
def month_of(word: str) -> int:
    """1-12 for a month's name or its beginning (three letters or more); 0 where it is none or could be two."""
    name = _folded(word.strip().rstrip("."))
    if not name:
        return 0
    if name in _SHORT:
        return _SHORT[name]
    exact = {at + 1 for line in _MONTHS for at, month in enumerate(line) if month == name}
    if len(exact) == 1:
        return exact.pop()
    starts = {at + 1 for line in _MONTHS for at, month in enumerate(line) if len(name) >= 3 and month.startswith(name)}
    return starts.pop() if len(starts) == 1 else 0


class NamedPeriod(NamedTuple):
    """A period found in a header: its year (0 = not stated), its kind with its number, and the words beside it."""

    year: int
    kind: str  # "month", "quarter", "half", "year", "day"
    number: int  # month, quarter or half; for a day month * 100 + day
    rest: str


KINDS = ("day", "month", "quarter", "half", "year")
_YEAR = r"(?P<year>20\d{2}|19\d{2})"
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![\w.])(?<!\d[-/]){shape}(?![\w])", re.IGNORECASE))
    for kind, shape in (
        ("day", rf"{_YEAR}[-/.](?P<n>0?[1-9]|1[0-2])[-/.](?P<day>[0-3]?\d)(?:[ t]00:00(?::00)?)?"),
        ("month", rf"{_YEAR}\s?[年년]\s?(?P<n>1[0-2]|0?[1-9])\s?[月월]"),
        ("month", rf"{_YEAR}[-/. ]?m?(?P<n>0[1-9]|1[0-2])"),
        ("month", rf"(?P<n>0?[1-9]|1[0-2])[-/. ]{_YEAR}"),
        ("month", rf"(?P<n>1[0-2]|0?[1-9])\s?[月월](?:\s?{_YEAR})?"),
        ("month", rf"(?:m(?=0|1[0-2])|(?:month|monat|mois|mes|mês|tháng|period)\s?)(?P<n>1[0-2]|0?[1-9])(?:[-/ ]{_YEAR})?"),
        ("quarter", rf"{_YEAR}[-/ ]?[qt](?P<n>[1-4])"),
        ("quarter", rf"[qtк](?P<n>[1-4])(?:[-/' ]+(?:fy)?(?P<short>\d{{2}}(?!\d))|[-/' ]+(?:fy)?{_YEAR})?"),
        ("quarter", rf"(?P<n>[1-4])(?:q|\.? ?quartal| ?кв\.?|分기|季度)(?:[-/' ]*(?P<short>\d{{2}}(?!\d))|[-/' ]*{_YEAR})?"),
        ("quarter", rf"(?:{_YEAR}年)?第(?P<n>[1-4])(?:四半期|季度)"),
        ("half", rf"[hs](?P<n>[12])(?:[-/' ]+(?P<short>\d{{2}}(?!\d))|[-/' ]+{_YEAR})?"),
    )
)
_WORDED = re.compile(r"(?P<name>[^\W\d_][^\s\d.,'’/_()-]{1,11})\.?(?:[\s\-,'’/_]*(?P<year>(?:19|20)\d{2}|\d{2}))?(?![\w])")
_YEAR_FIRST = re.compile(r"(?P<year>(?:19|20)\d{2})[\s\-/_]+(?P<name>[^\W\d_][^\s\d.,'’/_()-]{1,11})\.?(?![\w])")
_ONLY_YEAR = re.compile(rf"(?:fy|cy|jahr|année|año|ano|anno|rok)?\s?{_YEAR}\s?年?\Z", re.IGNORECASE)


@lru_cache(maxsize=4096)
def named_period(header: str) -> NamedPeriod | None:
    """The day, month, quarter, half or year that a column header names, the finest where it names several; None where it names none."""
    text = " ".join(header.split())
    found = _found(text)
    if not found:
        match = _ONLY_YEAR.match(text)
        return NamedPeriod(int(match["year"]), "year", 0, "") if match else None
    finest = min(found, key=lambda period: KINDS.index(period.kind))
    above = _found(finest.rest)  # `Q1 Jan`: the quarter is no other measure
    return finest._replace(year=finest.year or above[0].year, rest=above[0].rest) if above else finest


def _found(text: str) -> list[NamedPeriod]:
    found = []
    for kind, shape in _SHAPES:
        if match := shape.search(text):
            groups = match.groupdict()
            number = int(groups["n"]) if kind != "day" else int(groups["n"]) * 100 + int(groups["day"])
            found.append(NamedPeriod(_year(groups), kind, number, _rest(text, match)))
    for shape in (_YEAR_FIRST, _WORDED):
        match = next((match for match in shape.finditer(text) if month_of(match["name"])), None)
        if match:
            found.append(NamedPeriod(_year(match.groupdict()), "month", month_of(match["name"]), _rest(text, match)))
            break
    return found


def _year(groups: dict[str, str | None]) -> int:
    text = groups.get("year") or groups.get("short") or ""
    return 0 if not text else int(text) + (2000 if len(text) == 2 else 0)


def _rest(text: str, match: re.Match[str]) -> str:
    return " ".join(f"{text[: match.start()]} {text[match.end() :]}".replace("()", " ").split()).strip(" -–:/|,_.")
