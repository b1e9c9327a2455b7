"""Promise: JSON and JSON lines become the table that a person would draw of their records, digits as in the file, faults named by line."""

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import UserError
from tools.audit.cells import read_day, read_money
from tools.audit.reading import json_text
from tools.audit.reading.detect import container_of
from tools.audit.reading.json_records import open_json
from tools.audit.reading.json_text import LARGEST_VALUE
from tools.audit.reading.sheet import LONGEST_CELL
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext


def sheets(tmp_path: Path, content: str | bytes, gzipped: bool = False, name: str = "usage.json"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_json(path, name, gzipped)


def table(tmp_path: Path, content: str | bytes, gzipped: bool = False) -> tuple[list[str], list[dict[str, str]]]:
    """Header and records (by column name) of a file with one table."""
    (sheet,) = sheets(tmp_path, content, gzipped)
    (number, header), *rows = sheet.rows()
    assert number == 0
    assert all(len(cells) == len(header) for _, cells in rows)
    return header, [dict(zip(header, cells, strict=True)) for _, cells in rows]


def refused(tmp_path: Path, content: str | bytes, gzipped: bool = False) -> UserError:
    with pytest.raises(UserError) as caught:
        for sheet in sheets(tmp_path, content, gzipped):
            list(sheet.rows())
    assert caught.value.hint
    assert str(tmp_path) not in caught.value.message + caught.value.hint
    return caught.value


OPENAI_COSTS = """{"object":"page","data":[
 {"object":"bucket","start_time":1730419200,"end_time":1730505600,"results":[
  {"object":"organization.costs.result","amount":{"value":0.1,"currency":"usd"},"line_item":"gpt-4o, input","project_id":"proj_a"},
  {"object":"organization.costs.result","amount":{"value":1e-7,"currency":"usd"},"line_item":null,"project_id":null}]},
 {"object":"bucket","start_time":1730505600,"end_time":1730592000,"results":[]}],"has_more":true,"next_page":"AAA"}"""


def test_openai_costs_take_the_days_of_their_bucket(tmp_path):
    header, rows = table(tmp_path, OPENAI_COSTS)
    assert header[:2] == ["start_time", "end_time"]
    assert {"amount.value", "amount.currency", "line_item", "project_id"} <= set(header)
    assert not {"has_more", "next_page", "results"} & set(header)
    assert [row["amount.value"] for row in rows] == ["0.1", "1e-7", ""]
    assert [row["start_time"] for row in rows] == ["1730419200", "1730419200", "1730505600"]
    assert rows[1]["line_item"] == rows[1]["project_id"] == ""
    assert str(read_day(rows[0]["start_time"]).value) == "2024-11-01"
    assert read_money(rows[1]["amount.value"]).value.as_tuple() == (0, (1,), -7)


def test_several_pages_after_another_are_one_table(tmp_path):
    pages = OPENAI_COSTS.replace("\n", "") + "\n" + OPENAI_COSTS.replace("\n", "").replace("proj_a", "proj_b")
    _, rows = table(tmp_path, pages)
    assert [row["project_id"] for row in rows] == ["proj_a", "", "", "proj_b", "", ""]
    assert table(tmp_path, f"[{OPENAI_COSTS},{OPENAI_COSTS}]")[1] == [*table(tmp_path, OPENAI_COSTS)[1]] * 2


def test_openai_usage(tmp_path):
    result = {
        "input_tokens": 1000,
        "output_tokens": 500,
        "input_cached_tokens": 800,
        "num_model_requests": 5,
        "model": "gpt-4o",
        "batch": False,
    }
    page = {"object": "page", "data": [{"object": "bucket", "start_time": 1730419200, "end_time": 1730505600, "results": [result]}]}
    _, (row,) = table(tmp_path, json.dumps(page))
    assert (
        row | {"start_time": "1730419200", "input_tokens": "1000", "input_cached_tokens": "800", "batch": "false", "model": "gpt-4o"} == row
    )


def test_anthropic_usage_and_cost(tmp_path):
    usage = {
        "uncached_input_tokens": 1500,
        "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
        "cache_read_input_tokens": 200,
        "output_tokens": 500,
        "server_tool_use": {"web_search_requests": 10},
        "model": "claude-sonnet-4",
    }
    day = {"starting_at": "2026-08-01T00:00:00Z", "ending_at": "2026-08-02T00:00:00Z"}
    _, (row,) = table(tmp_path, json.dumps({"data": [{**day, "results": [usage]}], "has_more": False, "next_page": None}))
    assert row["starting_at"] == "2026-08-01T00:00:00Z"
    assert row["cache_creation.ephemeral_5m_input_tokens"] == "500"
    cost = {"currency": "USD", "amount": "123.78912", "workspace_id": None, "cost_type": "tokens", "token_type": "uncached_input_tokens"}
    _, (row,) = table(tmp_path, json.dumps({"data": [{**day, "results": [cost]}], "has_more": False}))
    assert (row["amount"], row["workspace_id"], row["ending_at"]) == ("123.78912", "", "2026-08-02T00:00:00Z")


def _cost_explorer(definitions, groups, total=None):
    period = {"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}, "Total": total or {}, "Groups": groups, "Estimated": False}
    return json.dumps({"GroupDefinitions": definitions, "ResultsByTime": [period], "DimensionValueAttributes": []}, indent=4)


def test_cost_explorer_groups_are_named_and_keep_their_days(tmp_path):
    metrics = {"UnblendedCost": {"Amount": "12.3400000001", "Unit": "USD"}}
    groups = [{"Keys": ["Amazon EC2", "team$ml"], "Metrics": metrics}, {"Keys": ["Amazon S3", "team$"], "Metrics": metrics}]
    definitions = [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "TAG", "Key": "team"}]
    _, rows = table(tmp_path, _cost_explorer(definitions, groups))
    assert [row["Keys.SERVICE"] for row in rows] == ["Amazon EC2", "Amazon S3"]
    assert [row["Keys.TAG.team"] for row in rows] == ["ml", ""]
    assert rows[0]["Metrics.UnblendedCost.Amount"] == "12.3400000001"
    assert (rows[1]["TimePeriod.Start"], rows[1]["TimePeriod.End"]) == ("2026-10-01", "2026-11-01")
    _, rows = table(tmp_path, _cost_explorer([], groups))
    assert rows[0]["Keys.1"] == "Amazon EC2"


def test_cost_explorer_without_groups_is_one_row_a_period(tmp_path):
    _, (row,) = table(tmp_path, _cost_explorer([], [], {"UnblendedCost": {"Amount": "99.10", "Unit": "USD"}}))
    assert row["Total.UnblendedCost.Amount"] == "99.10"
    assert row["TimePeriod.Start"] == "2026-10-01"


@pytest.mark.parametrize("columns_first", [True, False])
def test_azure_query_rows_take_the_names_of_its_columns(tmp_path, columns_first):
    columns = [{"name": "PreTaxCost", "type": "Number"}, {"name": "UsageDate", "type": "Number"}, {"name": "Currency", "type": "String"}]
    parts = [("columns", columns), ("rows", [[1.20, 20261101, "USD"], [-0.5, 20261102, "USD"]])]
    properties = {"nextLink": None, **dict(parts if columns_first else reversed(parts))}
    header, rows = table(tmp_path, json.dumps({"id": "x", "type": "Microsoft.CostManagement/query", "properties": properties}))
    assert header == ["PreTaxCost", "UsageDate", "Currency"]
    assert [row["PreTaxCost"] for row in rows] == ["1.2", "-0.5"]


def test_lists_of_cells_without_columns_have_their_names_in_the_first_list(tmp_path):
    header, rows = table(tmp_path, '[["day","cost"],["2026-01-01",1.50],["2026-01-02",2]]')
    assert header == ["day", "cost"]
    assert [row["cost"] for row in rows] == ["1.50", "2"]


def test_bigquery_rows_keep_credits_and_labels_in_one_cell(tmp_path):
    line = (
        '{"service":{"id":"6F81","description":"Compute Engine"},"sku":{"description":"N1"},"usage_start_time":"2026-11-08 10:00:00 UTC",'
        '"labels":[{"key":"team","value":"ml"}],"cost":"0.304215","usage":{"amount":"3600","unit":"seconds"},'
        '"credits":[{"name":"SUD","amount":-0.10},{"name":"x","amount":"-0.2"}],"invoice":{"month":"202611"}}'
    )
    for content in (f"[{line},{line}]", f"{line}\n{line}\n"):
        header, rows = table(tmp_path, content)
        assert {"service.description", "usage.amount", "invoice.month"} <= set(header)
        assert rows[1]["credits"] == '[{"name":"SUD","amount":-0.10},{"name":"x","amount":"-0.2"}]'
        assert rows[1]["labels"] == '[{"key":"team","value":"ml"}]'
        assert rows[1]["cost"] == "0.304215"


def test_litellm_and_langfuse(tmp_path):
    spend = {
        "request_id": "r",
        "spend": 2.1e-05,
        "prompt_tokens": 8,
        "model": "gpt-4o",
        "metadata": {"user_api_key": "h"},
        "request_tags": ["a", "b"],
    }
    _, (row,) = table(tmp_path, json.dumps([spend]))
    assert row == {
        "request_id": "r",
        "spend": "2.1e-05",
        "prompt_tokens": "8",
        "model": "gpt-4o",
        "metadata": '{"user_api_key":"h"}',
        "request_tags": '["a","b"]',
    }
    generation = {
        "id": "g",
        "model": "gpt-4o",
        "usage": {"input": 10, "output": 2},
        "calculatedTotalCost": 0.00012,
        "input": [{"role": "user"}],
    }
    header, (row,) = table(tmp_path, json.dumps({"data": [generation], "meta": {"page": 1, "totalItems": 1}}))
    assert (row["usage.input"], row["calculatedTotalCost"]) == ("10", "0.00012")
    assert row["input"] == '[{"role":"user"}]'
    assert not any(name.startswith("meta") for name in header)


def test_opencost_maps_give_a_row_for_each_name(tmp_path):
    def allocation(name, cost):
        return {
            "name": name,
            "properties": {"namespace": name, "labels": {"app": "x"}},
            "window": {"start": "2026-11-01T00:00:00Z"},
            "totalCost": cost,
        }

    days = [
        {name: allocation(name, cost) for name, cost in (("__idle__", 1.5), ("serving", 2.25))},
        {"serving": allocation("serving", 4)},
        None,
    ]
    _, rows = table(tmp_path, json.dumps({"code": 200, "status": "success", "data": days}))
    assert [(row["name"], row["totalCost"]) for row in rows] == [("__idle__", "1.5"), ("serving", "2.25"), ("serving", "4")]
    assert rows[0]["properties.labels"] == '{"app":"x"}'
    assert rows[0]["window.start"] == "2026-11-01T00:00:00Z"


def test_a_map_of_alike_records_gives_a_row_for_each_name(tmp_path):
    _, rows = table(tmp_path, '{"web": {"cost": 1, "hours": 2}, "batch": {"hours": 3, "cost": 4}}')
    assert [(row["name"], row["cost"]) for row in rows] == [("web", "1"), ("batch", "4")]


def test_request_logs_have_a_row_for_each_line(tmp_path):
    lines = [
        '{"ts": 1730419200123, "model": "m", "usage": {"prompt_tokens": 12, "prompt_tokens_details": {"cached_tokens": 4}}}',
        "",
        '{"ts": 1730419201123, "model": "m", "error": "rate limit"}',
    ]
    (sheet,) = sheets(tmp_path, "\n".join(lines), name="log.jsonl")
    header, first, last = list(sheet.rows())
    assert [first[0], last[0]] == [1, 3], "the row is the line"
    assert first[1][header[1].index("usage.prompt_tokens_details.cached_tokens")] == "4"
    assert last[1] == ["1730419201123", "m", "", "", "rate limit"]
    assert str(read_day(first[1][0]).value) == "2024-11-01"


def test_one_answer_is_one_row(tmp_path):
    answer = {"id": "c", "created": 1730419200, "choices": [{"index": 0, "message": {"role": "assistant"}}], "usage": {"prompt_tokens": 9}}
    _, (row,) = table(tmp_path, json.dumps(answer, indent=2))
    assert row["usage.prompt_tokens"] == "9"
    assert row["choices"].startswith("[{")


@pytest.mark.parametrize("key", ["data", "results", "items", "rows", "records", "costs", "anything"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_list_of_records_is_found_under_any_name(tmp_path, key, depth):
    content: object = {key: [{"service": "A", "cost": 1.5}, {"service": "B", "cost": 2}], "columns": [{"name": "service"}]}
    for level in range(depth - 1):
        content = {f"level{level}": content}
    _, rows = table(tmp_path, json.dumps(content))
    assert [row["cost"] for row in rows] == ["1.5", "2"]


def test_texts_and_dates_around_a_list_are_carried_but_no_figure_is_multiplied(tmp_path):
    day = {
        "day": 20261101,
        "account_id": 123456789012,
        "region": "eu",
        "sum": 3.5,
        "cost_total": "$3.50",
        "items": [{"cost": 1}, {"cost": 2.5}],
    }
    content = {"currency": "EUR", "total_cost": 3.5, "days": [{k: v for k, v in day.items() if k != "cost_total"}]}
    header, rows = table(tmp_path, json.dumps(content))
    assert header == ["currency", "day", "account_id", "region", "cost"]
    assert rows[1] == {"currency": "EUR", "day": "20261101", "account_id": "123456789012", "region": "eu", "cost": "2.5"}


def test_a_record_with_money_of_its_own_is_never_taken_apart(tmp_path):
    _, rows = table(tmp_path, '[{"service":"A","cost":100,"items":[{"cost":40},{"cost":40}]},{"service":"B","cost":1}]')
    assert [row["cost"] for row in rows] == ["100", "1"]
    assert rows[0]["items"] == '[{"cost":40},{"cost":40}]'


def test_several_lists_with_figures_are_several_tables(tmp_path):
    found = sheets(tmp_path, '{"compute":[{"cost":1}],"storage":[{"cost":2},{"cost":3}],"notes":[{"text":"x"}]}')
    assert [(sheet.name, [cells for _, cells in sheet.rows()]) for sheet in found] == [
        ("compute", [["cost"], ["1"]]),
        ("storage", [["cost"], ["2"], ["3"]]),
    ]


def test_numbers_stay_the_digits_of_the_file(tmp_path):
    digits = ["0.1", "1e-7", "-0.0", "1.10", "12345678901234567890.12345678901234567890", "9" * 5000, "1E400"]
    _, rows = table(tmp_path, "[" + ",".join(f'{{"cost":{text}}}' for text in digits) + "]")
    assert [row["cost"] for row in rows] == digits
    _, (row,) = table(tmp_path, '[{"cost": 1, "parts": [0.10, {"a": 1e-7, "b": [9007199254740993]}]}]')
    assert row["parts"] == '[0.10,{"a":1e-7,"b":[9007199254740993]}]'


def test_nan_and_infinity_are_no_amounts(tmp_path):
    _, rows = table(tmp_path, '[{"cost":NaN},{"cost":Infinity},{"cost":-Infinity}]')
    assert all(read_money(row["cost"]).value is None for row in rows)


def test_mixed_kinds_share_one_header(tmp_path):
    header, rows = table(tmp_path, '{"a":1,"cost":2}\n{"b":true,"cost":null}\n{"c":{"d":"x"}}')
    assert header == ["a", "cost", "b", "c.d"]
    assert [list(row.values()) for row in rows] == [["1", "2", "", ""], ["", "", "true", ""], ["", "", "", "x"]]


def test_names_that_meet_after_flattening_stay_two_columns(tmp_path):
    header, (row,) = table(tmp_path, '[{"a.b": 1, "a": {"b": 2}, "cost": 3}]')
    assert header == ["a.b", "a.b (2)", "cost"]
    assert list(row.values()) == ["1", "2", "3"]


def test_a_map_of_many_keys_becomes_one_cell(tmp_path):
    lines = "\n".join(json.dumps({"cost": at, "by_user": {f"u{at}": 1, "x": {"y": at}}}) for at in range(3000))
    (sheet,) = sheets(tmp_path, lines)
    header, *rows = [cells for _, cells in sheet.rows()]
    assert header == ["cost", "by_user"]
    assert rows[2999] == ["2999", '{"u2999":1,"x":{"y":2999}}']
    assert sheet.notes["kept as text"] == "by_user"


def test_too_many_different_keys_are_the_columns_error(tmp_path):
    assert refused(tmp_path, "\n".join(f'{{"k{at}": 1}}' for at in range(2001))).code == "too-many-columns"


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        ('[{"cost": 1},\n {"cost": 2},]', 2, 14, "expecting value"),
        ('[{"cost": 1},\n {"cost": }]', 2, 11, "expecting value"),
        ('{"cost": 1}\n{"cost": 2', 2, 11, "ends too early"),
        ('{"a": 1}\n{"a": "x\n', 2, 7, "never closed"),
        ('{"data": [{"cost": 1}]', 1, 23, "ends too early"),
        ("{'cost': 1}", 1, 2, 'expected "'),
        ('{"data": [{"cost": 1}], oops}', 1, 25, 'expected "'),
        ('{"cost": 1}\n\nplease pay', 3, 1, "expecting value"),
        ('{"cost": 01}', 1, 11, "expected , or }"),
    ],
)
def test_a_fault_is_named_by_line_and_column(tmp_path, content, line, column, words):
    error = refused(tmp_path, content)
    assert error.code == "json-broken"
    assert f"line {line}, column {column}" in error.message
    assert words in error.message


def test_a_fault_far_down_is_named_by_its_line(tmp_path):
    lines = [f'{{"cost": {at}, "note": "{"x" * 200}"}}' for at in range(20_000)]
    lines[15_000] = '{"cost": 1 "note": 2}'
    error = refused(tmp_path, "\n".join(lines))
    assert "line 15,001, column 12" in error.message


@pytest.mark.parametrize(
    "content", ['[{"cost": 1, "cost": 2}]', '{"data": [], "data": [{"cost": 1}]}', '{"a": 1}\n{"x": {"cost": 1, "cost": 1}}']
)
def test_a_repeated_key_is_named_not_chosen(tmp_path, content):
    error = refused(tmp_path, content)
    assert error.code == "json-duplicate-key"
    assert '"cost"' in error.message or '"data"' in error.message


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, '[{"cost":1,"x":' + "[" * 950 + "]" * 950 + "}]"]
)
def test_deep_nesting_is_refused_not_fatal(tmp_path, content):
    assert refused(tmp_path, content).code == "json-too-deep"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(tmp_path, encoding):
    (sheet,) = sheets(tmp_path, '[{"dienst": "Büro", "cost": 1.50}]'.encode(encoding))
    assert [cells for _, cells in sheet.rows()] == [["dienst", "cost"], ["Büro", "1.50"]]
    assert sheet.notes["encoding"].startswith(encoding[:5])


