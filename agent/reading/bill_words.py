"""Finds corrections of an audit in a message: "the cost is column F", "amounts are in INR", "1 EUR = 1.08 USD". Pure code.

The screen's button sends such a message too, so that chat and screen make the same call. A word counts only where it names
a column (by letter, header or the word "column"), a currency, a sheet or a basis that an audit knows: "the service is
slow" corrects nothing. A question corrects nothing unless it asks politely for the change.
"""

# ruff: noqa: E501 - patterns are data

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.reading.bill_names import sheets_said, unused_said
from tools.audit.cells import currency_of
from tools.audit.layout import ROLES
from tools.audit.mapping import names_in

_ONE = ("currency", "header", "decimal", "dates", "scale", "delimiter")  # settings of one value; the others take names, with | between them
_SETTINGS = (*_ONE, "sheet", "also", "ignore")
_NAMED_CURRENCIES = {
    "euros": "EUR", "dollars": "USD", "us dollar": "USD", "us dollars": "USD", "rupees": "INR", "indian rupees": "INR", "pounds": "GBP",
    "pounds sterling": "GBP", "sterling": "GBP", "yen": "JPY", "swiss francs": "CHF",
}  # fmt: skip
_BASES = {"effective": "effective", "amortized": "effective", "amortised": "effective", "billed": "billed", "invoiced": "billed"}


def _spelled(word: str) -> str:
    """`token_type` and `tokentype` as people write them: `token type`."""
    return re.escape(word).replace("_", "[ _]?")


_WORD_OF = {word: role for role, words in ROLES.items() for word in (role.replace("_", ""), *words)}
_ROLE = "|".join(sorted({_spelled(w) for role, words in ROLES.items() for w in (role, *words)}, key=len, reverse=True))
_PAIR = re.compile(
    rf"(?i)(?<![\w=])({'|'.join(_SETTINGS)}|basis|rate|{_ROLE})s?\s?=\s?(\"[^\"]*\"(?:\|\"[^\"]*\")*|'[^']*'|[^,;=\n]+?)(?=\s*(?:[,;\n]|$|\.$))"
)
_ROLE_IS = re.compile(
    rf"(?i)\b({_ROLE})s?(?: column)?(?: values?| amounts?)? (?:is|are|stands?|comes? from|should be)(?: in| from)?(?: the)?( columns?)?"
    r" (\"[^\"]+\"|'[^']+'|[\w][\w ./()%$€-]{0,60}?)(?=\s*(?:[,;\n?!]|\.(?:\s|$)|$|\band\b|\bnot\b))"
)
_COLUMN_IS = re.compile(
    rf"(?i)\bcolumn (\"[^\"]+\"|'[^']+'|[A-Za-z]{{1,2}}|[\w][\w ]{{0,40}}?) (?:is|as|holds|has|contains|for) (?:the )?({_ROLE})s?\b"
)
_MONEY = re.compile(
    r"(?i)\b(?:amounts?|prices?|costs?|figures?|numbers?|money|values?|everything|file|bill|sheet|currency|they|it)(?:'s| is| are|'re)(?: all)?"
    r"(?: stated| billed| given)?(?: in)? (?:the )?(us dollars?|indian rupees|pounds sterling|swiss francs|[a-z]{3,8}|[€£¥₹$])(?!\w|\s?\d)"
)
_BASIS = re.compile(
    r"(?i)\b(?:use|take|show|audit|count|switch to|go with|with|on|by|want)\b[^.?!\n]{0,30}?\b(effective|amorti[sz]ed|billed|invoiced)\b"
    r"(?: costs?| amounts?| figures?)?(?=\s*(?:[,.;!?\n]|$|please\b|instead\b|basis\b))|\b(effective|amorti[sz]ed|billed|invoiced)(?: cost)? basis\b"
)
_RATE = re.compile(
    r"(?i)(?<![\w.])(?:1|one|an?|per)? ?([A-Z]{3}|[€£¥₹$]|euro|us dollar)\s?(?:=|is|equals|at|to|->|→|costs)\s?([\d.,]*\d)\s?([A-Z]{3}|[€£¥₹$]|us dollars?|dollars|euros)?(?!\w)"
)
_SCALE = re.compile(
    r"(?i)\b(?:(?:amounts?|prices?|costs?|figures|everything)(?: is| are)|(?:they|it|values?|numbers?)(?:'s| is| are|'re)(?= not))(?P<no> not)?"
    r"(?: all)?(?: stated| given| written)? in (?:units of )?(?P<unit>thousands?|millions?|lakhs?|crores?|1[\d,]{3,10}s?)\b(?! (?:a|per|each|every) )"
)
_DELIMITER = re.compile(
    r"(?i)\b(?:delimiter|separator|cells|columns|values)\b[^.?!\n]{0,30}?\b(comma|semicolon|tab|pipe)s?\b|\b(comma|semicolon|tab|pipe)s?[ -](?:separated|delimited)\b"
)
_HEADER = re.compile(r"(?i)\bheaders?(?: row)? (?:is|are|stands?)(?: in| on| at)?(?: the)?(?: row| line)? (\d{1,6})\b")
_DECIMAL = re.compile(
    r"(?i)\bdecimals?\b[^.?!\n]{0,24}?\b(comma|dot|point)s?\b|\b(comma|dot|point)s? (?:is|are|as)(?: the| a)? decimals?\b"
)
_DATES = re.compile(r"(?i)\b(?:dates?|days?)\b[^.?!\n]{0,24}?(\bday[ -]first|\bmonth[ -]first|\bdmy\b|\bmdy\b|\bdd[/.-]mm|\bmm[/.-]dd)")
_RESET = re.compile(
    r"(?i)\b(?:audit|read) (?:it |the (?:bill|file)s? )?again (?:as found|from scratch|without (?:my |any |the )?corrections?)"
)
_POLITE = re.compile(r"(?i)\s*(?:please |can |could |would |will |so )")


