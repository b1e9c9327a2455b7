"""Which rows of a big text sheet must be looked at one by one before it is folded, found by columns.

Never misses a row that `SheetPass.is_plain_row` would keep apart (a total, the header again, a row below a blank line), nor a blank one;
may name a few more. The rules are those of `Reconciler`; here is only what whole columns can tell of them. Judges nothing.
"""

from functools import cached_property, reduce
from typing import Any

from tools.audit.reading.header import is_blank, key
from tools.audit.reconcile import LABEL_LIKE, Reconciler, total_label

_LABEL_CELLS = 3  # a row's label stands in one of its first filled cells


class Doubtful:
    """Asks of each part of one sheet."""

    def __init__(self, reconciler: Reconciler) -> None:
        self._reconciler = reconciler
        self._keys = [key(name) for name in reconciler.header]
        self._by_variety: list[int] = []

    def rows(self, table: Any, after_blank: bool) -> list[int]:
        """Positions of the rows to look at; `after_blank`: the row above the table is blank."""
        from pyarrow import compute

        if not table.num_rows:
            return []
        columns = [_Column(cells) for cells in table.columns]
        found = self._in_form(columns) if self._reconciler.machine_form else self._in_sheet(columns, after_blank)
        positions: list[int] = compute.indices_nonzero(compute.or_(found, self._headers(columns))).to_pylist()
        return positions

    def _in_form(self, columns: list["_Column"]) -> Any:
        """Rows of a machine's form that may be totals: nearly empty, or their first filled cell names them and is a label."""
        from pyarrow import compute

        reconciler = self._reconciler
        labelled = columns[0].labelled()
        blank_so_far = compute.invert(columns[0].filled)
        early = compute.or_(blank_so_far, labelled)
        is_early = compute.any(early).as_py()
        found = labelled
        if reconciler.typical_fill > 4:
            found = compute.or_(found, compute.less_equal(_sum([column.filled for column in columns]), reconciler.well_filled))
        else:
            early, is_early = compute.is_valid(early), True
        if is_early:
            sparse = compute.less_equal(_sum([column.says() for column in columns]), reconciler.sparse)
            found = compute.or_(found, compute.and_(early, sparse))
        for at, column in enumerate(columns[1:], start=1):
            if not compute.any(blank_so_far).as_py():
                break
            if at in reconciler.naming:
                found = compute.or_(found, compute.and_(blank_so_far, column.labelled()))
            blank_so_far = compute.and_(blank_so_far, compute.invert(column.filled))
        return found

    def _in_sheet(self, columns: list["_Column"], after_blank: bool) -> Any:
        """Rows of any sheet that may be totals: nearly empty, or one of the first filled cells is a label; and rows below a blank one."""
        import pyarrow
        from pyarrow import compute

        says = [column.says() for column in columns]
        many = _sum(says)
        blank = compute.equal(many, 0).combine_chunks()
        below = pyarrow.concat_arrays([pyarrow.array([after_blank]), blank[:-1]])
        found = compute.or_(compute.less_equal(many, self._reconciler.sparse), below)
        for at, column in enumerate(columns):
            if at and compute.min(_sum(says[:at])).as_py() >= _LABEL_CELLS:
                break
            found = compute.or_(found, column.labelled())
        return found

    def _headers(self, columns: list["_Column"]) -> Any:
        """Rows each of whose cells is empty or the name of its column. Columns of few different texts come first: they rule out most."""
        import pyarrow
        from pyarrow import compute

        count = len(columns[0].cells)
        if not self._by_variety:
            self._by_variety = sorted(range(len(columns)), key=lambda at: len(columns[at].texts))
        left = pyarrow.arange(0, count)
        for at in self._by_variety:
            texts = columns[at].texts.to_pylist()
            names = [text for text in texts if not text or key(text) == self._keys[at]]
            if len(names) < len(texts):
                cells = columns[at].cells if len(left) == count else columns[at].cells.take(left)
                left = left.filter(compute.is_in(cells, pyarrow.array(names, pyarrow.string())))
            if not len(left):
                break
        return compute.is_in(pyarrow.arange(0, count), left)


class _Column:
    """One column of a part. What its cells say is settled once for each different text."""

    def __init__(self, cells: Any) -> None:
        from pyarrow import compute

        self.cells, self.filled = cells, compute.not_equal(cells, "")

    @cached_property
    def texts(self) -> Any:
        """The different texts."""
        from pyarrow import compute

        return compute.unique(self.cells)

    def says(self) -> Any:
        """Which cells say something, see `is_blank`."""
        import pyarrow
        from pyarrow import compute

        texts = self.texts.filter(compute.invert(compute.match_substring_regex(self.texts, "[0-9]")))  # in no word for an empty cell
        blank = [text for text in texts.to_pylist() if text and is_blank(text)]
        if not blank:
            return self.filled
        return compute.and_(self.filled, compute.invert(compute.is_in(self.cells, pyarrow.array(blank, pyarrow.string()))))

    def labelled(self) -> Any:
        """Which cells are a label such as Total."""
        import pyarrow
        from pyarrow import compute

        texts = self.texts.filter(compute.invert(compute.match_substring_regex(self.texts, "^[0-9].*[0-9]$")))
        texts = texts.filter(compute.match_substring_regex(texts, LABEL_LIKE))
        return compute.is_in(self.cells, pyarrow.array([text for text in texts.to_pylist() if total_label(text)], pyarrow.string()))


def _sum(marks: list[Any]) -> Any:
    from pyarrow import compute

    return reduce(compute.add, (mark.cast("int16") for mark in marks))
