"""Promise to whoever buys tokens: a quantity in thousands or millions of tokens is the number of tokens, wherever the bill says so."""

import csv

from tests.tools.audit.test_audit_fold import agree, both


def read(tmp_path, monkeypatch, head, rows, **more):
    file = tmp_path / "bill.csv"
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([head, *rows])
    direct, folded = both([file], tmp_path, monkeypatch, **more)
    agree(direct, folded)
    assert folded.result["price_check"] == direct.result["price_check"]
    return folded.result


def tokens(result):
    return {(m["model"], m["token_type"]): m["quantity"] for m in result["models"] if m["token_type"] != "all"}


CUR = [
    "lineItem/LineItemType", "lineItem/UsageStartDate", "lineItem/ProductCode", "product/ProductName", "lineItem/UsageType",
    "lineItem/LineItemDescription", "lineItem/UsageAmount", "pricing/unit", "lineItem/UnblendedCost", "lineItem/CurrencyCode",
]  # fmt: skip


def test_models_sold_through_the_aws_marketplace(tmp_path, monkeypatch):
    name = "Claude Sonnet 4.5 (Amazon Bedrock Edition)"
    words = "AWS Marketplace software usage|us-east-1|Million {} Tokens"
    rows = [
        ["Usage", f"2026-09-{day:02d}T00:00:00Z", "abc", name, f"USE1-{kind}TokenCount", words.format(kind), amount, "Units", cost, "USD"]
        for day in range(1, 4)
        for kind, amount, cost in (("Input", "1.5", "4.5"), ("Output", "0.25", "3.75"))
    ]
    result = read(tmp_path, monkeypatch, CUR, rows)
    assert sorted(tokens(result).values()) == [750_000, 4_500_000]
    [check] = result["price_check_totals"]
    assert (check["checked_text"], check["unexplained_text"]) == ("24.75", "0")


def test_units_of_a_thousand_tokens(tmp_path, monkeypatch):
    rows = [
        [
            "Usage",
            "2026-09-01T00:00:00Z",
            "AmazonBedrock",
            "Amazon Bedrock",
            "USE1-NovaLite-input-tokens",
            "",
            "12.5",
            "1K tokens",
            "1",
            "USD",
        ],
        ["Usage", "2026-09-01T00:00:00Z", "AmazonBedrock", "Amazon Bedrock", "USE1-Guardrail-Units", "", "7", "Units", "2", "USD"],
    ]
    result = read(tmp_path, monkeypatch, CUR, rows)
    assert result["tokens"] == {"input": 12_500}


def test_openai_lines_without_a_unit(tmp_path, monkeypatch):
    head = ["start_time", "end_time", "amount_value", "amount_currency", "line_item", "quantity", "quantity_unit", "project_name"]
    rows = [
        ["1790553600", "1790640000", "2.5", "usd", "gpt-4o-2024-08-06, input", "1000000", "", "Search"],
        ["1790553600", "1790640000", "1", "usd", "gpt-4o-2024-08-06, output", "100000", "tokens", "Search"],
        ["1790553600", "1790640000", "0.5", "usd", "web search tool calls", "50", "", "Search"],
    ]
    result = read(tmp_path, monkeypatch, head, rows)
    assert tokens(result) == {("gpt-4o-2024-08-06", "input"): 1_000_000, ("gpt-4o-2024-08-06", "output"): 100_000}
    assert result["tokens"] == {"input": 1_000_000, "output": 100_000}
