"""Folding: a big table is reduced to its distinct rows where the data lies, and only those are understood.

Bills repeat themselves: ten million rows hold some thousand distinct combinations of service, item, tags and the like. One query,
written with Ibis so that any engine can run it, groups the rows by every text that decides what a row means and adds up its amounts
by day. What the texts mean is settled afterwards, once for each combination (ledger.py). An amount that is no plain number is kept
as it stands, as one of the texts. Nothing is judged here, and no row is dropped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.audit.effective import RULES as EFFECTIVE
from tools.audit.layout import Layout
from tools.audit.spend_rules import ADJACENT_WORDS

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: Roles whose text decides what a row means. `resource` differs in nearly every row and is folded apart.
_TEXTS = (
    "currency", "category", "provider", "service", "description", "usage_type", "region", "account", "unit", "hardware", "model",
    "token_type", "environment", "team", "workload", "pricing", "status", "utilization", "tags", "extra", "model_line", "record_type",
)  # fmt: skip
_AMOUNTS = (
    "billed", "effective", "quantity", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens",
    "requests",
)  # fmt: skip
#: Roles that give a row several ledger lines; such tables are read row by row.
_UNFOLDABLE = frozenset({"credits", "gpu_cost", "tokens_blob"})

#: Numbers that the engine may add up itself; everything else is left to `cells.read_money`. 15 digits: cells.LARGEST.
_PLAIN = {
    "dot": r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,18})?$",
    "comma": r"^-?(0|[1-9][0-9]{0,14})(,[0-9]{1,18})?$",
    "mixed": r"^-?(0|[1-9][0-9]{0,14})$",
}
_DAY_IN_TEXT = r"^([0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4})[ T].*$"
_HOUR_IN_TEXT = r"^.{8,12}[ T]([01][0-9]|2[0-3]):[0-5][0-9]"
_FLOAT_PLACES = 12  # decimals kept of a binary float
_NIGHT = (8, 20)


@dataclass(frozen=True)
class Plan:
    """Which columns of a layout are folded, by position. Column `n` of the source is called `cn`."""

    texts: tuple[int, ...]
    amounts: tuple[int, ...]
    billed: int | None
    start: int | None
    end: int | None
    resources: tuple[int, ...]
    style: str

    @property
    def positions(self) -> tuple[int, ...]:
        """Every column that is read."""
        extra = tuple(at for at in (self.start, self.end) if at is not None)
        return tuple(sorted({*self.texts, *self.amounts, *self.resources, *extra}))

    @property
    def marks(self) -> tuple[str, ...]:
        """Columns that together say which distinct row a folded row belongs to."""
        return ("segment", "word", *(f"k{at}" for at in self.texts), *(f"s{at}" for at in self.amounts))


def plan_of(layout: Layout) -> Plan | None:
    """How to fold this layout; None where its rows can only be read one by one."""
    roles = layout.roles
    if layout.pivot or layout.model_groups or _UNFOLDABLE & set(roles) or not (layout.has_money or layout.has_tokens):
        return None
    rule = EFFECTIVE[layout.form.effective_rule](layout.header.names) if layout.form and layout.form.effective_rule else None
    texts = {at for role in _TEXTS for at in roles.get(role, ())} | {at for at, _ in layout.tags} | set(rule.looks_at if rule else ())
    amounts = {at for role in _AMOUNTS for at in roles.get(role, ())} | set(rule.amounts if rule else ())
    start, end = (roles[role][0] if role in roles else None for role in ("start", "end"))
    return Plan(
        tuple(sorted(texts - amounts)),
        tuple(sorted(amounts)),
        roles["billed"][0] if "billed" in roles else None,
        start,
        end,
        roles.get("resource", ()),
        layout.style,
    )


def folded(source: "ir.Table", plan: Plan, keep_resource: bool = False) -> "ir.Table":
    """The query. `source` has columns c0.. (text or typed), row_number, file_no, segment.

    Result: the plan's marks, resource, file_no, day_text, start_text, end_text, n, first, v<amount> (sums), night, hour.
    """
    import ibis

    columns: dict[str, Any] = {"segment": source.segment, "file_no": source.file_no, "row_number": source.row_number}
    name = ibis.literal("")
    for at in reversed(plan.resources):
        text = _text(source[f"c{at}"])
        name = ibis.cases((text != "", text), else_=name)
    columns["resource"] = name if keep_resource else ibis.literal("")
    columns["word"] = name.right(60).lower().re_extract(f"({_portable(ADJACENT_WORDS)})", 1) if plan.resources else ibis.literal("")
    columns |= {f"k{at}": _text(source[f"c{at}"]) for at in plan.texts}
    for at in plan.amounts:
        columns[f"s{at}"], columns[f"v{at}"] = _amount(source[f"c{at}"], plan.style, at == plan.billed)
    columns |= _times(source, plan)
    rows = source.select(**columns)
    billed = rows[f"v{plan.billed}"] if plan.billed is not None else None
    at_night = (rows.hour < _NIGHT[0]) | (rows.hour >= _NIGHT[1])
    return rows.group_by([*plan.marks, "resource", "file_no", "day_text"]).agg(
        start_text=rows.start_text.min(),
        end_text=rows.end_text.max(),
        n=rows.count(),
        first=rows.row_number.min(),
        hour=rows.hour.max(),
        night=ibis.null() if billed is None else billed.sum(where=at_night),
        **{f"v{at}": rows[f"v{at}"].sum() for at in plan.amounts},
    )


def _portable(pattern: str) -> str:
    """The pattern with one plain group syntax that every engine's regular expressions know."""
    return re.sub(r"\(\?:", "(", pattern)


