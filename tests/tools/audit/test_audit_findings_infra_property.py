"""Promise to whoever acts on a finding: no saving exceeds its money, and rows that have nothing to do with it never make it vanish."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.audit.findings_infra_bill import Line, audit, line, machine
from tools.audit.findings.all_rules import RULES

cents = st.integers(-2_000, 500_000).map(lambda n: Decimal(n) / 100)
AROUND = (
    {"service": "Amazon Elastic Block Store", "status": "available", "unit": "GB-Mo"},
    {"service": "AWS Data Transfer", "usage_type": "USE1-USW2-AWS-Out-Bytes"},
    {"service": "AmazonCloudWatch"},
    {"service": "AWS Support (Business)"},
    {"service": "Vector search subscription", "provider": "AWS Marketplace", "account": "a"},
    {"service": "OpenAI API", "model": "gpt-4o", "unit": "1K tokens", "quantity": "7"},
    {"service": "AWS Lambda", "category": "Credit"},
)
machines = st.builds(
    lambda cost, day, facts: machine(cost, facts.pop("hours"), day, **{k: v for k, v in facts.items() if v}),
    cents,
    st.integers(0, 20),
    st.fixed_dictionaries(
        {
            "hours": st.sampled_from([1, 12, 24, 300]),
            "resource": st.sampled_from(["i-a", "i-b", "training-c", "chat-d", ""]),
            "hardware": st.sampled_from(["p3.2xlarge", "g5.48xlarge", "a2-highgpu-1g", "g4dn.16xlarge", "unheard-of gpu"]),
            "region": st.sampled_from(["us-east-1", "us-central1", "europe-west4", ""]),
            "environment": st.sampled_from(["dev", "prod", ""]),
            "pricing": st.sampled_from(["Standard", "Committed", ""]),
            "utilization": st.sampled_from(["0", "0.05", "0.2", "0.39", "0.9", ""]),
            "model": st.sampled_from(["llama-3.1-8b", ""]),
            "output_tokens": st.sampled_from(["0", "100000", ""]),
            "requests": st.sampled_from(["0", "5000", ""]),
            "hour": st.sampled_from([0, 3, 14, None]),
        }
    ),
)
others = st.builds(lambda cost, day, facts: line(cost, day, **facts), cents, st.integers(0, 20), st.sampled_from(AROUND))
bills = st.lists(st.one_of(machines, others), min_size=1, max_size=25)
slow = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])

#: Rules about a share of the bill, about all of its days, or about where it holds tags: every row concerns them.
OF_THE_WHOLE = {rule.id for rule in RULES if "total" in rule.statement} | {
    "spike-day",
    "trend",
    "month-end-forecast",
    "credits-cover-usage",
    "untagged-spend",
    "unused-commitment",
}


def found_in(bill: list[Line]) -> list[dict[str, object]]:
    with TemporaryDirectory() as folder:
        return audit(bill, Path(folder)).result["findings"]


@slow
@given(bill=bills)
def test_a_saving_lies_between_nothing_and_the_money_concerned(bill):
    for entry in found_in(bill):
        saving = entry["saving"]
        if saving is not None:
            assert 0 <= saving["low"] <= saving["likely"] <= saving["high"], entry
            assert entry["amount"] is None or saving["high"] <= entry["amount"] + 1e-9, entry
            assert entry["saving_tier"] and entry["why"], entry
        assert entry["confirm"] and entry["rows"] > 0 and entry["row_numbers"], entry


@slow
@given(bill=bills, cost=st.integers(0, 10_000).map(lambda n: Decimal(n) / 100))
def test_an_unrelated_row_never_removes_a_finding(bill, cost):
    bill = [line("0.01", 0, service="Amazon Route 53"), line("0.01", 20, service="Amazon Route 53"), *bill]
    unrelated = line(cost, 10, service="Amazon Simple Queue Service")
    before = {(e["rule"], e["detail"], e["amount"]) for e in found_in(bill) if e["rule"] not in OF_THE_WHOLE}
    after = {(e["rule"], e["detail"], e["amount"]) for e in found_in([*bill, unrelated])}
    assert before <= after
