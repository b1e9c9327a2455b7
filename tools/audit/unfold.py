"""Unfolds the lines of a big table into the ledger: by name (resource, account, region), by day, and some of them by both.

Sums stay exact: the parts of a line add up to what the pass counted, to the last digit, or the difference is put on the first of them
(only a rate, or a cell that is no plain number, can leave one). Names and days are told together only for the lines that findings ask
so, such as machines: all of it would be the bill again. By day a line is known by its service and little else.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.errors import UserError
from tools.audit.big_table import BigTable
from tools.audit.cells import shown
from tools.audit.engine import KEYS_OF_DAYS, is_ai, serves_ai
from tools.audit.fold import DETAILS, PLACE_BITS, Near, mean_used
from tools.audit.ledger import COUNTS, SheetPass, Tally

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

    def run(self, by_both: Sequence[str]) -> None:
        """Tells the ledger names and days, and the tally its days. Raises UserError `file-changed`.

        `by_both` are conditions on lines that are told apart by name and day together.
        """
        wait = self._ask_apart(by_both)
        self._tell_names()
        self._tell_files()
        self._unfold_names()
        self.big.days()
        self._check_unchanged("days", self.plan.money)
        self._unfold_days()
        wait()
        self._check_unchanged("near", self.plan.amounts, f"where mark in (select mark from marks_{self.number})")  # noqa: S608
        self._unfold_both()
        self.big.source.keep(self.number)

    def _tell_names(self) -> None:
        """Reads the different cells of each detail once, as the pass reads cells: safe to show, of bounded length."""
        cells, columns, joins = f"cells_{self.number}", ["name"], []
        for role, positions in self.plan.details:
            given = ", ".join(f"d{at}" for at in positions)
            plain = self.sheet_pass.reader.as_it_stands(role, f"d{positions[0]}") if len(positions) == 1 else "false"
            self.ask(
                f"create or replace table {role}_told as select distinct {given}, d{positions[0]} as shown from {cells} where {plain}"  # noqa: S608
            )
            row = [""] * len(self.layout.header.names)
            told: list[tuple[str, ...]] = []
            for found in self.big.engine.stream(f"select distinct {given} from {cells} where not {plain}"):  # noqa: S608
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

    def _tell_files(self) -> None:
        files = self.big.source.files
        sheet = shown(self.layout.sheet.name, 60)
        self._fill("sheets", [(self.number + at, file, sheet) for at, file in enumerate(files)])

    def _ask_apart(self, by_both: Sequence[str]) -> Callable[[], object]:
        """Begins to ask for names and days of the lines that need both; the engine answers beside what follows."""
        marks = f"marks_{self.number}"
        of_line = " or ".join(f"({condition})" for condition in by_both) or "false"
        self.ask(
            f"create or replace table {marks} as select distinct mark from distinct_{self.number} "  # noqa: S608
            f"where line in (select line from lines where source = {self.number} and ({of_line}))"
        )
        return self.big.source.apart(self.plan, self._near(marks), marks, f"near_{self.number}")

    def _near(self, marks: str) -> Near:
        """The column whose texts leave the fewest rows to look at."""
        if not self.ask(f"select 1 from {marks} limit 1"):  # noqa: S608
            return Near(self.plan.positions[0], ())
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

    def _check_unchanged(self, table: str, amounts: Sequence[int], where: str = "") -> None:
        """A file or table can change between two questions; then their answers do not belong together."""
        sums = ", ".join(("mark", "sum(n)", *(f"sum(v{at})" for at in amounts)))
        first, again = (f"select {sums} from {name}_{self.number} {where} group by mark" for name in ("summed", table))  # noqa: S608
        if self.ask(f"({first} except {again}) union all ({again} except {first}) limit 1"):
            raise UserError(
                "file-changed",
                f"{self.big.source.files[0]} changed while it was being read.",
                "Run the audit again when the file or table is complete, or on a snapshot.",
            )

    def _unfold_names(self) -> None:
        """Fills the table `named`: for each line its names. After some of them a line serves AI: there its number is negated."""
        line = f"case when {serves_ai(self.names['resource'])} then -o.line else o.line end"
        self.ask(
            f"insert into named by name select {self._part(line)}, "  # noqa: S608
            f"{self.number} + (d.first >> {PLACE_BITS}) as source, $files[(d.first >> {PLACE_BITS}) + 1] as file, "
            f"d.first & {(1 << PLACE_BITS) - 1} as row_number, ({self.number}::bigint << {PLACE_BITS}) + d.last as last_place "
            f"from {self._lines('summed')} join names_{self.number} n using (name)",
            {"files": list(self.big.source.files)},
        )
        self._settle("named", self._own_lines, "abs(line)", "line")

    def _unfold_days(self) -> None:
        """Fills the table `daily`: what each service cost on each day. Tells the tally the days of all lines."""
        number, keys = self.number, ", ".join(KEYS_OF_DAYS)
        own = "true" if self.plan.billed is None else f"t.v{self.plan.billed} is null"  # its cells are no plain numbers
        same = f"{keys}, o.billed is null, o.effective is null, o.terms, o.rate, case when {own} then o.line end"
        self.ask(
            f"create or replace table alike_{number} as select t.mark, o.*, {is_ai('o.kind')} as ai, "  # noqa: S608
            f"dense_rank() over (order by {same}) as alike from {self._own_lines} o join distinct_{number} t using (line)"
        )
        sums = ", ".join(("sum(n)::bigint as n", "min(first) as first", *(f"sum(v{at}) as v{at}" for at in self.plan.money)))
        self.ask(
            "create or replace table dayed as select *, coalesce(starts::varchar, '') as start_text, "  # noqa: S608
            f"coalesce(ends::varchar, '') as end_text from (select alike, starts, ends, {sums} "
            f"from days_{number} join (select mark, alike from alike_{number}) using (mark) group by all)"
        )
        self._tell_moments("dayed", self.sheet_pass.tally)
        self.ask(
            f"insert into daily by name select {number} as base, alike, {', '.join(f'o.{key}' for key in KEYS_OF_DAYS)}, m.day, m.day_end, "  # noqa: S608
            f"d.n as rows, {self._billed} as billed, {self._effective} as effective, ({number}::bigint << {PLACE_BITS}) + d.first as place "
            f"from dayed d join (select distinct on (alike) * from alike_{number} order by line) o using (alike) "
            "join moments m using (start_text, end_text) where o.billed is not null"
        )
        self._settle("daily", f"alike_{number}", "alike", "alike")

    def _unfold_both(self) -> None:
        """Fills the table `named_daily`: for the lines told apart so, their names on each day."""
        self._tell_moments(f"near_{self.number}", None)
        self.ask(
            f"insert into named_daily by name select {self._part('o.line')}, {self.number} + d.file_no as source, "  # noqa: S608
            f"$files[d.file_no + 1] as file, d.first as row_number, m.day, m.day_end, d.hour, {self._night} as night "
            f"from {self._lines('near')} join moments m using (start_text, end_text) join names_{self.number} n using (name)",
            {"files": list(self.big.source.files)},
        )
        told = f"(select * from {self._own_lines} where line in (select line from named_daily where base = {self.number}))"  # noqa: S608
        self._settle("named_daily", told, "line", "line")

    def _tell_moments(self, table: str, tally: Tally | None) -> None:
        """Makes the table `moments`: the days of times as they stand."""
        found = []
        for start_text, end_text, rows in self.ask(
            f"select start_text, end_text, sum(n) from {table} group by 1, 2 order by 1, 2"  # noqa: S608
        ):
            start, end, problem, month_only = self.sheet_pass.reader.days_of(start_text, end_text)
            if problem and tally:
                tally.bad_date(problem, int(rows))
            if start is not None and tally:
                tally.covers(start, end or start, int(rows), month_only)
            found.append((start_text, end_text, start, (end or start) if start else None))
        self.ask("create or replace table moments (start_text varchar, end_text varchar, day date, day_end date)")
        self._fill("moments", found)

    def _fill(self, table: str, rows: Sequence[tuple[str | int | date | None, ...]]) -> None:
        """Adds rows. As lists, not as Arrow: making an Arrow array loads pandas, which takes half a second."""
        if rows:
            kinds = [kind for (kind,) in self.ask("select data_type from duckdb_columns() where table_name = ?", [table])]
            lists = ", ".join(f"unnest(cast(? as {kind}[]))" for kind in kinds)
            self.ask(f"insert into {table} select {lists}", [list(column) for column in zip(*rows, strict=True)])

    @property
    def _own_lines(self) -> str:
        return f"(select * from lines where source = {self.number} and line > 0)"  # noqa: S608

    def _lines(self, fold: str) -> str:
        return f"{self._own_lines} o join distinct_{self.number} t using (line) join {fold}_{self.number} d using (mark)"

    def _settle(self, table: str, lines: str, ours: str, theirs: str) -> None:
        """Puts what is missing to the amounts of lines on the first of their parts; `ours` of `table` is `theirs` of `lines`."""
        for column in ("billed", "effective"):
            self.ask(
                f"update {table} set {column} = {table}.{column} + gap.amount from (select first_row, whole - told as amount "  # noqa: S608
                f"from (select {ours} as part, min(rowid) as first_row, sum({column}) as told "
                f"from {table} where base = {self.number} group by 1) "
                f"join (select {theirs} as part, sum({column}) as whole from {lines} group by 1) using (part) "
                f"where whole <> told) gap where {table}.rowid = gap.first_row"
            )

    def _part(self, line: str) -> str:
        """What the tables with names say of a part of a line."""
        counts = ", ".join(f"{self._count(role)} as {role}" for role in COUNTS)
        details = ", ".join(f"coalesce({name}, '') as {role}" for role, name in self.names.items())
        return (
            f"{self.number} as base, {line} as line, d.n as rows, {self._billed} as billed, {self._effective} as effective, "
            f"{counts}, {details}, {mean_used(self.plan)} as utilization"
        )

    @property
    def _billed(self) -> str:
        plain = f"d.v{self.plan.billed}" if self.plan.billed is not None else "null"
        share = f"cast(cast(o.billed as double) * d.n / o.rows as {self._money})"
        return f"case when o.billed is null then null when {plain} is not null then {self._converted(plain)} else {share} end"

    @property
    def _effective(self) -> str:
        asked = f"select distinct terms from {self._own_lines} where terms <> '' order by 1"  # noqa: S608
        cases = " ".join(f"when o.terms = '{text}' then {self._converted(_sum_of(text))}" for (text,) in self.ask(asked))
        return f"case when o.effective is null then null {cases} else {self._billed} end"

    @property
    def _money(self) -> str:
        return str(self.ask("select data_type from duckdb_columns() where table_name = 'lines' and column_name = 'billed'")[0][0])

    def _converted(self, value: str) -> str:
        """A sum of the file in the ledger's currency and unit."""
        value = f"({value}) * {self.layout.factor:f}" if self.layout.factor != 1 else value
        rated = f"cast(cast({value} as double) * cast(nullif(o.rate, '') as double) as {self._money})"
        return f"case when o.rate = '' then cast({value} as {self._money}) else {rated} end"

    @property
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
