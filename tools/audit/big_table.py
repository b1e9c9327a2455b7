"""Reads a big table: folded by an engine, and understood once for each distinct row. Its lines are unfolded again in unfold.py.

source (spooled sheet, Parquet, a table elsewhere) ─► fold ─► distinct rows ─► SheetPass ─► lines ─► unfold: by name; by day; some by both
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tools.audit.engine import Engine
from tools.audit.fold import Near, Plan, summed_cells
from tools.audit.layout import Layout
from tools.audit.ledger import Row, SheetPass, Tally


class Source(Protocol):
    """Where a big table lies. Each method keeps its result as a table of the embedded engine."""

    files: tuple[str, ...]

    def fold(self, plan: Plan, name: str) -> None:
        """Runs `fold.summed`: a table with mark and name."""

    def texts(self, plan: Plan, sums: str, key: str, name: str) -> None:
        """For each `mark` of the table that `fold` made its texts, or for each `name` the cells of its details."""

    def span(self, plan: Plan) -> tuple[str, str]:
        """First and last day as ISO text, "" where its dates are not written that way or its rows are not here to be compared."""

    def days(self, plan: Plan, name: str) -> Callable[[], object]:
        """Begins `fold.by_day`: a table or view with mark. The answer waits for it."""

    def apart(self, plan: Plan, near: Near, marks: str, name: str) -> Callable[[], object]:
        """Begins `fold.by_name_and_day` for the rows whose mark is in the table `marks`: a table or view with mark and name."""

    def keep(self, number: int) -> None:
        """Keeps what was asked for the next audit, where the source has a place for it. `number` is in the tables' names."""


@dataclass
class BigTable:
    """One folded source between its pass and its unfolding."""

    source: Source
    plan: Plan
    layout: Layout
    number: int
    engine: Engine
    days: Callable[[], object] = lambda: None  # waits for the table of days
    specials: list[tuple[int, Row, bool]] = field(default_factory=list)  # segment they end, row, whether a blank line stood above

    def fold(self) -> None:
        """Finds the distinct rows and their texts."""
        marks, ask, number = ", ".join(self.plan.marks), self.engine.ask, self.number
        self.source.fold(self.plan, f"summed_{number}")
        self.days = self.source.days(self.plan, f"days_{number}")
        self.source.texts(self.plan, f"summed_{number}", "mark", f"texts_{number}")
        self.source.texts(self.plan, f"summed_{number}", "name", f"cells_{number}")
        sums = ", ".join(("sum(n) as n", "min(first) as first", *(f"sum(v{at}) as v{at}" for at in self.plan.amounts)))
        ask(
            f"create or replace table distinct_{number} as select row_number() over (order by segment, first, {marks}) as line, * "  # noqa: S608
            f"from (select mark, {sums} from summed_{number} group by mark) join texts_{number} using (mark)"
        )

    def span(self) -> tuple[str, str]:
        """First and last day, see `Source`."""
        return self.source.span(self.plan)

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
        for found in self.engine.stream(f"select {columns} from distinct_{self.number} order by line"):  # noqa: S608
            line, segment, count, first = found[:4]
            cells = [""] * width
            for at, text in zip(plan.texts, found[4:first_state], strict=True):
                cells[at] = text
            amounts, summed = summed_cells(plan, found[first_state:first_value], found[first_value:])
            for at, text in amounts.items():
                cells[at] = text
            yield segment, Row(int(first or 0), cells, int(count), int(line), summed)
