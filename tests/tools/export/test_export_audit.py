"""Promise to who opens an export: the audit stands in it, adds up, names its records, and no name from the bill acts."""

import csv
import json
import shutil
import subprocess
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from plan_fixture import FORMULAS, exported, planned
from test_export_safety import page_of

from tools.contracts.tool import Session, ToolContext
from tools.export.audit_part import audit_part
from tools.export.safe_text import FORMULA_STARTS
from tools.registry import tool

EVIL = "<script>alert(1)</script>"
NAMES = ("OpenAI API", EVIL, *FORMULAS)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A plan beside a real audit whose services are named to attack the reader."""
    folder = tmp_path_factory.mktemp("bill")
    rows = [["2026-10-01", name, f"{10 * at + 10}.25"] for at, name in enumerate(NAMES)]
    total = sum(Decimal(row[2]) for row in rows)
    with (folder / "bill.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["Date", "Service", "Cost USD"], *rows, ["Grand Total", "", str(total)]])
    spec = tool("audit_costs")
    done = spec.load()(spec.args(file=[str(folder / "bill.csv")]), ToolContext(out_dir=folder / "out"))
    base = planned()
    return replace(base, evidence=(*base.evidence, *done.evidence), audit=done.result)


def test_the_part_names_records_that_hold_the_figures_it_shows(session: Session) -> None:
    part = audit_part(session.audit, session.evidence)
    assert part is not None and part.lines_id and part.services_id
    other = audit_part({**session.audit, "services": [{**session.audit["services"][0], "cost": 1.0}]}, session.evidence)
    assert other is not None and other.services_id == "", "a record of other figures is not its origin"
    assert audit_part({}, session.evidence) is None


def test_a_finding_names_the_record_of_its_money_and_stands_in_the_file(tmp_path: Path) -> None:
    spec, sample = tool("audit_costs"), Path(__file__).parents[3] / "app" / "static" / "samples" / "acme_ai_bill.csv"
    done = spec.load()(spec.args(file=[str(sample)]), ToolContext(out_dir=tmp_path / "out"))
    part = audit_part(done.result, done.evidence)
    assert part is not None and len(part.findings) > 5
    known = {record.id: record for record in done.evidence}
    for finding, name in part.findings:
        if name and finding["amount"] is not None:
            assert float(known[name].value.likely) == finding["amount"]  # type: ignore[union-attr]
    named = [name for _, name in part.findings if name]
    assert len(named) > len(part.findings) / 2
    base = planned()
    session = replace(base, evidence=(*base.evidence, *done.evidence), audit=done.result)
    text = page_of(exported(session, "html", tmp_path)[1]).text
    first = part.findings[0][0]
    assert f"{first['title']}: {first['detail']}" in text and first["confirm"] in text


def test_the_printed_formats_hold_the_reconciliation_the_services_and_the_findings(session: Session, tmp_path: Path) -> None:
    text = page_of(exported(session, "html", tmp_path)[1]).text
    markdown = exported(session, "md", tmp_path)[1].read_text("utf-8")
    for part in ("Audit of the bill", "How the bill adds up", "Every amount in the files", "less: total or subtotal row", "OpenAI API"):
        assert part in text and part in markdown, part
    assert "$1,105.00" in text and "-$552.50" in text and "$552.50" in markdown, "file total, left out, counted"
    record = audit_part(session.audit, session.evidence)
    assert record is not None and f'id="{record.lines_id}"' in (tmp_path / "frugal-plan.html").read_text("utf-8"), "the link has its target"
    assert EVIL in text
    tags = page_of(tmp_path / "frugal-plan.html").tags
    assert not [tag for tag, _ in tags if tag in ("script", "img", "iframe")]


def test_the_workbook_has_an_audit_sheet_of_numbers_and_inert_text(session: Session, tmp_path: Path) -> None:
    page = load_workbook(exported(session, "xlsx", tmp_path)[1])["Audit"]
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    texts = [cell.value for cell in cells if cell.data_type == "s"]
    assert not [text for text in texts if text.startswith(FORMULA_STARTS)]
    assert "'=1+1" in texts and EVIL in texts
    rows = {row[0].value: row[2].value for row in page.iter_rows() if isinstance(row[2].value, int | float)}
    assert rows["Every amount in the files"] + rows["less: total or subtotal row"] == pytest.approx(rows["Counted: the total"])
    services = [row[1].value for row in page.iter_rows() if isinstance(row[1].value, float) and row[2].value == "USD"]
    assert sum(services) == pytest.approx(session.audit["total"])


def test_the_json_and_the_pdf_hold_it_too(session: Session, tmp_path: Path) -> None:
    kept = json.loads(exported(session, "json", tmp_path)[1].read_text("utf-8"))
    assert kept["audit"]["reconciliation"] == session.audit["reconciliation"]
    assert audit_part(session.audit, session.evidence).lines_id in {record["id"] for record in kept["evidence"]}  # type: ignore[union-attr]
    path = exported(session, "pdf", tmp_path)[1]
    if shutil.which("pdftotext") is None:
        pytest.skip("the PDF was made, but pdftotext (poppler-utils) is not installed to read it")
    text = " ".join(
        subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout.replace("\u200b", "").split()
    )
    assert "How the bill adds up" in text and "Every amount in the files" in text


@pytest.mark.parametrize("kind", ["md", "html", "xlsx", "json", "pdf"])
def test_without_an_audit_there_is_no_part_of_it(kind: str, tmp_path: Path) -> None:
    path = exported(planned(), kind, tmp_path)[1]
    if kind == "xlsx":
        assert "Audit" not in load_workbook(path).sheetnames
    elif kind == "json":
        assert json.loads(path.read_text("utf-8"))["audit"] is None
    elif kind != "pdf":
        assert "Audit of the bill" not in path.read_text("utf-8")
