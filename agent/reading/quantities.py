"""Reads quantities in running text: "2M requests/month", "$14k a month", "p95 of 800 ms", "four", "half a million".

Gives a value in the field's own unit and the fields that its unit allows; never decides which one is meant. Written
here because unit libraries parse well-formed expressions, and what people type ("40k req/day", "avg ~900 tok in") is
not; unit conversion proper is pint's (knowledge.quantities). Currencies other than dollars are recognised and left
without a field: an amount in pounds is not a number of dollars.
"""

import re
from dataclasses import dataclass

_SCALE = {
    "k": 1e3,
    "thousand": 1e3,
    "grand": 1e3,
    "lakh": 1e5,
    "m": 1e6,
    "mm": 1e6,
    "mio": 1e6,
    "mil": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "crore": 1e7,
    "b": 1e9,
    "bn": 1e9,
    "billion": 1e9,
    "t": 1e12,
    "trillion": 1e12,
    "hundred": 1e2,
    "dozen": 12.0,
}
_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "sixteen": 16,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "half a": 0.5,
    "half": 0.5,
    "a couple": 2,
    "couple": 2,
    "a": 1,
    "an": 1,
    "a few": 3,
    "single": 1,
}

_DIGITS = r"(?:\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_WORD = "|".join(sorted((w for w in _WORDS if w not in ("a", "an", "half", "couple", "a few")), key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?P<money>(?:us)?\$|usd ?|€|£|eur |gbp |inr |rs\.? ?|₹)?\s?(?P<digits>(?<![A-Za-z0-9_.]){_DIGITS}|(?<=[x×~$€£(/=:-]){_DIGITS})"
    rf"(?:\s?(?P<scale>k|mm|mio|mil|m|bn|b|t|thousand|grand|lakh|crore|millions?|billions?|trillion|hundred|dozen)(?![a-z0-9]))?",
    re.I,
)
_SPELLED = re.compile(
    rf"(?<![A-Za-z0-9_-])(?P<word>{_WORD}|an?(?= (?:hundred|thousand|million|billion|dozen)))"
    rf"(?P<tens>[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
    rf"(?P<scales>(?:[ -](?:hundred|thousand|million|billion|dozen|grand))*)(?![\w])",
    re.I,
)

_PER_DAY = r"(?:\s*(?:/|per|a|each|every|p)\s?(?:day|d)\b|\s*daily|\s*(?:/|per )\s?24 ?h|\s*per night|\s*a night)"
_PER_MONTH = r"(?:\s*(?:/|per|a|each|every|p)\s?(?:month|mo|mth|m)\b|\s*monthly|\s*/?\s?pcm\b|\s*p\.?m\b)"
_PER_YEAR = r"(?:\s*(?:/|per|a|each)\s?(?:year|yr|annum)\b|\s*annually|\s*yearly)"
_PER_SECOND = r"(?:\s*(?:/|per|a|each|every|in (?:a|one))\s?(?:seconds?|sec|s)\b|\s*rps\b|\s*qps\b)"
_PER_MINUTE = r"(?:\s*(?:/|per|a|each)\s?(?:minutes?|min)\b|\s*rpm\b)"
_PER_HOUR = r"(?:\s*(?:/|per|an|a|each)\s?(?:hours?|hr|h)\b|\s*hourly)"
_PER_WEEK = r"(?:\s*(?:/|per|a|each)\s?(?:week|wk)\b|\s*weekly)"
# Whatever is counted ("meetings", "court files"): up to four words, none of which is itself a unit.
_THINGS = (
    r"(?:\s*\+?\s*(?!(?:tokens?|toks?|hours?|hrs?|mins?|minutes?|sec|seconds?|gb|mb|usd|dollars?|per|a|an|each|every|at|in|on|for|and|or|to|with)\b)"
    r"[a-z&'-][a-z0-9.&'-]*){1,4}?(?=\s*(?:/|(?:per|an?|each|every|daily|weekly|monthly|hourly|rps|qps|rpm)(?![a-z])))"
)
_ROWS = (
    r"\s*(?:labell?ed |training |train |parallel |instruction |clean |annotated |"
    r"gold |synthetic |preference |support |customer |unlabell?ed )*"
    r"(?:rows?|answers|pics|traces|queries|q&as?|observations|snippets|prompts|completions|messages|transcripts|recordings|contracts|abstracts|papers|notes|"
    r"(?:[a-z]+-)?[a-z]+ pairs|examples?|samples?|pairs?|records?|images?|sentences?|instances|datapoints?|data points|"
    r"utterances|sequences?|dialogues?|"
    r"documents?|docs?|tickets?|conversations?|reviews?|instructions?|labels?|annotations?|entries|articles|clips|items|questions|triples|tweets|"
    r"emails?|pictures|photos|lines)\b"
)


