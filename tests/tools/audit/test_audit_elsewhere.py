"""Promise to whoever keeps the bill in a warehouse: `--engine` gives the file's audit, from the command line only, and tells no secret."""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import pytest
from elsewhere import audited, compared, text_bill, typed_bill
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.sql import compilers

from agent.audited import Audited
from agent.reading.bill_words import Known, change_in
from knowledge.errors import UserError
from tools.audit import remote
from tools.audit.fold import Near, by_day, by_name_and_day, plan_of, summed
from tools.audit.layout import Layout
from tools.audit.reading.header import Header
from tools.audit.reading.sheet import Sheet
from tools.audit.tool import AUDIT_COSTS, AuditCosts, masked
from tools.audit.work import run
from tools.contracts.tool import ToolContext
from tools.jobs.runner import JobRunner
from tools.store.store import Store

SECRET = "hunter2-in-the-url"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a bill as Parquet and in a DuckDB file, and the bill's true total."""
    folder = tmp_path_factory.mktemp("elsewhere")
    typed, total = typed_bill(folder, 25_000)
    text = text_bill(folder, 25_000)
    with duckdb.connect(str(folder / "bills.duckdb")) as db:
        db.execute(f"create schema acme; create table acme.typed as from '{typed}'; create table text_bill as from '{text}'")
        db.execute("create table credits as select 'svc' || i % 7 as \"service.description\", 'sku' as \"sku.description\", "
                   "1.5::double as cost, 'USD' as currency, timestamp '2026-03-01' + interval (i) minute as usage_start_time, "
                   "timestamp '2026-03-01' + interval (i + 60) minute as usage_end_time, "
                   "[{'name': 'promo', 'amount': -0.5::double}] as credits from range(900) r(i)")  # fmt: skip
        db.execute("create table lasting as select date '2026-03-01' + i::int as Date, i::decimal(9,2) as Cost, 'a' as Service, "
                   "interval (i) minute as Took from range(10) r(i)")  # fmt: skip
        db.execute("create table moods as select 'good' as mood, 'Ada' as who from range(9)")
    return folder, total


def url(place) -> str:
    return f"duckdb:///{place[0]}/bills.duckdb?custom_user_agent={SECRET}"


@pytest.mark.parametrize(("table", "file"), [("table:acme.typed", "typed.parquet"), ("text_bill", "text.parquet")])
def test_a_table_says_what_the_same_rows_say_as_a_file(place, tmp_path, table, file):
    there, here = audited(table, tmp_path, engine=url(place)), audited(str(place[0] / file), tmp_path)
    assert compared(there) == compared(here)
    assert there.result["findings"] and there.result["rows_read"] == 25_000
    if file == "typed.parquet":
        assert Decimal(there.result["total_text"]) == place[1]
    there = audited(table, tmp_path, engine=url(place), basis="effective")
    assert compared(there) == compared(audited(str(place[0] / file), tmp_path, basis="effective"))


def test_a_table_has_no_row_numbers_and_none_are_made_up(place, tmp_path):
    told = audited("table:acme.typed", tmp_path, engine=url(place))
    assert all(finding["row_numbers"] == [] for finding in told.result["findings"])
    assert not [evidence.source.ref for evidence in told.evidence if re.search(r"rows 0(?!\.)", evidence.source.ref)]


def test_a_path_is_read_by_the_engine(place, tmp_path):
    there = audited(str(place[0] / "typed.parquet"), tmp_path, engine="duckdb://")
    assert Decimal(there.result["total_text"]) == place[1]
    assert there.evidence[0].reproduce.endswith("--file typed.parquet --engine duckdb://")


def test_rows_that_cannot_be_folded_are_copied_up_to_a_limit(place, tmp_path, monkeypatch):
    found = audited("credits", tmp_path, engine=url(place), mapping="")
    assert found.result["form"].startswith("gcp") and found.result["total_text"] == "900"
    monkeypatch.setattr(remote, "MOST_ROWS", 899)
    assert refused("credits", tmp_path, engine=url(place)).code == "engine-rows-needed"


def test_the_same_rows_named_twice_count_once(place, tmp_path):
    names = ["table:acme.typed", str(place[0] / "typed.parquet")]
    told = run(AuditCosts(file=names, engine=url(place)), ToolContext(out_dir=tmp_path, network=True))
    assert Decimal(told.result["total_text"]) == place[1]
    assert [entry["reason"] for entry in told.result["skipped"]] == ["same content as acme.typed"]


def test_a_table_that_changes_between_two_questions_stops_the_audit(place, tmp_path, monkeypatch):
    answer, asked = remote.RemoteEngine.rows, []

    def emptied(self, query):
        asked.append(query)
        return answer(self, query).slice(0, 0) if len(asked) == 3 else answer(self, query)  # sample, amounts, days

    monkeypatch.setattr(remote.RemoteEngine, "rows", emptied)
    assert refused("acme.typed", tmp_path, engine=url(place)).code == "file-changed"
    assert len(asked) >= 3


def test_a_column_without_a_text_is_named_where_it_is_needed(place, tmp_path):
    error = refused("lasting", tmp_path, engine=url(place), mapping="team=Took")
    assert error.code == "engine-column-unsupported" and '"Took"' in error.message
    assert audited("lasting", tmp_path, engine=url(place)).result["total_text"] == "45"


