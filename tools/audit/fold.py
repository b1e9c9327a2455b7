"""Folding: a big table is reduced to its distinct rows where the data lies, and only those are understood.

Bills repeat themselves: ten million rows hold some thousand distinct combinations of service, item, tags and the like. One query adds
up the amounts of each combination and name (resource, account, region), a second one the money of each combination and day, and a third,
once it is known what they mean, the amounts of some by name and day. All are written with Ibis so that any engine can run them. An amount
that is no plain number is kept as it stands, as one of the texts. Nothing is judged here, and no row is dropped.

The embedded engine groups rows by 64-bit marks of their texts, made from the columns as they lie, and fetches the texts from the first
row of each mark: wide keys would not fit its memory. Should two combinations ever share a mark, their sum still counts, under one name.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from tools.audit.effective import RULES as EFFECTIVE
from tools.audit.layout import Layout

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: Roles whose text decides what a row means.
_TEXTS = (
    "currency", "category", "provider", "service", "description", "usage_type", "unit", "hardware", "model", "token_type",
    "environment", "team", "workload", "pricing", "batch", "status", "tags", "model_line", "record_type",
)  # fmt: skip
#: Roles that say which one it was, not what: they differ from row to row and are told apart only where a finding asks.
DETAILS = ("resource", "account", "region")
_AMOUNTS = (
    "billed", "effective", "quantity", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens",
    "requests",
)  # fmt: skip
#: Roles that give a row several ledger lines; such tables are read row by row.
_UNFOLDABLE = frozenset({"credits", "gpu_cost"})

#: Numbers that the engine may add up itself; everything else is left to `cells.read_money`. 15 digits: cells.LARGEST.
_PLAIN = {
    "dot": r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,18})?$",
    "comma": r"^-?(0|[1-9][0-9]{0,14})(,[0-9]{1,18})?$",
    "mixed": r"^-?(0|[1-9][0-9]{0,14})$",
}
_DAY_IN_TEXT = r"^[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}"
_HOUR_IN_TEXT = r"^.{8,12}[ T]([01][0-9]|2[0-3]):[0-5][0-9]"
_FLOAT_PLACES = 12  # decimals kept of a binary float
_FLOAT_EXACT = 2000  # up to here engines find the same decimal straight from the float; above only its text is exact
_NIGHT = (8, 20)
#: Sums behind the mean utilization (`mean_used`), where a column states it.
USED = ("used_sum", "used_n", "used_cost", "used_weight")
#: Bits of a `place` that hold the row number; the number of the file or source stands above them.
PLACE_BITS = 40


@dataclass(frozen=True)
class Plan:
    """Which columns of a layout are folded, by position. Column `n` of the source is called `cn`."""

    texts: tuple[int, ...]
    amounts: tuple[int, ...]
    billed: int | None
    effective: int | None
    start: int | None
    end: int | None
    details: tuple[tuple[str, tuple[int, ...]], ...]  # role, columns by preference
    utilization: int | None
    in_percent: bool  # the header says so; else values above 1 are percent
    style: str
    money: tuple[int, ...]  # of the amounts, those that a cost is made of

    @property
    def positions(self) -> tuple[int, ...]:
        """Every column that is read."""
        extra = tuple(at for at in (self.start, self.end, self.utilization) if at is not None)
        return tuple(sorted({*self.texts, *self.amounts, *extra, *(at for _, columns in self.details for at in columns)}))

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that together say which one it was."""
        return tuple(f"d{at}" for _, columns in self.details for at in columns)

    @property
    def marks(self) -> tuple[str, ...]:
        """Columns that together say which distinct row a row belongs to."""
        return ("segment", *(f"k{at}" for at in self.texts), *(f"s{at}" for at in self.amounts))


@dataclass(frozen=True)
class Near:
    """Which rows are told apart by name and day: of a table's marks (in the embedded engine), all of which have these texts in a column."""

    column: int | None
    texts: tuple[str, ...]
    marks: "ir.Table | None" = None


@dataclass(frozen=True)
class Within:
    """Where in a source some rows stand, so that the engine leaves out the rest: most combinations are met in the first files and rows."""

    files: tuple[int, ...]
    rows: tuple[tuple[int, int], ...]  # spans of row numbers, whatever the file


