"""Promise to the analyst with a big CSV or workbook: read by columns it has the same rows, cells and line numbers as read row by row."""

import gzip
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.audit.test_audit_fold import agree, both, focus_rows, money_findings
from tools.audit.reading import delimited, package, plain_text, sheet_pieces
from tools.audit.reading.delimited import open_text
from tools.audit.reading.plain_text import NotPlain, PlainText
from tools.audit.reading.sheet import ByColumns
from tools.audit.reading.workbook import open_workbook
from tools.audit.sources import Spool

_CELLS = [
    "a",
    "1.5",
    "",
    "Total",
    "é€",
    "漢",
    " a",
    "  1",
    "a ",
    '15" disk',
    '"a,b"',
    '"a""b"',
    '"line\nbreak"',
    '"end\n"',
    '"l\r\nb"',
    '"a"b',
]
_ODD = [' "q"', ' "a,b"', '"open', "\0n", "a\rb"]


def by_rows(path: Path, width: int) -> list[tuple[int, list[str]]]:
    """The rows below the header, fitted to the header's width; longer where the file says more."""
    found = []
    for number, cells in list(open_text(path, path.name).rows())[1:]:
        bare = [cell.lstrip(" ") for cell in cells]
        found.append((number, bare if any(bare[width:]) else [*bare[:width], *[""] * (width - len(bare))]))
    return found


def by_columns(plain: ByColumns, first_line: int, width: int) -> list[tuple[int, list[str]]]:
    found = []
    for numbers, table, wide in plain.parts(first_line, width):
        rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
        found += [(n, wide.get(at, list(cells))) for at, (n, cells) in enumerate(zip(numbers.to_pylist(), rows, strict=True))]
    return found


@settings(max_examples=300, deadline=None)
@given(
    width=st.integers(2, 4),
    rows=st.lists(st.lists(st.sampled_from(_CELLS + _ODD), min_size=0, max_size=6), min_size=1, max_size=12),
    fit=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.sampled_from(["", "\n", "\n\n"]),
    block=st.sampled_from([64, 300, 2**21]),
    part=st.sampled_from([1, 10**6]),
)
def test_any_text_is_read_as_row_by_row_or_left_to_that(tmp_path_factory, width, rows, fit, end, last, block, part):
    if fit:
        rows = [(cells + ["a"] * width)[:width] for cells in rows]
    path = tmp_path_factory.mktemp("text") / "bill.csv"
    path.write_bytes((end.join([",".join(f"h{at}" for at in range(width)), *(",".join(cells) for cells in rows)]) + last).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_text, "_BLOCK", block)
        patch.setattr(plain_text, "_PART", part)
        try:
            found = by_columns(PlainText(lambda: path.open("rb"), "utf-8", ","), 2, width)
        except NotPlain:
            return
    assert found == by_rows(path, width)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_encoding_and_gzip_are_read_by_columns(tmp_path, encoding, packed):
    text = "Café;Größe;c\r\n" + 'é;"two\r\nlines";3\r\n\r\nshort\r\none;too;many;cells\r\n' * 20_000
    path = tmp_path / "bill.csv"
    path.write_bytes(gzip.compress(text.encode(encoding)) if packed else text.encode(encoding))
    sheet = open_text(path, path.name, packed)
    assert sheet.plain is not None
    plain_text_most = plain_text._MOST_ODD
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_text, "_MOST_ODD", 40_000)
        found = by_columns(sheet.plain, 2, 3)
    assert len(found) == 80_000 and found[-4:] == [
        (99_997, ["é", "two\r\nlines", "3"]),
        (99_999, ["", "", ""]),
        (100_000, ["short", "", ""]),
        (100_001, ["one", "too", "many", "cells"]),
    ]
    assert plain_text_most < 40_000
    with pytest.raises(NotPlain):
        by_columns(sheet.plain, 2, 3)  # so many odd rows are faster read singly


@pytest.mark.parametrize(
    "body",
    [
        'a,b,"never closed\nc,d,e\n',
        'a,15" disk,c\na,b,"never closed\nc,d,e\n',
        'a, "b",c\n',
        'a,b, "c, d"\n'[:-2] + "\n",
        "a,b\rc,d\n",
        f'a,b,"{"x" * 1_000_001}"\n',
    ],
)
def test_what_columns_cannot_be_sure_of_is_left_to_the_rows(tmp_path, body):
    path = tmp_path / "bill.csv"
    path.write_text("h1,h2,h3\n" + body, newline="")
    with pytest.raises(NotPlain):
        by_columns(PlainText(lambda: path.open("rb"), "utf-8", ","), 2, 3)


