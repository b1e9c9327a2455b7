"""Promise: every line S01-S40 of the bad-input list has a test; what can crash, swell or hang is parsed in a real child process.

The table at the end of this file says which test keeps which line. An error here is always: a code, what happened, what to do;
never a traceback, a server path or a wrong total.
"""

import ast
import gzip
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from raw_workbook import row, sheet_of, write_workbook

from knowledge.errors import UserError
from tools.audit.tool import AUDIT_COSTS, AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult
from tools.jobs.runner import JobRunner
from tools.store.records import JobRecord, JobStatus
from tools.store.store import Store

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
MIB = 2**20
WAIT_S = 240
#: For single columns of plain text. No promise about speed is tested here: speed is tests.bench.
SMALL = b"Service,Cost\nEC2,1\nS3,2\n"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobRunner]:
    folder = tmp_path_factory.mktemp("jobs")
    store = Store.open(folder / "frugal.db")
    with JobRunner(store, folder) as running:
        yield running
    store.close()


def in_child(runner: JobRunner, *paths: Path, memory_mib: int = AUDIT_COSTS.memory_limit_mib, **more: str) -> JobRecord:
    """The audit as the page runs it: in a fresh process with limits."""
    spec = replace(AUDIT_COSTS, memory_limit_mib=memory_mib)
    job = runner.start("ada", None, spec, AuditCosts(file=[str(path) for path in paths], **more))
    ended = runner.wait("ada", job.id, WAIT_S)
    assert ended.final, "the job did not end"
    log = (runner.folder(job.id) / "log.txt").read_text(errors="replace")
    assert ended.error is None or ended.error["code"] != "tool-crashed", log[-3000:]
    return ended


def stopped(job: JobRecord, code: str, *words: str) -> dict:
    """The error of a job that must have failed in a way that tells the user what to do."""
    assert job.status is not JobStatus.FINISHED, "the audit gave a result"
    assert job.error is not None
    said = f"{job.error['message']} {job.error['hint']}"
    assert job.error["code"] == code, said
    assert job.error["hint"]
    assert "Traceback" not in said and 'File "' not in said and "/" not in said.replace(" / ", ""), said
    for word in words:
        assert word in said, (word, said)
    return job.error


def finished(job: JobRecord) -> dict:
    assert job.status is JobStatus.FINISHED, job.error
    assert job.tool_result is not None
    return job.tool_result.result


def peak(job: JobRecord) -> float:
    assert job.footprint.peak_memory_mib is not None
    return job.footprint.peak_memory_mib


def audit(tmp_path: Path, *paths: Path, **more: str) -> ToolResult:
    return run(AuditCosts(file=[str(path) for path in paths], **more), ToolContext(out_dir=tmp_path / "out"))


def audited(tmp_path: Path, content: bytes, name: str = "bill.csv", **more: str) -> dict:
    path = tmp_path / name
    path.write_bytes(content)
    return audit(tmp_path, path, **more).result