@dataclass(frozen=True)
class QuantityMention:
    """text[start:end] says `value`, in the unit of `fields` (the workload fields it could fill; () = none)."""

    start: int
    end: int
    value: float
    fields: tuple[str, ...]


def _after(pattern: str, rest: str) -> int:
    hit = re.match(pattern, rest, re.I)
    return hit.end() if hit else -1


def _rate(value: float, rest: str, used: int) -> tuple[float, tuple[str, ...], int] | None:
    """A number of calls over time."""
    tail = rest[used:]
    for pattern, factor, field in (
        (_PER_DAY, 1.0, "requests_per_day"), (_PER_MONTH, 1.0, "requests_per_month"), (_PER_SECOND, 86400.0, "requests_per_day"),
        (_PER_MINUTE, 1440.0, "requests_per_day"), (_PER_HOUR, 24.0, "requests_per_day"), (_PER_WEEK, 1 / 7, "requests_per_day"),
        (_PER_YEAR, 1 / 12, "requests_per_month"),
    ):  # fmt: skip
        size = _after(pattern, tail)
        if size >= 0:
            return value * factor, (field,), used + size
    return None


def _money(value: float, rest: str, symbol: str) -> tuple[float, tuple[str, ...], int]:
    if symbol and symbol.strip().lower() not in ("$", "us$", "usd"):
        return value, (), 0
    word = max(_after(r"\s?(?:usd|dollars?|bucks?)(?![\w])", rest), 0)
    tail = rest[word:]
    size = _after(r"\+?\s*(?:of spend |in spend |bill )?" + _PER_MONTH, tail)
    if size >= 0:
        return value, ("monthly_cost_usd",), word + size
    size = _after(_PER_YEAR, tail)
    if size >= 0:
        return value / 12, ("monthly_cost_usd",), word + size
    for pattern in (_PER_HOUR, _PER_DAY, _PER_WEEK, _PER_SECOND, _PER_MINUTE):
        size = _after(pattern, tail)
        if size >= 0:
            field = ("hourly_rate_usd",) if pattern is _PER_HOUR else ()
            return value, field, word + size
    unit_price = (
        r"\s*(?:/|per|each|a)\s?(?:1?k|1m|m|mtok|million|thousand|token|image|request|call|gb|gpu|page|minute|query|user|seat|kwh|\d)"
    )
    size = _after(unit_price, tail)
    if size >= 0:
        return value, (), word + size
    return value, ("monthly_cost_usd",), word


# What may follow a figure and which fields it then fills. First match wins; value is multiplied by `factor`.
# `limits` = the least and greatest value that the reading makes sense for; `plain` = only without a scale ("2s", not "2ks").
@dataclass(frozen=True)
class _Unit:
    pattern: str
    fields: tuple[str, ...]
    factor: float = 1.0
    limits: tuple[float, float] = (0.0, float("inf"))
    plain: bool = False