def _text(column: Any) -> Any:
    return (column if column.type().is_string() else column.cast("string")).fill_null("")


def _amount(column: Any, style: str, signed: bool) -> tuple[Any, Any]:
    """State and value: a plain number has the state "+" or "-" (or "#" where the sign does not matter), an empty cell "", else its text."""
    import ibis

    kind = column.type()
    if kind.is_floating():
        value = column.try_cast(f"decimal(38,{_FLOAT_PLACES})")
        plain = ~(column.isnan() | column.isinf() | (column.abs() >= 1e15))
        text = column.cast("string")
    elif kind.is_numeric():
        value, plain, text = column, column.notnull(), column.cast("string")
    else:
        text = _text(column)
        plain = text.re_search(_PLAIN[style])
        value = (text.replace(",", ".") if style == "comma" else text).try_cast("decimal(38,18)")
        value = ibis.cases((plain, value), else_=ibis.null())
    sign = ibis.cases((value < 0, "-"), else_="+") if signed else ibis.literal("#")
    state = ibis.cases((column.isnull(), ""), (plain, sign), else_=text)
    return state, value


def _times(source: "ir.Table", plan: Plan) -> dict[str, Any]:
    """Start and end as text, the start's day as text, and its hour where one is named."""
    import ibis

    empty = {"start_text": ibis.literal(""), "end_text": ibis.literal(""), "day_text": ibis.literal(""), "hour": ibis.null("int64")}
    if plan.start is None:
        return empty
    start = source[f"c{plan.start}"]
    text = _text(start)
    kind = start.type()
    if kind.is_timestamp():
        day, hour = start.date().cast("string").fill_null(""), start.hour().cast("int64")
    elif kind.is_string():
        day = text.re_replace(_DAY_IN_TEXT, r"\1")
        hour = text.re_extract(_HOUR_IN_TEXT, 1).try_cast("int64")
    else:
        day, hour = text, ibis.null("int64")
    end = _text(source[f"c{plan.end}"]) if plan.end is not None else ibis.literal("")
    return {"start_text": text, "end_text": end, "day_text": day, "hour": hour}


def summed_cells(plan: Plan, states: Sequence[str], sums: Sequence[Any]) -> tuple[dict[int, str], frozenset[int]]:
    """Cell texts of the amounts of a folded row, and which of them are sums."""
    cells, summed = {}, set()
    for at, state, value in zip(plan.amounts, states, sums, strict=True):
        if state in ("+", "-", "#"):
            cells[at] = format(value, "f")
            summed.add(at)
        else:
            cells[at] = state
    return cells, frozenset(summed)
