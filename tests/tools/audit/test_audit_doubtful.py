"""Promise to the analyst with a big sheet: no total, repeated header or blank row is folded away with the rows of cost."""

import pyarrow
import pyarrow.compute
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.audit.doubtful import Doubtful
from tools.audit.reading.header import is_blank
from tools.audit.reconcile import LABEL_LIKE, Reconciler, total_label

HEADER = ("Cost", "Service", "Team Name", "Größe", "Month", "Unit")
_LABELS = [
    "Total", "grand total", "Sub-Total", "TOTAL:", "** Summe **", "Zwischensumme", "Reisekostensumme", "Team A Total", "Total EC2", "合計",
    "税込合計", "итого", "Всего", "कुल योग", "المجموع", "סה\"כ", "genel toplam", "Average", "Exchange rate", "Number of hosts", "saldo",
    "<b>To</b>tal", "total (incl. VAT)", "Totale", "ogółem", "TOTAL GÉNÉRAL", "NET À PAYER", "รวมทั้งสิ้น", "amount due", "media",
]  # fmt: skip
_CELLS = ["", "", "null", "(blank)", " NaN ", "\t", "-5", "1.25", "2026-01-01", "EC2", "team a", "9", "subtotals of 9", "    ", "x" * 30]
_NAMES = ["cost", "Team_Name", "team name", "GRÖSSE", "Größe", "service", "Month", "UNIT"]


@pytest.mark.parametrize("label", _LABELS)
def test_the_hint_matches_every_label(label):
    assert total_label(label)
    for text in (label, label.upper(), label.title(), f"  {label} ", f"*{label}:", f"#{label}"):
        if total_label(text):
            assert pyarrow.compute.match_substring_regex(pyarrow.array([text]), LABEL_LIKE)[0].as_py()


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*_LABELS, " ", "-", "a", "9", "(", ")", "*", ":", "cost", "<i>", "ÄÖ", "。"]), max_size=4).map("".join))
def test_the_hint_matches_whatever_is_taken_for_a_label(text):
    if total_label(text):
        assert pyarrow.compute.match_substring_regex(pyarrow.array([text]), LABEL_LIKE)[0].as_py()


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.sampled_from(_CELLS), min_size=6, max_size=6)
        | st.lists(st.sampled_from(["12.5", "EC2", "a", "L", "2026-01", "h", *_LABELS]), min_size=6, max_size=6)
        | st.lists(st.sampled_from(["", *HEADER, *_NAMES]), min_size=6, max_size=6)
        | st.tuples(*(st.sampled_from(["", name, name.upper(), name.replace(" ", "_")]) for name in HEADER)).map(list),
        min_size=1,
        max_size=25,
    ),
    fill=st.integers(1, 6),
    machine=st.booleans(),
    naming=st.frozensets(st.integers(0, 5)),
    after_blank=st.booleans(),
    cut=st.integers(0, 25),
)
def test_no_row_that_matters_is_missed(rows, fill, machine, naming, after_blank, cut):
    reconciler = Reconciler(HEADER, fill, machine, False, naming)
    doubtful = Doubtful(reconciler)
    above = after_blank
    for part in (rows[:cut], rows[cut:]):
        columns = zip(*part, strict=True) if part else [()] * len(HEADER)
        table = pyarrow.table([pyarrow.array(column, pyarrow.string()) for column in columns], names=[f"c{at}" for at in range(6)])
        found = set(doubtful.rows(table, above))
        for at, cells in enumerate(part):
            blank = all(is_blank(cell) for cell in cells)
            if reconciler.may_be_total(cells) or reconciler.repeats_header(cells) or blank or (above and not machine):
                assert at in found, cells
            above = blank


def test_rows_of_cost_are_not_looked_at():
    reconciler = Reconciler(HEADER, 6, False, False)
    rows = [[f"{at}.5", f"service {at}", "team", "L", "2026-01", "h"] for at in range(1000)]
    table = pyarrow.table(
        [pyarrow.array(column, pyarrow.string()) for column in zip(*rows, strict=True)], names=[f"c{at}" for at in range(6)]
    )
    assert Doubtful(reconciler).rows(table, False) == []