_TOK = r"(?:tokens?|toks?|tkns?)(?![a-z])(?! ?/ ?s| per sec)"
_TOKENS_IN = rf"\s*\+?\s*(?:(?:avg |average )?(?:input|prompt|context|in)\s+{_TOK}|{_TOK}\s+(?:of )?(?:input|in\b|prompt|context))"
_TOKENS_OUT = (
    rf"\s*\+?\s*(?:(?:avg |average )?(?:output|completion|generated|new|out)\s+{_TOK}|"
    rf"{_TOK}\s+(?:of )?(?:output|out\b|completion|generated))"
)
_TOKENS = rf"\s*\+?\s*(?:(?:avg|average|total)\s+)?{_TOK}"
_ANY_TIME = "|".join((_PER_DAY, _PER_MONTH, _PER_SECOND, _PER_MINUTE, _PER_HOUR, _PER_WEEK))
_NO_CHANGE = r"(?! ?(?:faster|slower|cheaper|more|less|off|discount|savings?|reduction|increase))"
_CARDS = r"(?:gpus?|cards?|nodes?|instances?|accelerators?|boxes|machines|replicas|pods|servers|of them|of those)\b"
_OTHER_UNITS = (
    r"\s?(?:gib|gb|g|tb|mb|kb|tib|mib|kwh|kw|w|watts?|mhz|ghz|khz|fps|epochs?|steps?|layers?|days?|weeks?|months?|years?|minutes?|mins?|hours?|hrs?|"
    r"cores?|vcpus?|threads?|heads?|dims?|bits?|px|kg|°|nm|users?|people|engineers?|km|lines?|times|classes|labels|categories|languages|streams|"
    r"cameras)(?![a-z])"
)
_UNITS: tuple[_Unit, ...] = (
    _Unit(r"\s?-?(?:ms|msec|milliseconds?|millis)(?![a-z])", ("latency_ms",)),
    _Unit(r"\s?-?(?:seconds?|secs?|s)(?![a-z0-9])(?!\s*of audio)", ("latency_ms",), factor=1000.0, plain=True),
    _Unit(_TOKENS + rf"(?:{_ANY_TIME})", ()),
    _Unit(_TOKENS_IN, ("input_tokens",)),
    _Unit(_TOKENS_OUT, ("output_tokens",)),
    _Unit(_TOKENS, ("input_tokens", "output_tokens")),
    _Unit(r"\s*(?:tokens?|toks?|t)\s?(?:/|per )\s?(?:s|sec|second)\b", ()),
    _Unit(
        r"\s?(?:in|input|prompt)\b(?! (?:the|a|our|my|total|production|parallel)\b)(?=.{0,50}(?:out|tok))",
        ("input_tokens",),
        limits=(20, 1e9),
    ),
    _Unit(r"\s?(?:out|output|completion)\b", ("output_tokens",), limits=(5, 1e9)),
    _Unit(r"\s?(?:%|percent|pct)" + _NO_CHANGE, ("utilization", "quality_floor", "cached_share"), factor=0.01),
    _Unit(r"\s?(?:hours?|hrs?|h)(?: (?:a|per) day|/day| daily)", ("hours_per_day",)),
    _Unit(r"\s?-?(?:b|bn|billion)(?:[ -](?:params?|parameters?|model))?(?![a-z0-9])", ("params_b",), limits=(0, 2000), plain=True),
    _Unit(r"\s?(?:params?|parameters?|param)\b", ("params_b",), factor=1e-9, limits=(1e5, 1e14)),
    _Unit(r"\s?(?:params?|parameters?|param)\b", ("params_b",), limits=(0, 1e5)),
)
_AFTER_RATES: tuple[_Unit, ...] = (
    _Unit(_ROWS, ("dataset_rows",)),
    _Unit(r"\s*(?:x|×)?\s*(?:big |small |identical |used |nvidia |spare )*" + _CARDS, ("gpu_count",), limits=(1, 100_000)),
    _Unit(_OTHER_UNITS, ()),
)


def _first_unit(table: tuple[_Unit, ...], value: float, scale: str, rest: str) -> tuple[float, tuple[str, ...], int] | None:
    for unit in table:
        if unit.limits[0] <= value <= unit.limits[1] and not (unit.plain and scale):
            size = _after(unit.pattern, rest)
            if size >= 0:
                return value * unit.factor, unit.fields, size
    return None


