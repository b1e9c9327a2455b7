"""Reads a big table: folded by an engine, understood once for each distinct row, and unfolded into the ledger by day and detail.

    source (spooled sheet, Parquet, a table elsewhere) ─► fold ─► distinct rows ─► SheetPass ─► lines ─► unfold: by day, file, detail

Sums stay exact: the lines of a distinct row add up to what the pass counted, to the last digit, or the difference is put on its
first line (only a rate, or a cell that is no plain number, can leave one). Resource, account and region are told apart where findings ask
for them, in AI spend, storage and network; elsewhere a big bill says what, not which.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from tools.audit.engine import Engine
from tools.audit.fold import DETAILS, Only, Plan, summed_cells
from tools.audit.layout import Layout
from tools.audit.ledger import Row, SheetPass, Tally

_IN_DETAIL = "kind in ('gpu', 'managed_ai', 'api_tokens', 'ai_adjacent') or rule in ('storage', 'network')"
_MOST_SERVICES = 300
_COUNTS = ("quantity", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "requests")


class Source(Protocol):
    """Where a big table lies. Both methods keep their result as a table of the embedded engine, with a column `mark`."""

    files: tuple[str, ...]

    def fold(self, plan: Plan, name: str, only: Only | None = None) -> None:
        """Runs the folding query; with `only`, on some of the rows and detail by detail."""

    def texts(self, plan: Plan, sums: str, name: str) -> None:
        """The marks' texts for each mark of the table `sums` (mark, first)."""


