"""What the audit's questions and errors offer to say works in the chat, on the command line and, through the chat's words, on screen."""

import re
from pathlib import Path

import pytest
import xlsxwriter

from agent.reading.bill_words import Known, change_in
from knowledge.errors import UserError
from tools.audit.mapping import parse
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

_OFFERED = re.compile(r"\b([a-z]+=[^?;\"]+?)(?= (?:leaves|names|counts|changes|reads|or)\b|[)?;\"]|\.?$)")
LINES = "".join(f"2026-01-{day:02d},{name},{day},{day * 1.5}\n" for day in range(1, 20) for name in ("API", "GPU"))
FILES = {
    "jan.csv": "Date,Service,Net,Budget\n" + LINES,
    "jan rev2.csv": "Date,Service,Net,Budget\n" + LINES.replace("API,1", "API,2"),
    "ambiguous.csv": 'Date,Service,Amount\n03/04/2025,API,"1,234"\n05/04/2025,GPU,"2,345"\n',
    "thousands.csv": "Service;Cost in k€\nEC2;1,5\nS3;2,25\n",
}


def workbook(path: Path) -> Path:
    book = xlsxwriter.Workbook(path)
    for name in ("May", "Budget 2026", "Overview", "Old part"):
        sheet = book.add_worksheet(name)
        for at, row in enumerate([("Service", "Cost USD"), ("API", 7.5), ("GPU", len(name))]):
            sheet.write_row(at, 0, row)
        if name == "May":
            sheet.set_column(1, 1, None, None, {"hidden": True})
        if name == "Old part":
            sheet.hide()
    book.close()
    return path


def offered(questions: list[str]) -> list[str]:
    return [hit[1] for question in questions for hit in _OFFERED.finditer(question)]


def test_every_correction_that_a_question_offers_is_read_by_chat_and_command_line(tmp_path):
    found: set[str] = set()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for files in (["jan.csv", "jan rev2.csv"], ["ambiguous.csv"], ["thousands.csv"], [workbook(tmp_path / "a.xlsx").name]):
        result = run(AuditCosts(file=[str(tmp_path / file) for file in files]), ToolContext(out_dir=tmp_path / "out")).result
        for words in offered(result["questions"]):
            found.add(words.partition("=")[0])
            parse(words)
            assert change_in(words, Known.of(result)).mapping, f"the chat does not understand {words}"
            assert change_in(f"Audit again: {words}", Known.of(result)).applied_to({})["mapping"] == words
    assert found >= {"also", "sheet", "ignore", "scale", "currency", "cost", "decimal", "dates"}


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ("header=900", "mapping-unreadable"),
        ("header=x", "mapping-unreadable"),
        ("scale=x", "mapping-unreadable"),
        ("F", "mapping-unreadable"),
    ],
)
def test_every_correction_that_an_error_offers_is_read_too(tmp_path, mapping, code):
    (tmp_path / "a.csv").write_text(FILES["jan.csv"])
    with pytest.raises(UserError) as caught:
        run(AuditCosts(file=[str(tmp_path / "a.csv")], mapping=mapping), ToolContext(out_dir=tmp_path / "out"))
    assert caught.value.code == code
    words = offered([caught.value.hint])
    assert words and all(parse(one) and change_in(one, Known()).mapping for one in words)