def _with_unit(value: float, scale: str, rest: str) -> tuple[float, tuple[str, ...], int] | None:
    """(value, fields, length of the unit) by what follows the figure; None where no unit does."""
    direct = _first_unit(_UNITS, value, scale, rest)
    if direct is not None:
        return direct
    rate = _rate(value, rest, max(_after(_THINGS, rest), 0))
    return rate if rate is not None else _first_unit(_AFTER_RATES, value, scale, rest)


_BARE = ("gpu_count",)  # counts only beside a hardware name (see candidates.py)
_LARGE = ("requests_per_month", "requests_per_day", "dataset_rows", "input_tokens", "output_tokens")
_ANY_NUMBER = {
    "gpu_count",
    "requests_per_day",
    "requests_per_month",
    "input_tokens",
    "output_tokens",
    "monthly_cost_usd",
    "latency_ms",
    "utilization",
    "hours_per_day",
    "cached_share",
    "quality_floor",
    "dataset_rows",
    "params_b",
    "hourly_rate_usd",
}


def _without_unit(start: int, end: int, value: float, scale: str, asked: str) -> QuantityMention | None:
    """A bare figure: the answer to the open question, and for large ones whatever the conversation was about."""
    share = asked in ("utilization", "cached_share", "quality_floor")
    fields = (asked,) if asked in _ANY_NUMBER and not (share and value > 100) else ()
    if scale and value >= 1000:  # "no, 3 million": a correction leaves the unit to the conversation
        fields = (*fields, *(f for f in _LARGE if f != asked))
    if fields:
        return QuantityMention(start, end, value / 100 if share and fields[0] == asked and value > 1 else value, fields)
    return QuantityMention(start, end, value, _BARE) if value == int(value) and 1 <= value <= 4096 else None


def _read(text: str, start: int, end: int, value: float, scale: str, symbol: str, asked: str) -> QuantityMention | None:
    rest = text[end : end + 80]
    is_money = bool(symbol) or _after(r"\s?(?:usd|dollars?|bucks?)(?![\w])", rest) >= 0
    reading = _money(value, rest, symbol) if is_money else _with_unit(value, scale, rest)
    if not is_money and scale.lower() in ("b", "m") and reading is None and value >= 1e6:
        return QuantityMention(start, end, value / 1e9, ("params_b", *((asked,) if asked in _ANY_NUMBER else ())))
    if reading is None:
        return _without_unit(start, end, value, scale, asked)
    if asked == "monthly_cost_usd" and is_money and not reading[1]:
        return QuantityMention(start, end + reading[2], value, ("monthly_cost_usd",)) if symbol.strip() in ("$", "") else None
    fields = reading[1]
    if asked in ("requests_per_day", "requests_per_month") and fields in (("dataset_rows",), ("gpu_count",), ()):
        fields = (asked,)
    return QuantityMention(start, end + reading[2], reading[0], fields)


def quantities(text: str, asked: str = "") -> list[QuantityMention]:
    """Every quantity in the text that could fill a field, in order. `asked` is the field the advisor just asked about."""
    found: list[QuantityMention] = []
    for hit in _NUMBER.finditer(text):
        digits, scale = hit["digits"].replace(",", "").replace(" ", ""), (hit["scale"] or "")
        is_size = scale.lower() == "b" and not hit["money"]  # "7b" names a model's size far more often than 7e9 of anything
        value = float(digits) * (1.0 if is_size else _SCALE.get(scale.lower(), 1.0))
        end = hit.end("digits") if is_size else hit.end()
        mention = _read(
            text, hit.start() if hit["money"] else hit.start("digits"), end, value, "" if is_size else scale, hit["money"] or "", asked
        )
        if mention is not None and mention.fields:
            found.append(mention)
    for hit in _SPELLED.finditer(text):
        value = float(_WORDS[hit["word"].lower()])
        if hit["tens"]:
            value += _WORDS[hit["tens"][1:].lower()]
        for scale in re.findall(r"[a-z]+", hit["scales"].lower()):
            value *= _SCALE[scale]
        mention = _read(text, hit.start(), hit.end(), value, "", "", asked)
        if mention is not None and mention.fields:
            found.append(mention)
    return found