def plan_of(layout: Layout) -> Plan | None:
    """How to fold this layout; None where its rows can only be read one by one."""
    roles = layout.roles
    if layout.pivot or layout.model_groups or _UNFOLDABLE & set(roles) or not (layout.has_money or layout.has_tokens):
        return None
    if not {*_TEXTS, *DETAILS} >= set(layout.inside):
        return None  # counts inside the JSON text of a cell
    rule = EFFECTIVE[layout.form.effective_rule](layout.header.names) if layout.form and layout.form.effective_rule else None
    texts = {at for role in _TEXTS for at in roles.get(role, ())} | {at for at, _ in layout.tags} | set(rule.looks_at if rule else ())
    texts |= {entry.at for entries in layout.inside.values() for entry in entries}
    amounts = {at for role in _AMOUNTS for at in roles.get(role, ())} | set(rule.amounts if rule else ())
    details = {role: roles[role] for role in DETAILS if role in roles}
    if not any(role in roles for role in ("service", "description", "model")):
        texts |= set(details.pop("resource", ()))  # nothing else names the rows
    used = roles["utilization"][0] if "utilization" in roles else None
    start, end = (roles[role][0] if role in roles else None for role in ("start", "end"))
    return Plan(
        tuple(sorted(texts - amounts)),
        tuple(sorted(amounts)),
        roles["billed"][0] if "billed" in roles else None,
        roles["effective"][0] if "effective" in roles else None,
        start,
        end,
        tuple(details.items()),
        used,
        used is not None and any(word in layout.header.names[used].casefold() for word in ("%", "percent", "pct")),
        layout.style,
        tuple(sorted({*roles.get("billed", ())[:1], *roles.get("effective", ())[:1], *(rule.amounts if rule else ())})),
    )


def summed(source: "ir.Table", plan: Plan, compact: bool) -> "ir.Table":
    """The first query. `source` has columns c0.. (text or typed), row_number, file_no, segment.

    Result: `mark` and `name` where compact, else the plan's marks and names, start_text and end_text (least and greatest); n, first
    and last (file and row number), v<amount>, the sums, and those of `USED`.
    """
    rows = _rows(source, plan, compact, None if compact else _times(source, plan))
    keys = ("mark", "name") if compact else (*plan.marks, *plan.names)
    times = {} if compact else {"start_text": _text(rows.start.min()), "end_text": _text(rows.end.max())}
    place = _place(rows)
    return rows.group_by(keys).agg(first=place.min(), last=place.max(), **times, **_used(rows, plan), **_sums(rows, plan.amounts))


def by_day(source: "ir.Table", plan: Plan, compact: bool) -> "ir.Table":
    """The second query: by day and `mark` where compact, else the plan's marks.

    Result beside these: starts and ends (days of least and greatest; text unless compact), n, first (file and row number), and
    v<amount>, its sums.
    """
    rows = _rows(source, plan, compact, _times(source, plan))
    start, end = _whole_days(rows)
    found = rows.group_by([*(("mark",) if compact else plan.marks), "day"]).agg(
        starts=start if compact else _text(start),
        ends=end if compact else _text(end),
        first=_place(rows).min(),
        **_sums(rows, plan.money),
    )
    return found.drop("day")


def by_name_and_day(source: "ir.Table", plan: Plan, compact: bool, near: Near) -> "ir.Table":
    """The third query: some rows by file, name, day, and `mark` where compact, else the plan's marks.

    Result beside these: start_text, end_text (their days), n, first (row number), hour, night_n
    (rows that start between 20 and 8 h), v<amount>, the sums, night, that of the billed column at night, and those of `USED`.
    """
    if near.column is not None:
        column = source[f"c{near.column}"]
        as_it_lies = column.type().is_string() and "" not in near.texts  # then the engine can leave out whole parts of a file
        source = source.filter((column if as_it_lies else _text(column)).isin(near.texts))
    rows = _rows(source, plan, compact, _times(source, plan))
    if near.marks is not None:
        rows = rows.semi_join(near.marks, "mark")
    keys = ["mark", "name"] if compact else [*plan.marks, *plan.names]
    start, end = _whole_days(rows)
    at_night = (rows.hour < _NIGHT[0]) | (rows.hour >= _NIGHT[1])
    found = rows.group_by([*keys, "file_no", "day"]).agg(
        start_text=_text(start),
        end_text=_text(end),
        first=rows.row_number.min(),
        hour=rows.hour.max(),
        night_n=rows.count(where=at_night),
        **({} if plan.billed is None else {"night": rows[f"v{plan.billed}"].sum(where=at_night)}),
        **_used(rows, plan),
        **_sums(rows, plan.amounts),
    )
    return found.drop("day")


