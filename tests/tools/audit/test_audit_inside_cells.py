"""Promise to whoever exports objects: what stands in the JSON text of a cell is read by its name, and only where no column says it."""

import csv
import json
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from knowledge.catalog import api_models
from tests.tools.audit.test_audit_fold import agree, both
from tools.audit.rowtypes import opened


def written(tmp_path, head, rows):
    file = tmp_path / "export.csv"
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([head, *rows])
    return file


def tokens(result, model):
    return {m["token_type"]: m["quantity"] for m in result["models"] if m["model"] == model and m["token_type"] != "all"}


def test_values_are_found_by_path_and_by_name():
    raw = '{"Usage": {"prompt_tokens": 12, "details": {"cached_tokens": 3.50}}, "id": "a", "none": null}'
    assert opened(raw) == {
        "id": "a", "usageprompttokens": "12", "prompttokens": "12", "usagedetailscachedtokens": "3.50", "cachedtokens": "3.50",
    }  # fmt: skip
    assert opened("{'input': 5, 'output': 7}") == {"input": "5", "output": "7"}
    assert opened('"ServiceType": "Standard_D2", "VCPUs": 2') == {"servicetype": "Standard_D2", "vcpus": "2"}
    assert opened('[{"key": "region", "value": "eu"}]') == {"region": "eu"}


@given(st.text(alphabet='{}[]":,\\ab1.e-', max_size=60))
def test_any_other_text_holds_nothing_or_plain_values(text):
    assert all(isinstance(value, str) and value for value in opened(text).values())


def test_depth_and_length_are_bounded():
    assert opened('{"a":' * 2000 + "1" + "}" * 2000) == {}
    assert opened(json.dumps({"a": "x" * 600_000})) == {}
    assert len(opened(json.dumps({f"k{at}": at for at in range(5000)}))) <= 5000


def test_focus_sku_price_details(tmp_path, monkeypatch):
    head = ["BilledCost", "EffectiveCost", "BillingCurrency", "ChargePeriodStart", "ChargeCategory", "ServiceName", "SkuPriceDetails"]
    rows = [
        ["1.5", "1.5", "USD", "2026-03-01", "Usage", "Foundation Models", json.dumps({"ModelId": "claude-sonnet-5", "TokenType": "Input"})],
        [
            "2.5",
            "2.5",
            "USD",
            "2026-03-01",
            "Usage",
            "Foundation Models",
            json.dumps({"ModelId": "claude-sonnet-5", "TokenType": "Output"}),
        ],
        ["9", "9", "USD", "2026-03-01", "Usage", "Machines", json.dumps({"InstanceType": "p5.48xlarge", "GpuCount": 8})],
        ["4", "4", "USD", "2026-03-01", "Usage", "Machines", "not an object"],
    ]
    direct, folded = both([written(tmp_path, head, rows)], tmp_path, monkeypatch)
    agree(direct, folded)
    assert {one["kind"]: one["cost"] for one in folded.result["by_kind"]} == {"api_tokens": 4.0, "gpu": 9.0, "unknown": 4.0}
    assert [m["cost"] for m in folded.result["models"] if m["model"] == "claude-sonnet-5" and m["token_type"] == "all"] == [4.0]
    assert ("SkuPriceDetails", "hardware, inside the cells") in {(m["column"], m["role"]) for m in direct.result["mapping"]}


def test_the_product_map_of_a_cur_2_export(tmp_path, monkeypatch):
    head = ["line_item_line_item_type", "line_item_product_code", "line_item_usage_type", "line_item_unblended_cost", "product"]
    rows = [
        ["Usage", "AmazonEC2", "Use", "3", json.dumps({"product_name": "Amazon Elastic Compute Cloud", "instance_type": "g5.xlarge"})],
        ["Usage", "AmazonEC2", "Use", "2", json.dumps({"product_name": "Amazon Elastic Compute Cloud", "instance_type": "m5.large"})],
        ["Usage", "AmazonEC2", "BoxUsage", "1", "{}"],
    ]
    direct, folded = both([written(tmp_path, head, rows)], tmp_path, monkeypatch, currency="USD")
    agree(direct, folded)
    assert {e["name"]: e["cost"] for e in folded.result["services"]} == {"Amazon Elastic Compute Cloud": 5.0, "AmazonEC2": 1.0}
    assert {one["kind"]: one["cost"] for one in folded.result["by_kind"]} == {"gpu": 3.0, "other": 3.0}


def test_langfuse_details_state_every_kind_apart(tmp_path, monkeypatch):
    use = {"input": 600, "input_cached_tokens": 400, "output": 150, "output_reasoning_tokens": 50, "total": 1200}
    cost = {"input": 0.001, "output": 0.002, "total": 0.003}
    head = ["id", "trace_id", "start_time", "provided_model_name", "usage_details", "cost_details"]
    rows = [[f"o{at}", "t", "2026-09-01T10:00:00Z", "gpt-5-mini", json.dumps(use), json.dumps(cost)] for at in range(3)]
    direct, folded = both([written(tmp_path, head, rows)], tmp_path, monkeypatch)
    agree(direct, folded)
    result = folded.result
    assert (result["form"], result["total_text"], result["currency"]) == ("langfuse_generations", "0.009", "USD")
    assert tokens(result, "gpt-5-mini") == {"input": 1800, "cached": 1200, "output": 600, "reasoning": 150}
    price = api_models().find("gpt-5-mini").price_on(date(2026, 9, 1))
    expected = (1800 * price.input + 1200 * price.cached + 600 * price.output) / 1_000_000
    [check] = result["price_check_totals"]
    assert Decimal(check["expected_text"]) == expected


def test_litellm_metadata_longer_than_a_line(tmp_path, monkeypatch):
    head = ["request_id", "startTime", "model", "spend", "prompt_tokens", "completion_tokens", "metadata"]
    details = {"prompt_tokens_details": {"cached_tokens": 400}, "completion_tokens_details": {"reasoning_tokens": 20}}
    meta = {"model_map_information": {f"key{at}": "x" * 50 for at in range(200)}, "usage_object": details}
    rows = [[f"r{at}", "2026-09-01T10:00:00Z", "gpt-5-mini", "0.5", "1000", "200", json.dumps(meta)] for at in range(2)]
    direct, folded = both([written(tmp_path, head, rows)], tmp_path, monkeypatch)
    agree(direct, folded)
    assert tokens(folded.result, "gpt-5-mini") == {"input": 2000, "cached": 800, "output": 400, "reasoning": 40}


def test_the_token_object_of_a_log_of_ones_own(tmp_path, monkeypatch):
    rows = [["2026-09-01", "gpt-5-mini", "0.5", "{'prompt_tokens': 100, 'completion_tokens': 20}"] for _ in range(4)]
    direct, folded = both([written(tmp_path, ["date", "model", "cost_usd", "tokens"], rows)], tmp_path, monkeypatch)
    agree(direct, folded)
    assert tokens(folded.result, "gpt-5-mini") == {"input": 400, "output": 80}