@dataclass(frozen=True)
class Known:
    """What the last audit saw: headers, column letters, names of sheets and files. Empty before a first audit."""

    headers: tuple[str, ...] = ()
    letters: frozenset[str] = frozenset()
    sheets: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()  # sheets that were not counted
    files: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> "Known":
        """From the result keys of an audit."""
        columns = [column for sheet in result.get("sheets", ()) for column in sheet.get("columns", ())] or list(result.get("mapping", ()))
        counted, skipped = ([str(one.get("sheet", "")) for one in result.get(key, ())] for key in ("sheets", "skipped"))
        return cls(
            tuple(dict.fromkeys(str(c.get("name", c.get("column", ""))) for c in columns)),
            frozenset(str(c["letter"]) for c in columns if c.get("letter")),
            tuple(dict.fromkeys(filter(None, (*counted, *skipped)))),
            frozenset(skipped) - frozenset(counted),
            tuple(dict.fromkeys(str(one.get("file", "")) for key in ("files", "skipped") for one in result.get(key, ()))),
        )


@dataclass(frozen=True)
class BillChange:
    """What the words change in an audit's arguments. `spans` are the words themselves; `reset` drops earlier corrections."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    basis: str = ""
    rates: Mapping[str, str] = field(default_factory=dict)
    target: str = ""  # currency that the rates convert to
    reset: bool = False
    spans: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.mapping or self.basis or self.rates or self.reset)

    def applied_to(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments of the next audit: earlier corrections kept, the same thing said again replaced."""
        before = {} if self.reset else dict(args)
        mapping = _joined(_pairs(str(before.get("mapping", ""))), self.mapping)
        rates = {**_pairs(str(before.get("rate", ""))), **self.rates}
        made = {
            "mapping": ",".join(f"{name}={value}" for name, value in mapping.items()),
            "basis": self.basis or before.get("basis") or "billed",
            "currency": self.target or before.get("currency") or "",
            "rate": ",".join(f"{code}={value}" for code, value in rates.items()),
        }
        return {name: value for name, value in made.items() if value or name == "mapping"}


def _pairs(text: str) -> dict[str, str]:
    parts = re.split(r"[,;\n](?=\s*[\w ]+=)", text)
    return {name.strip(): value.strip() for name, sign, value in (part.partition("=") for part in parts) if sign}