@pytest.mark.parametrize("dialect", ["pyspark", "databricks", "bigquery", "snowflake", "duckdb"])
def test_the_folding_queries_exist_in_every_dialect(dialect):
    source = ibis.table(
        {"c0": "string", "c1": "float64", "c2": "string", "row_number": "int64", "file_no": "int32", "segment": "int64"}, "t"
    )
    header = Header(("Date", "Cost", "Team"), 0)
    layout = Layout(Sheet("t", "", lambda: iter(())), header, None, {"start": (0,), "billed": (1,), "service": (2,)}, {})
    plan = plan_of(layout)
    compiler = getattr(compilers, dialect).compiler
    if dialect == "pyspark":
        compiler = compilers.databricks.compiler  # Spark's own needs Spark itself: test_audit_spark.py
    for query in (summed(source, plan, False), by_day(source, plan, False), by_name_and_day(source, plan, False, Near(2, ("ml",)))):
        assert "GROUP BY" in compiler.to_sqlglot(query).sql(dialect=compiler.dialect)


def refused(name: str, out: Path, **more: str) -> UserError:
    with pytest.raises(UserError) as caught:
        audited(name, out, **more)
    assert SECRET not in json.dumps(caught.value.as_dict())
    assert caught.value.hint and caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize(
    ("name", "engine", "code"),
    [
        ("table:nothing", "here", "engine-table-missing"),
        ("moods", "here", "no-money-column"),
        ("/no/such/file.parquet", "here", "engine-table-missing"),
        ("t", f"duckdb:////no/such/folder/{SECRET}.duckdb", "engine-unavailable"),
        ("t", f"duckdb:///x?{SECRET}=1", "engine-unavailable"),
        ("t", f"snowflake://ada:{SECRET}@account/db", "engine-unavailable"),
        ("t", f"mysql://ada:{SECRET}@host/db", "engine-unavailable"),
        ("t", f"snowflake:/ada:{SECRET}@host", "engine-unavailable"),
        ("t", f"pyspark://[{SECRET}", "engine-unavailable"),
    ],
)
def test_what_cannot_be_asked_is_named_without_secrets(place, tmp_path, name, engine, code):
    assert refused(name, tmp_path, engine=url(place) if engine == "here" else engine).code == code


def test_engines_without_files_say_so(tmp_path):
    told = remote.RemoteEngine("snowflake", None)
    with pytest.raises(UserError) as caught:
        told.table("s3://bucket/bill.parquet", None)  # type: ignore[arg-type]
    assert caught.value.code == "engine-reads-tables"


def test_without_a_command_of_a_person_there_is_no_network(place, tmp_path):
    with pytest.raises(UserError) as caught:
        run(AuditCosts(file=["text_bill"], engine=url(place)), ToolContext(out_dir=tmp_path))
    assert caught.value.code == "engine-unavailable" and "command line" in caught.value.hint


def test_a_job_refuses_and_keeps_no_secret(place, tmp_path):
    store = Store.open(tmp_path / "frugal.db")
    with JobRunner(store, tmp_path) as runner:
        job = runner.start("ada", None, AUDIT_COSTS, AuditCosts(file=["text_bill", f"s3://k:{SECRET}@b/x"], engine=url(place)))
        ended = runner.wait("ada", job.id, 60)
    store.close()
    assert ended.error is not None and ended.error["code"] == "engine-unavailable"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_no_words_in_a_conversation_name_an_engine():
    before = {"file": ["x"], "engine": f"pyspark://?password={SECRET}"}
    for said in (
        "audit it with --engine snowflake://u:p@a/b",
        "engine=pyspark://evil",
        "the engine is duckdb:////etc/passwd, cost is column A",
    ):
        change = change_in(said, Known.of({}))
        assert "engine" not in change.applied_to(before)
        assert set(Audited().call([], change)["args"]) <= {"file", "mapping", "basis", "currency", "rate"}


def test_the_command_line_may_and_leaves_no_secret_behind(place, tmp_path):
    command = [sys.executable, "-m", "app", "run", "audit_costs", "--data-dir", str(tmp_path), "--json", "--file", "table:acme.typed"]
    done = subprocess.run([*command, "--engine", url(place)], capture_output=True, text=True, timeout=120, cwd=ROOT, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert Decimal(told["result"]["total_text"]) == place[1]
    assert SECRET not in done.stdout + done.stderr
    assert "bills.duckdb?***" in told["evidence"][0]["reproduce"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


_PART = st.text(alphabet="ab?#@/:&=%[]. ", max_size=8)


@given(
    before=_PART, after=_PART, scheme=st.sampled_from(["pyspark", "snowflake", "databricks"]), name=st.sampled_from(["token", "password"])
)
def test_masking_hides_account_password_and_options(before, after, scheme, name):
    assert SECRET not in masked(f"{scheme}://{before}{SECRET}{after}@host/db")
    assert SECRET not in masked(f"{scheme}://host/db?{name}={before}{SECRET}{after}")
    assert SECRET not in masked(f"{scheme}://{before}:x@host/db?role=r&{name}={SECRET}{after}")


def test_masking_keeps_what_is_no_secret():
    assert masked("snowflake://ada:pw@account/db?warehouse=w") == "snowflake://***@account/db?***"
    assert masked("duckdb:///a/b.duckdb") == "duckdb:///a/b.duckdb"
    assert masked("duckdb") == "duckdb"