def test_half_a_character_is_named(tmp_path):
    content = ('\ufeff[{"cost": 1, "x": "' + "y" * 80_000 + '"}]').encode("utf-16-le")
    assert refused(tmp_path, content[:-1]).code in ("encoding-unreadable", "json-broken")


def test_gzip_is_read_alike(tmp_path):
    assert table(tmp_path, gzip.compress(OPENAI_COSTS.encode()), gzipped=True) == table(tmp_path, OPENAI_COSTS)
    torn = gzip.compress(json.dumps([{"cost": at, "note": str(at**9)} for at in range(5000)]).encode())
    assert refused(tmp_path, torn[:-2000], gzipped=True).code == "file-damaged"
    assert refused(tmp_path, torn[:3000] + b"\xff" * 50 + torn[3050:], gzipped=True).code == "file-damaged"


def test_odd_characters_become_cells_that_can_be_written(tmp_path):
    _, (row,) = table(tmp_path, r'[{"cost": 1, "x": "\ud800a\u0000b", "y": "=1+1", "z": "😀"}]')
    assert (row["x"], row["y"], row["z"]) == ("\ufffdab", "=1+1", "😀")
    row["x"].encode()


@pytest.mark.parametrize("content", ["[]", '{"data": []}', '{"object": "page", "data": [], "has_more": false}', "[null]", "[[]]"])
def test_no_records(tmp_path, content):
    error = refused(tmp_path, content)
    assert error.code == "file-no-rows"
    assert "0 cost rows" in error.message