def texts_of(source: "ir.Table", plan: Plan, firsts: "ir.Table", key: str, within: Within) -> "ir.Table":
    """The rows named by `firsts` (file_no, row_number), which lie `within`: their `mark` and its texts, or their `name` and its texts."""
    import ibis

    spans = reduce(or_, (source.row_number.between(*span) for span in within.rows), ibis.literal(False))
    source = source.filter(source.file_no.isin(within.files), spans)
    rows = _rows(source.semi_join(firsts, ["file_no", "row_number"]), plan, True)  # rows side by side share their number
    return rows.select(key, *(plan.marks if key == "mark" else plan.names))


def _rows(source: "ir.Table", plan: Plan, compact: bool, times: dict[str, Any] | None = None) -> "ir.Table":
    """Every row with its marks, names, amounts and times."""

    columns: dict[str, Any] = {"segment": source.segment, "file_no": source.file_no, "row_number": source.row_number}
    columns |= {f"d{at}": _text(source[f"c{at}"]) for _, positions in plan.details for at in positions}
    columns |= {f"k{at}": _text(source[f"c{at}"]) for at in plan.texts}
    marks = [source.segment, *(source[f"c{at}"] for at in plan.texts)]
    for at in plan.amounts:
        columns[f"s{at}"], columns[f"v{at}"], signs = _amount(source[f"c{at}"], plan.style, at == plan.billed)
        marks += signs
    if compact:
        columns["mark"] = _hash(marks)
        columns["name"] = _hash([source[f"c{at}"] for _, positions in plan.details for at in positions])
    if plan.utilization is not None:
        columns["used"] = _share(source[f"c{plan.utilization}"], plan.in_percent)
    return source.select(**columns, **(times or {}))


def _hash(values: Sequence[Any]) -> Any:
    """The engine's own hash of several columns. It hashes each entry of a dictionary once, as long as the columns are taken as they lie;
    Ibis's portable one goes through bit strings and takes ten times as long."""
    import ibis

    if not values:
        return ibis.literal(0, type="uint64")

    def chain() -> None:
        """Names the arguments, for Ibis; never runs."""

    names = (f"value{at}" for at in range(len(values)))
    chain.__signature__ = inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names])  # type: ignore[attr-defined]
    return ibis.udf.scalar.builtin(chain, name="hash", signature=(tuple(value.type() for value in values), "uint64"))(*values)


def _whole_days(rows: "ir.Table") -> tuple[Any, Any]:
    """Least start and greatest end. Of typed moments only what their days follow from: a bill of hours has as many pairs as one of days."""
    import ibis

    start, end = rows.start.min(), rows.end.max()
    if start.type().is_timestamp():
        start = start.truncate("D")
    if end.type().is_timestamp():
        end = ibis.cases((end == end.truncate("D"), end), else_=end.truncate("D") + ibis.interval(hours=1))
    return start, end


def _place(rows: "ir.Table") -> Any:
    return rows.file_no.cast("int64") * 2**PLACE_BITS + rows.row_number


def _sums(rows: "ir.Table", amounts: Sequence[int]) -> dict[str, Any]:
    return {"n": rows.count()} | {f"v{at}": rows[f"v{at}"].sum() for at in amounts}


def _used(rows: "ir.Table", plan: Plan) -> dict[str, Any]:
    """The sums of `USED`."""
    if plan.utilization is None:
        return {}
    found = {"used_sum": rows.used.sum(), "used_n": rows.used.count()}
    if plan.billed is not None:
        cost = rows[f"v{plan.billed}"].cast("float64").abs()
        found |= {"used_cost": (rows.used * cost).sum(), "used_weight": cost.sum(where=rows.used.notnull())}
    return found


