"""Promise to who uploads a big workbook: read in pieces it has the rows and cells that it has when it is read whole."""

import re
import zipfile
from itertools import dropwhile
from pathlib import Path

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_workbook import row, sheet_of, write_workbook

from knowledge.errors import UserError
from tools.audit.reading import package, sheet_pieces
from tools.audit.reading.grid import Block, Grid, cell_text, texts_of
from tools.audit.reading.plain_text import NotPlain
from tools.audit.reading.workbook import open_workbook

FORMATS = ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "[h]:mm:ss", "hh:mm:ss", '"€"0.00')
TEXTS = ("Amazon EC2", "", " spaced ", "1.125", "007", "a&amp;b &lt;c&gt;", "größer &#10;zwei", "true")
DAYS, MOMENTS, SPANS, TIMES = 1, 2, 3, 4


def opened(path: Path, monkeypatch: pytest.MonkeyPatch, piece: int):
    """The only sheet; bigger than `piece` bytes it is read in pieces."""
    monkeypatch.setattr(package, "PIECE", piece)
    monkeypatch.setattr(sheet_pieces, "PIECE", piece)
    monkeypatch.setattr(package, "_CHUNK", 700)
    monkeypatch.setattr(package, "_USUAL_RATIO", 10_000)
    (sheet,) = open_workbook(path, path.name)
    return sheet


def without_end(rows):
    return list(dropwhile(lambda one: not any(one[1]), reversed(list(rows))))[::-1]


def agree(path: Path, monkeypatch: pytest.MonkeyPatch, piece: int = 2500) -> bool:
    """Both readings are the same; says whether the sheet was read in pieces."""
    whole = opened(path, monkeypatch, 10**9)
    assert whole.plain is None
    pieces = opened(path, monkeypatch, piece)
    rows = without_end(whole.rows())
    assert without_end(pieces.rows()) == rows
    assert (pieces.notes, pieces.hidden_rows, pieces.column_currency) == (whole.notes, whole.hidden_rows, whole.column_currency)
    if pieces.plain is None:
        return False
    first = min(3, len(rows))
    found = []
    for numbers, table, wide in pieces.plain.parts(first, len(rows[0][1])):
        assert not wide
        cells = [column.to_pylist() for column in table.columns]
        found += [(number, list(line)) for number, *line in zip(numbers.to_pylist(), *cells, strict=True)]
    assert found == rows[first - 1 :]
    return True


def cell(place: str, kind: str, value) -> str:
    style = {"day": DAYS, "moment": MOMENTS, "span": SPANS, "time": TIMES, "money": 5}.get(kind, 0)
    styled = f' s="{style}"' if style else ""
    match kind:
        case "none":
            return ""
        case "blank":
            return f'<c r="{place}" s="5"/>'
        case "inline":
            return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{TEXTS[value % len(TEXTS)]}</t></is></c>'
        case "shared":
            return f'<c r="{place}" t="s"><v>{value % len(TEXTS)}</v></c>'
        case "formula":
            return f'<c r="{place}"><f>A1+{value}</f><v>{value / 8}</v></c>'
        case "text formula":
            return f'<c r="{place}" t="str"><f>A1</f><v>{TEXTS[value % len(TEXTS)]}</v></c>'
        case "boolean":
            return f'<c r="{place}" t="b"><v>{value % 2}</v></c>'
        case "error":
            return f'<c r="{place}" t="e"><v>#REF!</v></c>'
        case "iso":
            return f'<c r="{place}" t="d"><v>2026-03-{1 + value % 28:02d}T00:00:00</v></c>'
        case "day":
            return f'<c r="{place}"{styled}><v>{value % 60_000}</v></c>'
        case "time":
            return f'<c r="{place}"{styled}><v>{value % 1000 / 1000}</v></c>'
    return f'<c r="{place}"{styled}><v>{value / 86_400 if kind in ("moment", "span") else value / 1000}</v></c>'


KINDS = ("number", "money", "inline", "shared", "day", "moment", "span", "time", "boolean", "formula", "text formula", "iso", "error")
columns = st.lists(st.sampled_from(KINDS), min_size=1, max_size=6)
sheets = st.tuples(
    columns,
    st.integers(0, 3),
    st.randoms(use_true_random=False),
    st.sampled_from([0.0, 0.0, 0.01, 0.2]),
    st.sampled_from([0, 0, 900, 5000]),
)


