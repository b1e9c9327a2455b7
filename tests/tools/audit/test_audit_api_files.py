"""Promise to a startup engineer: an API bill or usage export of a known vendor is decoded, priced and checked from file to sentence."""

from decimal import Decimal
from pathlib import Path

import pytest

from knowledge.source import Tier
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "billing" / "openai_model_usage_2025-10.csv"
OPENROUTER = """\
generation_id,created_at,cost_total,tokens_prompt,tokens_completion,tokens_reasoning,tokens_cached,model_permaslug,provider_name,finish_reason_normalized,api_key_name
g1,2026-06-01T10:00:00,0.0105,1000,500,0,0,anthropic/claude-4.5-sonnet-20250929,Anthropic,stop,k1
g2,2026-06-01T10:00:05,0.0105,1000,500,0,0,anthropic/claude-4.5-sonnet-20250929,Anthropic,length,k1
g3,2026-06-01T10:00:09,0.0035,1000,100,0,0,openai/gpt-4o,OpenAI,stop,k2
g4,2026-06-01T10:00:19,0.0031,1000,100,0,400,openai/gpt-4o,OpenAI,stop,k2
g5,2026-06-01T10:00:29,0,1000,100,0,0,meta-llama/llama-3.3-70b-instruct:free,Together,error,k3
"""
BEDROCK = """\
identity/LineItemId,lineItem/UsageStartDate,lineItem/LineItemType,lineItem/ProductCode,product/ProductName,lineItem/UsageType,lineItem/LineItemDescription,lineItem/UsageAmount,pricing/unit,lineItem/UnblendedCost,lineItem/CurrencyCode
1,2026-06-01T00:00:00Z,Usage,AmazonBedrock,Amazon Bedrock,USE1-Claude3Haiku-input-tokens,$0.00025 per 1K input tokens for Claude 3 Haiku,4000,1K tokens,1.00,USD
2,2026-06-01T00:00:00Z,Usage,abc,Claude Sonnet 4 (Amazon Bedrock Edition),USE1-MP:USE1_InputTokenCount-Units,AWS Marketplace software usage|us-east-1|Million Input Tokens,2,Units,6.00,USD
3,2026-06-01T00:00:00Z,Usage,abc,Claude Sonnet 4 (Amazon Bedrock Edition),USE1-MP:USE1_OutputTokenCount-Units,AWS Marketplace software usage|us-east-1|Million Response Tokens,1,Units,15.00,USD
4,2026-06-01T00:00:00Z,Usage,abc,Claude Sonnet 4 (Amazon Bedrock Edition),USE1-MP:USE1_CacheReadInputTokenCount-Units,AWS Marketplace software usage|us-east-1|Million Cache Read Input Tokens,3,Units,1.20,USD
"""  # noqa: E501
ANTHROPIC = """\
usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed
2026-06-01,claude-sonnet-4-5-20250929,k,w,standard,a,1000000,100000,0,2000000,10000,0,us,standard
2026-06-01,claude-haiku-4-5-20251001,k,w,batch,a,1000000,0,0,0,10000,0,us,standard
"""
OPENAI_COST = """\
start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item,project_id,project_name
2026-06-01T00:00:00+00:00,2026-06-02T00:00:00+00:00,2.5,usd,1000000,tokens,"gpt-4o-2024-08-06, input",p,Alpha
2026-06-01T00:00:00+00:00,2026-06-02T00:00:00+00:00,2.5,usd,1000000,tokens,"gpt-4o-2024-08-06, cached input",p,Alpha
2026-06-01T00:00:00+00:00,2026-06-02T00:00:00+00:00,12,usd,1000000,tokens,"gpt-4o-2024-08-06, output",p,Alpha
2026-06-01T00:00:00+00:00,2026-06-02T00:00:00+00:00,0.5,usd,10,,"web search tool calls | gpt-4o",p,Beta
"""
TRACE = "TIMESTAMP,ContextTokens,GeneratedTokens\n2026-06-01 10:00:00,500,10\n2026-06-01 10:00:01,700,12\n"


@pytest.fixture
def audited(tmp_path):
    def audit(text, name="bill.csv"):
        (tmp_path / name).write_text(text)
        return run(AuditCosts(file=[str(tmp_path / name)]), ToolContext(out_dir=tmp_path / "out"))

    return audit


def lines(outcome):
    return {(one["list_name"], one["token_type"]): one for one in outcome.result["price_check"]}


def said(outcome):
    figures = {record.id: record for record in outcome.evidence}
    return [(s.text, {name: figures[ident] for name, ident in s.figures.items()}) for s in outcome.statements]