def mean_used(plan: Plan) -> str:
    """SQL: mean utilization of a folded row, weighed by cost as the findings weigh it; by rows where nothing was billed."""
    if plan.utilization is None:
        return "cast(null as double)"
    by_rows = "d.used_sum / nullif(d.used_n, 0)"
    return by_rows if plan.billed is None else f"coalesce(d.used_cost / nullif(d.used_weight, 0), {by_rows})"


def _share(column: Any, in_percent: bool) -> Any:
    """Utilization 0..1 as `rowtypes.RowReader.utilization` reads it; null where it is none."""
    import ibis

    if column.type().is_numeric():
        value, percent = column.cast("float64"), (column > 1) | ibis.literal(in_percent)
        value = ibis.cases((value.isnan(), ibis.null("float64")), else_=value)
        return ibis.cases(((value < 0) | (value > 100), ibis.null("float64")), (percent, value / 100), else_=value)
    text = _text(column).strip()
    value = text.re_replace("[% ]+$", "").try_cast("float64")
    percent = (value > 1) | text.endswith("%") | ibis.literal(in_percent)
    return ibis.cases(((value < 0) | (value > 100), ibis.null("float64")), (percent, value / 100), else_=value)


def _text(column: Any) -> Any:
    return (column if column.type().is_string() else column.cast("string")).fill_null("")


def _amount(column: Any, style: str, signed: bool) -> tuple[Any, Any, list[Any]]:
    """State, value, and what tells states apart. The state of a plain number is its sign, "+" or "-" (or "#" where that does not matter),
    of a missing one "", of anything else its text after "t:"."""
    import ibis

    kind = column.type()
    if kind.is_floating():
        text = column.cast("string")
        plain = ~(column.isnan() | column.isinf() | (column.abs() >= 1e15))
        as_decimal = f"decimal(38,{_FLOAT_PLACES})"
        straight = column.abs() < (_FLOAT_EXACT if kind.is_float64() else 0)
        value = ibis.cases((straight, column.cast(as_decimal)), else_=text.try_cast(as_decimal))
    elif kind.is_numeric():
        value, plain, text = column, column.notnull(), column.cast("string")
    else:
        text = _text(column)
        plain = text.re_search(_PLAIN[style])
        value = (text.replace(",", ".") if style == "comma" else text).try_cast("decimal(38,18)")
        value = ibis.cases((plain, value), else_=ibis.null())
    sign = ibis.cases((value < 0, "-"), else_="+") if signed else ibis.literal("#")
    state = ibis.cases((plain, sign), (text.isnull(), ""), else_=ibis.literal("t:") + text)  # in Spark a NaN is null, its text is not
    typed = kind.is_numeric() and not kind.is_floating()  # then two bits say as much
    return state, value, ([value < 0] if signed else [value.isnull()]) if typed else [state]


def _times(source: "ir.Table", plan: Plan) -> dict[str, Any]:
    """Start and end as they stand (their least and greatest are taken), the start's day, and its hour where one is named."""
    import ibis

    nothing = ibis.literal("")
    if plan.start is None:
        return {"start": nothing, "end": nothing, "day": nothing, "hour": ibis.null("int64")}
    start = source[f"c{plan.start}"]
    kind = start.type()
    if kind.is_timestamp():
        day, hour = start.date(), start.hour().cast("int64")
    elif kind.is_string():
        text = start.fill_null("")
        named = text.re_extract(_DAY_IN_TEXT, 0)  # a replacement would name its group differently in each engine
        day = ibis.cases((named != "", named), else_=text)
        hour = text.re_extract(_HOUR_IN_TEXT, 1).try_cast("int64")
    else:
        day, hour = _text(start), ibis.null("int64")
    return {"start": start, "end": source[f"c{plan.end}"] if plan.end is not None else nothing, "day": day, "hour": hour}


def summed_cells(plan: Plan, states: Sequence[str], sums: Sequence[Any]) -> tuple[dict[int, str], frozenset[int]]:
    """Cell texts of the amounts of a folded row, and which of them are sums."""
    cells, summed = {}, set()
    for at, state, value in zip(plan.amounts, states, sums, strict=True):
        if state in ("+", "-", "#"):
            cells[at] = format(value, "f")
            summed.add(at)
        else:
            cells[at] = state.removeprefix("t:")
    return cells, frozenset(summed)
