"""Promise: AI spend is told apart by a named rule; what no rule knows stays unknown."""

# ruff: noqa: E501 - tables of texts are data

import pytest

from tools.audit.cells import read_day, read_money, shown
from tools.audit.charges import environment_of, pricing_of
from tools.audit.classify import classify, token_type_of
from tools.audit.reconcile import total_label


@pytest.mark.parametrize(
    ("service", "description", "hardware", "model", "kind"),
    [
        ("Amazon Elastic Compute Cloud", "$32.77 per On Demand Linux p4d.24xlarge Instance Hour", "", "", "gpu"),
        ("Amazon Elastic Compute Cloud", "BoxUsage", "g5.xlarge", "", "gpu"),
        ("Virtual Machines", "NC24ads A100 v4", "Standard_NC24ads_A100_v4", "", "gpu"),
        ("Compute Engine", "Nvidia H100 80GB GPU running in Iowa", "", "", "gpu"),
        ("Compute Engine", "a2-highgpu-1g", "", "", "gpu"),
        ("Amazon SageMaker", "ml.g5.2xlarge hosting", "", "", "managed_ai"),
        ("Cognitive Services", "Speech to text", "", "", "managed_ai"),
        ("Vertex AI", "Online prediction node hours", "", "", "managed_ai"),
        ("Claude 3.5 Sonnet (Amazon Bedrock Edition)", "", "", "", "api_tokens"),
        ("Amazon Bedrock", "USE1-Nova-input-tokens", "", "", "api_tokens"),
        ("OpenAI API", "gpt-4o output", "", "", "api_tokens"),
        ("", "", "", "gpt-5-mini", "api_tokens"),
        ("Pinecone", "serverless", "", "", "ai_adjacent"),
        ("Amazon Elastic Compute Cloud", "$0.096 per On Demand Linux m5.large Instance Hour", "m5.large", "", "other"),
        ("Amazon Elastic Compute Cloud", "t4g.medium", "t4g.medium", "", "other"),
        ("Storage", "P4 LRS Disk", "", "", "other"),
        ("Amazon Simple Storage Service", "TimedStorage", "", "", "other"),
        ("Tax", "Tax for product code AmazonEC2", "", "", "other"),
        ("Quux Widgets", "blue", "", "", "unknown"),
        ("", "", "", "", "unknown"),
    ],
)
def test_rows_are_told_apart(service, description, hardware, model, kind):
    found = classify(service, description, hardware, model, "", "")
    assert found.kind == kind
    assert bool(found.rule) == (kind != "unknown")


def test_plain_storage_becomes_ai_adjacent_by_its_tag():
    assert classify("Amazon Simple Storage Service", "storage", "", "", "", "training-data").kind == "ai_adjacent"


@pytest.mark.parametrize(
    ("line", "token_type"),
    [
        ("gpt-4o, input", "input"),
        ("gpt-4o, cached input", "cached"),
        ("gpt-4o, output", "output"),
        ("Claude cache write tokens", "cache_write"),
        ("o3 reasoning tokens", "reasoning"),
    ],
)
def test_token_types(line, token_type):
    assert classify("OpenAI API", line, "", "", "", "", "api_tokens").token_type == token_type