def test_a_value_over_the_limit_is_refused_with_the_remedy(tmp_path):
    error = refused(tmp_path, '[{"cost": 1, "x": "' + "y" * (LARGEST_VALUE + 2**20) + '"}]')
    assert error.code == "json-value-too-large"
    assert "JSONL" in error.hint


def test_a_long_text_is_cut_to_a_cell(tmp_path):
    _, (row,) = table(tmp_path, '[{"cost": 1, "x": "' + "y" * (LONGEST_CELL + 10) + '"}]')
    assert len(row["x"]) == LONGEST_CELL


@pytest.mark.parametrize("around", [("", "\n", ""), ("[", ",\n", "]"), ('{"data": [', ",", "]}")])
def test_a_long_file_is_streamed(tmp_path, around):
    before, between, after = around
    path = tmp_path / "long.json"
    with path.open("w") as file:
        file.write(before)
        for at in range(6_000):
            file.write((between if at else "") + f'{{"cost": {at}.10, "note": "{"x" * 4000}", "number": {at}}}')
        file.write(after)
    tracemalloc.start()
    (sheet,) = open_json(path, path.name, False)
    last = (0, [""])
    for count, row in enumerate(sheet.rows()):
        assert row[0] == count
        last = row
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert last == (6_000, ["5999.10", "x" * 4000, "5999"])
    assert peak < path.stat().st_size / 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"cost": 1}\n{"cost": 2}', "json"),
        (b'\xef\xbb\xbf\n [ {"cost": 1}]', "json"),
        ('[{"cost": 1}]'.encode("utf-16"), "json"),
        ('{"cost": 1}'.encode("utf-16-be"), "json"),
        (gzip.compress(b'[["day","cost"]]', mtime=0), "json-gzip"),
        (gzip.compress(b"day,cost\n", mtime=0), "gzip"),
        (b"[2026-11-01 10:00] started\n", "text"),
        (b"day,cost\n1,2\n", "text"),
    ],
)
def test_the_content_says_what_is_json(tmp_path, content, kind):
    path = tmp_path / "bill.csv"
    path.write_bytes(content)
    assert container_of(path, "bill.csv") == kind


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
_LEAF = st.one_of(
    st.none(), st.booleans(), _TEXT, st.integers(), st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: float(d))
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), _LEAF, max_size=5), min_size=1, max_size=20), st.booleans())
def test_every_value_of_flat_records_arrives(tmp_path_factory, records, lines):
    tmp_path = tmp_path_factory.mktemp("flat")
    records = [{**record, "cost": at} for at, record in enumerate(records)]
    content = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
    _, rows = table(tmp_path, content)
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        for name, cell in row.items():
            value = record.get(name)
            assert cell == ("" if value is None else value if isinstance(value, str) else json.dumps(value))


