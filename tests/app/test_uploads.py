"""Uploads: moved into the data folder, recorded, refused with a reason; the preview reads text only and shows it as text."""

import hashlib

import pytest

from app.settings import Settings
from app.uploads import ACCEPTED, accept, accept_all, peek, shown_name, stored_name
from knowledge.errors import UserError
from tools.store.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "frugal.db")
    yield opened
    opened.close()


def _file(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_a_file_is_moved_and_recorded_under_its_own_name(store, tmp_path):
    chat = store.create_conversation("ada").id
    source = _file(tmp_path, "bill.csv", b"a,b\n1,2\n")
    upload = accept(store, tmp_path, "ada", chat, source, "bill.csv", 10)
    assert not source.exists() and upload.name == "bill.csv" and upload.size == 8
    stored = next((tmp_path / "uploads").glob("*/bill.csv"))
    assert upload.path == str(stored) and stored.stat().st_mode & 0o077 == 0
    assert upload.sha256 == hashlib.sha256(stored.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("empty.csv", b"", "upload-empty"), ("run.exe", b"MZ", "upload-type"), ("big.csv", b"x" * 1_000_001, "upload-too-large")],
)
def test_what_cannot_be_taken_is_refused_with_a_next_step(store, tmp_path, name, content, code):
    chat = store.create_conversation("ada").id
    with pytest.raises(UserError) as problem:
        accept(store, tmp_path, "ada", chat, _file(tmp_path, name, content), name, 1)
    assert problem.value.code == code and problem.value.hint and str(tmp_path) not in problem.value.message
    assert store.uploads("ada", chat) == []


def test_too_many_files_are_refused_before_any_is_moved(store, tmp_path):
    chat = store.create_conversation("ada").id
    files = [_file(tmp_path, f"{n}.csv", b"a\n") for n in range(3)]
    with pytest.raises(UserError, match="at most 2"):
        accept_all(store, tmp_path, "ada", chat, files, 1, 2)
    assert all(path.exists() for path in files)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\x.csv", "/abs/x.csv", ".hidden.csv", "a\x00b.csv", "<img src=x>.csv", "\u202ecsv.exe"]
)
def test_hostile_names_stay_names(name):
    shown, stored = shown_name(name), stored_name(shown_name(name))
    assert "/" not in shown and "\\" not in shown and shown.isprintable() and "\u202e" not in shown
    assert "/" not in stored and not stored.startswith(".") and "<" not in stored


def test_the_preview_shows_the_first_rows_as_text(tmp_path):
    rows = peek(_file(tmp_path, "b.csv", b'Date;Cost\n2026-01-01;"=cmd|x"\n\n2026-01-02;<b>2</b>\n3;4\n4;5\n5;6\n6;7\n')).rows
    assert rows[0] == ("Date", "Cost") and rows[1] == ("2026-01-01", "=cmd|x") and len(rows) == 6


@pytest.mark.parametrize(("name", "content"), [("x.xlsx", b"PK\x03\x04"), ("x.csv", b"\x00\x01\x02" * 50), ("x.csv", b'"' * 70_000)])
def test_what_is_no_text_table_gets_a_note_instead(tmp_path, name, content):
    seen = peek(_file(tmp_path, name, content))
    assert (seen.note and not seen.rows) or all(len(cell) <= 60 for row in seen.rows for cell in row)
    if name.endswith("xlsx"):
        assert "process of its own" in seen.note


@pytest.mark.parametrize("name", ["a.json", "a.JSONL", "a.ndjson", "a.parquet", "a.json.gz", "a.csv.gz", "a.xlsx"])
def test_every_kind_that_the_audit_reads_is_taken(store, tmp_path, name):
    chat = store.create_conversation("ada").id
    assert accept(store, tmp_path, "ada", chat, _file(tmp_path, name, b"{}"), name, 1).name == name


def test_the_file_picker_offers_what_is_taken():
    assert {".csv", ".xlsx", ".json", ".jsonl", ".ndjson", ".parquet", ".gz"} <= set(ACCEPTED)


def test_a_month_of_daily_files_fits_one_message(store, tmp_path):
    chat = store.create_conversation("ada").id
    days = [_file(tmp_path, f"2026-10-{day:02d}.jsonl", b"{}\n") for day in range(1, 32)]
    assert len(accept_all(store, tmp_path, "ada", chat, days, 1, Settings().upload_files)) == 31


@pytest.mark.parametrize(
    "content",
    [
        b'[{"cost": 1, "s": "<b>x</b>"}, {"cost": 2}, {"cost": 3}]',
        b'{"cost": 1, "s": "<b>x</b>"}\n{"cost": 2}\n{"cost": 3}\n',
        b'[\n  {"cost": 1, "s": "<b>x</b>"},\n  {"cost": 2},\n  {"cost": 3}\n]',
    ],
)
def test_the_preview_of_json_shows_its_first_records_as_text(tmp_path, content):
    head, *rows = peek(_file(tmp_path, "u.json", content)).rows
    assert head == ("How the file begins",)
    assert [row[0].strip("[], ") for row in rows] == ['{"cost": 1, "s": "<b>x</b>"}', '{"cost": 2}', '{"cost": 3}']


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a": "' + b"y" * 200_000, b"\xff\xfe\x00", b"{}", b'{"a":1},' * 50_000])
def test_the_preview_of_odd_json_is_short_and_harmless(tmp_path, content):
    seen = peek(_file(tmp_path, "u.json", content))
    assert bool(seen.note) != bool(seen.rows)
    assert len(seen.rows) <= 6 and all(len(cell) <= 160 for row in seen.rows for cell in row)


def test_parquet_and_packed_files_are_shown_by_the_audit(tmp_path):
    for name in ("b.parquet", "b.jsonl.gz", "b.xlsx"):
        assert "once the audit has read it" in peek(_file(tmp_path, name, b"PAR1")).note