def no_rows(self: Spool, *_: object) -> Iterator[None]:
    yield pytest.fail("read row by row")


def as_text(rows: list[list[str]]) -> str:
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in rows)


def awkward(rows: list[list[str]]) -> str:
    """The bill with line breaks in cells and header, blank lines, short rows, a total and a wide row."""
    pick = random.Random(5)
    rows = [list(row) for row in rows]
    for row in rows[1:]:
        if pick.random() < 0.3:
            row[7] = row[7].replace(" ", "\n", 1)
    rows[0][-1] = "Tags\n"
    lines = as_text(rows).split('"\r\n"')
    for at in (30, 200):
        lines[at] += '"\r\n\r\n"Total","5'
    lines[100] += (
        '"\r\n"1.5","1","USD","2026-03-01T00:00:00Z","2026-03-01T01:00:00Z","Usage","Amazon S3","x","","","","1","Hours","","","","beyond'
    )
    return '"\r\n"'.join(lines) + "\r\n\r\n"


@pytest.mark.parametrize("form", [True, False])
@pytest.mark.parametrize("way", ["utf-8", "utf-16", "gzip"])
def test_awkward_exports_are_folded_by_columns_and_say_the_same(tmp_path, monkeypatch, form, way):
    rows = focus_rows(1200, 3)
    if not form:
        rows[0] = ["Cost", "Net cost", "Currency", "Start", "End", "Kind", "Service", "Description", "Region", "Account", "Resource",
                   "Quantity", "Unit", "Pricing", "Instance", "Tags"]  # fmt: skip
    text = awkward(rows)
    file = tmp_path / ("bill.csv.gz" if way == "gzip" else "bill.csv")
    file.write_bytes(gzip.compress(text.encode()) if way == "gzip" else text.encode(way))
    monkeypatch.setattr(Spool, "_by_rows", no_rows)
    monkeypatch.setattr(Spool, "_parts", no_rows)
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    assert money_findings(folded) == money_findings(direct)
    assert folded.result["rows_unknown"] and any(entry["rows"] for entry in folded.result["exclusions"])


def test_the_check_of_the_encoding_sees_bytes_beyond_ascii_anywhere(tmp_path):
    path = tmp_path / "bill.csv"
    chunk = 1024**2
    for at in (chunk - 1, 3 * chunk):
        content = bytearray(b"Service,Cost\n" + b"a,1\n" * chunk)[: 4 * chunk]
        content[at : at + 2] = "é".encode()
        path.write_bytes(content)
        assert delimited.encoding_of(path, path.name, False) == "utf-8"
        content[at + 1] = ord("x")
        path.write_bytes(content)
        assert delimited.encoding_of(path, path.name, False) == "cp1252"


def test_a_workbook_is_read_by_columns_as_by_rows(tmp_path, monkeypatch):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "bill.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("May")
        sheet.write_row(3, 2, ["Service", "Cost", "Day", "On", "Code"])
        for at in range(4, 1200):
            sheet.write_row(at, 2, [f"s{at % 7}", at / 1000, date(2026, 5, 1 + at % 28), at % 2 == 0, "007" if at % 3 else at])
        sheet.write_row(600, 2, ["Total", None])
    (found,) = open_workbook(path, path.name)
    rows = [(number, cells) for number, cells in found.rows() if number >= 5]
    assert found.plain is None
    monkeypatch.setattr(package, "PIECE", 10_000)
    monkeypatch.setattr(sheet_pieces, "PIECE", 10_000)
    (found,) = open_workbook(path, path.name)
    assert found.plain is not None and by_columns(found.plain, 5, 7) == rows
    assert rows[0] == (5, ["", "", "s4", "0.0040", "2026-05-05", "true", "007"])
    with pytest.raises(NotPlain):
        by_columns(found.plain, 5, 6)
    monkeypatch.setattr(Spool, "_by_rows", no_rows)
    monkeypatch.setattr(Spool, "_parts", no_rows)
    direct, folded = both([path], tmp_path, monkeypatch)
    agree(direct, folded)
    assert folded.result["rows_read"] == len(rows)
