"""Promise to who uploads a workbook: what it hides or says by formatting only (hidden rows, currencies, stale formulas) is said."""

import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from raw_workbook import row, sheet_of, write_workbook

from knowledge.errors import UserError
from tools.audit.reading import package, sheet_pieces
from tools.audit.reading.number_formats import format_currency
from tools.audit.reading.workbook import open_workbook
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

HEADER = row(1, "Service", "Cost")


def only(path: Path):
    sheets = open_workbook(path, path.name)
    assert len(sheets) == 1
    return sheets[0]


@pytest.mark.parametrize(
    ("code", "currency"),
    [
        ("[$€-407] #,##0.00", "EUR"),
        ('"₹"#,##0', "INR"),
        ('_-* #,##0.00\\ "€"_-;-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-', "EUR"),
        ("$#,##0.00", "USD"),
        ('_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)', "USD"),
        ("[$$-409]#,##0.00", "USD"),
        ("[$-409]$#,##0", "USD"),
        ("[$$-1009]#,##0.00", "CAD"),
        ("[$$-en-CA]#,##0", "CAD"),
        ("[$-1009]$#,##0", "CAD"),
        ("[$CHF-807] #,##0.00", "CHF"),
        ("[$£-809]#,##0.00", "GBP"),
        ("[$R$-416] #,##0.00", "BRL"),
        ("[$¥-804]#,##0", "CNY"),
        ("[$¥-411]#,##0", "JPY"),
        ("#,##0.00 [$kr-41D]", "SEK"),
        ("#,##0.00 [$USD]", "USD"),
        ("0.00\\ \\E\\U\\R", "EUR"),
        ('#,##0.00\\ "zł"', "PLN"),
    ],
)
def test_a_number_format_names_its_currency(code, currency):
    assert format_currency(code) == currency


@pytest.mark.parametrize(
    "code",
    [
        "General",
        "0.00%",
        "yyyy-mm-dd",
        "_-* #,##0.00\\ _€_-",  # only as wide as a euro sign: no currency
        "[$$-9999]0",  # a dollar of a country we do not know
        "¥#,##0",  # yen or yuan
        '#,##0 "kr"',  # three countries
        '[Red]-"$"0;"€"0',  # two at once
        '0 "ALL"',
        '0 "h"',
        '"' * 5000,
    ],
)
def test_what_names_none_or_several_stays_unknown(code):
    assert format_currency(code) == ""


def test_one_currency_in_all_cells_of_a_column_is_its_currency(tmp_path):
    rows = [HEADER, *(row(n, f"S{n}", 10.5, style=1) for n in range(2, 40))]
    sheet = only(write_workbook(tmp_path / "a.xlsx", sheet_of(rows), formats=("#,##0.00 [$€-407]",)))
    assert sheet.column_currency == {1: "EUR"}
    assert sheet.notes["number format currency"] == "B EUR"


