"""The embedded DuckDB of one audit: locked down from its first second, and the ledger that the questions are put to.

It reads the files of this audit and nothing else: no other path, no extension, no setting can be changed; memory and threads are
limited, and what does not fit spills into the audit's own scratch folder. No text of the user ever becomes SQL. It knows no forms
and no rules.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from knowledge.errors import UserError
from tools.audit.fold import DETAILS, PLACE_BITS
from tools.audit.ledger import COLUMNS, COUNTS
from tools.audit.spend_rules import ADJACENT_WORDS

_DATES = ("day", "day_end")
_PLAIN_TYPES = {
    "line": "BIGINT",
    "source": "BIGINT",
    "row_number": "BIGINT",
    "rows": "BIGINT",
    "part": "INTEGER",
    "hour": "INTEGER",
    "utilization": "DOUBLE",
}
#: What a folded line takes from its names, and what from its files and days where it is told apart by them.
_OF_NAMES = ("source", "file", "row_number", "rows", "billed", "effective", *COUNTS, *DETAILS, "utilization")
_OF_BOTH = (*_OF_NAMES, "day", "day_end", "hour", "night")
#: What is known of a folded line by day.
KEYS_OF_DAYS = ("currency", "service", "category", "ai")
_OF_DAYS = (*KEYS_OF_DAYS, "day", "day_end", "rows", "billed", "effective", "place")
#: What a line's texts say it is, for rules that look for words.
_WORDS = "lower(coalesce(service, '') || ' ' || coalesce(usage_type, '') || ' ' || coalesce(description, ''))"
MEMORY_LIMIT = "600MB"
THREADS = 2
_MOST_DIGITS = 38

#: Cost at night (20-08 h) or at a weekend; null where a source names no hours at all. A folded line knows its cost at night.
_OFF_HOURS = """case when source in ({hourly}) then
  case when dayofweek(day) in (0, 6) then {cost}
       when night is not null then case when billed <> 0 then cast({cost} as double) * (cast(night as double) / billed) else 0 end
       when hour < 8 or hour >= 20 then {cost} else 0 end end"""

#: One view per question the findings ask. `spend`: counted lines with money in the currency under study, by name and without days.
#: `spend_by_day`: the same money by service and day. `spend_by_name_and_day`: everything about it, but in a folded ledger only of some
#: lines (findings/all_rules.py says which).
_STUDIED = "currency = getvariable('study')"
_VIEWS = (
    f"create view counts as select * from ledger where billed is null or {_STUDIED}",  # noqa: S608
    f"create view counts_by_name_and_day as select * from ledger_by_name_and_day where billed is null or {_STUDIED}",  # noqa: S608
    f"create view spend as select * from ledger where billed is not null and {_STUDIED}",  # noqa: S608
    f"create view spend_by_name_and_day as select * from ledger_by_name_and_day where billed is not null and {_STUDIED}",  # noqa: S608
    f"create view spend_by_day as select * from ledger_by_day where billed is not null and {_STUDIED}",  # noqa: S608
    """
create view token_use as
with tall as (
  select model, service, place, rows, unnest(['input', 'cached', 'cache_write', 'output', 'reasoning']) as token_type,
    unnest([input_tokens, cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens]) as tokens
  from counts where input_tokens > 0 or cached_tokens > 0 or cache_write_tokens > 0 or output_tokens > 0 or reasoning_tokens > 0
)
select model, service, place, rows, token_type, tokens, cast(null as DECIMAL(38,{scale})) as cost, false as priced
from tall where tokens > 0
union all
select model, service, place, rows, token_type, quantity, cost, true
from counts
where kind = 'api_tokens' and token_type <> '' and unit = 'tokens' and quantity is not null
  and input_tokens is null and output_tokens is null
