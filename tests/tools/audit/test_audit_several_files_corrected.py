"""Promise to who corrects an audit of several files or sheets: a correction holds where it can, and says where it does not."""

from pathlib import Path

import pytest
import xlsxwriter

from knowledge.errors import UserError
from tools.audit.mapping import parse
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

NET = "Date,Service,Net,Gross\n2026-09-01,API,100.00,119.00\n2026-09-02,GPU server,50.00,59.50\n"
PLAIN = "Date,Service,Amount\n2026-10-01,API,7.00\n2026-10-02,GPU server,8.00\n"
GERMAN = "Datum,Dienst,Netto,Betrag\n2026-11-01,API,1.00,1.19\n2026-11-02,GPU server,2.00,2.38\n"


def audit(out: Path, files: list[Path], mapping: str = "") -> dict:
    return run(AuditCosts(file=[str(file) for file in files], mapping=mapping), ToolContext(out_dir=out / "out")).result


def written(folder: Path, **texts: str) -> list[Path]:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return [folder / f"{name}.csv" for name in texts]


def workbook(path: Path, hidden: tuple[str, ...] = (), **sheets: list[tuple]) -> Path:
    book = xlsxwriter.Workbook(path)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name.replace("_", " "))
        for at, row in enumerate([("Service", "Cost USD"), *rows]):
            sheet.write_row(at, 0, row)
        if name in hidden:
            sheet.hide()
    book.close()
    return path


def three(tmp_path: Path) -> Path:
    return workbook(tmp_path / "a.xlsx", ("Old_part",), May=[("API", 1), ("GPU", 2)], June=[("API", 10)], Old_part=[("API", 100)])


def test_a_file_without_the_named_column_keeps_its_own_reading_and_says_so(tmp_path):
    found = audit(tmp_path, written(tmp_path, a=NET, b=PLAIN), "cost=Net")
    assert found["total_text"] == "165"
    [question] = [one for one in found["questions"] if "b.csv has no column" in one]
    assert 'no column "Net"; its cost was read from "Amount"' in question and "cost=Net|NAME" in question
    notes = {sheet["file"]: " ".join(sheet["notes"]) for sheet in found["sheets"]}
    assert 'no column "Net" here, which your correction names for cost' in notes["b.csv"] and "Net" not in notes["a.csv"]


def test_files_of_different_columns_are_corrected_together(tmp_path):
    files = written(tmp_path, a=NET, b=GERMAN)
    for mapping in ("cost=Net|Netto", 'cost="Net"|"Netto"', "cost=Net,cost=Netto"):
        found = audit(tmp_path, files, mapping)
        assert found["total_text"] == "153", mapping
        assert not [one for one in found["questions"] if "has no column" in one]


def test_a_column_to_ignore_need_not_stand_in_every_file(tmp_path):
    assert audit(tmp_path, written(tmp_path, a=NET, b=PLAIN), "ignore=Gross")["total_text"] == "165"


@pytest.mark.parametrize("mapping", ["cost=Nett", "cost=Net|Nett", "ignore=Nett", "team=Nett"])
def test_a_name_that_no_file_has_is_an_error_with_the_nearest(tmp_path, mapping):
    with pytest.raises(UserError) as caught:
        audit(tmp_path, written(tmp_path, a=NET, b=PLAIN), mapping)
    assert caught.value.code == "mapping-unknown-column" and 'C "Net"' in str(caught.value)


def test_a_name_that_the_only_file_lacks_is_found_before_its_rows_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.audit.intake._read_sheet", lambda *_: pytest.fail("rows were read"))
    with pytest.raises(UserError) as caught:
        audit(tmp_path, written(tmp_path, b=PLAIN), "cost=Net")
    assert caught.value.code == "mapping-unknown-column"


def test_a_file_with_neither_the_named_column_nor_money_says_both(tmp_path):
    with pytest.raises(UserError) as caught:
        audit(tmp_path, written(tmp_path, b="Name,Note\nx,y\nz,w\n", a=NET), "cost=Net")
    assert caught.value.code == "no-money-column" and 'b.csv has no column "Net" and none that looks like money' in str(caught.value)


def test_the_sheets_of_one_workbook_need_not_have_the_same_columns(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    for name, rows in (("A", [("Service", "Net", "Gross"), ("API", 10, 12)]), ("B", [("Service", "Amount"), ("GPU", 5)])):
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    book.close()
    found = audit(tmp_path, [tmp_path / "a.xlsx"], "cost=Net")
    assert found["total_text"] == "15"
    assert any('a.xlsx sheet "B" has no column "Net"' in one for one in found["questions"])


@pytest.mark.parametrize(
    ("mapping", "total"),
    [
        ("", "13"),
        ("sheet=May", "3"),
        ("sheet=May|Old part", "103"),
        ("sheet=May,sheet=June", "13"),
        ("also=Old part", "113"),
        ("sheet=June,also=old PART", "110"),
        ("sheets=May|June,also=Old part", "113"),
    ],
)
def test_sheets_are_named_alone_together_or_beside_the_visible_ones(tmp_path, mapping, total):
    assert audit(tmp_path, [three(tmp_path)], mapping)["total_text"] == total


def test_the_question_about_a_hidden_sheet_names_the_words_that_count_it_too(tmp_path):
    file = three(tmp_path)
    [question] = [one for one in audit(tmp_path, [file])["questions"] if "hidden" in one]
    words = question.partition("(")[2].partition(")")[0]
    assert words == "also=Old part" and parse(words).also == ("Old part",)
    found = audit(tmp_path, [file], words)
    assert found["total_text"] == "113" and not [one for one in found["questions"] if "hidden" in one]


def test_sheets_that_were_not_named_are_listed(tmp_path):
    skipped = audit(tmp_path, [three(tmp_path)], "sheet=May")["skipped"]
    assert {(one["sheet"], one["reason"]) for one in skipped} == {
        ("June", "not among the sheets that you named"),
        ("Old part", "not among the sheets that you named"),
    }


def test_a_workbook_without_the_named_sheet_is_counted_and_asked_about(tmp_path):
    files = [three(tmp_path), workbook(tmp_path / "b.xlsx", X=[("API", 1000)], Y=[("GPU", 2000)])]
    found = audit(tmp_path, files, "sheet=May")
    assert found["total_text"] == "3003"
    assert any('b.xlsx has no sheet "May"; all its sheets were counted' in one for one in found["questions"])
    assert audit(tmp_path, files, "sheet=May|X")["total_text"] == "1003"


@pytest.mark.parametrize("mapping", ["sheet=Mai", "sheet=May|Mai", "also=Mai"])
def test_a_sheet_that_no_file_has_is_an_error(tmp_path, mapping):
    with pytest.raises(UserError) as caught:
        audit(tmp_path, [three(tmp_path)], mapping)
    assert caught.value.code == "mapping-unknown-sheet" and "May, June, Old part" in caught.value.hint


def test_a_summary_that_the_user_names_is_counted_and_asked_about(tmp_path):
    file = workbook(tmp_path / "a.xlsx", May=[("API", 1), ("GPU", 2)], June=[("API", 10)], Summary=[("May", 3), ("June", 10)])
    left_out = audit(tmp_path, [file])
    assert left_out["total_text"] == "13" and left_out["skipped"][0]["sheet"] == "Summary"
    named = audit(tmp_path, [file], "also=Summary")
    assert named["total_text"] == "26" and any("repeats the total of the other sheets" in one for one in named["questions"])
