"""Typed access to the cells of one row by role: texts, counts, days, tags, credits inside a cell. No sums, no verdicts."""

import ast
import json
import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from tools.audit.cells import BLANK, currency_of, day_before, month_end, read_count, read_day, shown, stays
from tools.audit.layout import Layout
from tools.audit.reading.header import is_blank, key

TEXTS = (
    "category",
    "provider",
    "service",
    "description",
    "usage_type",
    "region",
    "account",
    "resource",
    "unit",
    "hardware",
    "model",
    "token_type",
    "environment",
    "team",
    "workload",
    "pricing",
    "status",
)
ENVIRONMENT_TAGS = ("environment", "env", "stage")
TEAM_TAGS = ("team", "owner", "department", "costcenter", "businessunit")
WORKLOAD_TAGS = ("workload", "application", "app", "service", "endpoint", "name")
_LONG = 100
_LONGEST = {"description": 160, "resource": 160}
_NO_TAG = frozenset({"", "[]", "{}", "null", "none", "n/a", "na", "-", "untagged", "unknown", "(not set)"})
_LITERAL_LIMIT = 20_000
_JSON_LIMIT = 500_000  # characters of a cell; longer ones are not opened
_CACHED_LIMIT = 2_000
_MOST_DEPTH, _MOST_VALUES = 6, 2_000
_MOST_TEXTS = 20_000  # remembered of a column: names repeat, identifiers need not be kept
_TAG_CONTAINER = re.compile(
    r"\A(?:resource_?tags?|tags?|labels?|x_tags?|keys[._]tag|cost_?category)[/:_.](?:user[:_])?|\Auser[:_]", re.IGNORECASE
)
#: Tags that the clouds set themselves: AWS-generated, Azure's hidden ones, Google's, Oracle's default namespace.
_PROVIDER_TAGS = (
    "aws:",
    "aws_",
    "aws/",
    "hidden-",
    "x-facet",
    "goog-",
    "goog_",
    "oracle-tags",
    "oracle_tags",
    "orcl-",
    "ms-resource-usage",
)
_STAMPS = frozenset({"createdby", "createdon"})
#: What a line item says after its model, where no comma stands between them (`gpt-4o-2024-08-06 cached input`).
_TOKENS_AFTER = re.compile(r"(?i)\s+(?:cached )?(?:input|output)(?: tokens?)?\s*$")
_HOUR = re.compile(r"[T ]([01]\d|2[0-3]):[0-5]\d")


