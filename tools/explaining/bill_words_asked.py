"""What a question about the audited bill asks for: its words, and the parts of the bill that they name.

Reads result keys of an audit; makes no answer and no record. Names are compared without regard to case.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

Audit = Mapping[str, Any]
Entry = Mapping[str, Any]
#: Result key -> (words that ask for it, one of its entries in words, key of an entry's name).
TABLES: dict[str, tuple[str, str, str]] = {
    "services": (r"services?|products?", "service", "name"),
    "models": (r"models?", "model", "model"),
    "teams": (r"teams?|tags?|owners?|departments?", "team", "name"),
    "accounts": (r"accounts?|projects?|subscriptions?", "account", "name"),
    "environments": (r"environments?", "environment", "name"),
    "regions": (r"regions?", "region", "name"),
    "providers": (r"providers?|vendors?|clouds?", "provider", "name"),
    "by_kind": (r"kinds?", "kind", "kind"),
    "days": (r"days?", "day", "day"),
}
KINDS = {
    "gpu": (r"gpus?|accelerators?", "accelerators"),
    "managed_ai": (r"managed ai", "managed AI services"),
    "api_tokens": (r"tokens|model apis?", "model API tokens"),
    "ai_adjacent": (r"around ai", "services around AI"),
    "other": (r"everything else", "everything else"),
    "unknown": (r"unclassified", "not recognised by any rule"),
}
#: What people say for a service whose bill spells it out.
_SHORT = {
    "aws": "amazon web services",
    "ec2": "elastic compute cloud",
    "s3": "simple storage service",
    "vpc": "virtual private cloud",
    "kms": "key management service",
}
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_COMMON = frozenset(
    ("what", "which", "where", "when", "that", "this", "than", "more", "most", "does", "with", "from", "have", "cost", "costs", "model")
)
_MEANS = {"untagged": "without owner", "idle": "paid hardly", "24/7": "around clock", "unused storage": "attached nothing"}
ASKS = re.compile(
    r"(?i)^\W*(?:and |so |but |ok,? |please |can you |could you )*(?:how (?:much|is|was|did|does)|what|which|where|why|who|when|show|list"
    r"|give me|tell me|break|top|is (?:the|that|this) total|does (?:it|that|this|the bill) add)\b"
)
SPEND = re.compile(
    r"(?i)\b(?:spen[dt]|spending|costs?|pay|paid|paying|expensive|money|dear|charged?|drivers?|bill|total|rows?"
    r"|how much (?:is|was|are|were))\b"
)
WE_SPENT = re.compile(r"(?i)\b(?:did|do|have|are|were) (?:we|i) (?:spend|spent|spending|pay|paid|paying)\b")
NOT_HERE = re.compile(
    r"(?i)\b(?:would|should|if|instead|plan|sav(?:e|es|ed|ing|ings)|action|reduce|cheaper than|compared?|versus|vs|host|switch"
    r"|requests?|calls|per (?:1k|1m|million|token|hour|request)|an hour|forecast|next (?:month|year))\b"
)
LIST_PRICES = re.compile(r"(?i)^\W*(?:ok,? |then |please |just )*(?:(?:use|take|apply|with|at|the) )*(?:the )?list prices?\b")
TOTAL = re.compile(r"(?i)\b(?:total|sum|adds? up|reconcil\w+)\b|\b(?:do|did) (?:we|i) (?:spend|pay)(?: in all| altogether| overall)?\W*$")
LEFT_OUT = re.compile(r"(?i)\b(?:left out|leave out|skip(?:ped)?|exclu\w+|not count(?:ed)?|ignored?|subtotals?|duplicates?)\b")
CHARGE = re.compile(r"(?i)\b(credit|refund|tax|purchase|discount|adjustment|fee)e?s?\b")
CHANGE = re.compile(
    r"(?i)\b(?:go(?:ne|ing)?|went|goes|c[oa]m(?:e|ing)) (?:up|down)\b"
    r"|\b(?:rise|rose|risen|rising|increas\w+|jump\w*|spik\w+|grow\w*|grew|doubled|dropp?\w*|fell|fallen|changed)\b"
)
LEAST = re.compile(r"(?i)\b(?:least|lowest|cheapest|cheaper|smallest)\b")
MOST = re.compile(
    r"(?i)\b(?:most|largest|biggest|highest|top|dearest|drivers?|more expensive|break\w* ?down|where does)\b"
    r"|\b(?:split|broken down|sorted|costs?|spend|spending) by\b"
)
#: Words that name no part of a bill: of questions, of bills, and makers whose services are many.
_IDLE = frozenset(
    re.findall(
        r"\w+",
        """the and for our your was are did does has have had how much many what which where why who when show list give tell you all
        out per with from this that they his her its one use used uses using spend spent spending cost costs costing pay paid paying
        money bill bills file files row rows amount amounts total month months day days service services model models team teams
        account accounts region regions price prices expensive high low most into about api apis cloud amazon azure google""",
    )
)


def currency(entry: Entry, audit: Audit) -> str:
    """Currency of an entry; "" where none is stated."""
    return str(entry.get("currency", audit.get("currency")) or "")


def money(entry: Entry) -> Decimal:
    """An entry's money."""
    return Decimal(str(entry.get("amount_text") or entry.get("cost")))


