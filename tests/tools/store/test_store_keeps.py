"""What the store promises: what was acknowledged is there after a restart, exact to the digit; nobody sees another's;
writers do not trip over each other; and a store from a newer Frugal is refused instead of damaged.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import ToolError, UserError
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.cost_line import Bill, CostLine
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.plan import Plan, PlanTotal
from tools.contracts.workload import Fact, FactStatus
from tools.store import database
from tools.store.records import Footprint, JobStatus
from tools.store.schema import HEAD, metadata
from tools.store.store import Store
from tools.store.text import storable, storable_text

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "frugal.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store.open(path)
    yield opened
    opened.close()


@pytest.fixture
def chat(store: Store) -> str:
    return store.create_conversation("ada", "Bill of March").id


def fact(field: str, value: str | float, words: str = "said so", turn: int = 1) -> Fact:
    return Fact(field=field, value=value, tier=Tier.STATED, origin=words, turn=turn)


def known(claim: str, amount: str = "12.30") -> Evidence:
    return Evidence.record(
        tier=Tier.BILLED,
        claim=claim,
        source=SourceRef(ref="bill.csv row 2", checked_on=date(2026, 3, 1)),
        value=Range(Decimal("1.10"), Decimal(amount), Decimal("99999999999999.999999")),
        unit="USD",
        inputs={"rows": [2, 3]},
    )


def bill(total: str = "41000.07") -> Bill:
    line = CostLine(
        id="l1", BilledCost=Decimal(total), EffectiveCost=Decimal(total), BillingCurrency="USD", ConsumedQuantity=Decimal("1.0")
    )
    return Bill(id="bill-1", files=("bill.csv",), currency="USD", basis="billed", total=Decimal(total), lines=(line,))


def plan(plan_id: str) -> Plan:
    money, share = Range.exact(Decimal("10.50")), Range(0.5, 1.0, 2.0)
    total = PlanTotal(saving=money, one_time_cost=money, payback_months=share, addressable_cost=money, baseline_cost=money)
    return Plan(id=plan_id, title="Plan", currency="USD", baseline_basis="billed", actions=(), total=total, ledger=(), assumptions=())


# -- what is kept --------------------------------------------------------------------------------------------------


def test_everything_of_a_conversation_survives_a_restart_exactly(path: Path) -> None:
    first = Store.open(path)
    chat = first.create_conversation("ada", "Bill of March")
    first.append_message("ada", chat.id, "user", {"text": "We spend 41k"})
    first.record_facts("ada", chat.id, "chatbot", [fact("model", "Llama-3-70B"), fact("params_b", 70)])
    first.record_evidence("ada", chat.id, [known("Total")])
    first.record_bill("ada", chat.id, bill())
    first.record_plan("ada", chat.id, plan("p1"))
    first.save_choices("ada", chat.id, ["pruning"], {"utilization": 0.4})
    first.record_upload("ada", chat.id, "bill.csv", "uploads/x.bin", 12, "0" * 64)
    first.close()

    again = Store.open(path)
    session = again.session("ada", chat.id)
    assert [conversation.title for conversation in again.list_conversations("ada")] == ["Bill of March"]
    assert [message.content for message in again.messages("ada", chat.id)] == [{"text": "We spend 41k"}]
    assert session.workloads[0].filled() == {"name": "chatbot", "model": "Llama-3-70B", "params_b": 70.0}
    assert session.evidence[0].value == known("Total").value
    assert session.evidence[0].id == known("Total").id
    assert session.bills == (bill(),)
    assert session.plan == plan("p1")
    assert (session.left_out, dict(session.assumptions)) == (frozenset({"pruning"}), {"utilization": 0.4})
    assert again.uploads("ada", chat.id)[0].name == "bill.csv"
    again.close()


def test_history_shows_the_latest_first(store: Store) -> None:
    old, new = store.create_conversation("ada", "old"), store.create_conversation("ada", "new")
    assert [c.id for c in store.list_conversations("ada")] == [new.id, old.id]
    store.append_message("ada", old.id, "user", {})
    assert [c.id for c in store.list_conversations("ada")] == [old.id, new.id]
    assert store.rename_conversation("ada", new.id, "Renamed").title == "Renamed"
    assert len(store.list_conversations("ada", limit=1)) == 1


def test_edit_and_retry_cut_the_conversation_and_numbering_goes_on(store: Store, chat: str) -> None:
    for number in range(4):
        store.append_message("ada", chat, "user", {"n": number})
    assert store.truncate_messages("ada", chat, 3) == 2
    added = store.append_message("ada", chat, "user", {"n": "new"}, "streaming")
    assert added.seq == 3
    store.update_message("ada", added.id, {"n": "done"}, "complete")
    assert [(m.seq, m.content["n"], m.status) for m in store.messages("ada", chat)] == [
        (1, 0, "complete"),
        (2, 1, "complete"),
        (3, "done", "complete"),
    ]
    assert [m.seq for m in store.messages("ada", chat, limit=2)] == [2, 3]


def test_a_correction_keeps_the_former_value_as_corrected(store: Store, chat: str) -> None:
    store.record_facts("ada", chat, "w", [fact("requests_per_month", 2e6, "2M", 1), fact("model", "A")])
    store.record_facts("ada", chat, "w", [fact("requests_per_month", 2e6, "2M", 2)])  # said again: nothing new
    store.record_facts("ada", chat, "w", [fact("requests_per_month", 3e6, "no, 3 million", 3)])
    found = [(f.value, f.status) for f in store.facts("ada", chat)["w"] if f.field == "requests_per_month"]
    assert found == [(2e6, FactStatus.CORRECTED), (3e6, FactStatus.CURRENT)]
    assert store.session("ada", chat).workloads[0].requests_per_month == 3e6
    withdrawn = fact("requests_per_month", 3e6, "forget the traffic", 4).model_copy(update={"status": FactStatus.CORRECTED})
    store.record_facts("ada", chat, "w", [withdrawn])
    assert store.session("ada", chat).workloads[0].requests_per_month is None  # unknown again, not zero


@pytest.mark.parametrize(("field", "value"), [("params_b", "many"), ("favourite_colour", "blue"), ("gpu_count", 1.5)])
def test_a_fact_that_fits_no_field_is_refused_and_nothing_is_written(store: Store, chat: str, field: str, value: str | float) -> None:
    with pytest.raises(UserError) as caught:
        store.record_facts("ada", chat, "w", [fact("model", "A"), fact(field, value)])
    assert caught.value.code == "fact-not-storable"
    assert store.facts("ada", chat) == {}


def test_evidence_is_append_only(store: Store, chat: str) -> None:
    first = known("Total")
    store.record_evidence("ada", chat, [first, first])
    store.record_evidence("ada", chat, [first.model_copy(update={"reproduce": "something else"}), known("Other")])
    assert [e.claim for e in store.evidence("ada", chat)] == ["Total", "Other"]
    assert store.evidence_by_id("ada", chat, first.id).reproduce == ""
    with pytest.raises(UserError) as caught:
        store.evidence_by_id("ada", chat, "ev-unknown")
    assert caught.value.code == "evidence-not-found"


def test_a_second_reading_of_the_same_bill_replaces_the_first(store: Store, chat: str) -> None:
    store.record_bill("ada", chat, bill("10.00"))
    store.record_bill("ada", chat, bill("20.00"))
    assert [b.total for b in store.bills("ada", chat)] == [Decimal("20.00")]


def test_the_latest_plan_is_the_last_recorded(store: Store, chat: str) -> None:
    assert store.latest_plan("ada", chat) is None
    for plan_id in ("p2", "p1"):
        store.record_plan("ada", chat, plan(plan_id))
    latest = store.latest_plan("ada", chat)
    assert latest is not None and latest.id == "p1"


# -- owners --------------------------------------------------------------------------------------------------------


def test_another_owners_ids_answer_like_unknown_ones_everywhere(store: Store, chat: str) -> None:
    message = store.append_message("ada", chat, "user", {})
    upload = store.record_upload("ada", chat, "bill.csv", "uploads/x.bin", 1, "0" * 64)
    job = store.create_job("ada", chat, "audit_costs", {})
    by_conversation: list[Callable[[str], object]] = [
        lambda c: store.conversation("eve", c),
        lambda c: store.rename_conversation("eve", c, "mine"),
        lambda c: store.delete_conversation("eve", c),
        lambda c: store.append_message("eve", c, "user", {}),
        lambda c: store.messages("eve", c),
        lambda c: store.truncate_messages("eve", c, 0),
        lambda c: store.record_facts("eve", c, "w", []),
        lambda c: store.facts("eve", c),
        lambda c: store.record_evidence("eve", c, []),
        lambda c: store.evidence("eve", c),
        lambda c: store.evidence_by_id("eve", c, "ev-1"),
        lambda c: store.record_bill("eve", c, bill()),
        lambda c: store.bills("eve", c),
        lambda c: store.record_plan("eve", c, plan("p")),
        lambda c: store.latest_plan("eve", c),
        lambda c: store.save_choices("eve", c, [], {}),
        lambda c: store.choices("eve", c),
        lambda c: store.session("eve", c),
        lambda c: store.record_upload("eve", c, "n", "p", 1, "0"),
        lambda c: store.uploads("eve", c),
        lambda c: store.create_job("eve", c, "audit_costs", {}),
        lambda c: store.jobs("eve", c),
    ]
    cases = [(call, chat, "conv-0", "conversation-not-found") for call in by_conversation]
    cases.append((lambda m: store.update_message("eve", m, {}), message.id, "msg-0", "message-not-found"))
    cases.append((lambda u: store.upload("eve", u), upload.id, "up-0", "upload-not-found"))
    cases.append((lambda j: store.job("eve", j), job.id, "job-0", "job-not-found"))
    cases.append((lambda j: store.request_cancel("eve", j), job.id, "job-0", "job-not-found"))
    for call, foreign, unknown, code in cases:
        answers = []
        for one in (foreign, unknown, "\ud800\x00' OR 1=1 --"):
            with pytest.raises(UserError) as caught:
                call(one)
            answers.append(caught.value.as_dict())
        assert answers[0]["code"] == code
        assert answers[0] == answers[1] == answers[2]
    assert store.list_conversations("eve") == [] and store.jobs("eve") == []
    assert store.messages("ada", chat) == [message]
    assert not store.job("ada", job.id).cancel_requested


def test_deleting_takes_everything_along_and_names_the_files(store: Store, path: Path, chat: str) -> None:
    other = store.create_conversation("ada").id
    for conversation in (chat, other):
        store.append_message("ada", conversation, "user", {})
        store.record_facts("ada", conversation, "w", [fact("model", "A")])
        store.record_evidence("ada", conversation, [known("Total")])
        store.record_upload("ada", conversation, "n", f"uploads/{conversation}", 1, "0")
        store.create_job("ada", conversation, "audit_costs", {})
    bobs = store.create_conversation("bob").id
    removed = store.delete_conversation("ada", chat)
    assert removed.upload_paths == (f"uploads/{chat}",) and len(removed.job_ids) == 1
    assert len(store.messages("ada", other)) == 1
    store.delete_all("ada")
    left = sa.create_engine(f"sqlite:///{path}")
    with left.connect() as connection:
        counts = {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() for table in metadata.sorted_tables
        }
    left.dispose()
    assert counts.pop("conversations") == 1 and set(counts.values()) == {0}
    assert store.conversation("bob", bobs).id == bobs


# -- jobs ----------------------------------------------------------------------------------------------------------


def test_a_job_ends_once_and_its_end_brings_everything_or_nothing(store: Store, chat: str) -> None:
    job = store.create_job("ada", chat, "audit_costs", {"file": ["a.csv"]}, "key")
    assert store.create_job("ada", chat, "audit_costs", {"file": ["a.csv"]}, "key").id == job.id
    assert store.create_job("bob", None, "audit_costs", {}, "key").id != job.id  # keys are per owner
    assert store.mark_running(job.id) and not store.mark_running(job.id)
    store.update_progress(job.id, "reading", 1, 2, 3.5)
    assert (store.job("ada", job.id).phase, store.job("ada", job.id).eta_s) == ("reading", 3.5)
    used = Footprint(seconds=1.5, cpu_seconds=1.0, peak_memory_mib=200.0)
    assert store.finish_job(job.id, {"result": {}}, [known("Total")], bill(), plan("p"), used)
    ended = store.job("ada", job.id)
    assert (ended.status, ended.footprint, ended.eta_s) == (JobStatus.FINISHED, used, None)
    assert not store.fail_job(job.id, {"code": "late"})
    assert not store.finish_job(job.id, {"result": {"other": 1}}, [known("Late")])
    assert store.job("ada", job.id) == ended
    assert len(store.evidence("ada", chat)) == len(store.bills("ada", chat)) == 1


def test_a_failing_commit_leaves_neither_the_result_nor_its_evidence(store: Store, chat: str, monkeypatch: pytest.MonkeyPatch) -> None:
    job = store.create_job("ada", chat, "make_plan", {})

    def disk_full(*_: object) -> None:
        raise sa.exc.OperationalError("insert", {}, Exception("database or disk is full"))

    monkeypatch.setattr("tools.store.job_records.add_plan", disk_full)
    with pytest.raises(ToolError) as caught:
        store.finish_job(job.id, {"result": {}}, [known("Total")], bill(), plan("p"))
    assert caught.value.code == "store-unavailable"
    assert store.job("ada", job.id).status is JobStatus.QUEUED
    assert store.evidence("ada", chat) == [] and store.bills("ada", chat) == []


# -- text ----------------------------------------------------------------------------------------------------------


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda v: st.lists(v) | st.dictionaries(st.text(st.characters()), v),
    )
)
def test_any_json_becomes_storable_and_storable_json_is_left_alone(value: object) -> None:
    import json

    kept = storable(value)
    json.dumps(kept, allow_nan=False).encode()
    assert "\\u0000" not in json.dumps(kept)
    json.dumps(kept, ensure_ascii=False).encode("utf-8")
    assert storable(kept) == kept


def test_lone_surrogates_and_nul_are_stored_in_every_text(store: Store) -> None:
    bad = "caf\udce9 \x00 end"
    chat = store.create_conversation("ada", bad).id
    store.append_message("ada", chat, "user", {bad: [bad, {"deep": bad}], "number": float("inf")})
    store.record_upload("ada", chat, bad, "uploads/x", 1, "0")
    store.rename_conversation("ada", chat, bad)
    good = storable_text(bad)
    assert good == "caf\ufffd \ufffd end"
    assert store.conversation("ada", chat).title == good
    assert store.messages("ada", chat)[0].content == {good: [good, {"deep": good}], "number": None}
    assert store.uploads("ada", chat)[0].name == good


def test_ordinary_and_strange_but_legal_text_is_kept_as_it_is(store: Store, chat: str) -> None:
    text = '€ \U0001f4b0 \'; DROP TABLE messages; -- \u202e <script> {"lc": 1, "type": "constructor"}'
    store.append_message("ada", chat, "user", {"text": text})
    assert store.messages("ada", chat)[0].content == {"text": text}


# -- the file ------------------------------------------------------------------------------------------------------


def test_every_connection_is_durable_and_checked(store: Store) -> None:
    with store._database.read() as one, store._database.write() as two:
        for connection in (one, two):
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
            }
            assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
            assert (connection.exec_driver_sql("PRAGMA busy_timeout").scalar() or 0) >= 10_000


def test_the_migrations_make_exactly_the_tables_of_a_new_store(store: Store, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.begin() as migrated:
        database._upgrade(migrated)
        assert compare_metadata(MigrationContext.configure(migrated), metadata) == []
        with store._database.read() as fresh:
            assert compare_metadata(MigrationContext.configure(fresh), metadata) == []
            assert MigrationContext.configure(fresh).get_current_revision() == HEAD
            tables = [set(sa.inspect(one).get_table_names()) for one in (migrated, fresh)]
            assert tables[0] == tables[1]
            for table in tables[0] - {"alembic_version"}:
                one, other = (
                    [(c["name"], str(c["type"]), c["nullable"]) for c in sa.inspect(x).get_columns(table)] for x in (migrated, fresh)
                )
                assert one == other
    engine.dispose()
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_store_from_a_newer_frugal_is_refused_with_both_versions(path: Path) -> None:
    Store.open(path).close()
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0042'"))
    engine.dispose()
    before = path.read_bytes()
    with pytest.raises(UserError) as caught:
        Store.open(path)
    assert caught.value.code == "store-newer"
    assert "0042" in caught.value.message and HEAD in caught.value.message
    assert path.read_bytes() == before


def test_an_interrupted_first_opening_is_taken_up_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half_way(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE conversations (id TEXT)")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(metadata, "create_all", half_way)
        with pytest.raises(KeyboardInterrupt):
            Store.open(path)
    opened = Store.open(path)
    assert opened.create_conversation("ada").owner == "ada"
    opened.close()


def test_what_is_not_a_store_is_said_to_be_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"not a database" * 500)
    with pytest.raises(UserError) as caught:
        Store.open(broken)
    assert caught.value.code == "store-unreadable"
    assert str(tmp_path) not in caught.value.message
    (tmp_path / "file").write_text("")
    for address, code in (
        (tmp_path / "file" / "x.db", "store-unwritable"),
        ("mysql://host/name", "store-url"),
        ("sqlite://", "store-url"),
        ("://", "store-url"),
    ):
        with pytest.raises(UserError) as caught:
            Store.open(address)
        assert caught.value.code == code


def test_the_file_is_for_its_owner_only_and_its_place_is_known(store: Store, path: Path) -> None:
    assert store.database_path == path
    assert path.stat().st_mode & 0o077 == 0


# -- many at once --------------------------------------------------------------------------------------------------


def test_twenty_writers_at_once_lose_and_double_nothing(store: Store, chat: str) -> None:
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for step in range(5):
                store.append_message("ada", chat, "user", {"n": [number, step]})
                store.record_evidence("ada", chat, [known("Shared"), known(f"Own of {number}")])
                store.create_job("ada", chat, "audit_costs", {}, f"key-{step}")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    messages = store.messages("ada", chat)
    assert [m.seq for m in messages] == list(range(1, 101))
    assert sorted(tuple(m.content["n"]) for m in messages) == [(n, s) for n in range(20) for s in range(5)]
    assert len(store.evidence("ada", chat)) == 21
    assert len(store.jobs("ada")) == 5


def test_several_processes_may_open_a_new_store_at_once(path: Path) -> None:
    code = f"from tools.store.store import Store; s = Store.open({str(path)!r}); s.create_conversation('ada'); s.close()"
    openers = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for opener in openers:
        _, complaint = opener.communicate(timeout=60)
        assert opener.returncode == 0, complaint
    opened = Store.open(path)
    assert len(opened.list_conversations("ada")) == 4
    opened.close()


def test_kill_minus_nine_of_a_writer_loses_nothing_acknowledged(path: Path) -> None:
    code = (
        f"from tools.store.store import Store; s = Store.open({str(path)!r}); c = s.create_conversation('ada').id; print(c, flush=True)\n"
        "n = 0\nwhile True:\n    n += 1; s.append_message('ada', c, 'user', {'n': n}); print(n, flush=True)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    chat = writer.stdout.readline().strip()
    for _ in range(20):
        writer.stdout.readline()
    writer.kill()
    acknowledged = 20 + len([line for line in writer.stdout.read().splitlines() if line])
    writer.wait()
    opened = Store.open(path)
    numbers = [m.content["n"] for m in opened.messages("ada", chat)]
    opened.close()
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= acknowledged


def test_naming_the_store_loads_no_database_library() -> None:
    code = "import tools.store, sys; sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'alembic')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
