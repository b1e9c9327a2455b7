"""Unfolds the lines of a big table into the ledger: once by day, once by name (resource, account, region).

Sums stay exact: the lines of a distinct row add up to what the pass counted, to the last digit, or the difference is put on its
first line (only a rate, or a cell that is no plain number, can leave one). Days and names are told apart together only for the lines
that findings ask so, such as machines: all of it would be the bill again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.errors import UserError
from tools.audit.big_table import BigTable
from tools.audit.engine import serves_ai
from tools.audit.fold import DETAILS, PLACE_BITS, USED, Near, mean_used
from tools.audit.ledger import COUNTS, SheetPass

#: The part of a line whose names say that it serves AI; its line in the ledger has its number negated.
AI_PART = 1
_BATCH = 50_000
_MOST_TEXTS = 300  # of a column, to search for


@dataclass
class Unfolding:
    """One folded source whose lines are in the ledger."""

    big: BigTable
    sheet_pass: SheetPass

    def __post_init__(self) -> None:
        self.ask, self.number, self.plan, self.layout = self.big.engine.ask, self.big.number, self.big.plan, self.big.layout
        self.names = {role: f"n.{role}" if role in dict(self.plan.details) else f"o.{role}" for role in DETAILS}

    def run(self, apart: Sequence[str]) -> None:
        """Tells the ledger days and names, and the tally its days. Raises UserError `file-changed`.

        `apart` are conditions on lines whose names are told apart day by day.
        """
        self._tell_names()
        self._tell_apart(apart)
        self._bring_days()
        self._check_unchanged()
        self._tell_days()
        self._unfold_days()
        self._unfold_names()
        self.big.source.keep(self.number)

    def _tell_names(self) -> None:
        """Reads the different cells of each detail once, as the pass reads cells: safe to show, of bounded length."""
        cells, columns, joins = f"cells_{self.number}", ["name"], []
        for role, positions in self.plan.details:
            given = ", ".join(f"d{at}" for at in positions)
            texts = ", ".join(f"d{at} varchar" for at in positions)
            self.ask(f"create or replace table {role}_told ({texts}, shown varchar)")
            row = [""] * len(self.layout.header.names)
            told: list[tuple[str, ...]] = []
            for found in self.big.engine.stream(f"select distinct {given} from {cells}"):  # noqa: S608
                for at, text in zip(positions, found, strict=True):
                    row[at] = text
                told.append((*found, self.sheet_pass.reader.text(role, row)))
                if len(told) == _BATCH:
                    self._fill(f"{role}_told", told)
                    told.clear()
            self._fill(f"{role}_told", told)
            columns.append(f"{role}_told.shown as {role}")
            joins.append(f"join {role}_told using ({given})")
        self.ask(f"create or replace table names_{self.number} as select {', '.join(columns)} from {cells} {' '.join(joins)}")  # noqa: S608

    def _tell_apart(self, conditions: Sequence[str]) -> None:
        """Every name of a line to tell apart is a part of its own; part 1 of a line are the names after which it serves AI."""
        of_line = " or ".join(f"({condition})" for condition in conditions) or "false"
        details = ", ".join(f"{name.replace('o.', 'l.')} as {role}" for role, name in self.names.items())
        self.ask(
            f"create or replace table apart_{self.number} as "  # noqa: S608
            f"select mark, name, cast(case when {serves_ai('resource')} then {AI_PART} else name end as ubigint) as part from ("
            f"select l.* exclude ({', '.join(DETAILS)}), {details}, s.mark, s.name from summed_{self.number} s "
            f"join distinct_{self.number} d using (mark) join names_{self.number} n using (name) "
            f"join lines l on l.source = {self.number} and l.line = d.line) where {of_line} or {serves_ai('resource')}"
        )

    def _bring_days(self) -> None:
        """Makes the table of days: of the lines to tell apart by part, of all others as the engine told them while the pass ran."""
        number, marks = self.number, f"marks_{self.number}"
        self.big.days()
        self.ask(f"create or replace table {marks} as select distinct mark from apart_{number}")  # noqa: S608
        if self.ask(f"select 1 from {marks} limit 1"):  # noqa: S608
            self.big.source.apart(self.plan, self._near(marks), marks, f"near_{number}")
        else:
            unknown = ", ".join(f"null::double as {name}" for name in USED)
            self.ask(f"create or replace table near_{number} as select *, 0::ubigint as name, {unknown} from days_{number} limit 0")  # noqa: S608
        self.ask(
            f"create or replace view parts_{number} as select *, 0 as part from days_{number} anti join {marks} using (mark) "  # noqa: S608
            f"union all by name select n.* exclude (name), coalesce(a.part, 0) as part from near_{number} n "
            f"left join apart_{number} a using (mark, name)"
        )

    def _near(self, marks: str) -> Near:
        """The column whose texts leave the fewest rows to look at."""
        distinct = f"distinct_{self.number}"
        found: list[tuple[int, int, list[str]]] = []
        for at in self.plan.texts:
            held = f"k{at} in (select k{at} from {distinct} semi join {marks} using (mark))"  # noqa: S608
            rows, texts = self.ask(f"select sum(n), list(distinct k{at} order by k{at}) from {distinct} where {held}")[0]  # noqa: S608
            if len(texts) <= _MOST_TEXTS:
                found.append((rows, at, texts))
        if not found:
            return Near(None, ())
        _, at, texts = min(found)
        return Near(at, tuple(texts))

    def _check_unchanged(self) -> None:
        """A file or table can change between two questions; then their answers do not belong together."""
        sums = ", ".join(("mark", "sum(n)", *(f"sum(v{at})" for at in self.plan.amounts)))
        first, again = (f"select {sums} from {table}_{self.number} group by mark" for table in ("summed", "parts"))  # noqa: S608
        if self.ask(f"({first} except {again}) union all ({again} except {first}) limit 1"):
            raise UserError(
                "file-changed",
                f"{self.big.source.files[0]} changed while it was being read.",
                "Run the audit again when the file or table is complete, or on a snapshot.",
            )

    def _tell_days(self) -> None:
        pairs = self.ask(
            f"select start_text, end_text, sum(d.n) from parts_{self.number} d join distinct_{self.number} using (mark) "  # noqa: S608
            f"where line in (select line from lines where source = {self.number}) group by 1, 2 order by 1, 2"
        )
        self.ask("create or replace table moments (start_text varchar, end_text varchar, day date, day_end date)")
        found, tally = [], self.sheet_pass.tally
        for start_text, end_text, rows in pairs:
            start, end, problem, month_only = self.sheet_pass.reader.days_of(start_text, end_text)
            if problem:
                tally.bad_date(problem, int(rows))
            if start is not None:
                tally.covers(start, end or start, int(rows), month_only)
            found.append((start_text, end_text, start, (end or start) if start else None))
        self._fill("moments", found)

    def _fill(self, table: str, rows: Sequence[tuple[str | date | None, ...]]) -> None:
        """Adds rows. As lists, not as Arrow: making an Arrow array loads pandas, which takes half a second."""
        if rows:
            kinds = [kind for (kind,) in self.ask("select data_type from duckdb_columns() where table_name = ?", [table])]
            lists = ", ".join(f"unnest(cast(? as {kind}[]))" for kind in kinds)
            self.ask(f"insert into {table} select {lists}", [list(column) for column in zip(*rows, strict=True)])

    def _unfold_days(self) -> None:
        """Fills the table `daily`: for each line its files and days, and its names where they are told apart."""
        self.ask(
            f"insert into daily by name select {self._amounts('d.part')}, {self.number} + d.file_no as source, "  # noqa: S608
            f"$files[d.file_no + 1] as file, d.first as row_number, m.day, m.day_end, d.hour, {self._night()} as night "
            f"from {self._lines(f'parts_{self.number}')} join moments m using (start_text, end_text) "
            f"left join names_{self.number} n on n.name = d.part",
            {"files": list(self.big.source.files)},
        )
        self._settle("daily")

    def _unfold_names(self) -> None:
        """Fills the table `named`: for each line its names."""
        self.ask(
            f"insert into named by name select {self._amounts('a.part')}, {self.number} + (d.first >> {PLACE_BITS}) as source, "  # noqa: S608
            f"$files[(d.first >> {PLACE_BITS}) + 1] as file, d.first & {(1 << PLACE_BITS) - 1} as row_number, "
            f"({self.number}::bigint << {PLACE_BITS}) + d.last as last_place "
            f"from {self._lines(f'summed_{self.number}')} join names_{self.number} n using (name) "
            f"left join apart_{self.number} a using (mark, name)",
            {"files": list(self.big.source.files)},
        )
        self._settle("named")

    def _lines(self, fold: str) -> str:
        return (
            f"(select * from lines where source = {self.number}) o join distinct_{self.number} t using (line) "  # noqa: S608
            f"join {fold} d using (mark)"
        )

    def _settle(self, table: str) -> None:
        """Puts what is missing to the amounts of a line on the first of its parts."""
        for column in ("billed", "effective"):
            self.ask(
                f"update {table} set {column} = {table}.{column} + gap.amount from ("  # noqa: S608
                f"select min(u.rowid) as at, any_value(o.{column}) - sum(u.{column}) as amount from {table} u "
                f"join lines o on o.source = u.base and o.line = abs(u.line) where u.base = {self.number} "
                f"group by o.line having amount <> 0) gap where {table}.rowid = gap.at"
            )

    def _amounts(self, part: str) -> str:
        """What both tables say of a part of a line."""
        plain = f"d.v{self.plan.billed}" if self.plan.billed is not None else "null"
        share = f"cast(cast(o.billed as double) * d.n / o.rows as {self._money})"
        billed = f"case when o.billed is null then null when {plain} is not null then {self._converted(plain)} else {share} end"
        asked = f"select distinct terms from lines where source = {self.number} and terms <> '' order by 1"  # noqa: S608
        cases = " ".join(f"when o.terms = '{text}' then {self._converted(_sum_of(text))}" for (text,) in self.ask(asked))
        effective = f"case when o.effective is null then null {cases} else {billed} end"
        counts = ", ".join(f"{self._count(role)} as {role}" for role in COUNTS)
        details = ", ".join(f"coalesce({name}, '') as {role}" for role, name in self.names.items())
        return (
            f"{self.number} as base, case when {part} = {AI_PART} then -o.line else o.line end as line, d.n as rows, "
            f"{billed} as billed, {effective} as effective, {counts}, {details}, {mean_used(self.plan)} as utilization"
        )

    @property
    def _money(self) -> str:
        return str(self.ask("select data_type from duckdb_columns() where table_name = 'lines' and column_name = 'billed'")[0][0])

    def _converted(self, value: str) -> str:
        """A sum of the file in the ledger's currency and unit."""
        value = f"({value}) * {self.layout.factor:f}" if self.layout.factor != 1 else value
        rated = f"cast(cast({value} as double) * cast(nullif(o.rate, '') as double) as {self._money})"
        return f"case when o.rate = '' then cast({value} as {self._money}) else {rated} end"

    def _night(self) -> str:
        """Billed cost at night: its own sum, or where cells are no plain numbers its share by rows."""
        share = "o.billed / o.rows * d.night_n"
        night = share if self.plan.billed is None else f"coalesce({self._converted('d.night')}, {share})"
        return f"case when o.billed is null then null else {night} end"

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
