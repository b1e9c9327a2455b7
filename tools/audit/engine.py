"""The query engine: typed ledger rows in an embedded DuckDB, locked down before the first query.

External access, extensions and settings are off once the ledger is loaded; memory and threads are limited. Amounts are
DECIMAL with as many places as the data has, so sums are exact. Money columns: `billed`, `effective`; `cost` is the chosen one.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from knowledge.errors import UserError
from tools.audit.ledger import COLUMNS

_COUNTS = ("quantity", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "requests")
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
#: Bits of a `place` that hold the row number; the source number stands above them.
PLACE_BITS = 40
#: Cost at night (20-08 h) or at a weekend; null where a source names no hours at all.
_OFF_HOURS = """case when max(hour) over (partition by source) > 0 then
  case when hour < 8 or hour >= 20 or dayofweek(day) in (0, 6) then {cost} else 0 end end"""
MEMORY_LIMIT = "1GB"
THREADS = 2


def place_of(place: int) -> tuple[int, int]:
    """Source number and row number of a ledger `place`."""
    return place >> PLACE_BITS, place & ((1 << PLACE_BITS) - 1)


#: One view per question the findings ask. `spend`: counted rows with money in the currency under study.
_USE_VIEW = """
create view token_use as
with tall as (
  select model, service, place, rows, 'input' as token_type, input_tokens as tokens from counts where input_tokens > 0
  union all select model, service, place, rows, 'cached', cached_tokens from counts where cached_tokens > 0
  union all select model, service, place, rows, 'cache_write', cache_write_tokens from counts where cache_write_tokens > 0
  union all select model, service, place, rows, 'output', output_tokens from counts where output_tokens > 0
  union all select model, service, place, rows, 'reasoning', reasoning_tokens from counts where reasoning_tokens > 0
)
select model, service, place, rows, token_type, tokens, cast(null as DECIMAL(38,{scale})) as cost, false as priced from tall
union all
select model, service, place, rows, token_type,
  quantity * case when regexp_matches(lower(unit), '\\bmillion|1 ?m\\b|\\b1000000\\b|1m ') then 1000000 when regexp_matches(lower(unit), '\\bthousand|1 ?k\\b|\\b1000\\b|1k ') then 1000 else 1 end,
  cost, true
from counts
where kind = 'api_tokens' and token_type <> '' and quantity is not null and contains(lower(unit), 'token')
  and input_tokens is null and output_tokens is null
"""  # noqa: E501


class Ledger:
    """The loaded rows. `ask(sql, values)` runs one fixed statement; no text of the user ever becomes SQL."""

    def __init__(self, path: Path, decimals: int, largest: Decimal, basis: str, spill: Path) -> None:
        import duckdb

        whole = len(str(int(abs(largest)))) + 1
        scale = max(2, decimals)
        if whole + scale > 38:
            raise UserError(
                "amounts-too-precise",
                f"The amounts have up to {decimals} decimals beside {whole - 1} whole digits; together more than 38 digits.",
                "Round the cost column to fewer decimals.",
            )
        self.scale = scale
        self._con: Any = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": MEMORY_LIMIT,
                "threads": THREADS,
                "temp_directory": str(spill),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
            },
        )
        self._load(path, basis)
        self._con.execute("set enable_external_access=false")
        self._con.execute("set lock_configuration=true")

    def _load(self, path: Path, basis: str) -> None:
        money = f"DECIMAL(38,{self.scale})"
        casts = []
        for name in COLUMNS:
            kind = money if name in ("billed", "effective") else "DECIMAL(38,9)" if name in _COUNTS else "DATE" if name in _DATES else ""
            kind = kind or _PLAIN_TYPES.get(name, "")
            casts.append(f"try_cast(nullif({name}, '') as {kind}) as {name}" if kind else f"coalesce({name}, '') as {name}")
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
        cost = "effective" if basis == "effective" else "billed"
        statement = (
            f"create table ledger as select * exclude (hour), {cost} as cost, (source << {PLACE_BITS}) | row_number as place, "  # noqa: S608
            f"{_OFF_HOURS.format(cost=cost)} as off_hours from (select {', '.join(casts)} from read_csv(?, header=false, delim=',', "
            "quote='\"', escape='\"', strict_mode=true, max_line_size=16000000, parallel=false, columns={" + columns + "}))"
        )
        self._con.execute(statement, [str(path)])
        self._con.execute("create table study (currency varchar)")
        self._con.execute("create view counts as select * from ledger where billed is null or currency = (select currency from study)")
        self._con.execute("create view spend as select * from ledger where billed is not null and currency = (select currency from study)")
        self._con.execute(_USE_VIEW.format(scale=self.scale))

    def study(self, currency: str) -> None:
        """Chooses the currency that `spend` shows: money of two currencies is never in one query."""
        self._con.execute("delete from study")
        self._con.execute("insert into study values (?)", [currency])

    def ask(self, statement: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of one fixed statement."""
        used = {name: value for name, value in values.items() if f"${name}" in statement} if isinstance(values, dict) else list(values)
        return self._con.execute(statement, used).fetchall()

    def close(self) -> None:
        """Frees the memory."""
        self._con.close()
