"""Bills that stay where they are: tables of Spark, BigQuery, Snowflake, Databricks or a DuckDB file, folded by that engine.

`connect` opens an engine by its Ibis URL; `RemoteTable` is a `big_table.Source`: the engine runs the folding queries, their few rows come
over as Arrow, and everything after happens in the embedded engine as for a file. Nothing is written to the engine. A table has no
row numbers: rows have number 0. Needs the network, so only a command that a person typed may open one (`ToolContext.network`).
Foreign error texts are never shown: they may hold what the URL holds.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from knowledge.errors import UserError
from tools.audit.cells import shown
from tools.audit.engine import Engine
from tools.audit.fold import Near, Plan, by_day, by_name_and_day, summed
from tools.audit.reading.sheet import MOST_COLUMNS, Row, Sheet
from tools.audit.tool import masked

#: Engines by URL scheme, and the package that speaks to each.
ENGINES = {
    "pyspark": "pyspark",
    "databricks": "ibis-framework[databricks]",
    "snowflake": "ibis-framework[snowflake]",
    "bigquery": "ibis-framework[bigquery]",
    "duckdb": "ibis-framework[duckdb]",
}
_READS_PATHS = ("pyspark", "duckdb")
_JSON = {"pyspark": "to_json", "databricks": "to_json", "snowflake": "to_json", "bigquery": "to_json_string", "duckdb": "to_json"}
#: Rows of a table that can only be understood one by one; more would mean to move the bill instead of asking where it lies.
MOST_ROWS = 500_000
#: Spark only: one zone, sums that overflow are errors, absent tags read as in the other engines.
_SPARK = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true", "spark.sql.jsonGenerator.ignoreNullFields": "false"}


class RemoteEngine:
    """One connection. Close it."""

    def __init__(self, scheme: str, connection: Any) -> None:
        self.scheme, self.connection = scheme, connection

    def table(self, name: str, engine: Engine) -> "RemoteTable":
        """What `--file` names: `table:NAME`, a bare NAME (`catalog.schema.table`), or a Parquet path or URI that the engine reads."""
        plain = name.removeprefix("table:")
        if plain == name and ("/" in name or name.casefold().endswith(".parquet")):
            if self.scheme not in _READS_PATHS:
                raise UserError(
                    "engine-reads-tables",
                    f"With {self.scheme} a bill is named by its table, not by a file.",
                    "Write --file table:NAME, or leave --engine out to audit a file.",
                )
            path = PurePosixPath(urlsplit(name).path if "://" in name else name)
            return self._opened(shown(path.name, 120) or "files", lambda: self.connection.read_parquet(name), engine)
        *place, last = plain.split(".")
        return self._opened(shown(plain, 120), lambda: self.connection.table(last, database=tuple(place) or None), engine)

    def _opened(self, label: str, opened: Callable[[], Any], engine: Engine) -> "RemoteTable":
        try:
            table = opened()
        except Exception as error:
            raise UserError(
                "engine-table-missing",
                f"{self.scheme} cannot open {label} ({_kind(error)}).",
                "Check the name (table, schema.table, catalog.schema.table; for Spark a Parquet path too) and the right to read it.",
            ) from None
        if len(table.columns) > MOST_COLUMNS:
            raise UserError(
                "too-many-columns",
                f"{label} has {len(table.columns):,} columns; the limit is {MOST_COLUMNS:,}.",
                "Keep the cost columns only.",
            )
        return RemoteTable(self, (label,), table, engine)

    def rows(self, query: Any) -> Any:
        """The result of a query as one Arrow table. Only folded rows, samples and bounded copies are asked for."""
        try:
            return self.connection.to_pyarrow(query)
        except Exception as error:
            raise UserError(
                "engine-failed",
                f"{self.scheme} could not answer ({_kind(error)}).",
                "Check that the account may read this table; the engine's own log tells more.",
            ) from None

    def close(self) -> None:
        """Ends the connection, and a Spark session with it."""
        with suppress(Exception):  # everything was read by now, or another error is on its way
            self.connection.disconnect()


def connect(url: str) -> RemoteEngine:
    """Opens the engine. Raises UserError `engine-unavailable`."""
    scheme, sign, _ = url.partition("://")
    if not sign or scheme not in ENGINES:
        raise UserError(
            "engine-unavailable",
            f'"{shown(masked(url), 60)}" is no query engine that Frugal knows.',
            f"Leave --engine out for files, or name one by its URL: {', '.join(f'{name}://...' for name in ENGINES)}.",
        )
    try:
        return RemoteEngine(scheme, _spark(url) if scheme == "pyspark" else _ibis(url, scheme))
    except ImportError:
        raise UserError(
            "engine-unavailable",
            f"The engine {scheme} needs a package that is not installed here: {ENGINES[scheme]}.",
            "Install it with pip; for Spark: pip install -r requirements-spark.txt, and Java 17 or newer.",
        ) from None
    except Exception as error:
        raise UserError(
            "engine-unavailable",
            f"The engine {scheme} could not be reached ({_kind(error)}).",
            "Check the URL, the account and the network; Spark needs Java 17 or newer. The URL is not shown: it may hold a password.",
        ) from None


def _kind(error: Exception) -> str:
    """What sort of error a driver had. Its words may repeat a password, so only its name or the engine's condition is told."""
    condition = re.match(r"\[([A-Z0-9_.]{3,80})\]", str(error))
    return condition[1] if condition else type(error).__name__