@pytest.mark.parametrize(
    ("stated", "token_type"),
    [
        ("Input Tokens", "input"), ("prompt", "input"), ("uncached_input_tokens", "input"), ("non-cached input", "input"), ("CacheReadInputTokens", "cached"),
        ("cache_read_input_tokens", "cached"), ("Cached Input", "cached"), ("Input Tokens, Cache Hit", "cached"), ("CacheWriteInputTokenCount", "cache_write"),
        ("cache_creation.ephemeral_5m_input_tokens", "cache_write"), ("Output Tokens", "output"), ("completion", "output"), ("reasoning", "reasoning"),
        ("Thinking tokens", "reasoning"), ("image", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_stated_token_type_is_read_in_any_spelling(stated, token_type):
    assert token_type_of(stated) == token_type


@pytest.mark.parametrize(
    ("stated", "line_type", "usage_type", "item", "pricing"),
    [
        ("batch", "", "", "", "batch"),
        ("flex", "", "", "", "flex"),
        ("priority", "", "", "", "priority"),
        ("Low Priority", "", "", "", "spot"),
        ("default", "", "", "", ""),
        ("scale", "", "", "", "committed"),
        ("", "Usage", "USE1-NovaLite-input-tokens-batch", "", "batch"),
        ("", "Usage", "USE1-Claude4-OutputTokenCount-Flex", "", "flex"),
        ("", "Usage", "", "Claude input tokens, priority tier", "priority"),
        ("", "Usage", "AWS-Batch-Job", "", ""),
        ("", "Usage", "EUW1-ProvisionedThroughput-ModelUnits", "", "committed"),
        ("", "Usage", "", "Provisioned Managed Regional Unit (PTU)", "committed"),
        ("", "Usage", "EBS:VolumeP-Throughput.gp3", "", ""),
    ],
)
def test_how_it_was_bought(stated, line_type, usage_type, item, pricing):
    assert pricing_of(stated, line_type, usage_type, item) == pricing


@pytest.mark.parametrize(
    ("text", "style", "value", "problem"),
    [
        ("1.234,56", "dot", "1234.56", ""),
        ("1,234.56", "comma", "1234.56", ""),
        ("1,23,456.78", "dot", "123456.78", ""),
        ("1 234,56 €", "comma", "1234.56", ""),
        ("1'234.50 CHF", "dot", "1234.50", ""),
        ("−5.00", "dot", "-5.00", ""),
        ("R$ 10,50", "comma", "10.50", ""),
        ("7.865e-7", "dot", "7.865E-7", ""),
        ("1,234", "mixed", None, "could be thousands or decimals"),
        ("12 %", "dot", None, "a percentage"),
        ("twelve", "dot", None, "not a number"),
        ("1.2.3", "comma", None, "could be thousands or decimals"),
        ("2026-10-01", "dot", None, "not a number"),
    ],
)
def test_money_cells(text, style, value, problem):
    read = read_money(text, style)
    assert (None if read.value is None else str(read.value)) == value
    assert read.problem == problem


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-10-01T00:00:00Z", "2026-10-01"), ("20261001", "2026-10-01"), ("1759622400", "2025-10-05"), ("1759622400000", "2025-10-05"), ("31/12/2025", "2025-12-31"),
        ("12/31/25", "2025-12-31"), ("Oct 2026", "2026-10-01"), ("1. Oktober 2026", "2026-10-01"), ("October 5, 2026", "2026-10-05"), ("2026年10月5日", "2026-10-05"),
        ("31.02.2026", None), ("hello", None), ("2026-13-01", None), ("99999999999999", None),
    ],
)  # fmt: skip
def test_day_cells(text, iso):
    day = read_day(text)
    assert (day.value.isoformat() if day else None) == iso


def test_total_labels():
    for label in (
        "Total",
        "Grand Total:",
        "SUBTOTAL",
        "Gesamtsumme",
        "合計",
        "Sous-total",
        "Service total",
        "Total amount due",
        "Total (incl. VAT)",
        "Subtotal - Team A",
    ):
        assert total_label(label) == "exact", label
    for label in ("ml Total", "Total EC2"):
        assert total_label(label) == "edge", label
    for label in ("EC2", "Totally Managed DB", "Summer campaign", ""):
        assert total_label(label) == "", label


def test_environments_and_pricing_words():
    assert [environment_of(w) for w in ("Production", "prd", "non-prod", "sandbox", "QA", "Stage", "N/A", "")] == [
        "prod",
        "prod",
        "dev",
        "dev",
        "test",
        "staging",
        "",
        "",
    ]
    assert pricing_of("Standard", "Usage", "") == "on_demand"
    assert pricing_of("", "SavingsPlanCoveredUsage", "") == "committed"
    assert pricing_of("", "Usage", "SpotUsage:g5.xlarge") == "spot"


def test_shown_names_are_one_safe_line():
    assert shown("a\nb\u202ec") == "a b c"
    assert shown("x" * 500, 20) == "x" * 19 + "…"
