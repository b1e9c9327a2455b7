"""Promise to a first-time visitor: the bundled sample bill audits offline to the totals its README states, with its planted findings."""

from decimal import Decimal
from pathlib import Path

import pytest

from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult

SAMPLES = Path(__file__).resolve().parents[3] / "app" / "static" / "samples"


@pytest.fixture(scope="module")
def bill(tmp_path_factory) -> ToolResult:
    return run(AuditCosts(file=[str(SAMPLES / "acme_ai_bill.csv")]), ToolContext(out_dir=tmp_path_factory.mktemp("out")))


def test_totals_are_those_of_the_readme(bill):
    readme = (SAMPLES / "README.md").read_text()
    assert bill.result["total_text"] == "57822.0152"
    assert "57,822.0152" in readme
    assert {c["category"]: c["amount_text"] for c in bill.result["categories"]}["Credit"] == "-1500"
    assert bill.result["rows_counted"] == 225


def test_cost_lines_add_up_on_both_bases(bill):
    assert sum((line.BilledCost for line in bill.bill.lines), Decimal(0)) == Decimal("57822.0152")
    assert sum((line.EffectiveCost for line in bill.bill.lines), Decimal(0)) == Decimal("57822.0152")
    assert bill.bill.months == 1
    assert len({line.id for line in bill.bill.lines}) == len(bill.bill.lines)


def test_every_planted_problem_is_found(bill):
    found = {(f["rule"], f["detail"]) for f in bill.result["findings"]}
    assert ("idle-accelerator", "i-support-llm-2") in found
    assert ("dev-runs-like-prod", "i-dev-juno (dev)") in found
    assert ("old-gpu-generation", "p3.2xlarge") in found
    assert ("always-on", "i-summary-1") in found
    assert ("on-demand-could-commit", "i-support-llm-1") in found
    assert ("output-heavy", "gpt-4.1") in found
    assert ("low-cache-share", "gpt-4o") in found
    assert ("spike-day", "2026-10-21 OpenAI API") in found
    assert "untagged-spend" in {rule for rule, _ in found}


def test_the_figures_of_every_sentence_have_an_origin(bill):
    known = {record.id for record in bill.evidence}
    for statement in bill.statements:
        assert set(statement.figures.values()) <= known
        assert not any(char.isdigit() for char in statement.text), statement.text
        statement.text.format(**{name: "x" for name in statement.figures}, **statement.names)
    assert all(record.reproduce.startswith("python -m app run audit_costs --file acme_ai_bill.csv") for record in bill.evidence)


def test_usage_sample_counts_tokens_and_claims_no_money(tmp_path):
    outcome = run(AuditCosts(file=[str(SAMPLES / "openai_usage.csv")]), ToolContext(out_dir=tmp_path))
    tokens = {(m["model"], m["token_type"]): m["quantity"] for m in outcome.result["models"]}
    assert tokens[("gpt-4o-mini-2024-07-18", "cached")] == 12_160_350
    assert outcome.result["total"] is None
    assert outcome.bill is None


def test_both_samples_together_are_one_bill(tmp_path):
    files = [str(SAMPLES / "acme_ai_bill.csv"), str(SAMPLES / "acme_ai_bill.csv")]
    outcome = run(AuditCosts(file=files), ToolContext(out_dir=tmp_path))
    assert outcome.result["total_text"] == "57822.0152"
    assert outcome.result["skipped"][0]["reason"] == "same content as acme_ai_bill.csv"