""",
)


def serves_ai(resource: str) -> str:
    """SQL: whether a line is storage or network named after the AI it serves."""
    return f"kind = 'other' and rule in ('storage', 'network') and regexp_matches(lower(right({resource}, 60)), '{ADJACENT_WORDS}')"


def is_ai(kind: str) -> str:
    """SQL: whether this kind of spend is AI itself."""
    return f"{kind} in ('gpu', 'managed_ai', 'api_tokens')"


def place_of(place: int) -> tuple[int, int]:
    """Source number and row number of a ledger `place`."""
    return place >> PLACE_BITS, place & ((1 << PLACE_BITS) - 1)


class Engine:
    """One database for one audit. `readable` are the only files it can open, beside those below `scratch` and `kept`."""

    def __init__(self, scratch: Path, readable: Sequence[Path], kept: Path | None = None) -> None:
        import duckdb

        self._con: Any = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": MEMORY_LIMIT,
                "threads": THREADS,
                "temp_directory": str(scratch / "spill"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "python_enable_replacements": False,
            },
        )
        self._side, self._beside = self._con.cursor(), ThreadPoolExecutor(1, "engine")
        self._con.execute("set allowed_paths = $paths", {"paths": [str(path) for path in readable]})
        self._con.execute("set allowed_directories = $folders", {"folders": [str(folder) for folder in (scratch, kept) if folder]})
        self._con.execute("set timezone = 'UTC'")
        self._con.execute("pragma disable_checkpoint_on_shutdown")  # the database ends with the audit
        self._con.execute("set enable_external_access = false")
        self._con.execute("set lock_configuration = true")

    def ask(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of one fixed statement; of named values only those that it uses."""
        used = {name: value for name, value in values.items() if f"${name}" in statement} if isinstance(values, Mapping) else list(values)
        return self._con.execute(statement, used).fetchall()

    def stream(self, statement: str, values: Sequence[Any] = (), size: int = 10_000) -> Any:
        """Rows of one fixed statement, fetched `size` at a time, on a cursor of their own."""
        cursor = self._con.cursor().execute(statement, list(values))
        while rows := cursor.fetchmany(size):
            yield from rows

    def later(self, statement: str) -> Future[object]:
        """Runs a statement beside what follows, on a connection of its own. Closing the engine stops it."""
        return self._beside.submit(self._side.execute, statement)

    def append(self, table: str, batch: Any) -> None:
        """Adds an Arrow table's rows to a table of the same columns."""
        self._con.register("batch", batch)
        try:
            self._con.execute(f"insert into {table} select * from batch")  # noqa: S608
        finally:
            self._con.unregister("batch")

    def close(self) -> None:
        """Frees memory and files."""
        self._side.interrupt()
        self._beside.shutdown(cancel_futures=True)
        self._con.close()


