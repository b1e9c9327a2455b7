"""Promise to whoever adds up: amounts in cents or thousands are read as such, to the last digit, row by row and folded alike."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.tools.audit.test_audit_fold import agree, both

FIXTURES = Path(__file__).parent / "fixtures"


def written(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_the_anthropic_report_states_cents(tmp_path, monkeypatch):
    head = ["starting_at", "ending_at", "amount", "currency", "cost_type", "description", "model", "token_type", "workspace_id"]
    rows = [
        [
            f"2026-09-{day:02d}T00:00:00Z", f"2026-09-{day + 1:02d}T00:00:00Z", f"{day * 1234}.567", "USD", "tokens", "Claude usage",
            "claude-sonnet-5", kind, "ws",
        ]
        for day in range(1, 29)
        for kind in ("uncached_input_tokens", "output_tokens")
    ]  # fmt: skip
    rows.append([*rows[0][:2], "0.000000000000001", *rows[0][3:]])
    direct, folded = both([written(tmp_path / "cost.csv", [head, *rows])], tmp_path, monkeypatch)
    agree(direct, folded)
    total = sum((Decimal(row[2]) for row in rows), Decimal(0)) / 100
    assert (Decimal(folded.result["total_text"]), folded.result["currency"]) == (total, "USD")
    assert folded.result["form"] == "anthropic_cost"
    assert folded.bill is not None and sum(line.BilledCost for line in folded.bill.lines) == total
    assert any("cents" in note for note in direct.result["sheets"][0]["notes"])


def test_the_anthropic_report_as_json(tmp_path, monkeypatch):
    cost = {"amount": "123.45", "currency": "USD", "cost_type": "tokens", "description": "x", "model": "m", "token_type": "output_tokens"}
    page = {"data": [{"starting_at": "2026-09-01T00:00:00Z", "ending_at": "2026-09-02T00:00:00Z", "results": [cost, cost]}]}
    file = tmp_path / "cost.json"
    file.write_text(json.dumps(page), encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    assert (direct.result["total_text"], direct.result["currency"]) == ("2.469", "USD")


@pytest.mark.parametrize(
    ("head", "row", "total"),
    [
        ("timestamp,currency,name,cost,organization_id", "1735689600,usd,GPT-4o,1234.5,org-1", "12.345"),
        ("timestamp,currency,name,cost,organization_id,cost_in_major", "1735689600,usd,GPT-4o,1234.5,org-1,12.345", "12.345"),
    ],
)
def test_older_openai_costs(tmp_path, monkeypatch, head, row, total):
    file = tmp_path / "cost.csv"
    file.write_text(f"{head}\n{row}\n", encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    assert (folded.result["form"], folded.result["total_text"], folded.result["currency"]) == ("openai_cost", total, "USD")


@pytest.mark.parametrize("name", ["sheet.csv", "sheet.parquet"])
def test_a_sheet_in_thousands_also_where_it_is_read_in_place(tmp_path, monkeypatch, name):
    rows = [["Service", "Cost"], *([service, f"{at}.5"] for at in range(40) for service in ("EC2", "S3"))]
    file = written(tmp_path / "sheet.csv", rows)
    if name.endswith("parquet"):
        duckdb.sql(f"copy (select * from read_csv('{file}', all_varchar=true)) to '{tmp_path / name}' (format parquet)")
    direct, folded = both([tmp_path / name], tmp_path, monkeypatch, mapping="scale=thousands,currency=EUR", currency="USD", rate="EUR=1.1")
    agree(direct, folded)
    assert Decimal(folded.result["total_text"]) == sum(Decimal(row[1]) for row in rows[1:]) * 1000 * Decimal("1.1")


def test_a_cell_that_states_its_own_multiple_is_not_multiplied_again(tmp_path, monkeypatch):
    file = tmp_path / "sheet.csv"
    file.write_text("Service,Cost (in thousands)\nEC2,1.5\nS3,2.5k\nRDS,3\n", encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    assert direct.result["total_text"] == "7000"


def test_dollars_of_another_country_also_where_the_table_is_read_in_place(tmp_path, monkeypatch):
    file = tmp_path / "sheet.parquet"
    duckdb.sql(f"copy (select 'EC2' as Service, '$' || i || '.50' as \"Cost (CAD)\" from range(50) r(i)) to '{file}' (format parquet)")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    assert (folded.result["total_text"], folded.result["currency"]) == ("1250", "CAD")


def test_an_amortized_export_has_the_effective_basis_however_it_is_read(tmp_path, monkeypatch):
    direct, folded = both([FIXTURES / "azure_ea_amortized.csv"], tmp_path, monkeypatch)
    agree(direct, folded)
    assert direct.result["basis"] == folded.result["basis"] == "effective"
    assert folded.bill is not None and folded.bill.basis == "effective"


def test_beside_billed_costs_of_another_file_it_is_asked_about(tmp_path, monkeypatch):
    plain = tmp_path / "plain.csv"
    plain.write_text("Service,Cost USD\nA,1\nB,2\n", encoding="utf-8")
    direct, folded = both([FIXTURES / "azure_ea_amortized.csv", plain], tmp_path, monkeypatch)
    agree(direct, folded)
    assert folded.result["basis"] == "billed"
    assert any("beside billed costs" in question for question in folded.result["questions"])
