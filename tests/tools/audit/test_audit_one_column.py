"""Promise to whoever has nothing but amounts: a table of one column is a table; lines of text are none."""

import pytest

from knowledge.errors import UserError
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext


def audit(tmp_path, name, content):
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    return run(AuditCosts(file=[str(file)]), ToolContext(out_dir=tmp_path / "out")).result


@pytest.mark.parametrize(
    ("name", "content", "total", "counted"),
    [
        ("bill.json", '[{"cost": 1}]', "1", 1),
        ("bill.jsonl", '{"cost": 3.5}\n{"cost": 4}\n', "7.5", 2),
        ("bill.csv", "cost\n1.5\n2.25\n", "3.75", 2),
        ("bill.csv", "Our bill\n\nCost (EUR)\n1.5\n\n2.25\n", "3.75", 2),
        ("bill.csv", 'Betrag\n"1,5"\n"2,25"\n', "3.75", 2),
    ],
)
def test_one_column_of_amounts(tmp_path, name, content, total, counted):
    result = audit(tmp_path, name, content)
    assert (result["total_text"], result["rows_counted"]) == (total, counted)


@pytest.mark.parametrize("content", ["hello\nworld\n", "12\n13\n", "cost\nto be told\n"])
def test_lines_that_are_no_table(tmp_path, content):
    with pytest.raises(UserError) as caught:
        audit(tmp_path, "notes.csv", content)
    assert caught.value.code == "file-no-rows"