_KEYS = st.sampled_from(
    ["cost", "a", "data", "results", "name", "Keys", "Metrics", "columns", "rows", "tags", "total", "Groups", "", "a.b"]
)
_NESTED = st.recursive(_LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=25)
_SCAR = st.sampled_from([b"", b"}", b"]", b'"', b",", b"{", b"[", b"\x00", b"\xff", b"1"])


@settings(max_examples=300, deadline=None)
@given(st.lists(_NESTED, min_size=1, max_size=3), st.sampled_from(["\n", ",\n", ""]), st.integers(0, 300), _SCAR)
def test_whatever_stands_in_a_file_gives_rows_or_a_typed_error(tmp_path_factory, values, between, at, scar):
    text = between.join(map(json.dumps, values)).encode()
    text = text[:at] + scar + text[at + 1 :] if scar else text
    try:
        for sheet in sheets(tmp_path_factory.mktemp("odd"), text):
            (_, header), *rows = sheet.rows()
            numbers = [number for number, _ in rows]
            assert numbers == sorted(set(numbers)) and 0 not in numbers
            assert all(
                len(cells) == len(header) and all(type(cell) is str and cell.encode() is not None for cell in cells) for _, cells in rows
            )
    except UserError as error:
        assert error.hint


@pytest.mark.parametrize("window", [1, 2, 3, 17, 100])
@pytest.mark.parametrize("layout", ['{"data": [%s], "next_page": null}', "[%s]", None])
def test_where_the_window_ends_changes_nothing(tmp_path, monkeypatch, window, layout):
    records = [
        f'{{"cost": {at * 1234567}.{at:03d}e-{at % 7}, "text": "\\u00e9 {chr(233) * at} \\"x", "ok": true, "no": null}}'
        for at in range(1, 40)
    ]
    content = layout % ", \n".join(records) if layout else "\n".join(records)
    whole = table(tmp_path, content)
    monkeypatch.setattr(json_text, "_CHUNK", window)
    assert table(tmp_path, content) == whole
    assert len(whole[1]) == 39
    assert whole[1][38]["cost"] == "48148113.039e-4"
    assert "line 39, column" in refused(tmp_path, content[:-8] if layout else content[:-3]).message


@pytest.mark.parametrize("packed", [False, True])
def test_an_audit_of_openai_costs_is_right(tmp_path, packed):
    path = tmp_path / "costs.json"
    path.write_bytes(gzip.compress(OPENAI_COSTS.encode()) if packed else OPENAI_COSTS.encode())
    result = run(AuditCosts(file=[str(path)]), ToolContext(out_dir=tmp_path / "out")).result
    assert result["total_text"] == "0.1000001"
    assert result["currency"] == "USD"
    assert result["sheets"][0]["form"] == "openai_cost"