class RowReader:
    """Cells by role for one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.roles = layout.roles
        self._sources = {role: _sources(layout, role) for role in (*layout.roles, *layout.inside)}
        self._single = {role: found[0][0] for role, found in self._sources.items() if len(found) == 1 and role != "model"}
        self._texts: dict[str, dict[str, str]] = {role: {} for role in self._single}
        self._sum_roles = layout.added
        self._exclusive = bool(layout.form is None or layout.form.ends_exclusive)
        self.days_of = lru_cache(maxsize=65536)(self._days_of)

    def states(self, role: str) -> bool:
        """Whether some column tells the role."""
        return role in self._sources or (role == "model" and "model_line" in self.roles)

    def as_it_stands(self, role: str, column: str) -> str:
        """SQL: whether `text` is the cell in this column itself. Never true where it is not; of most names true."""
        if role not in self._single or self._sources[role][0][1]:
            return "false"
        blank = ", ".join(f"'{word}'" for word in sorted(BLANK) if "'" not in word)
        return f"({stays(column, _LONGEST.get(role, _LONG))} and lower({column}) not in ({blank}))"

    def text(self, role: str, cells: list[str]) -> str:
        """First filled cell of the role, made safe to show; "" where none."""
        if not self.states(role):
            return self.layout.fixed.get(role, "")
        at = self._single.get(role)
        if at is None or at >= len(cells):
            return self._text(role, cells)
        known = self._texts[role].get(cells[at])
        if known is None:
            known = self._text(role, cells)
            if len(self._texts[role]) < _MOST_TEXTS:
                self._texts[role][cells[at]] = known
        return known

    def _text(self, role: str, cells: list[str]) -> str:
        if found := self._raw(role, cells):
            return shown(found, _LONGEST.get(role, _LONG))
        if role == "model" and "model_line" in self.roles:
            return shown(_TOKENS_AFTER.sub("", self._raw("model_line", cells).partition(",")[0]), 60)
        return self.layout.fixed.get(role, "")

    def _raw(self, role: str, cells: list[str]) -> str:
        for at, path in self._sources.get(role, ()):
            if at < len(cells) and not is_blank(cells[at]) and (found := opened(cells[at]).get(path, "") if path else cells[at]):
                return found
        return ""

    def currency(self, cells: list[str]) -> str:
        """The currency that the row itself states: its ISO code, or the text as it stands."""
        stated = self._raw("currency", cells).strip()
        return (currency_of(stated) or shown(stated, 12).upper()) if stated else ""

    def value(self, at: int, cells: list[str], summed: frozenset[int] = frozenset(), rows: int = 1) -> Decimal | None:
        """The number in one column over all rows that the row stands for; None where it is none."""
        if at >= len(cells):
            return None
        if at in summed:
            return Decimal(cells[at])
        known = read_count(cells[at], "comma" if self.layout.style == "comma" else "dot")
        return known if known is None or rows == 1 else known * rows

    def number(self, role: str, cells: list[str], summed: frozenset[int] = frozenset(), rows: int = 1) -> Decimal | None:
        """A count; several columns of one role add up where the form keeps parts of it apart."""
        known = []
        for at, path in self._sources.get(role, ()):
            value = (
                self.value(at, cells, summed, rows)
                if not path
                else read_count(opened(cells[at]).get(path, ""))
                if at < len(cells)
                else None
            )
            if value is not None:
                known.append(value)
                if role not in self._sum_roles:
                    break
        return sum(known, Decimal(0)) if known else None

    def utilization(self, cells: list[str]) -> str:
        """Share 0..1 from a percentage or share cell; "" where unknown."""
        raw = self._raw("utilization", cells).strip()
        if not raw:
            return ""
        value = read_count(raw.rstrip("% "), "comma" if self.layout.style == "comma" else "dot")
        if value is None or value < 0 or value > 100:
            return ""
        name = self.layout.header.names[self.roles["utilization"][0]].casefold()
        percent = raw.endswith("%") or value > 1 or "%" in name or "percent" in name or "pct" in name
        return format(value / 100 if percent else value, "f")

    def tags(self, cells: list[str]) -> tuple[dict[str, str], str]:
        """The user's own tags of the row, and "1" tagged, "0" untagged, "" where the sheet has no tags at all."""
        if not self.layout.tags and "tags" not in self.roles:
            return {}, ""
        found = {name: value for at, name in self.layout.tags if at < len(cells) and (value := cells[at].strip()).casefold() not in _NO_TAG}
        for at in self.roles.get("tags", ()):
            if at < len(cells) and cells[at]:
                found |= _parse_tags(cells[at])
        own = {name: value for tag, value in found.items() if (name := own_tag(tag))}
        return own, "1" if own else "0"

    def credits(self, cells: list[str]) -> Decimal | None:
        """Sum of the credits listed inside the row (GCP); 0 where none, None where they cannot be read."""
        raw = self._raw("credits", cells).strip()
        return Decimal(0) if raw in ("", "[]") else _credit_sum(raw)

    def model_parts(self, cells: list[str]) -> list[dict[str, str]]:
        """One part per model column where a row holds several models with their own tokens."""
        parts = []
        for model, outputs in self.layout.model_groups:
            counts = [read_count(cells[at]) for at in outputs if at < len(cells)]
            known = [count for count in counts if count is not None]
            if model < len(cells) and known:
                parts.append({"model": shown(cells[model], 60), "output_tokens": format(sum(known, Decimal(0)), "f")})
        return parts

    def summary_record(self, cells: list[str]) -> str:
        """Reason to leave out a statement or invoice total of the AWS monthly report; "" = keep."""
        record = key(self._raw("record_type", cells))
        return "total or subtotal row" if record.endswith("total") else ""

    def days(self, cells: list[str], given: str) -> tuple[date | None, date | None, str, bool]:
        """First and last day the row covers, the unreadable text if any, and whether it starts with a month as a whole."""
        raw = given or self._raw("start", cells)
        return self.days_of(raw, self._raw("end", cells)) if raw else (None, None, "", False)

    def hour(self, cells: list[str]) -> str:
        """Hour of the day, 00 to 23, at which the row starts; "" where its start names none."""
        match = _HOUR.search(self._raw("start", cells)[8:20])
        return match[1] if match else ""

    def _days_of(self, raw: str, raw_end: str) -> tuple[date | None, date | None, str, bool]:
        order = self.layout.date_order
        start = read_day(raw, order)
        if start is None:
            return None, None, raw, False
        first_end = month_end(start.value) if start.month_only else start.last or start.value
        end = read_day(raw_end, order) if raw_end else None
        if end is None or end.value < start.value:
            return start.value, first_end, "", start.month_only
        if end.month_only and start.month_only:
            last = month_end(end.value)  # both months are meant whole
        elif end.last:
            last = end.last
        else:
            last = day_before(end.value) if end.midnight and self._exclusive and end.value > start.value else end.value
        return start.value, max(last, first_end), "", start.month_only


