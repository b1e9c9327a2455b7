"""Promise to the reader: one row "has" and two rows "have", in every sentence, question and origin of an audit."""

import re
import string
from pathlib import Path

import pytest
import xlsxwriter

from tools.audit.reading.sheet import Sheet
from tools.audit.report import row_ref
from tools.audit.tool import AuditCosts
from tools.audit.views import beside
from tools.audit.work import run
from tools.contracts.figures import range_text
from tools.contracts.tool import ToolContext, ToolResult

#: Texts that cannot be right: one of several, or several that "is".
WRONG = re.compile(
    r"\b1 (?:rows|days|months|tokens|requests|files|columns|cells|lines|others)\b|\b1 \w+ (?:have|are|were|say|count|hold)\b"
    r"|\b(?:[02-9]|\d{2,}) \w+s (?:has|is|was|says|counts|holds)\b|\brows \d+(?=;|$)"
)


def audit(out: Path, *files: Path) -> ToolResult:
    return run(AuditCosts(file=[str(file) for file in files]), ToolContext(out_dir=out))


def texts(result: ToolResult) -> list[str]:
    """Everything that a person reads."""
    known = {record.id: record for record in result.evidence}
    said = []
    for statement in result.statements:
        filled = dict(statement.names) | {name: range_text(known[i].value, known[i].unit) for name, i in statement.figures.items()}
        said.append(string.Formatter().vformat(statement.text, (), filled))
    notes = [note for sheet in result.result["sheets"] for note in sheet["notes"]]
    return [*said, *result.questions, *notes, *result.result["checks"], *(record.source.ref for record in result.evidence)]


def sheet_of(path: Path, unreadable: int, included: int) -> Path:
    odd = "".join(f"2026-01-02,odd {at},n/a\n" for at in range(unreadable)) + "".join(
        f"2026-01-03,free {at},included\n" for at in range(included)
    )
    path.write_text(f"Date,Service,Cost USD\n2026-01-01,API,10\n2026-01-01,GPU server,20\n{odd}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, ("1 row has an unreadable amount and is not", "1 row says that its cost is included in a plan and counts as no extra cost")),
        (
            2,
            ("2 rows have an unreadable amount and are not", "2 rows say that their cost is included in a plan and count as no extra cost"),
        ),
    ],
)
def test_rows_that_were_not_understood_or_cost_nothing(tmp_path, count, expected):
    found = texts(audit(tmp_path / "out", sheet_of(tmp_path / "a.csv", count, count)))
    for part in expected:
        assert any(part in text for text in found), part
    assert not [text for text in found if WRONG.search(text)]


@pytest.mark.parametrize(("hidden", "expected"), [([3], "Row 4 of the table is hidden"), ([2, 3], "2 rows of the table are hidden")])
def test_hidden_rows(tmp_path, hidden, expected):
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet("May")
    for at, row in enumerate([("Service", "Cost USD"), ("API", 1), ("GPU", 2), ("S3", 3)]):
        sheet.write_row(at, 0, row)
    for at in hidden:
        sheet.set_row(at, None, None, {"hidden": True})
    book.close()
    found = texts(audit(tmp_path / "out", tmp_path / "a.xlsx"))
    assert any(text.startswith(expected) for text in found) and not [text for text in found if WRONG.search(text)]


def test_one_file_totals_and_two_total(tmp_path):
    files = [sheet_of(tmp_path / f"{name}.csv", 0, 0) for name in "ab"]
    files[1].write_text(files[1].read_text().replace("2026-01", "2026-02"))
    assert any("(hand made sheet) totals " in text for text in texts(audit(tmp_path / "one", files[0])))
    assert any("(hand made sheet) total " in text for text in texts(audit(tmp_path / "two", *files)))
    for file in files:
        file.write_text(f"model,input_tokens,output_tokens\n{file.stem}-gpt-4o,10,20\n")
    assert any("counts use but holds no money (1 row understood, 1 row read)" in text for text in texts(audit(tmp_path / "use", files[0])))
    assert any("count use but hold no money (2 rows understood" in text for text in texts(audit(tmp_path / "uses", *files)))


@pytest.mark.parametrize(
    ("numbers", "count", "expected"),
    [
        ([4], None, "a.csv row 4"),
        ([4, 5, 6, 9], None, "a.csv rows 4-6, 9"),
        ([4], 3, "a.csv row 4 and 2 more"),
        (list(range(2, 22, 2)), None, "a.csv rows 2, 4, 6, 8, 10, 12, 14, 16 and 2 more"),
        ([], None, "a.csv"),
    ],
)
def test_where_rows_stand(numbers, count, expected):
    assert row_ref("a.csv", "", numbers, count) == expected


@pytest.mark.parametrize("others", [1, 2])
def test_tables_beside_each_other(others):
    header, row = ["Service", "Cost", "", "Service", "Cost"], ["API", "1", "", "GPU", "2"]
    for at in range(others):
        header, row = [*header, "", f"Name{at}", f"Total{at}"], [*row, "", "x", "3"]
    rows = [(1, header), *((number, row) for number in range(2, 6))]
    _, [question] = beside(Sheet("a.csv", "", lambda: iter(rows)), rows, 1)
    assert ("1 other was not counted" if others == 1 else "2 others were not counted") in question