def drawn(kinds: list[str], left: int, random, share_odd: float, gap: int) -> list[str]:
    """Rows of one kind a column, some cells of another, some missing, some rows left out."""
    rows, number = [], random.choice([1, 1, 4])
    for at in range(random.choice([3, 60, 130])):
        made = []
        for place, kind in enumerate(kinds):
            odd = random.random() < share_odd
            kind = random.choice([*KINDS, "none", "blank"]) if odd or at == 0 else kind
            kind = random.choice(["none", "blank"]) if random.random() < 0.1 else kind
            made.append(cell(f"{chr(65 + left + place)}{number}", kind, random.randint(0, 4_000_000_000)))
        hidden = ' hidden="1"' if random.random() < 0.02 else ""
        rows.append(f'<row r="{number}"{hidden}>{"".join(made)}</row>')
        number += 1 + (random.random() < 0.05) + (gap if random.random() < 0.02 else 0)
    return [*rows, row(number, 1)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheets)
def test_whatever_the_sheet_holds_both_readings_agree(tmp_path, monkeypatch, sheet):
    path = write_workbook(tmp_path / "a.xlsx", sheet_of(drawn(*sheet)), formats=FORMATS, texts=TEXTS)
    try:
        with monkeypatch.context() as patch:
            agree(path, patch)
    except UserError as error:
        assert error.code in ("file-no-rows", "sheet-too-sparse")


def test_a_usual_sheet_is_read_in_pieces(tmp_path, monkeypatch):
    rows = [row(1, "Service", "Cost", "Units")]
    rows += [row(n, f"s{n % 7}", n / 1000, n, style=5) for n in range(2, 900)]
    path = write_workbook(tmp_path / "a.xlsx", sheet_of(rows, '<dimension ref="A1:B2"/>', "<mergeCells/>"), formats=FORMATS)
    taken = []
    by_columns = sheet_pieces.SheetPieces._by_columns
    monkeypatch.setattr(sheet_pieces.SheetPieces, "_by_columns", lambda self, book: taken.append(by_columns(self, book)) or taken[-1])
    assert agree(path, monkeypatch)
    assert len(taken) > 20 and taken.count(None) == 1  # the first holds the header: its columns are of several types
    sheet = opened(path, monkeypatch, 2500)
    with pytest.raises(NotPlain):
        next(sheet.plain.parts(1, 4))
    assert sheet.column_currency == {1: "EUR", 2: "EUR"}