def _sources(layout: Layout, role: str) -> tuple[tuple[int, str], ...]:
    """Columns of a role and keys inside cells, by preference."""
    ranked = [(rank, 1, (at, "")) for rank, at in enumerate(layout.roles.get(role, ()))]
    ranked += [(entry.rank, 0, (entry.at, entry.path)) for entry in layout.inside.get(role, ())]
    return tuple(source for _, _, source in sorted(ranked, key=lambda item: item[:2]))


def opened(raw: str) -> dict[str, str]:
    """Values of a JSON object, or of a Python dict, by their path and by their last key, both without separators; {} for other text."""
    return _opened(raw) if len(raw) <= _CACHED_LIMIT else _flattened(raw)


@lru_cache(maxsize=16384)
def _opened(raw: str) -> dict[str, str]:
    return _flattened(raw)


def _flattened(raw: str) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting: list[tuple[str, str, object, int]] = [("", "", _data(raw.strip()), 0)]
    for path, last, value, depth in waiting:  # grows while it is walked, level by level
        if isinstance(value, dict) and depth < _MOST_DEPTH and len(waiting) < _MOST_VALUES:
            waiting += [(path + (name := key(str(word))), name, below, depth + 1) for word, below in value.items()]
        elif depth and not isinstance(value, dict | list) and value not in ("", None):
            found.setdefault(path, str(value))
            found.setdefault(last, str(value))
    return found


def _data(raw: str) -> object:
    """The JSON object or list, or Python literal, in a text; the braces of an object may be missing. None for anything else."""
    if ":" not in raw or len(raw) > _JSON_LIMIT:
        return None
    text = raw if raw[0] in "[{" else "{" + raw + "}"
    try:
        data = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        data = _literal(text) if len(text) <= _LITERAL_LIMIT else None
    if isinstance(data, list) and all(isinstance(item, dict) and "key" in item for item in data):
        return {str(item["key"]): item.get("value") for item in data}
    return data


@lru_cache(maxsize=65536)
def _parse_tags(raw: str) -> dict[str, str]:
    raw = raw.strip()
    if raw.casefold() in _NO_TAG:
        return {}
    if len(raw) > _LITERAL_LIMIT:
        return {"tags": "too long to read"}
    data = _data(raw)
    if isinstance(data, dict):
        return {str(k)[:60]: str(v)[:100] for k, v in data.items() if v not in ("", None)}
    pairs_found = re.findall(r"([\w.:/-]+)\s*[=:]\s*([^,;|]+)", raw)
    return {k[:60]: v.strip()[:100] for k, v in pairs_found if v.strip().casefold() not in _NO_TAG}


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


@lru_cache(maxsize=65536)
def _credit_sum(raw: str) -> Decimal | None:
    if len(raw) > _LITERAL_LIMIT:
        return None
    amounts = re.findall(r"['\"]amount['\"]\s*:\s*['\"]?(-?[0-9.]+(?:[eE][+-]?\d+)?)", raw)
    listed = len(re.findall(r"['\"]amount['\"]", raw))
    if listed != len(amounts) or not amounts:
        return None
    return sum((Decimal(amount) for amount in amounts), Decimal(0))


@lru_cache(maxsize=4096)
def own_tag(name: str) -> str:
    """Name of a tag without its container and `user:`; "" where the provider made the tag itself."""
    bare = _TAG_CONTAINER.sub("", name.strip())
    if bare.casefold().startswith(_PROVIDER_TAGS) or key(re.split(r"[:/.]", bare)[-1]) in _STAMPS:
        return ""
    return bare


def tag_value(tags: dict[str, str], names: tuple[str, ...]) -> str:
    """Value of the first tag with one of these names; "" where none."""
    by_key = {key(re.split(r"[:/.]", name)[-1]): value for name, value in tags.items()}  # a namespace before the name says nothing here
    by_key |= {key(name): value for name, value in tags.items()}
    return next((by_key[name] for name in names if by_key.get(name)), "")