def spelled(text: str) -> str:
    """The words of a question with what they mean in the words of the findings beside them."""
    return " ".join((text, *(meant for said, meant in _MEANS.items() if re.search(rf"(?i)(?<!\w){said}(?!\w)", text))))


def stems(text: str) -> frozenset[str]:
    """Beginnings of the words that carry meaning, so that "price" and "prices" agree."""
    return frozenset(word[:5] for word in re.findall(r"[\w.-]*\w", text.casefold()) if len(word) > 3 and word not in _COMMON)


def by_month(audit: Audit, what: str = "cost") -> dict[str, Decimal]:
    """`2026-09` -> sum of its days (`ai_cost`: of their AI spend), or of the month; empty where the bill has no single currency."""
    sums: dict[str, Decimal] = {}
    for one in audit.get("days", ()) if audit.get("currency") is not None and len(audit.get("totals", ())) == 1 else ():
        if one.get(what) is not None and re.fullmatch(r"\d{4}-\d\d(?:-\d\d)?", str(one.get("day"))):
            month = str(one["day"])[:7]
            sums[month] = sums.get(month, Decimal(0)) + Decimal(str(one[what]))
    return dict(sorted(sums.items()))


def is_part(audit: Audit, month: str) -> bool:
    """Whether the files begin or end inside the month."""
    period, last = audit.get("period") or {}, monthrange(int(month[:4]), int(month[5:]))[1]
    start, end = str(period.get("start") or ""), str(period.get("end") or "")
    return start > f"{month}-01" or f"{month}-01" <= end < f"{month}-{last}"


def says_month(text: str, month: str) -> bool:
    """Whether the words name this month; another year in the words rules it out."""
    name, year = MONTHS[int(month[5:]) - 1], month[:4]
    years = re.findall(r"\b(?:19|20)\d\d\b", text)
    is_named = re.search(rf"\b{name}\b" if name != "may" else r"\bMay\b", text if name == "may" else text.lower()) is not None
    return month in text or (is_named and (not years or year in years))


def whole(audit: Audit, table: str) -> list[Entry]:
    """Entries with money; of the models those that are not one token type."""
    entries = [one for one in audit.get(table, ()) if one.get("cost") is not None]
    return [one for one in entries if one.get("token_type") in ("all", "", None)] if table == "models" else entries


def named(text: str, audit: Audit) -> list[tuple[str, list[Entry]]]:
    """Tables with the entries that the words name: by whole name, else by one of its words."""
    said = text.casefold()
    longs = [long for short, long in _SHORT.items() if re.search(rf"\b{short}\b", said)]

    def is_said(name: str) -> bool:
        return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said) is not None or any(long in name for long in longs)

    found = list(_in_tables(audit, is_said))
    if not found:
        words = {w for w in re.findall(r"[\w.-]*\w", said) if (len(w) > 2 or any(c.isdigit() for c in w)) and w not in _IDLE}
        found = list(_in_tables(audit, lambda name: bool(words & (set(re.findall(r"[\w.-]*\w", name)) - _IDLE))))
    kinds = [one for one in whole(audit, "by_kind") if re.search(rf"\b(?:{KINDS.get(str(one['kind']), ('$^', ''))[0]})\b", said)]
    return [*([("by_kind", kinds)] if kinds else []), *found]


def _in_tables(audit: Audit, fits: Callable[[str], bool]) -> Iterator[tuple[str, list[Entry]]]:
    for table, (_, _, key) in TABLES.items():
        if table in ("by_kind", "days"):
            continue
        entries = [one for one in whole(audit, table) if one.get(key) and fits(str(one[key]).casefold())]
        if entries:
            yield table, entries
