"""Promise to the FinOps analyst: every real export is recognised, and the total is the file's own, to the last digit."""

from decimal import Decimal
from pathlib import Path

import pytest

from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult

BILLING = Path(__file__).resolve().parents[4] / "shared" / "data" / "billing"
pytestmark = [pytest.mark.shared, pytest.mark.skipif(not BILLING.is_dir(), reason="the development data ../shared/data/billing is missing")]

# file, exact total (None = no single total), currency, form, rows read, rows counted
TABLE = [
    ("focus_1_0_sample_1000.csv", "20.52022672899", "USD", "focus", 1000, 1000),
    ("aws_cur_legacy_anonymous_2023-11.csv", "1.6823086974", "USD", "aws_cur", 1281, 1281),
    ("aws_cost_explorer_bedrock_monthly.csv", "191.5423983504", "USD", "aws_cost_explorer", 7, 6),
    ("azure_ea_actual_cost.csv", "8.5450077867419368", "USD", "azure_cost", 11, 11),
    ("azure_export_opencost_template.csv", "16.393506212224391", "", "azure_cost", 87, 87),
    ("gcp_billing_export_standard_2020.csv", "0", "USD", "gcp_export", 25, 25),
    ("azure_export_v2_koku.csv", "19.998413754", "MC", "azure_cost", 5, 5),
    ("openai_model_usage_2025-10.csv", None, "", "openai_usage", 7, 6),
    ("azure_llm_trace_code_2023.csv", None, "", "token_log", 8819, 8819),
    ("llm_game_token_usage.csv", None, "", "token_log", 320, 320),
    ("ai_cost_per_commit.csv", "361.329974500000010032", "USD", "token_log_with_cost", 74, 74),
    ("cursor_usage_events_sample.csv", "0", "USD", "cursor_usage", 3, 3),
    ("opencost_csv_export.csv", "0.02098749347202301", "", "opencost", 2, 2),
    ("focus_saas_virtual_currency_a2.csv", "0", "USD", "focus", 3, 3),
    ("focus_commitment_usage_1.csv", "0", "", "focus", 1, 1),
    ("inventory_mixed_currency_late.csv", None, "", "resource_inventory", 621, 621),
    ("inventory_whale.csv", "4750", "USD", "resource_inventory", 5, 5),
    ("aws_cur_tagged_mini.csv", "75.08524255", "USD", "aws_cur", 15, 15),
]


def audit(tmp_path: Path, name: str, **more: str) -> ToolResult:
    return run(AuditCosts(file=[str(BILLING / name)], **more), ToolContext(out_dir=tmp_path / "out"))


def test_the_table_covers_every_file():
    assert {row[0] for row in TABLE} == {path.name for path in BILLING.glob("*.csv")}


@pytest.mark.parametrize(("name", "total", "currency", "form", "read", "counted"), TABLE, ids=[row[0] for row in TABLE])
def test_every_real_file_is_recognised_with_its_true_total(tmp_path, name, total, currency, form, read, counted):
    outcome = audit(tmp_path, name)
    result = outcome.result
    assert result["form"] == form
    assert (result["rows_read"], result["rows_counted"]) == (read, counted)
    assert result["rows_read"] == result["rows_counted"] + result["rows_excluded"] + result["rows_unknown"]
    assert result["currency"] == currency
    if total is None:
        assert result["total"] is None
        assert outcome.bill is None
    else:
        assert result["total_text"] == total
        assert outcome.bill is not None
        assert sum((line.BilledCost for line in outcome.bill.lines), Decimal(0)) == Decimal(total)


def test_focus_providers_add_up_to_the_stated_totals(tmp_path):
    bill = audit(tmp_path, "focus_1_0_sample_1000.csv").bill
    assert bill is not None
    sums: dict[str, Decimal] = {}
    for line in bill.lines:
        sums[line.ProviderName] = sums.get(line.ProviderName, Decimal(0)) + line.BilledCost
    assert sum(sums.values()) == Decimal("20.52022672899")
    assert sums["Oracle"] == Decimal("0.53707392473")
    assert sums["AWS"] + sums["Microsoft"] + sums.get("", Decimal(0)) == Decimal("18.00663861840") + Decimal("1.97651418586")