def _ibis(url: str, scheme: str) -> Any:
    import ibis

    if scheme != "duckdb":
        return ibis.connect(url)
    connection = ibis.connect(url, read_only=True) if urlsplit(url).path.strip("/") else ibis.connect(url)
    connection.raw_sql("set timezone = 'UTC'")
    return connection


def _spark(url: str) -> Any:
    """Ibis would set every option of the URL a second time, which Spark refuses for those of its start; so the session is made here."""
    import ibis
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    split = urlsplit(url)
    options = dict(parse_qsl(split.query, keep_blank_values=True))
    if folder := split.path[1:]:
        options.setdefault("spark.sql.warehouse.dir", folder)
    options.setdefault("spark.ui.showConsoleProgress", "false")
    for name, value in {**options, **_SPARK}.items():
        builder = builder.config(name, value)
    return ibis.pyspark.connect(builder.getOrCreate())


@dataclass
class RemoteTable:
    """One table of an engine. Positions are those of its columns."""

    remote: RemoteEngine
    files: tuple[str, ...]  # its one name, as shown
    source: Any  # the Ibis table
    engine: Engine
    digest: str = ""  # of its folded or copied rows, once they were read

    @property
    def label(self) -> str:
        """Its name as shown."""
        return self.files[0]

    def head(self, count: int) -> Sheet:
        """Some rows as text, to see what the columns are."""
        rows: list[Row] = [(0, list(self.source.columns))]
        found = self.remote.rows(self._texts().limit(count))
        rows += [(at, list(cells)) for at, cells in enumerate(zip(*(c.to_pylist() for c in found.columns), strict=True), start=1)]
        return Sheet(self.label, "", lambda: iter(rows), {"format": f"table of {self.remote.scheme}"})

    def sheet(self) -> Sheet:
        """All rows as text, copied over: for tables whose rows can only be understood one by one. Raises UserError `engine-rows-needed`."""
        rows = int(self.remote.rows(self.source.aggregate(rows=self.source.count()))["rows"][0].as_py())
        if rows > MOST_ROWS:
            raise UserError(
                "engine-rows-needed",
                f"The rows of {self.label} can only be read one by one (nested credits or several amounts a row), and it has {rows:,}; "
                f"the limit is {MOST_ROWS:,}.",
                "Make a view with the cost after credits as one column, or export the table and audit the file.",
            )
        self._fetch(self._texts(), "copied")
        self.digest = self._digest("copied")
        columns = ", ".join(f"c{at}" for at in range(len(self.source.columns)))

        def stream() -> Iterator[Row]:
            yield 0, list(self.source.columns)
            for number, cells in enumerate(self.engine.stream(f"select {columns} from copied order by all"), start=1):  # noqa: S608
                yield number, list(cells)

        return Sheet(self.label, "", stream, {"format": f"table of {self.remote.scheme}"})

    def fold(self, plan: Plan, name: str) -> None:
        """See `big_table.Source`."""
        self._marked(summed(self._table(plan.positions), plan, False), plan, name)
        self.digest = self._digest(name)

    def texts(self, plan: Plan, sums: str, key: str, name: str) -> None:
        """See `big_table.Source`."""
        columns = ", ".join((key, *(plan.marks if key == "mark" else plan.names)))
        self.engine.ask(f"create or replace table {name} as select distinct on ({key}) {columns} from {sums}")  # noqa: S608

    def span(self, plan: Plan) -> tuple[str, str]:  # noqa: ARG002
        """See `big_table.Source`."""
        return "", ""

    def days(self, plan: Plan, name: str) -> Callable[[], object]:
        """See `big_table.Source`."""
        self._marked(by_day(self._table(plan.positions), plan, False), replace(plan, details=()), name)
        return lambda: None

    def apart(self, plan: Plan, near: Near, marks: str, name: str) -> Callable[[], object]:
        """See `big_table.Source`. Nothing is written to the engine, so the rows are found there by their texts."""
        self._marked(by_name_and_day(self._table(plan.positions), plan, False, near), plan, name)
        self.engine.ask(f"delete from {name} where mark not in (select mark from {marks})")  # noqa: S608
        return lambda: None

    def keep(self, number: int) -> None:
        """See `big_table.Source`."""

    def _marked(self, query: Any, plan: Plan, name: str) -> None:
        """Fetches the rows of a query, each with the marks of its texts and of its name."""
        self._fetch(query, f"{name}_staged")
        marks, names = ", ".join(plan.marks), ", ".join(plan.names) or "0"
        self.engine.ask(f"create or replace table {name} as select hash({marks}) as mark, hash({names}) as name, * from {name}_staged")  # noqa: S608
        self.engine.ask(f"drop table {name}_staged")

    def _fetch(self, query: Any, name: str) -> None:
        from ibis.backends.sql.datatypes import DuckDBType

        columns = ", ".join(f"{column} {DuckDBType.to_string(kind)}" for column, kind in query.schema().items())
        self.engine.ask(f"create or replace table {name} ({columns})")
        self.engine.append(name, self.remote.rows(query))

    def _digest(self, table: str) -> str:
        hashes = f"select cast(hash(t) as varchar) as mark from {table} t"  # noqa: S608
        return str(self.engine.ask(f"select sha256(coalesce(string_agg(mark, '' order by mark), '')) from ({hashes})")[0][0])  # noqa: S608

    def _texts(self) -> Any:
        table = self._table(range(len(self.source.columns)), strict=False)
        return table.select(**{f"c{at}": _text(table[f"c{at}"]) for at in range(len(self.source.columns))})

    def _table(self, positions: Sequence[int], strict: bool = True) -> Any:
        """The columns as c<position>, beside the numbers that a table of an engine does not have."""
        import ibis

        columns = {f"c{at}": self._column(at, strict) for at in positions}
        zero = ibis.literal(0, type="int64")
        return self.source.select(**columns, row_number=zero, segment=zero, file_no=ibis.literal(0, type="int32"))

    def _column(self, at: int, strict: bool) -> Any:
        """Plain values as they are, moments in UTC, nested values as JSON text. What has no text is an error where it is needed."""
        import ibis

        name = self.source.columns[at]
        column = self.source[name]
        kind = column.type()
        if kind.is_timestamp():
            return column if kind.timezone is None else column.cast("timestamp")
        if kind.is_string() or kind.is_numeric() or kind.is_boolean() or kind.is_date():
            return column
        if kind.is_nested() or kind.is_json():
            return _json_text(_JSON[self.remote.scheme], kind)(column).cast("string")
        if kind.is_binary():
            return ibis.literal("(binary)")
        if kind.is_time() or kind.is_uuid() or kind.is_null():
            return column.cast("string")
        if strict:
            raise UserError(
                "engine-column-unsupported",
                f'The column "{shown(name, 40)}" of {self.label} has a type without a text that is the same everywhere ({kind}).',
                "Make a view that holds it as text, or leave it out (ignore=...).",
            )
        return ibis.literal(f"({kind})")


def _json_text(function: str, kind: Any) -> Any:
    """The engine's own function from a nested value to JSON text; Ibis's cast to JSON is not valid in all of them."""
    import ibis

    return ibis.udf.scalar.builtin(_of, name=function, signature=((kind,), "json"))


def _of(value: Any) -> None:
    """Names the argument of an engine's function, for Ibis; never runs."""


def _text(column: Any) -> Any:
    return (column if column.type().is_string() else column.cast("string")).fill_null("")