def test_openrouter_activity(audited):
    outcome = audited(OPENROUTER)
    found = lines(outcome)
    assert found["claude-sonnet-4-5", "all"]["explanation"] == "agrees with the list price"
    assert found["gpt-4o", "all"]["expected_text"] == "0.0065"
    assert found["gpt-4o", "all"]["difference_text"] == "0.0001"
    totals = outcome.result["price_check_totals"][0]
    assert totals["checked_share"] == 1.0
    assert totals["not_checked"] == [{"reason": "the model is not in the price list", "amount": 0.0, "amount_text": "0", "rows": 1}]
    assert {(f["rule"], f["detail"]) for f in outcome.result["findings"]} >= {
        ("failed-calls", "calls cut off at the token limit"),
        ("api-concentration", "k1"),
    }
    assert outcome.result["priced_usage"] is None


def test_bedrock_lines_in_a_cost_and_usage_report(audited):
    outcome = audited(BEDROCK)
    found = lines(outcome)
    assert {key: (one["tokens"], one["billed_text"], one["expected_text"]) for key, one in found.items()} == {
        ("bedrock/anthropic.claude-3-haiku", "input"): (4_000_000, "1", "1"),
        ("bedrock/anthropic.claude-sonnet-4", "input"): (2_000_000, "6", "6"),
        ("bedrock/anthropic.claude-sonnet-4", "output"): (1_000_000, "15", "15"),
        ("bedrock/anthropic.claude-sonnet-4", "cached"): (3_000_000, "1.2", "0.9"),
    }
    assert not found["bedrock/anthropic.claude-sonnet-4", "cached"]["explained"]
    assert outcome.result["price_check_totals"][0]["unexplained_text"] == "0.3"
    above = [f for f in outcome.result["findings"] if f["rule"] == "billed-above-list"]
    assert [(f["amount"], f["saving"]["high"], f["row_numbers"]) for f in above] == [(1.2, 0.3, [5])]


def test_openai_costs_with_cached_input_charged_as_input(audited):
    outcome = audited(OPENAI_COST)
    found = lines(outcome)
    assert found["gpt-4o", "cached"]["explanation"] == "cached tokens are charged as ordinary input"
    assert found["gpt-4o", "output"]["explanation"] == "no explanation found in the bill"
    totals = outcome.result["price_check_totals"][0]
    assert (totals["spend_text"], totals["checked_text"], totals["expected_text"]) == ("17.5", "17", "13.75")
    assert (totals["explained_text"], totals["unexplained_text"]) == ("1.25", "2")
    text, figures = next(entry for entry in said(outcome) if entry[0].startswith("Price check"))
    assert (figures["checked"].value.likely, figures["expected"].value.likely) == (17, Decimal("13.75"))
    assert (figures["checked"].tier, figures["expected"].tier) == (Tier.BILLED, Tier.CATALOGUE)
    assert figures["expected"].source.checked_on.isoformat() == "2026-08-21"
    assert not any(char.isdigit() for char in text)


def test_anthropic_usage_is_priced_and_never_becomes_the_total(audited):
    outcome = audited(ANTHROPIC)
    assert outcome.result["total"] is None
    assert outcome.bill is None
    priced = outcome.result["priced_usage"]
    # sonnet: 3 + 2 x 0.3 + 0.1 x 3.75 + 0.01 x 15; haiku in a batch: 0.5 + 0.01 x 2.5
    assert priced["total_text"] == "4.65"
    assert priced["tier"] == "catalogue"
    assert any("kept for an hour" in text for text in priced["declared"])
    text, figures = next(entry for entry in said(outcome) if entry[0].startswith("At list prices"))
    assert figures["cost"].tier is Tier.CATALOGUE
    assert figures["cost"].value.likely == Decimal("4.65")
    assert "not a billed amount" in text


def test_a_log_without_models_has_no_price(audited):
    outcome = audited(TRACE)
    priced = outcome.result["priced_usage"]
    assert priced is None or priced["total"] is None
    assert not any(text.startswith("At list prices") for text, _ in said(outcome))


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the shared billing samples are not beside this checkout")
def test_the_real_openai_usage_at_list_prices(tmp_path):
    outcome = run(AuditCosts(file=[str(SHARED)]), ToolContext(out_dir=tmp_path))
    by_model = {}
    for one in outcome.result["priced_usage"]["lines"]:
        by_model[one["list_name"]] = by_model.get(one["list_name"], 0) + Decimal(one["cost_text"])
    assert by_model == {
        "gpt-4o": Decimal("0.24726"),  # 53 440 x 2.5 + 5 760 x 1.25 + 10 646 x 10, a million
        "gpt-5": Decimal("0.81584275"),
        "gpt-5-mini": Decimal("0.982742"),
    }
    assert outcome.result["total"] is None