def test_shared_texts_are_understood_in_every_piece(tmp_path, monkeypatch):
    texts = [f"text {at}" for at in range(50)]
    rows = [f'<row r="{n}"><c r="A{n}" t="s"><v>{n % 50}</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(1, 900)]
    path = write_workbook(tmp_path / "a.xlsx", sheet_of(rows), texts=texts)
    assert agree(path, monkeypatch)
    assert list(opened(path, monkeypatch, 2500).rows())[777] == (778, ["text 28", "778"])


@pytest.mark.parametrize(("book", "day"), [("", "2023-03-15"), ('<workbookPr date1904="1"/>', "2027-03-16")])
def test_the_date_system_holds_in_every_piece(tmp_path, monkeypatch, book, day):
    rows = [row(n, "s", 45_000 + n % 2 / 4, style=MOMENTS) for n in range(1, 900)]
    path = write_workbook(tmp_path / "a.xlsx", sheet_of(rows), formats=FORMATS, book=book)
    assert agree(path, monkeypatch)
    assert list(opened(path, monkeypatch, 2500).rows())[776:778] == [(777, ["s", f"{day} 06:00:00"]), (778, ["s", day])]


def bare(rows):
    return [re.sub(r'^<row r="\d+"', "<row", one) for one in rows]


def swapped(rows):
    return [*rows[:300], rows[400], *rows[301:400], rows[300], *rows[401:]]


def misplaced(rows):
    return [one.replace('r="B300"', 'r="B500"') for one in rows]


def commented(rows):
    return [*rows[:300], "<!-- <row r='9'><c r='A9'><v>1</v></c></row> " + "<b/> " * 700 + " </row> -->", *rows[300:]]


def unnumbered_cells(rows):
    return [re.sub(r'<c r="[A-Z]+\d+"', "<c", one) for one in rows]


@pytest.mark.parametrize("way", [bare, swapped, misplaced, commented])
def test_what_is_not_plain_is_read_whole(tmp_path, monkeypatch, way):
    rows = [row(n, f"s{n % 7}", n / 8) for n in range(1, 900)]
    assert not agree(write_workbook(tmp_path / "a.xlsx", sheet_of(way(rows))), monkeypatch)


@pytest.mark.parametrize("way", [unnumbered_cells, list])
def test_what_is_a_little_odd_is_read_in_pieces(tmp_path, monkeypatch, way):
    rows = [row(n, f"s{n % 7}", n / 8) for n in range(1, 900)]
    rows += ['<row r="950"/>', '<row r="960"></row>', '<row r="961" spans="1:2"/>']
    pieces = list(sheet_of(way(rows)))
    prefixed = "".join(pieces).replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("xmlns=", "xmlns:x=")
    for sheet in (pieces, [prefixed]):
        assert agree(write_workbook(tmp_path / "a.xlsx", sheet), monkeypatch)


def test_a_sheet_cut_short_is_damaged(tmp_path, monkeypatch):
    rows = [row(n, f"s{n % 7}", n / 8) for n in range(1, 900)]
    sheet = "".join(sheet_of(rows))
    path = write_workbook(tmp_path / "a.xlsx", [sheet[: len(sheet) // 2]])
    with pytest.raises(UserError) as caught:
        opened(path, monkeypatch, 2500)
    assert caught.value.code == "file-damaged"


def test_a_formula_never_calculated_is_refused_wherever_it_stands(tmp_path, monkeypatch):
    rows = [row(n, f"s{n % 7}", n / 8) for n in range(1, 900)]
    rows[880] = rows[880].replace("</row>", '<c r="C881"><f>A1</f></c></row>')
    with pytest.raises(UserError) as caught:
        opened(write_workbook(tmp_path / "a.xlsx", sheet_of(rows)), monkeypatch, 2500)
    assert caught.value.code == "formulas-without-values"


def test_a_far_cell_is_refused_before_anything_near_it_is_read(tmp_path, monkeypatch):
    rows = [row(n, f"s{n % 7}", n / 8) for n in range(1, 900)]
    rows[880] = rows[880].replace("</row>", '<c r="XFD881"><v>1</v></c></row>')
    rows.append('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')
    with pytest.raises(UserError) as caught:
        opened(write_workbook(tmp_path / "a.xlsx", sheet_of(rows)), monkeypatch, 2500)
    assert caught.value.code == "sheet-too-sparse"


def test_a_sheet_packed_like_a_bomb_is_not_read_on_the_way(tmp_path, monkeypatch):
    path = write_workbook(tmp_path / "a.xlsx", sheet_of(row(n, "s", 1) for n in range(1, 9000)), level=9)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    monkeypatch.setattr(package, "PIECE", 1000)
    for ratio, is_read in ((1, False), (1000, True)):
        assert (info.file_size < ratio * info.compress_size) == is_read
        monkeypatch.setattr(package, "_USUAL_RATIO", ratio)
        assert (open_workbook(path, path.name)[0].plain is not None) == is_read


ODD = [
    0.0,
    -0.0,
    1e15,
    -1e15,
    999999999999999.0,
    1e9,
    1e9 + 0.5,
    1e-4,
    9.99e-5,
    1.125,
    -0.125,
    0.1,
    1e22,
    5e-324,
    1.7e308,
    float("inf"),
    float("nan"),
]


@given(st.lists(st.one_of(st.floats(), st.sampled_from(ODD), st.decimals(-(10**9), 10**9, places=3).map(float), st.none()), max_size=50))
def test_numbers_become_the_same_texts_by_columns_as_one_by_one(numbers):
    assert texts_of(pyarrow.array(numbers, pyarrow.float64())).to_pylist() == [cell_text(number) for number in numbers]


def test_blank_rows_between_blocks_are_rows():
    one = [pyarrow.array(["a", ""]), pyarrow.array([1.5, None])]
    grid = Grid([Block(2, 2, one), Block(6, 2, one[:1]), Block(9, 1, [pyarrow.array([""])])], {})
    assert (grid.height, grid.width) == (6, 2)
    assert list(grid.rows()) == [(1, ["", ""]), (2, ["a", "1.5"]), (3, ["", ""]), (4, ["", ""]), (5, ["", ""]), (6, ["a", ""])]
