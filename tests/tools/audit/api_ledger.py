"""A small ledger for tests of prices and API rules: rows as dictionaries, the same columns and views as the audit's own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb

_TEXTS = (
    "file sheet currency category provider service description usage_type region account resource unit hardware model token_type "
    "environment team workload tagged pricing status kind rule"
)
_COUNTS = "quantity input_tokens cached_tokens cache_write_tokens output_tokens reasoning_tokens requests"
DEFAULTS: dict[str, Any] = {"source": 0, "part": 0, "rows": 1, "category": "Usage", "currency": "USD", "kind": "api_tokens"}


def ask_of(rows: Sequence[Mapping[str, Any]], currency: str = "USD") -> Callable[..., list[tuple[Any, ...]]]:
    """`ask` over these rows. Row numbers start at 2, as below a header; unstated texts are "", unstated counts null."""
    con = duckdb.connect(":memory:", config={"threads": 1})
    columns = [f"{name} varchar default ''" for name in _TEXTS.split()] + [f"{name} decimal(38,9)" for name in _COUNTS.split()]
    con.execute(
        "create table ledger (source integer, row_number bigint, part integer, rows bigint, place bigint, billed decimal(38,12), "
        "effective decimal(38,12), cost decimal(38,12), off_hours decimal(38,12), day date, day_end date, utilization double, "
        f"{', '.join(columns)})"
    )
    for at, given in enumerate(rows):
        row = DEFAULTS | {"row_number": at + 2} | dict(given)
        row["place"] = (row["source"] << 40) | row["row_number"]
        if row.get("billed") is None:
            row["currency"] = ""
        else:
            row.setdefault("effective", row["billed"])
            row.setdefault("cost", row["billed"])
        row.setdefault("day_end", row.get("day"))
        names = ", ".join(row)
        con.execute(f"insert into ledger ({names}) values ({', '.join('?' * len(row))})", list(row.values()))
    for ending, columns_of in (("", "* exclude (day, day_end, off_hours)"), ("_by_name_and_day", "*")):
        con.execute(f"create view counts{ending} as select {columns_of} from ledger where billed is null or currency = '{currency}'")
        con.execute(f"create view spend{ending} as select {columns_of} from ledger where billed is not null and currency = '{currency}'")

    con.execute("create view spend_by_day as select *, kind in ('gpu', 'managed_ai', 'api_tokens') as ai from spend_by_name_and_day")

    def ask(statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        used = {name: value for name, value in values.items() if f"${name}" in statement} if isinstance(values, Mapping) else list(values)
        return con.execute(statement, used).fetchall()

    return ask
