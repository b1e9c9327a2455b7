"""Promise to the reader of a big bill: the engine passes on untouched only names that reading them one by one leaves as they are."""

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from tools.audit.cells import shown
from tools.audit.layout import Layout
from tools.audit.reading.header import Header
from tools.audit.reading.sheet import Sheet
from tools.audit.rowtypes import RowReader

_PARTS = st.sampled_from(
    [
        "i-0a1b",
        "arn:aws:s3:::",
        "disk-1",
        "sk-",
        "proj",
        "a" * 16,
        "AKIA",
        "B" * 16,
        "@",
        "ann@corp.com",
        "null",
        "None",
        "-",
        "n/a",
        " ",
        "\t",
        "\u200b",
        "\u202e",
        "é",
        "'",
        '"',
        "$x",
        "eyJ" + "a" * 12,
        "x" * 90,
        "-----BEGIN PRIVATE KEY-----",
        "<null>",
        "\\n",
        "",
    ]
)
_NAMES = st.lists(_PARTS, max_size=4).map("".join) | st.text(max_size=30)


def reader() -> RowReader:
    return RowReader(Layout(Sheet("t", "", lambda: iter(())), Header(("Resource", "Region", "Cost"), 0), None, _ROLES, {}))


_ROLES = {"resource": (0,), "region": (1,), "billed": (2,)}
_ENGINE = duckdb.connect()


@given(name=_NAMES, role=st.sampled_from(["resource", "region"]))
@example(name="i-0123456789abcdef0", role="resource")
@example(name="sk-proj-0123456789abcdefgh", role="resource")
@example(name="NULL", role="region")
def test_what_the_engine_leaves_as_it_is_would_be_left_as_it_is(name, role):
    of_role = reader()
    as_it_stands = _ENGINE.execute(f"select {of_role.as_it_stands(role, 'name')} from (select ?::varchar as name)", [name]).fetchall()
    if as_it_stands == [(True,)]:
        assert shown(name, 1000) == name
        assert of_role.text(role, [name, name, "1"]) == name


def test_most_names_are_left_to_the_engine():
    asked = f"select bool_and({reader().as_it_stands('resource', 'name')}) from (select unnest(?) as name)"
    names = ["i-0123456789abcdef0", "arn:aws:sagemaker:us-east-1:123456789012:endpoint/chat", "projects/p/instances/7", "bucket.logs_2026"]
    assert _ENGINE.execute(asked, [names]).fetchall() == [(True,)]