def test_excel_built_in_currency_formats_are_read_as_the_file_spells_them(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        money = book.add_format({"num_format": '"$"#,##0.00'})
        page = book.add_worksheet()
        for at, line in enumerate([("EC2", 10, 3), ("S3", 2.5, 4)], start=1):
            page.write(at, 0, line[0])
            page.write_number(at, 1, line[1], money)
            page.write_number(at, 2, line[2])
    assert only(path).column_currency == {1: "USD"}


def test_a_built_in_format_that_the_file_does_not_spell_out_states_no_currency(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        money = book.add_format({"num_format": 44})
        page = book.add_worksheet()
        for at in range(3):
            page.write_number(at, 0, at, money)
    assert only(path).column_currency == {}


def test_a_column_partly_without_format_states_no_currency(tmp_path):
    rows = [HEADER, row(2, "a", 1, style=1), row(3, "b", 2)]
    assert only(write_workbook(tmp_path / "a.xlsx", sheet_of(rows), formats=('"€"0',))).column_currency == {}


@pytest.mark.parametrize("at", [5, 25_000])  # the late one lies beyond the cells that are looked at one by one
def test_two_currencies_in_one_column_are_asked(tmp_path, at):
    rows = [HEADER, *(row(n, "x", 1, style=2 if n == at else 1) for n in range(2, 25_100))]
    sheet = only(write_workbook(tmp_path / "a.xlsx", sheet_of(rows), formats=('"€"0', '"$"0')))
    assert sheet.column_currency == {}
    assert "B (EUR, USD)" in sheet.notes["mixed number formats"]
    assert sheet.notes["mixed number formats"].endswith("Which currency is each amount in?")


def test_hidden_rows_and_columns_are_read_and_named(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        for at in range(12):
            page.write_row(at, 0, ["Service" if at == 0 else f"S{at}", "Cost" if at == 0 else at, "Note" if at == 0 else "x"])
        for at in (3, 6, 7, 8, 900):
            page.set_row(at, None, None, {"hidden": True})
        page.set_column(2, 2, None, None, {"hidden": True})
        page.set_column(9, 9, None, None, {"hidden": True})
    sheet = only(path)
    assert sheet.hidden_rows == {4, 7, 8, 9}
    assert sheet.hidden_columns == {2}
    note = "4 hidden rows are counted like the others (4, 7 to 9). Should they be? If not, delete them and upload the sheet again."
    assert sheet.notes["hidden rows"] == note
    assert sheet.notes["hidden columns"] == "hidden columns are read like the others (C)"
    assert [cells[0] for number, cells in sheet.rows() if number in sheet.hidden_rows] == ["S3", "S6", "S7", "S8"]


def test_hidden_rows_across_the_borders_of_the_scan_and_without_numbers(tmp_path):
    attributes = {n: 'hidden="1"' for n in range(2, 60_000, 7)}
    rows = [HEADER, *(row(n, "x" * 30, 1, attributes=attributes.get(n, "")) for n in range(2, 60_000))]
    assert only(write_workbook(tmp_path / "a.xlsx", sheet_of(rows))).hidden_rows == set(attributes)
    bare = [one.replace(f' r="{n}"', "", 1) for n, one in enumerate(rows, start=1)]
    assert only(write_workbook(tmp_path / "b.xlsx", sheet_of(bare))).hidden_rows == set(attributes)


def test_rows_that_say_hidden_false_are_not_hidden(tmp_path):
    rows = [HEADER, row(2, "a", 1, attributes='hidden="false"'), row(3, "b", 2, attributes='hidden="true"')]
    assert only(write_workbook(tmp_path / "a.xlsx", sheet_of(rows))).hidden_rows == {3}


def test_a_sheet_with_prefixed_tags_is_understood_alike(tmp_path):
    rows = [HEADER, row(2, "a", 1.5, style=1, attributes='hidden="1"'), row(3, "b", 2, style=1)]
    pieces = list(sheet_of(rows))
    prefixed = "".join(pieces).replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("xmlns=", "xmlns:x=")
    sheet = only(write_workbook(tmp_path / "a.xlsx", [prefixed], formats=('"€"0',)))
    assert (sheet.hidden_rows, dict(sheet.column_currency)) == ({2}, {1: "EUR"})
    assert [cells for _, cells in sheet.rows()] == [["Service", "Cost"], ["a", "1.5"], ["b", "2"]]


def refused(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        open_workbook(path, "b.xlsx")
    assert caught.value.hint and str(path.parent) not in caught.value.message
    return caught.value


FORMULAS = [
    ("<f>A1*2</f>", ""),
    ("<f>A1*2</f><v/>", ""),
    ("<f>A1*2</f><v></v>", ""),
    ('<f t="shared" si="0"/>', ""),
    ("<f>A1*2</f><v>0</v>", '<calcPr fullCalcOnLoad="1"/>'),  # a library wrote a placeholder; nothing calculated it
]


@pytest.mark.parametrize(("inside", "book"), FORMULAS)
def test_formulas_that_were_never_calculated_are_refused(tmp_path, inside, book):
    rows = [HEADER, row(2, "a", 1), f'<row r="3"><c r="A3" t="inlineStr"><is><t>b</t></is></c><c r="B3">{inside}</c></row>']
    error = refused(write_workbook(tmp_path / "a.xlsx", sheet_of(rows), book=book))
    assert error.code == "formulas-without-values"
    assert "has 1 formula without a stored value: never calculated." in error.message
    assert error.hint == "Open it in Excel or LibreOffice, save it once, and upload that."


@pytest.mark.parametrize(
    ("cell", "book"),
    [
        ('<c r="B3"><f>A1*2</f><v>0</v></c>', ""),  # a true zero
        ('<c r="B3"><f>A1*2</f><v>7</v></c>', '<calcPr fullCalcOnLoad="1"/>'),
        ('<c r="B3" t="str"><f>IF(A3="","",1)</f><v></v></c>', ""),  # a formula may yield an empty text
    ],
)
def test_calculated_formulas_are_read(tmp_path, cell, book):
    rows = [HEADER, row(2, "a", 1), f'<row r="3"><c r="A3" t="inlineStr"><is><t>b</t></is></c>{cell}</row>']
    assert len(list(only(write_workbook(tmp_path / "a.xlsx", sheet_of(rows), book=book)).rows())) == 3


def test_empty_rows_at_the_very_end_are_no_far_cell(tmp_path):
    ends = [f'<row r="{n}" customFormat="false" hidden="false"></row>' for n in (1048574, 1048575, 1048576)]
    wide = "".join(f'<c r="{letter}1048576" s="0"/>' for letter in ("A", "Z", "XFD"))
    rows = [HEADER, row(2, "a", 1), *ends[:2], f'<row r="1048576">{wide}</row>']
    assert [cells for _, cells in only(write_workbook(tmp_path / "a.xlsx", sheet_of(rows))).rows()] == [["Service", "Cost"], ["a", "1"]]


def test_a_far_cell_is_found_even_where_its_row_denies_it(tmp_path):
    rows = [HEADER, '<row r="2"><c r="A2"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>']
    assert refused(write_workbook(tmp_path / "a.xlsx", sheet_of(rows))).code == "sheet-too-sparse"


def test_two_parts_of_one_name_are_refused(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", sheet_of([HEADER, row(2, "a", 1)]))
    with pytest.warns(UserWarning), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    assert refused(path).code == "file-damaged"


def test_dates_of_both_date_systems_are_the_same_days(tmp_path):
    from datetime import date

    days = [date(2026, 2, 28), date(2026, 3, 1), date(2024, 2, 29)]
    read = []
    for old in (False, True):
        path = tmp_path / f"{old}.xlsx"
        with xlsxwriter.Workbook(str(path), {"date_1904": old}) as book:
            style = book.add_format({"num_format": "dd.mm.yyyy"})
            page = book.add_worksheet()
            for at, day in enumerate(days):
                page.write_datetime(at, 0, day, style)
        read.append([cells[0] for _, cells in only(path).rows()])
    assert read == [[day.isoformat() for day in days]] * 2


def test_amounts_come_out_as_they_were_stored(tmp_path):
    amounts = [0.1, 12, 1234.5, 1e-7, 123456789.01, -3.25, 1.125]
    path = write_workbook(tmp_path / "a.xlsx", sheet_of([row(n, amount) for n, amount in enumerate(amounts, start=1)]))
    assert [Decimal(cells[0]) for _, cells in only(path).rows()] == [Decimal(repr(amount)) for amount in amounts]


@pytest.mark.parametrize("in_pieces", [False, True])
def test_s07_a_cell_that_holds_an_error_is_unreadable_and_not_empty(tmp_path, monkeypatch, in_pieces):
    if in_pieces:
        monkeypatch.setattr(package, "PIECE", 100)
        monkeypatch.setattr(sheet_pieces, "PIECE", 400)
        monkeypatch.setattr(package, "_CHUNK", 300)
        monkeypatch.setattr(package, "_USUAL_RATIO", 10_000)
    rows = [row(1, "Service", "Cost USD"), row(2, "EC2", 5)]
    rows += ['<row r="3"><c r="A3" t="inlineStr"><is><t>S3</t></is></c><c r="B3" t="e"><f>B9</f><v>#REF!</v></c></row>']
    rows += [row(n, f"s{n}", n / 8) for n in range(4, 40)]
    rows += ['<row r="40"><c r="A40" t="e"><v>#N/A</v></c><c t="e" r="B40"><v>#DIV/0!</v></c></row>', row(41, "RDS", 2)]
    result = run(AuditCosts(file=[str(write_workbook(tmp_path / "a.xlsx", sheet_of(rows)))]), ToolContext(out_dir=tmp_path)).result
    assert result["total"] == 7 + sum(n / 8 for n in range(4, 40))
    assert (result["rows_read"], result["rows_unknown"]) == (40, 2)
    assert [(cell["row"], cell["cell"]) for cell in result["unknown_cells"]] == [("3", "#REF!"), ("40", "#DIV/0!")]


def test_s07_a_sheet_of_nothing_but_errors_is_refused_and_not_half_read(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "MOST_ERRORS", 3)
    rows = [
        row(1, "Service", "Cost USD"),
        *(f'<row r="{n}"><c r="B{n}" t="e"><v>#REF!</v></c></row>' for n in range(2, 6)),
        row(6, "S3", 1),
    ]
    with pytest.raises(UserError) as caught:
        open_workbook(write_workbook(tmp_path / "a.xlsx", sheet_of(rows)), "a.xlsx")
    assert caught.value.code == "sheet-too-many-errors" and "a.xlsx" in caught.value.message and caught.value.hint