def test_openai_usage_gives_the_stated_tokens_and_asks_for_prices(tmp_path):
    outcome = audit(tmp_path, "openai_model_usage_2025-10.csv")
    tokens = {(m["model"], m["token_type"]): m["quantity"] for m in outcome.result["models"] if m["token_type"] != "all"}
    requests = {m["model"]: m["requests"] for m in outcome.result["models"] if m["token_type"] == "all"}
    assert tokens[("gpt-4o-2024-08-06", "input")] == 59200
    assert tokens[("gpt-4o-2024-08-06", "cached")] == 5760
    assert tokens[("gpt-4o-2024-08-06", "output")] == 10646
    assert tokens[("gpt-5-2025-08-07", "input")] == 52047
    assert tokens[("gpt-5-2025-08-07", "output")] == 76000
    assert tokens[("gpt-5-mini-2025-08-07", "input")] == 228464
    assert tokens[("gpt-5-mini-2025-08-07", "output")] == 462813
    assert requests == {"gpt-4o-2024-08-06": 10, "gpt-5-2025-08-07": 9, "gpt-5-mini-2025-08-07": 34}
    assert any("price list" in question for question in outcome.result["questions"])
    assert outcome.result["exclusions"][0]["reason"] == "no amount in the row"


def test_a_trace_without_model_is_counted_and_asked_about(tmp_path):
    outcome = audit(tmp_path, "azure_llm_trace_code_2023.csv")
    assert outcome.result["total"] is None
    assert any("Which model" in question for question in outcome.result["questions"])
    assert outcome.result["tokens"]["input"] > 0


def test_two_models_in_one_row_keep_their_own_tokens(tmp_path):
    models = audit(tmp_path, "llm_game_token_usage.csv").result["models"]
    assert len({m["model"] for m in models}) >= 2
    assert {m["token_type"] for m in models} == {"output", "all"}


def test_currencies_that_change_late_are_never_added(tmp_path):
    result = audit(tmp_path, "inventory_mixed_currency_late.csv").result
    assert result["total"] is None
    assert {t["currency"]: t["total_text"] for t in result["totals"]} == {"USD": "6200", "EUR": "99"}
    assert "several currencies" in result["questions"][0]


def test_a_given_rate_converts_and_says_so(tmp_path):
    outcome = audit(tmp_path, "inventory_mixed_currency_late.csv", rate="EUR=1.10")
    assert (outcome.result["total_text"], outcome.result["currency"]) == ("6308.9", "USD")
    total = next(record for record in outcome.evidence if record.claim.startswith("Total"))
    assert total.tier == "stated"
    assert total.inputs["rates"] == {"EUR": "1.10"}


def test_the_service_total_row_is_listed_not_added(tmp_path):
    result = audit(tmp_path, "aws_cost_explorer_bedrock_monthly.csv").result
    assert [(e["reason"], e["rows"], e["amount_text"]) for e in result["exclusions"]] == [("total or subtotal row", 1, "191.5423983504")]
    assert result["checks"] == []
    assert result["ai_total_text"] == "9.7479512264"
    assert (result["period"]["start"], result["period"]["end"], result["period"]["months"]) == ("2023-08-01", "2024-01-31", "6")


def test_credits_inside_gcp_rows_are_signed_and_listed(tmp_path):
    result = audit(tmp_path, "gcp_billing_export_standard_2020.csv").result
    assert {c["category"]: c["amount_text"] for c in result["categories"]} == {"Usage": "0.000032", "Credit": "-0.000032"}


def test_tax_credit_and_purchase_are_in_the_total_and_listed(tmp_path):
    listed = {c["category"]: c["amount_text"] for c in audit(tmp_path, "aws_cur_tagged_mini.csv").result["categories"]}
    assert listed == {"Usage": "33.54774255", "Tax": "1.8975", "Credit": "-5", "Purchase": "44.64"}


def test_prepaid_units_show_nothing_billed_and_ask_for_the_basis(tmp_path):
    billed = audit(tmp_path, "focus_saas_virtual_currency_a2.csv").result
    assert billed["total_text"] == "0"
    assert any("Which basis" in question for question in billed["questions"])
    assert audit(tmp_path, "focus_saas_virtual_currency_a2.csv", basis="effective").result["total_text"] == "1230"


def test_included_is_a_zero_cost_row_and_said(tmp_path):
    outcome = audit(tmp_path, "cursor_usage_events_sample.csv")
    assert outcome.result["rows_included_in_plan"] == 3
    assert any("included in a plan" in statement.text for statement in outcome.statements)


def test_one_dominating_line_is_found(tmp_path):
    findings = {f["rule"]: f for f in audit(tmp_path, "inventory_whale.csv").result["findings"]}
    assert (findings["dominating-line"]["amount"], findings["dominating-line"]["detail"]) == (4500.0, "db-prod-orders")
    assert findings["untagged-spend"]["amount"] == 100.0