@pytest.fixture(scope="module")
def plain_peak(runner: JobRunner, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Memory of an audit that has nothing to do, in MiB."""
    path = tmp_path_factory.mktemp("plain") / "plain.csv"
    path.write_bytes(SMALL)
    job = in_child(runner, path)
    assert finished(job)["total_text"] == "3"
    return peak(job)


# -- text tables -------------------------------------------------------------------------------------------------


def test_s03_the_encoding_is_shown_in_words(tmp_path):
    notes = audited(tmp_path, "Dienst;Kosten €\nBüro;1,50\nZürich;2,25\n".encode("cp1252"))["sheets"][0]["notes"]
    assert "encoding: cp1252" in notes and "delimiter: semicolon" in notes


def test_s08_mixed_currencies_ask_for_a_rate_or_a_split(tmp_path):
    result = audited(tmp_path, "Service,Cost\nA,$10\nB,€20\n".encode())
    assert result["total"] is None
    assert any("rate" in question for question in result["questions"]), result["questions"]


def test_s10_a_hundred_thousand_columns(runner, tmp_path):
    path = tmp_path / "wide.csv"
    path.write_bytes(b",".join(b"c%d" % n for n in range(100_000)) + b"\n" + b",".join([b"1"] * 100_000) + b"\n")
    stopped(in_child(runner, path), "too-many-columns", "100,000 columns", "limit is 2,000", "Keep the cost columns")


def test_s10_too_many_columns_in_a_workbook(tmp_path):
    import xlsxwriter

    path = tmp_path / "wide.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet().write_row(0, 0, [f"c{n}" for n in range(2500)])
    with pytest.raises(UserError) as caught:
        audit(tmp_path, path)
    assert caught.value.code == "too-many-columns" and "2,500" in caught.value.message


def test_s11_half_a_gigabyte_without_a_line_end_costs_no_memory(runner, tmp_path, plain_peak):
    path = tmp_path / "line.csv"
    with path.open("wb") as file:
        file.write(b"Service,Cost\n")
        for _ in range(500):
            file.write(b"a" * 10**6)
    job = in_child(runner, path)
    path.unlink()
    stopped(job, "line-too-long", "row 2", "line limit of 8 MiB", "line breaks seem to be missing")
    assert peak(job) < plain_peak + 50


def test_s13_marks_in_column_sheet_and_file_names_are_not_shown(tmp_path):
    result = audited(tmp_path, "Serv\u202eice\u0007,Cost\u200b\nA,1\nB,2\n".encode(), "bi\u202ell.csv")
    seen = json.dumps(result, ensure_ascii=False)
    assert result["total_text"] == "3"
    assert not any(mark in seen for mark in "\u202e\u0007\u200b")


def test_s15_a_long_text_table_exact_to_the_cent_in_bounded_memory(runner, tmp_path):
    """50,000 rows here: 1 GB and ten million rows, with their time, are a bench (python -m tests.bench.audit)."""
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write("Date,Service,Resource,Cost USD\n")
        file.writelines(f"2026-10-{n % 31 + 1:02},svc-{n % 40},i-{n},{n % 1000}.{n % 100:02}\n" for n in range(50_000))
    job = in_child(runner, path)
    result = finished(job)
    cents = sum((n % 1000) * 100 + n % 100 for n in range(50_000))
    assert Decimal(result["total_text"]) * 100 == cents
    assert result["rows_counted"] == 50_000
    assert peak(job) < 1024


def test_s16_four_gigabytes_in_four_megabytes(runner, tmp_path, plain_peak):
    path = tmp_path / "bill.csv.gz"
    block = gzip.compress(b"Service,Cost\n" + b"A,1\n" * (4 * MIB), compresslevel=9)
    with path.open("wb") as file:
        for _ in range(256):
            file.write(block)
    assert path.stat().st_size < 20 * MIB
    job = in_child(runner, path)
    stopped(job, "file-bomb", "ratio limit of 200 to 1", "Upload it unpacked")
    assert peak(job) < plain_peak + 50


# -- workbooks ---------------------------------------------------------------------------------------------------


def test_s17_a_million_rows_below_a_false_dimension_are_all_counted(runner, tmp_path):
    rows = 1_000_002
    pieces = ("".join(row(n, "EC2", 1) for n in range(start, min(start + 1000, rows + 2))) for start in range(2, rows + 2, 1000))
    whole = sheet_of((piece for part in ([row(1, "Service", "Cost USD")], pieces) for piece in part), '<dimension ref="A1:B2"/>')
    job = in_child(runner, write_workbook(tmp_path / "long.xlsx", whole))
    result = finished(job)
    assert (result["total_text"], result["rows_counted"]) == ("1000002", rows)


def test_s18_one_cell_in_the_last_corner(runner, tmp_path, plain_peak):
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = write_workbook(tmp_path / "far.xlsx", sheet_of([row(1, "Service", "Cost"), corner]), level=9)
    assert path.stat().st_size < 4096
    job = in_child(runner, path)
    stopped(job, "sheet-too-sparse", "1,048,576 rows by 16,384 columns but holds 3 cells", "Ctrl+End")
    assert peak(job) < plain_peak + 50


def laughs(kind: str) -> str:
    if kind == "external":
        return '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    ten = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY l0 "ha">{ten}]>'


@pytest.mark.parametrize("kind", ["billion laughs", "external"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"])
def test_s19_document_types_in_any_part(runner, tmp_path, kind, part):
    source = write_workbook(tmp_path / "a.xlsx", sheet_of([row(1, "Service", "Cost"), row(2, "a", 1)]), texts=["x"])
    path = tmp_path / "b.xlsx"
    name = "l9" if kind == "billion laughs" else "a"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(
                info.filename, laughs(kind).encode() + data.replace(b"x</t>", f"&{name};</t>".encode()) if info.filename == part else data
            )
    in_process = part != "xl/sharedStrings.xml"  # one place of each kind goes through the child; the rest are the same code
    words = ("contains a document type definition", "Save it again from Excel")
    if not in_process:
        stopped(in_child(runner, path), "file-dtd", *words)
        return
    with pytest.raises(UserError) as caught:
        audit(tmp_path, path)
    assert caught.value.code == "file-dtd"
    assert words[0] in caught.value.message and words[1] in caught.value.hint


def test_s20_a_cell_of_600_megabytes(runner, tmp_path, plain_peak):
    def rows() -> Iterator[str]:
        yield row(1, "Service", "Cost")
        yield '<row r="2"><c r="A2" t="inlineStr"><is><t>'
        for _ in range(600):
            yield "A" * 10**6
        yield "</t></is></c></row>"

    path = write_workbook(tmp_path / "bomb.xlsx", sheet_of(rows()), level=9)
    assert path.stat().st_size < 700_000
    job = in_child(runner, path)
    stopped(
        job, "cell-too-long", 'in the sheet "Costs"', "cell limit of 1 MB", "a sheet may unpack to 2 GiB", "Shorten or remove that cell"
    )
    assert peak(job) < plain_peak + 50


def test_s20_many_equal_cells_that_unpack_beyond_the_ratio(runner, tmp_path, plain_peak):
    block = '<row><c t="inlineStr"><is><t>AAAAAAAA</t></is></c><c><v>1</v></c></row>' * 20_000
    path = write_workbook(tmp_path / "bomb.xlsx", sheet_of(block for _ in range(100)), level=9)
    job = in_child(runner, path)
    stopped(job, "file-bomb", "ratio limit of 200 to 1", "2 GiB", "CSV")
    assert peak(job) < plain_peak + 50


def test_s20_one_long_text_named_by_very_many_cells(runner, tmp_path, plain_peak):
    """No packing ratio shows this one: each of 20,000 cells would get its own copy of one text of 900 kB."""
    rows = ['<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>']
    rows += [f'<row r="{n}"><c r="A{n}" t="s"><v>2</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(2, 20_000)]
    path = write_workbook(tmp_path / "bomb.xlsx", sheet_of(rows), texts=["Service", "Cost", "A" * 900_000], level=9)
    assert path.stat().st_size < 400_000
    job = in_child(runner, path)
    stopped(job, "sheet-too-large", "40 million cells, or 1.5 GiB of text", "Save the sheet as CSV")
    assert peak(job) < plain_peak + 50


def test_a_long_text_in_few_cells_is_fine(tmp_path):
    rows = ['<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>']
    rows += [f'<row r="{n}"><c r="A{n}" t="s"><v>{2 if n == 9 else 3}</v></c><c r="B{n}"><v>1</v></c></row>' for n in range(2, 5000)]
    path = write_workbook(tmp_path / "a.xlsx", sheet_of(rows), texts=["Service", "Cost", "A" * 900_000, "EC2"])
    assert audit(tmp_path, path).result["total_text"] == "4998"


def test_s20_more_cells_than_a_workbook_may_hold(tmp_path):
    """42 million places of which a fiftieth is filled: not sparse, but more than the reader may take into memory."""
    cells = (1.0,) * 20
    rows = (row(n, *cells).replace("</row>", f'<c r="AHP{n}"><v>1</v></c></row>' if n == 9 else "</row>") for n in range(1, 47_000))
    path = write_workbook(tmp_path / "large.xlsx", sheet_of(rows))
    with pytest.raises(UserError) as caught:
        audit(tmp_path, path)
    assert caught.value.code == "sheet-too-large"
    assert "40 million cells" in caught.value.message and "CSV" in caught.value.hint


def test_s23_all_ignored_parts_are_listed_and_only_values_are_read(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", sheet_of([row(1, "Service", "Cost"), row(2, "a", 1), row(3, "b", 2)]))
    with zipfile.ZipFile(path, "a") as archive:
        for part in ("vbaProject.bin", "externalLinks/externalLink1.xml", "embeddings/oleObject1.bin", "activeX/activeX1.xml"):
            archive.writestr(f"xl/{part}", '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>')
    result = audit(tmp_path, path).result
    assert result["total_text"] == "3"
    assert "ignored: active controls, embedded objects, external links, macros" in result["sheets"][0]["notes"]


def test_s25_hidden_rows_are_counted_shown_and_asked(tmp_path):
    rows = [row(1, "Service", "Cost USD"), row(2, "a", 10), row(3, "b", 5, attributes='hidden="1"'), row(4, "c", 1)]
    result = audit(tmp_path, write_workbook(tmp_path / "a.xlsx", sheet_of(rows))).result
    assert result["total_text"] == "16"
    said = json.dumps([result["sheets"][0]["notes"], result["questions"]])
    assert "1 hidden row is counted like the others (3). Should they be?" in said


def test_s27_the_1904_date_system_gives_the_same_period(tmp_path):
    from datetime import date

    import xlsxwriter

    path = tmp_path / "old.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": True}) as book:
        style, page = book.add_format({"num_format": "dd.mm.yyyy"}), book.add_worksheet()
        page.write_row(0, 0, ["Day", "Service", "Cost USD"])
        for at, day in enumerate((date(2026, 10, 1), date(2026, 10, 31)), start=1):
            page.write_datetime(at, 0, day, style)
            page.write_row(at, 1, ["EC2", at])
    period = audit(tmp_path, path).result["period"]
    assert (period["start"], period["end"]) == ("2026-10-01", "2026-10-31")


def test_s27_dates_written_as_text_are_read(tmp_path):
    rows = [row(1, "Date", "Service", "Cost USD"), row(2, "1 October 2026", "a", 1), row(3, "31 October 2026", "b", 2)]
    period = audit(tmp_path, write_workbook(tmp_path / "a.xlsx", sheet_of(rows))).result["period"]
    assert (period["start"], period["end"]) == ("2026-10-01", "2026-10-31")


def test_s28_script_tags_and_overlong_sheet_names_are_plain_text(tmp_path):
    name = "&lt;script&gt;alert(1)&lt;/script&gt; O'Neil &quot;Q4&quot; 😀 costs of all teams"
    path = write_workbook(tmp_path / "a.xlsx", sheet_of([row(1, "Service", "Cost"), row(2, "a", 1), row(3, "b", 2)]), name=name)
    result = audit(tmp_path, path).result
    assert result["total_text"] == "3"
    shown = result["sheets"][0]["sheet"]
    assert shown.startswith("<script>alert(1)</script> O'Neil") and len(shown) == 40


# -- cells -------------------------------------------------------------------------------------------------------


def test_s29_cells_that_look_like_formulas_stay_text(tmp_path):
    names = ["=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "=HYPERLINK(1)"]
    result = audited(tmp_path, ("Service;Cost\n" + "".join(f"{name};1\n" for name in names)).encode())
    assert result["total_text"] == "5"
    assert {service["name"] for service in result["services"]} == set(names)


PRIVATE = ("anna.karenina", "AbCdEfGhIjKlMnOpQrStUvWx", "IOSFODNN7EXAMPLE", "0123456789abcdefghij")
PRIVATE_CSV = (
    "Service,Team,Cost USD,Note\n"
    "EC2,anna.karenina@corp.com,10,sk-AbCdEfGhIjKlMnOpQrStUvWx\n"
    "anna.karenina@corp.com,AKIAIOSFODNN7EXAMPLE,5,ghp_0123456789abcdefghij\n"
    "sk-AbCdEfGhIjKlMnOpQrStUvWx,web,N/A anna.karenina@corp.com,x\n"
)


def test_s39_mail_addresses_and_keys_are_flagged_and_masked_everywhere(tmp_path):
    path = tmp_path / "anna.karenina@corp.com.csv"
    path.write_text(PRIVATE_CSV)
    done = audit(tmp_path, path)
    notes = " ".join(done.result["sheets"][0]["notes"])
    assert "mail addresses: found in column A, B, C; masked wherever they are shown or exported" in notes
    assert "access keys: found in column A, B, D; masked" in notes
    everything = done.model_dump_json()
    for secret in PRIVATE:
        assert secret not in everything
    assert "a…@corp.com" in everything, "teams must stay tellable apart"


def test_s39_names_that_only_look_like_keys_stay(tmp_path):
    names = ["sk-learn-training-pipeline", "skills-development-platform-eu", "hf-endpoint-production-large", "pk-frontend-web-server"]
    result = audited(tmp_path, ("Service,Cost\n" + "".join(f"{name},1\n" for name in names)).encode())
    assert {service["name"] for service in result["services"]} == set(names)
    assert not any("access keys" in note for note in result["sheets"][0]["notes"])


def test_s39_masking_a_very_long_cell_takes_no_time(runner, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("Service,Cost\n" + f"{'a' * 900_000},1\n" + f"{'b.' * 400_000},x{'c' * 900_000}\n" + "d,2\n")
    result = finished(in_child(runner, path))
    assert result["rows_counted"] == 2


@pytest.mark.parametrize(("what", "wait"), [*(("grows", wait) for wait in (0.0, 0.05, 0.3)), *(("goes", wait) for wait in (0.0, 0.1, 0.4))])
def test_s37_a_file_that_changes_or_goes_meanwhile_gives_an_error_or_the_true_total(tmp_path, what, wait):
    path = tmp_path / "bill.csv"
    path.write_text("Service,Cost USD\n" + "".join(f"svc-{n % 9},1\n" for n in range(60_000)))
    started = threading.Event()

    def disturb() -> None:
        started.wait(20)
        time.sleep(wait)
        if what == "goes":
            path.unlink()
        else:
            with path.open("a") as file:
                file.write("late,1000000\n")

    other = threading.Thread(target=disturb)
    other.start()
    try:
        context = ToolContext(out_dir=tmp_path / "out", progress=lambda *_: started.set())
        result = run(AuditCosts(file=[str(path)]), context).result
    except UserError as error:
        assert error.code in ("file-changed", "file-missing") and error.hint
        assert str(tmp_path) not in error.message
    else:
        whole = {"60000": 60_000} | ({"1060000": 60_001} if what == "grows" else {})
        assert whole.get(result["total_text"]) == result["rows_counted"]
    finally:
        started.set()
        other.join()


def test_s37_the_hash_of_the_content_is_in_the_evidence(tmp_path):
    import hashlib

    path = tmp_path / "bill.csv"
    path.write_bytes(SMALL)
    assert hashlib.sha256(SMALL).hexdigest()[:12] in audit(tmp_path, path).model_dump_json()


# -- Parquet -----------------------------------------------------------------------------------------------------


def parquet(path: Path, columns: dict, **options) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), path, **options)
    return path


def bill_columns(rows: int = 77) -> dict:
    return {"Service": ["EC2"] * rows, "Cost USD": [1.5] * rows}


def forged_counts(path: Path) -> bytes:
    """The file with its count of 77 values replaced by two thousand million, in page headers and footer (thrift zigzag)."""
    data = path.read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    pages, footer = data[: -8 - length], data[-8 - length : -8]
    many = b"\x80\xd0\xac\xf3\x0e"  # zigzag varint of 2,000,000,000
    for kind in (b"\x15", b"\x16"):
        pages, footer = pages.replace(kind + b"\x9a\x01", kind + many), footer.replace(kind + b"\x9a\x01", kind + many)
    assert footer != data[-8 - length : -8]
    return pages + footer + len(footer).to_bytes(4, "little") + b"PAR1"


@pytest.mark.parametrize("what", ["forged counts", "truncated footer", "footer longer than the file", "wrong end", "only the magic"])
def test_s33_damaged_parquet(runner, tmp_path, what):
    path = parquet(tmp_path / "bill.parquet", bill_columns(), compression="none")
    data = path.read_bytes()
    path.write_bytes(
        {
            "forged counts": lambda: forged_counts(path),
            "truncated footer": lambda: data[:-40],
            "footer longer than the file": lambda: data[:-8] + b"\xff\xff\xff\x7fPAR1",
            "wrong end": lambda: data[:-4] + b"PARX",
            "only the magic": lambda: b"PAR1PAR1",
        }[what]()
    )
    error = stopped(in_child(runner, path), "parquet-damaged", "its footer or pages are damaged", "Export it again")
    assert "bill.parquet" in error["message"]


def test_s33_damage_deep_inside_a_large_table(tmp_path):
    rows = 400_000
    path = parquet(tmp_path / "bill.parquet", {"Service": ["EC2"] * rows, "Cost USD": list(map(float, range(rows)))}, use_dictionary=False)
    data = bytearray(path.read_bytes())
    middle = int(len(data) * 0.7)
    data[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(data)
    with pytest.raises(UserError) as caught:
        audit(tmp_path, path)
    assert caught.value.code == "parquet-damaged"


def test_s34_two_hundred_million_constant_rows(runner, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, group = tmp_path / "bill.parquet", 10_000_000
    table = pa.table({"Service": pa.repeat("EC2", group).dictionary_encode(), "Cost USD": pa.repeat(1, group)})
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(table, row_group_size=group)
    assert path.stat().st_size < 1_500_000
    job = in_child(runner, path, memory_mib=1024)
    assert finished(job)["total_text"] == "200000000"


def test_s35_exact_decimals_and_old_moments_are_read(tmp_path):
    from datetime import datetime

    import pyarrow as pa

    columns = {
        "Date": pa.array([datetime(2026, 10, 1), datetime(2026, 10, 31)]),
        "Service": pa.array(["a", "b"]),
        "Cost USD": pa.array([Decimal("0.0000000001"), Decimal("12345678901.0000000002")], pa.decimal128(38, 10)),
    }
    path = parquet(tmp_path / "bill.parquet", columns, use_deprecated_int96_timestamps=True)
    result = audit(tmp_path, path).result
    assert result["total_text"] == "12345678901.0000000003"
    assert (result["period"]["start"], result["period"]["end"]) == ("2026-10-01", "2026-10-31")


def test_s35_nested_columns_do_not_hide_the_money(tmp_path):
    import pyarrow as pa

    columns = {
        "Service": pa.array(["a", "b"]),
        "Cost USD": pa.array([1.25, 2.5]),
        "Tags": pa.array([[("team", "ml")], [("team", "web")]], pa.map_(pa.string(), pa.string())),
        "Detail": pa.array([{"x": [1, 2]}, {"x": []}]),
        "Credits": pa.array([[{"amount": 1}], []]),
    }
    assert audit(tmp_path, parquet(tmp_path / "bill.parquet", columns)).result["total_text"] == "3.75"


@pytest.mark.parametrize("plain_footer", [True, False])
def test_s35_encrypted_parquet_is_named(tmp_path, plain_footer):
    import pyarrow.parquet as pq
    import pyarrow.parquet.encryption as pe

    class Keys(pe.KmsClient):
        def wrap_key(self, key_bytes, master_key_identifier):
            return key_bytes.hex()

        def unwrap_key(self, wrapped_key, master_key_identifier):
            return bytes.fromhex(wrapped_key)

    import pyarrow as pa

    wanted = pe.EncryptionConfiguration(footer_key="k", column_keys={"k": ["Cost USD"]}, plaintext_footer=plain_footer)
    properties = pe.CryptoFactory(lambda _: Keys()).file_encryption_properties(pe.KmsConnectionConfig(), wanted)
    table, path = pa.table(bill_columns()), tmp_path / "bill.parquet"
    with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    with pytest.raises(UserError) as caught:
        audit(tmp_path, path)
    assert "encrypted" in caught.value.message and caught.value.hint


# -- the child, whatever happens ---------------------------------------------------------------------------------


def test_a_parser_that_runs_out_of_memory_is_reported_and_the_next_job_runs(runner, tmp_path):
    rows = (row(n, f"resource-{n:08}-{'x' * 60}", n) for n in range(2, 200_000))
    path = write_workbook(tmp_path / "large.xlsx", sheet_of([row(1, "Service", "Cost USD"), *rows]))
    stopped(in_child(runner, path, memory_mib=90), "job-out-of-memory", "more memory than it may use")
    small = tmp_path / "small.csv"
    small.write_bytes(SMALL)
    assert finished(in_child(runner, small))["total_text"] == "3"


# -- the table ---------------------------------------------------------------------------------------------------

BAD, MESSY, FACTS = "test_audit_bad_files.py", "test_audit_messy_sheets.py", "test_audit_workbook_facts.py"
LIMITS, EXPORT = "../../app/test_upload_limits.py", "../export/test_export_safety.py"
HERE_IS = "test_audit_threats.py"
KEPT_BY: dict[str, tuple[str, ...]] = {
    "S01": (f"{BAD}::test_s01_empty_file", f"{BAD}::test_s01_nothing_but_blanks"),
    "S02": (f"{BAD}::test_s02_header_only",),
    "S03": (
        *(f"{BAD}::test_s03_{end}" for end in ("encodings_are_found_and_shown", "shift_jis", "undecodable_names_byte_and_row")),
        f"{HERE_IS}::test_s03_the_encoding_is_shown_in_words",
    ),
    "S04": (f"{BAD}::test_s04_byte_order_mark_and_line_ends", f"{BAD}::test_s04_mixed_line_ends"),
    "S05": (f"{BAD}::test_s05_delimiters_also_inside_quotes",),
    "S06": (f"{BAD}::test_s06_mixed_decimal_signs_are_asked_not_guessed", f"{BAD}::test_s06_late_change_of_style_is_caught_too"),
    "S07": (f"{BAD}::test_s07_signs_brackets_and_error_cells",),
    "S08": (f"{BAD}::test_s08_mixed_currencies_in_one_column", f"{HERE_IS}::test_s08_mixed_currencies_ask_for_a_rate_or_a_split"),
    "S09": (f"{BAD}::test_s09_duplicate_and_blank_column_names",),
    "S10": (
        f"{BAD}::test_s10_too_many_columns",
        f"{HERE_IS}::test_s10_a_hundred_thousand_columns",
        f"{HERE_IS}::test_s10_too_many_columns_in_a_workbook",
    ),
    "S11": (f"{BAD}::test_s11_endless_line", f"{HERE_IS}::test_s11_half_a_gigabyte_without_a_line_end_costs_no_memory"),
    "S12": (f"{BAD}::test_s12_unbalanced_quote_names_its_row", f"{BAD}::test_s12_short_file_with_unbalanced_quote"),
    "S13": (
        f"{BAD}::test_s13_control_and_direction_marks_are_not_shown",
        f"{HERE_IS}::test_s13_marks_in_column_sheet_and_file_names_are_not_shown",
    ),
    "S14": (
        f"{LIMITS}::test_s14_ten_gigabytes_are_refused_before_a_byte_is_sent",
        f"{LIMITS}::test_s14_a_body_of_unknown_length_is_cut_off_at_the_limit",
        f"{LIMITS}::test_s14_who_stops_at_the_limit_reads_the_reason",
    ),
    "S15": (f"{HERE_IS}::test_s15_a_long_text_table_exact_to_the_cent_in_bounded_memory",),
    "S16": (f"{BAD}::test_s16_gzip_bomb", f"{HERE_IS}::test_s16_four_gigabytes_in_four_megabytes"),
    "S17": (
        f"{BAD}::test_s17_false_dimension_does_not_hide_rows",
        f"{HERE_IS}::test_s17_a_million_rows_below_a_false_dimension_are_all_counted",
    ),
    "S18": (
        f"{BAD}::test_s18_far_cell",
        f"{HERE_IS}::test_s18_one_cell_in_the_last_corner",
        f"{FACTS}::test_a_far_cell_is_found_even_where_its_row_denies_it",
        f"{FACTS}::test_empty_rows_at_the_very_end_are_no_far_cell",
    ),
    "S19": (f"{BAD}::test_s19_document_type_definition", f"{HERE_IS}::test_s19_document_types_in_any_part"),
    "S20": (
        f"{BAD}::test_s20_zip_bomb_cell",
        f"{HERE_IS}::test_s20_a_cell_of_600_megabytes",
        f"{HERE_IS}::test_s20_many_equal_cells_that_unpack_beyond_the_ratio",
        f"{HERE_IS}::test_s20_one_long_text_named_by_very_many_cells",
        f"{HERE_IS}::test_s20_more_cells_than_a_workbook_may_hold",
    ),
    "S21": (f"{BAD}::test_s21_password_protected_workbook",),
    "S22": (f"{BAD}::test_s22_real_type_is_named", f"{BAD}::test_s22_real_type_of_packages"),
    "S23": (f"{BAD}::test_s23_ignored_parts_are_listed", f"{HERE_IS}::test_s23_all_ignored_parts_are_listed_and_only_values_are_read"),
    "S24": (
        f"{BAD}::test_s24_formulas_without_values",
        f"{FACTS}::test_formulas_that_were_never_calculated_are_refused",
        f"{FACTS}::test_calculated_formulas_are_read",
    ),
    "S25": (
        f"{HERE_IS}::test_s25_hidden_rows_are_counted_shown_and_asked",
        f"{FACTS}::test_hidden_rows_and_columns_are_read_and_named",
        f"{MESSY}::test_hidden_sheet_is_shown_and_asked",
        f"{MESSY}::test_merged_two_line_header_subtotals_and_credit",
        f"{MESSY}::test_a_second_table_below_is_not_added_to_the_first",
    ),
    "S26": (
        f"{MESSY}::test_excel_outline_subtotals_and_group_labels",
        f"{MESSY}::test_unlabelled_total_at_the_end",
        f"{MESSY}::test_total_in_first_row",
        f"{MESSY}::test_total_that_does_not_agree_is_reported_not_trusted",
    ),
    "S27": (
        f"{BAD}::test_s27_impossible_dates_are_listed",
        f"{BAD}::test_s27_ambiguous_dates_are_asked",
        f"{HERE_IS}::test_s27_the_1904_date_system_gives_the_same_period",
        f"{HERE_IS}::test_s27_dates_written_as_text_are_read",
        f"{FACTS}::test_dates_of_both_date_systems_are_the_same_days",
    ),
    "S28": (f"{BAD}::test_s28_sheet_names_are_plain_text", f"{HERE_IS}::test_s28_script_tags_and_overlong_sheet_names_are_plain_text"),
    "S29": (
        f"{HERE_IS}::test_s29_cells_that_look_like_formulas_stay_text",
        f"{EXPORT}::test_no_text_starts_like_a_formula",
        f"{EXPORT}::test_hostile_texts_add_no_formula_to_the_workbook",
    ),
    "S30": (f"{BAD}::test_s30_many_categories_stay_bounded",),
    "S31": (f"{BAD}::test_s31_absurd_numbers_are_rejected_and_listed",),
    "S32": (f"{BAD}::test_s32_credits_larger_than_costs_give_a_negative_total",),
    "S33": (f"{HERE_IS}::test_s33_damaged_parquet", f"{HERE_IS}::test_s33_damage_deep_inside_a_large_table"),
    "S34": (f"{HERE_IS}::test_s34_two_hundred_million_constant_rows",),
    "S35": (
        f"{HERE_IS}::test_s35_exact_decimals_and_old_moments_are_read",
        f"{HERE_IS}::test_s35_nested_columns_do_not_hide_the_money",
        f"{HERE_IS}::test_s35_encrypted_parquet_is_named",
    ),
    "S36": (f"{BAD}::test_s36_same_content_under_another_name",),
    "S37": (
        f"{HERE_IS}::test_s37_a_file_that_changes_or_goes_meanwhile_gives_an_error_or_the_true_total",
        f"{HERE_IS}::test_s37_the_hash_of_the_content_is_in_the_evidence",
    ),
    "S38": (f"{BAD}::test_s38_orders_inside_cells_change_nothing",),
    "S39": (
        f"{BAD}::test_s39_mail_and_keys_are_masked",
        f"{HERE_IS}::test_s39_mail_addresses_and_keys_are_flagged_and_masked_everywhere",
        f"{HERE_IS}::test_s39_names_that_only_look_like_keys_stay",
    ),
    "S40": (f"{BAD}::test_s40_odd_file_names", f"{LIMITS}::test_s40_odd_names_are_stored_harmlessly_and_shown_on_one_line"),
}


def test_every_line_of_the_list_has_a_test_that_exists():
    assert list(KEPT_BY) == [f"S{number:02}" for number in range(1, 41)]
    known: dict[str, set[str]] = {}
    for line, names in KEPT_BY.items():
        assert names, line
        for name in names:
            file, _, function = name.partition("::")
            if file not in known:
                tree = ast.parse((HERE / file).read_text())
                known[file] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert function in known[file], f"{line}: {name} does not exist"
