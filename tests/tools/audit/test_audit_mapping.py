"""Promise to a user who corrects the audit: what they say about a column holds, and a typo is answered with the nearest names."""

from decimal import Decimal

import pytest

from knowledge.errors import UserError
from tools.audit.mapping import parse, unknown_column
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

SHEET = "Costs of March\nService;Team;Total USD;Fee;Note\nEC2;ml;1.234,50;10,00;x\nS3;web;2.000,25;20,00;y\n"


def audit(tmp_path, mapping: str, content: str = SHEET) -> dict:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    return run(AuditCosts(file=[str(path)], mapping=mapping), ToolContext(out_dir=tmp_path / "out")).result


@pytest.mark.parametrize(
    ("mapping", "total"),
    [
        ("cost=D", "30"),
        ("cost=Fee", "30"),
        ("the cost column=column D", "30"),
        ("cost=Total USD", "3234.75"),
        ("amount=C,currency=INR", "3234.75"),
        ("header=2", "3234.75"),
        ("header row=2;decimal sign=comma", "3234.75"),
        ("scale=1000", "3234750"),
        ("scale=thousands,ignore=D", "3234750"),
        ("ignore=D|E,dates=dmy", "3234.75"),
        ("ignore=C", "30"),
    ],
)
def test_corrections_change_the_total_as_said(tmp_path, mapping, total):
    assert audit(tmp_path, mapping)["total_text"] == total


def test_an_ignored_column_has_no_role_and_is_listed(tmp_path):
    result = audit(tmp_path, "ignore=Team")
    assert "Team" not in {entry["column"] for entry in result["mapping"]}
    assert any('"Team" is not used' in note for sheet in result["sheets"] for note in sheet["notes"])


def test_ignored_period_columns_are_not_added(tmp_path):
    content = "Service,Jan 2025,Feb 2025,Mar 2025\na,1.5,2.5,4\nb,1,1,1\n"
    assert audit(tmp_path, "", content)["total_text"] == "11"
    assert audit(tmp_path, "ignore=Mar 2025", content)["total_text"] == "6"


def test_a_stated_scale_is_applied_and_can_be_undone(tmp_path):
    content = "Service;Cost in k€\nEC2;1,5\nS3;2,25\n"
    stated = audit(tmp_path, "", content)
    assert stated["total_text"] == "3750"
    assert any("scale=1" in question for question in stated["questions"])
    undone = audit(tmp_path, "scale=1", content)
    assert undone["total_text"] == "3.75"
    assert not any("scale" in question for question in undone["questions"])


def test_an_unknown_column_names_the_nearest():
    names = ("Service", "Team", "Total USD", "Fee")
    caught = unknown_column("Totl USD", [names])
    assert caught.code == "mapping-unknown-column"
    assert 'C "Total USD"' in str(caught)
    assert "Did you mean" not in str(unknown_column("qqqq", [names]))


def test_an_unknown_role_names_the_nearest():
    with pytest.raises(UserError) as caught:
        parse("curency=F")
    assert caught.value.code == "mapping-unknown-role"
    assert "currency" in str(caught.value)


@pytest.mark.parametrize("mapping", ["scale=abc", "scale=-5", "scale=0", "header=two", "decimal=semicolon", "cost="])
def test_unreadable_values_are_refused(mapping):
    with pytest.raises(UserError) as caught:
        parse(mapping)
    assert caught.value.code == "mapping-unreadable"


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("costs", "billed"),
        ("total cost", "billed"),
        ("timestamp", "start"),
        ("finish reason", "status"),
        ("usage type", "usage_type"),
        ("supplier", "provider"),
        ("completion tokens", "output_tokens"),
        ("department", "team"),
        ("Betrag", "billed"),
    ],
)
def test_roles_go_by_the_words_people_use(said, role):
    assert parse(f"{said}=B").columns == {role: "B"}


def test_settings_are_parsed_together():
    found = parse("cost=F,currency=INR,header=5,decimal=comma,dates=dmy,sheet=Detail,ignore=G|H,ignore=K,scale=1000")
    assert (found.columns, found.currency, found.header_row, found.decimal) == ({"billed": "F"}, "INR", 5, "comma")
    assert (found.date_order, found.sheets, found.ignored, found.scale) == ("dmy", ("Detail",), ("G", "H", "K"), Decimal(1000))


def test_the_delimiter_may_be_said(tmp_path):
    """Semicolons part the cells, though every line also holds a comma."""
    content = "Note;Cost\nserver, big;1\nserver, small;2\n"
    assert audit(tmp_path, "delimiter=semicolon", content)["total_text"] == "3"
    content = "Service,Note;Cost\na,b;1\nc,d;2\n"
    found = audit(tmp_path, "separator=semicolon", content)
    assert (found["total_text"], [column["name"] for column in found["sheets"][0]["columns"]]) == ("3", ["Service,Note", "Cost"])
    assert "delimiter: semicolon" in found["sheets"][0]["notes"]
    with pytest.raises(UserError) as caught:
        parse("delimiter=colon")
    assert caught.value.code == "mapping-unreadable"