@dataclass
class BigTable:
    """One folded source between its pass and its unfolding."""

    source: Source
    plan: Plan
    layout: Layout
    number: int
    engine: Engine
    specials: list[tuple[int, Row, bool]] = field(default_factory=list)  # segment they end, row, whether a blank line stood above

    @property
    def _fold(self) -> str:
        return f"fold_{self.number}"

    @property
    def _distinct(self) -> str:
        return f"distinct_{self.number}"

    def fold(self) -> int:
        """Runs the query; returns how many distinct rows there are."""
        marks, ask = ", ".join(self.plan.marks), self.engine.ask
        self.source.fold(self.plan, self._fold)
        sums = ", ".join(
            ("sum(n) as n", "min((file_no::bigint << 40) + first) as first", *(f"sum(v{at}) as v{at}" for at in self.plan.amounts))
        )
        ask(f"create or replace table sums_{self.number} as select mark, {sums} from {self._fold} group by mark")  # noqa: S608
        self.source.texts(self.plan, f"sums_{self.number}", f"texts_{self.number}")
        ask(
            f"create or replace table {self._distinct} as select row_number() over (order by segment, first, {marks}) as line, * "  # noqa: S608
            f"from sums_{self.number} join texts_{self.number} using (mark)"
        )
        return int(ask(f"select count(*) from {self._distinct}")[0][0])  # noqa: S608

    def span(self) -> tuple[str, str]:
        """First and last day as ISO text, "" where its dates are not written that way."""
        day = "try_cast(left(start_text, 10) as date)"
        found = self.engine.ask(f"select coalesce(min({day})::varchar, ''), coalesce(max({day})::varchar, '') from {self._fold}")  # noqa: S608
        return found[0][0], found[0][1]

    def run(self, sheet_pass: SheetPass) -> Tally:
        """Gives the distinct rows, and the special rows between them, to the pass in the order of the file."""
        waiting = iter(self.specials)
        special = next(waiting, None)
        for segment, row in self._rows():
            while special is not None and special[0] < segment:
                sheet_pass.take(special[1], special[2])
                special = next(waiting, None)
            sheet_pass.take(row)
        while special is not None:
            sheet_pass.take(special[1], special[2])
            special = next(waiting, None)
        return sheet_pass.tally

    def _rows(self) -> Iterator[tuple[int, Row]]:
        plan, width = self.plan, len(self.layout.header.names)
        texts = [f"k{at}" for at in plan.texts]
        states, values = [f"s{at}" for at in plan.amounts], [f"v{at}" for at in plan.amounts]
        columns = ", ".join(("line", "segment", "n", "first & 1099511627775", *texts, *states, *values))
        first_state, first_value = 4 + len(texts), 4 + len(texts) + len(states)
        for found in self.engine.stream(f"select {columns} from {self._distinct} order by line"):  # noqa: S608
            line, segment, count, first = found[:4]
            cells = [""] * width
            for at, text in zip(plan.texts, found[4:first_state], strict=True):
                cells[at] = text
            amounts, summed = summed_cells(plan, found[first_state:first_value], found[first_value:])
            for at, text in amounts.items():
                cells[at] = text
            yield segment, Row(int(first or 0), cells, int(count), int(line), summed)

    def unfold(self, sheet_pass: SheetPass) -> None:
        """Tells the ledger the days, files and details of this source's lines, and the tally its days."""
        self._join(self._fold, f"detail_{self.number}", "true")
        chosen = f"line in (select line from lines where source = {self.number} and line is not null and ({_IN_DETAIL}))"  # noqa: S608
        if self.plan.details and self.engine.ask(f"select 1 from detail_{self.number} where {chosen} limit 1"):  # noqa: S608
            self._in_detail(chosen)
        self._tell_days(sheet_pass)
        self._tell_names(sheet_pass)
        self._unfold_amounts()

    def _join(self, fold: str, detail: str, where: str) -> None:
        self.engine.ask(
            f"create or replace table {detail} as select d.line, f.* from {fold} f join {self._distinct} d using (mark) where {where}"  # noqa: S608
        )

    def _in_detail(self, chosen: str) -> None:
        services, names = self.layout.roles.get("service", ()), None
        marks = f"marks_{self.number}"
        self.engine.ask(f"create or replace table {marks} as select mark from {self._distinct} where {chosen}")  # noqa: S608
        if services:
            found = self.engine.ask(f"select distinct k{services[0]} from {self._distinct} where {chosen}")  # noqa: S608
            names = [name for (name,) in found] if len(found) <= _MOST_SERVICES else None
        only = Only(marks, services[0], tuple(names)) if names is not None else Only(marks)
        self.source.fold(self.plan, f"{self._fold}_r", only)
        self._join(f"{self._fold}_r", f"detail_{self.number}_r", chosen.replace("line in", "d.line in", 1))
        self.engine.ask(f"delete from detail_{self.number} where {chosen}")  # noqa: S608
        self.engine.ask(f"insert into detail_{self.number} by name select * from detail_{self.number}_r")  # noqa: S608

    def _tell_days(self, sheet_pass: SheetPass) -> None:
        pairs = self.engine.ask(
            f"select start_text, end_text, sum(n) from detail_{self.number} "  # noqa: S608
            f"where line in (select line from lines where source = {self.number}) group by 1, 2 order by 1, 2"
        )
        self.engine.ask("create or replace table moments (start_text varchar, end_text varchar, day date, day_end date)")
        found = []
        for start_text, end_text, rows in pairs:
            start, end, problem, month_only = sheet_pass.reader.days_of(start_text, end_text)
            if problem:
                sheet_pass.tally.bad_date(problem, int(rows))
            if start is not None:
                sheet_pass.tally.covers(start, end or start, int(rows), month_only)
            found.append((start_text, end_text, start, (end or start) if start else None))
        self._fill("moments", found, ("string", "string", "date32", "date32"))

    def _tell_names(self, sheet_pass: SheetPass) -> None:
        """Reads each different text of a detail once, as the pass reads cells: safe to show, of bounded length."""
        self.engine.ask("create or replace table names (role varchar, told varchar, shown varchar)")
        reader, found = sheet_pass.reader, []
        for role, positions in self.plan.details:
            cells = [""] * len(self.layout.header.names)
            for (text,) in self.engine.ask(f"select distinct {role} from detail_{self.number} where {role} <> '' order by 1"):  # noqa: S608
                cells[positions[0]] = text
                found.append((role, text, reader.text(role, cells)))
        self._fill("names", found, ("string", "string", "string"))

    def _fill(self, table: str, rows: list[tuple[Any, ...]], kinds: tuple[str, ...]) -> None:
        if rows:
            import pyarrow

            arrays = [pyarrow.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
            self.engine.append(table, pyarrow.table(arrays, names=[f"c{at}" for at in range(len(kinds))]))

    def _unfold_amounts(self) -> None:
        """Fills the narrow table `unfolded`: for each line its days, files and details with their part of the amounts."""
        ask, number = self.engine.ask, self.number
        money = ask("select data_type from duckdb_columns() where table_name = 'lines' and column_name = 'billed'")[0][0]

        def converted(value: str) -> str:
            value = f"({value}) * {self.layout.factor:f}" if self.layout.factor != 1 else value
            rated = f"cast(cast({value} as double) * cast(nullif(o.rate, '') as double) as {money})"
            return f"case when o.rate = '' then cast({value} as {money}) else {rated} end"

        plain = f"d.v{self.plan.billed}" if self.plan.billed is not None else "null"
        share = f"cast(cast(o.billed as double) * d.n / o.rows as {money})"
        billed = f"case when o.billed is null then null when {plain} is not null then {converted(plain)} else {share} end"
        terms = [text for (text,) in ask(f"select distinct terms from lines where source = {number} and terms <> '' order by 1")]  # noqa: S608
        cases = " ".join(f"when o.terms = '{text}' then {converted(_sum_of(text))}" for text in terms)
        effective = f"case when o.effective is null then null {cases} else {billed} end"
        counts = ", ".join(f"{self._count(role)} as {role}" for role in _COUNTS)
        apart = dict(self.plan.details)
        details = ", ".join(f"coalesce({role}_names.shown, '') as {role}" if role in apart else f"o.{role}" for role in DETAILS)
        joins = " ".join(
            f"left join names {role}_names on {role}_names.role = '{role}' and {role}_names.told = d.{role}" for role in DETAILS
        )
        ask(
            f"insert into unfolded by name select {number} as base, o.line, {number} + d.file_no as source, "  # noqa: S608
            f"$files[d.file_no + 1] as file, d.first as row_number, d.n as rows, {billed} as billed, {effective} as effective, {counts}, "
            f"m.day, m.day_end, d.hour, {details}, d.used as utilization, "
            f"case when o.billed is null then null else {self._night(converted)} end as night "
            f"from (select * from lines where source = {number} and line is not null) o join detail_{number} d using (line) "
            f"join moments m using (start_text, end_text) {joins}",
            {"files": list(self.source.files)},
        )
        for column in ("billed", "effective"):
            ask(
                f"update unfolded set {column} = unfolded.{column} + gap.amount from ("  # noqa: S608
                f"select min(u.rowid) as at, any_value(o.{column}) - sum(u.{column}) as amount from unfolded u "
                f"join lines o on o.source = u.base and o.line = u.line where u.base = {number} group by u.line having amount <> 0"
                ") gap where unfolded.rowid = gap.at"
            )

    def _night(self, converted: Callable[[str], str]) -> str:
        """Billed cost at night: its own sum, or where cells are no plain numbers its share by rows."""
        share = "o.billed / o.rows * d.night_n"
        return share if self.plan.billed is None else f"coalesce({converted(f'd.night{self.plan.billed}')}, {share})"

    def _count(self, role: str) -> str:
        times = " * coalesce(try_cast(o.per_unit as bigint), 1)" if role == "quantity" else ""
        values = [f"d.v{at}{times}" for at in self.layout.roles.get(role, ()) if at in self.plan.amounts]
        if not values:
            return f"o.{role}"
        known = (
            " + ".join(f"coalesce({v}, 0)" for v in values)
            if role in self.layout.added
            else f"coalesce({', '.join(values)}, cast(o.{role} as double) * d.n / o.rows)"
        )
        return f"cast(case when o.{role} is null then null else {known} end as DECIMAL(38,9))"


def _sum_of(terms: str) -> str:
    """SQL of `+7-9`: the sums of those columns; `0` is zero."""
    parts = re.findall(r"([+-])(\d+)", terms)
    return " ".join(f"{sign} coalesce(d.v{at}, 0)" for sign, at in parts) or "0"