class Ledger:
    """The ledger's lines as a table, with the views of `_VIEWS`. Amounts are DECIMAL with as many places as the data has."""

    def __init__(self, engine: Engine, path: Path, decimals: int, largest: Decimal) -> None:
        whole = len(str(int(abs(largest)))) + 1
        scale = max(2, decimals)
        if whole + scale > _MOST_DIGITS:
            raise UserError(
                "amounts-too-precise",
                f"The amounts have up to {decimals} decimals beside {whole - 1} whole digits; together more than {_MOST_DIGITS} digits.",
                "Round the cost column to fewer decimals.",
            )
        self.ask, self.scale = engine.ask, scale
        money = f"DECIMAL({_MOST_DIGITS},{scale})"
        casts = []
        for name in COLUMNS:
            kind = _kind(name, money)
            casts.append(f"try_cast(nullif({name}, '') as {kind}) as {name}" if kind else f"coalesce({name}, '') as {name}")
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
        self.ask(
            f"create table lines as select {', '.join(casts)}, cast(null as {money}) as night, {_WORDS} as words "  # noqa: S608
            "from read_csv(?, header=false, delim=',', "
            "quote='\"', escape='\"', strict_mode=true, max_line_size=16000000, parallel=false, columns={" + columns + "})",
            [str(path)],
        )

        kinds = {"base": "bigint", "line": "bigint", "ai": "boolean", "place": "bigint", "alike": "bigint", "last_place": "bigint"}
        kinds |= {name: _kind(name, money) or "varchar" for name in (*_OF_BOTH, *_OF_DAYS) if name not in kinds}
        for table, names in (
            ("named", ("line", *_OF_NAMES, "last_place")),
            ("daily", ("alike", *_OF_DAYS)),
            ("named_daily", ("line", *_OF_BOTH)),
        ):
            self.ask(f"create table {table} ({', '.join(f'{name} {kinds[name]}' for name in ('base', *names))})")
        self.ask("create table sheets (source bigint, file varchar, sheet varchar)")

    def settle(self, basis: str, by_both: Sequence[str]) -> None:
        """Makes the views once all lines are there. `basis` chooses the column that is `cost`; `by_both` see findings/all_rules.py.

        Lines of rows that were read one by one become a table. Of folded lines `lines` says what they are, `named` how much under which
        name, `daily` how much on which day, `named_daily` both. What is worked out is worked out below the join, so that texts are looked
        at in the few `lines`.
        """
        folded, direct = self.ask("select count(line), count(*) - count(line) from lines")[0]
        self.ask(f"update lines set kind = 'ai_adjacent', rule = 'adjacent-by-name' where line is null and {serves_ai('resource')}")  # noqa: S608
        self.ask(
            "insert into lines select * replace (-line as line, 'ai_adjacent' as kind, 'adjacent-by-name' as rule) from lines l "
            "where line is not null and exists (select 1 from named u where u.base = l.source and u.line = -l.line)"
        )
        self.ask("insert into sheets select source, any_value(file), any_value(sheet) from lines where line is null group by source")
        cost = "effective" if basis == "effective" else "billed"
        worked_out = {"cost": cost, "place": f"(source << {PLACE_BITS}) | row_number"}
        off_hours = {"off_hours": self._off_hours(cost, by_both)}
        told = [name for name in COLUMNS if name not in ("line", "terms", "rate", "per_unit", "day", "day_end", "hour")] + ["words"]
        of_names, of_both = [*told, *worked_out, "last_place"], [*told, "day", "day_end", *worked_out, *off_hours]
        views = {"ledger": of_names, "ledger_by_day": [*_OF_DAYS, "cost"], "ledger_by_name_and_day": of_both}
        more = _listed({**worked_out, **off_hours, "last_place": worked_out["place"], "ai": is_ai("kind")})
        self.ask(f"create {'view' if folded else 'table'} direct as select *, {more} from lines where line is null")  # noqa: S608
        selects = {view: [f"select {', '.join(names)} from direct"] if direct or not folded else [] for view, names in views.items()}  # noqa: S608
        if folded:
            selects["ledger"].append(_joined("named", of_names, (*_OF_NAMES, "last_place"), worked_out))
            selects["ledger_by_day"].append(f"select *, {cost} as cost from (select {', '.join(_OF_DAYS)} from daily)")  # noqa: S608
            selects["ledger_by_name_and_day"].append(_joined("named_daily", of_both, _OF_BOTH, worked_out | off_hours))
        for view, parts in selects.items():
            self.ask(f"create view {view} as {' union all '.join(parts)}")
        for view in _VIEWS:
            self.ask(view.format(scale=self.scale))

    def _off_hours(self, cost: str, by_both: Sequence[str]) -> str:
        """SQL of the cost at night and at weekends. Only rows that are looked at by day and name say whether their source names hours."""
        looked_at = " or ".join(f"({condition})" for condition in by_both) or "false"
        hourly = self.ask(
            f"select source from lines where hour > 0 and ({looked_at}) "  # noqa: S608
            "union select source from named_daily where hour > 0 order by 1"
        )
        sources = ", ".join(str(source) for (source,) in hourly) or "null"
        return f"cast({_OFF_HOURS.format(cost=cost, hourly=sources)} as DECIMAL({_MOST_DIGITS},{self.scale}))"

    def meets(self, conditions: Sequence[str]) -> set[str]:
        """Those conditions that some line meets, whatever its currency. They may ask what it is, not when, where or how much."""
        if not conditions:
            return set()
        found = self.ask(f"select {', '.join(f'bool_or({condition})' for condition in conditions)} from lines")[0]  # noqa: S608
        return {condition for condition, met in zip(conditions, found, strict=True) if met}

    def study(self, currency: str) -> None:
        """Chooses the currency that the views show: money of two currencies is never in one query."""
        self.ask("set variable study = ?", [currency])


def _kind(name: str, money: str) -> str:
    """Type of a column; "" for text."""
    if name in ("billed", "effective", "night"):
        return money
    return "DECIMAL(38,9)" if name in COUNTS else "DATE" if name in _DATES else _PLAIN_TYPES.get(name, "")


def _listed(worked_out: Mapping[str, str]) -> str:
    return ", ".join(f"{expression} as {name}" for name, expression in worked_out.items())


def _joined(table: str, names: Sequence[str], own: Sequence[str], worked_out: Mapping[str, str]) -> str:
    """The folded lines with what a table knows of their days or names."""
    columns = ", ".join(f"u.{name}" if name in own or name in worked_out else f"l.{name}" for name in names)
    inner = f"(select *, {_listed(worked_out)} from {table}) u"  # noqa: S608
    return f"select {columns} from lines l join {inner} on u.base = l.source and u.line = l.line"  # noqa: S608