def _joined(before: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """Earlier corrections with the new ones: what is said again is replaced; columns not to be used, and sheets beside the others, add up."""
    joined = {**before, **said}
    if "sheet" in said and "also" not in said:
        joined.pop("also", None)
    for word in ("ignore", "also"):
        if word in before and word in said:
            joined[word] = "|".join(dict.fromkeys((*names_in(before[word]), *names_in(said[word]))))
    unused = {name.casefold() for name in names_in(said.get("ignore", ""))}
    given = {name.casefold() for word, value in said.items() if word not in _SETTINGS for name in names_in(value)}
    for word in before:
        if taken := given if word == "ignore" else unused if word not in _SETTINGS and word not in said else set():
            joined[word] = "|".join(name for name in names_in(joined[word]) if name.casefold() not in taken)
    return {word: value for word, value in joined.items() if value}


def change_in(text: str, known: Known) -> BillChange:
    """The corrections that a message states."""
    found = _Found(known)
    found.pairs(text)
    if "?" in text and not _POLITE.match(text):
        return found.change()
    found.named(text)
    found.columns(text)
    found.money(text)
    found.choices(text)
    return found.change()


class _Found:
    """Collects corrections with the words they came from."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.mapping: dict[str, str] = {}
        self.rates: dict[str, str] = {}
        self.basis = self.target = ""
        self.reset = False
        self.spans: list[tuple[int, int]] = []

    def change(self) -> BillChange:
        return BillChange(self.mapping, self.basis, self.rates, self.target, self.reset, tuple(self.spans))

    def _note(self, hit: re.Match[str]) -> None:
        self.spans.append(hit.span())

    def pairs(self, text: str) -> None:
        """`cost=F, currency=INR`, as written by hand and by the screen."""
        for hit in _PAIR.finditer(text):
            word, value = hit[1].lower(), _bare(hit[2])
            if word == "basis":
                if value.lower() not in _BASES:
                    continue
                self.basis = _BASES[value.lower()]
            elif word == "rate":
                continue  # "rate EUR=1.08" is read as a rate
            elif word not in _SETTINGS and re.match(r"[\d€£¥₹$]", value) and not self._is_header(value):
                continue  # an amount, not a column
            else:
                name = self._word(word)
                before = () if name in _ONE else names_in(self.mapping.get(name, ""))
                names = (re.sub(r"(?i)^column ", "", one) for one in names_in(value))
                self.mapping[name] = _currency(value) or value if word == "currency" else "|".join((*before, *names))
            self._note(hit)
        self._rates(text)
        if again := _RESET.search(text):
            self.reset = True
            self._note(again)

    def _rates(self, text: str) -> None:
        for hit in _RATE.finditer(text):
            code, target = _currency(hit[1]), _currency(hit[3] or "")
            if code and code != target and re.search(r"\d", hit[2]) and (hit[3] or "=" in hit[0] or "rate" in text.lower()):
                self.rates[code] = hit[2]
                self.target = target or self.target
                self._note(hit)

    def columns(self, text: str) -> None:
        """ "the cost is column F", "column F is the cost"."""
        for hit in _ROLE_IS.finditer(text):
            if (value := self._column(hit[3], bool(hit[2]))) and not self._taken(hit):
                self.mapping[self._word(hit[1])] = value
                self._note(hit)
        for hit in _COLUMN_IS.finditer(text):
            if (value := self._column(hit[1], True)) and not self._taken(hit):
                self.mapping[self._word(hit[2])] = value
                self._note(hit)

    def _taken(self, hit: re.Match[str]) -> bool:
        return any(start < hit.end() and hit.start() < end for start, end in self.spans)

    def _word(self, word: str) -> str:
        """The first word of a role, such as `cost` for billed; settings as they are."""
        plain = re.sub(r"[ _]", "", word.lower())
        if plain in _SETTINGS:
            return plain
        role = _WORD_OF.get(plain) or _WORD_OF.get(plain.removesuffix("s"), "")
        return ROLES[role][0] if role else plain

    def _is_header(self, value: str) -> bool:
        return any(header.casefold() == value.casefold() for header in self.known.headers)

    def _column(self, words: str, is_called_column: bool) -> str:
        """A letter or header of the sheet; "" where the words name none."""
        value = _bare(words)
        is_quoted = words[:1] in "\"'"
        for header in self.known.headers:
            if header.casefold() == value.casefold():
                return header
        is_letter = re.fullmatch(r"[A-Z]{1,2}" if not is_called_column else r"(?i)[A-Z]{1,2}", value) is not None
        if is_letter and (is_called_column or not self.known.letters or value in self.known.letters):
            return "" if _currency(value) else value.upper()
        return value if is_quoted or is_called_column else ""

    def money(self, text: str) -> None:
        """ "amounts are in INR"."""
        for said in _MONEY.finditer(text):
            if (code := _currency(said[1])) and not self._taken(said):
                self.mapping["currency"] = code
                self._note(said)

    def named(self, text: str) -> None:
        """ "use the sheets May and June", "ignore column G"."""
        for said in (*sheets_said(text, self.known.sheets, self.known.left_out), *unused_said(text, self.known.headers, self.known.files)):
            if not any(start < said.end and said.start < end for start, end in self.spans):
                self.mapping[said.word] = "|".join(dict.fromkeys((*names_in(self.mapping.get(said.word, "")), *said.names)))
                self.spans.append((said.start, said.end))

    def choices(self, text: str) -> None:
        """Basis, header row, decimal sign, order of dates, delimiter, multiple of the amounts."""
        if (hit := _BASIS.search(text)) and not self.basis:
            self.basis = _BASES[(hit[1] or hit[2]).lower()]
            self._note(hit)
        if hit := _HEADER.search(text):
            self.mapping["header"] = hit[1]
            self._note(hit)
        if (hit := _DECIMAL.search(text)) and not self._taken(hit):
            self.mapping["decimal"] = "comma" if (hit[1] or hit[2]).lower() == "comma" else "dot"
            self._note(hit)
        if (hit := _DATES.search(text)) and not self._taken(hit):
            self.mapping["dates"] = "dmy" if re.match(r"(?i)d", hit[1]) else "mdy"
            self._note(hit)
        if (hit := _DELIMITER.search(text)) and not self._taken(hit):
            self.mapping["delimiter"] = (hit[1] or hit[2]).lower()
            self._note(hit)
        if (hit := _SCALE.search(text)) and not self._taken(hit):
            self.mapping["scale"] = "1" if hit["no"] else hit["unit"].lower().rstrip("s").replace(",", "")
            self._note(hit)


def _bare(text: str) -> str:
    return text.strip().strip("\"'").strip()


def _currency(words: str) -> str:
    return currency_of(words) or _NAMED_CURRENCIES.get(words.strip().lower(), "")


def outside(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether text[start:end] stands outside all spans."""
    return all(end <= a or b <= start for a, b in spans)
