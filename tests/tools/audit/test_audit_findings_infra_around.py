"""Promise to the FinOps analyst: what stands around AI (storage, network, logs, fees, credits) is named where it weighs, and only there."""

from tests.tools.audit.findings_infra_bill import findings, line, machine, saving

S3 = {"service": "Amazon Simple Storage Service", "unit": "GB-Mo"}
EBS = {"service": "Amazon Elastic Block Store", "unit": "GB-Mo"}


def test_storage_attached_to_nothing_is_told_by_status_or_name(tmp_path):
    bill = [
        line(40, resource="vol-1", status="available", **EBS),
        line(25, resource="vol-2", description="orphaned volume of an old node", **EBS),
        line(90, resource="vol-3", status="in-use", **EBS),
        line(70, resource="snap-1", description="snapshot of a detached disk", **EBS),
    ]
    first, second = findings(bill, tmp_path, "unattached-storage")
    assert (first["detail"], first["amount"], first["rows"], first["note"]) == ("vol-1", 40.0, 1, "status or name: available")
    assert (second["detail"], second["amount"], second["note"]) == ("vol-2", 25.0, "status or name: orphaned")
    assert saving(first) == (20.0, 38.0, 40.0)


def test_storage_named_after_checkpoints(tmp_path):
    bill = [
        line(80, resource="s3://llm-checkpoints", **S3),
        line(60, resource="s3://customer-data", **S3),
        line(50, resource="checkpoint-gate", service="AWS Lambda", unit="Requests"),
    ]
    [found] = findings(bill, tmp_path, "stored-checkpoints")
    assert (found["detail"], found["amount"]) == ("s3://llm-checkpoints", 80.0)
    assert saving(found) == (8.0, 48.0, 72.0)


def test_snapshots_count_from_one_percent_of_the_bill(tmp_path):
    snapshots = line("10", usage_type="EBS:SnapshotUsage", **EBS)
    [found] = findings([line("990", service="AWS Lambda"), snapshots], tmp_path, "snapshots")
    assert (found["amount"], found["note"]) == (10.0, "1.0 % of the bill")
    assert saving(found) == (0.0, 4.0, 8.0)
    assert findings([line("1000", service="AWS Lambda"), snapshots], tmp_path, "snapshots") == []


def test_idle_addresses_and_load_balancers_without_traffic(tmp_path):
    elb = {"service": "Elastic Load Balancing", "usage_type": "LoadBalancerUsage"}
    bill = [
        line("3.60", resource="eip-1", service="Amazon Elastic Compute Cloud", usage_type="ElasticIP:IdleAddress"),
        line("3.60", resource="eip-2", service="Amazon Elastic Compute Cloud", usage_type="ElasticIP:InUseAddress"),
        line("18", resource="lb-1", requests="0", **elb),
        line("18", resource="lb-2", requests="12000", **elb),
        line("18", resource="lb-3", **elb),
    ]
    found = {entry["detail"]: entry for entry in findings(bill, tmp_path, "idle-network")}
    assert {name: (entry["amount"], entry["note"]) for name, entry in found.items()} == {
        "eip-1": (3.6, "idle address"),
        "lb-1": (18.0, "load balancer without traffic"),
    }
    assert saving(found["lb-1"]) == (14.4, 18.0, 18.0)


def test_egress_counts_from_two_percent_and_says_which_way(tmp_path):
    out = line("15", service="AWS Data Transfer", usage_type="USE1-DataTransfer-Out-Bytes")
    between = line("20", service="AWS Data Transfer", usage_type="USE1-USW2-AWS-Out-Bytes", workload="llm-serving")
    inward = line("50", service="AWS Data Transfer", usage_type="USE1-DataTransfer-In-Bytes")
    [found] = findings([out, between, inward, line("915", service="AWS Lambda")], tmp_path, "egress")
    assert (found["detail"], found["amount"]) == ("between regions or zones", 20.0)
    assert found["note"] == "2.0 % of the bill, 100 % of it tied to AI by name or tag"
    assert saving(found) == (0.0, 6.0, 14.0)


def test_nat_gateway_from_one_percent(tmp_path):
    nat = line("10", service="Amazon Elastic Compute Cloud", usage_type="NatGateway-Bytes")
    [found] = findings([nat, line("990", service="AWS Lambda")], tmp_path, "nat-gateway")
    assert (found["amount"], saving(found)) == (10.0, (0.0, 4.0, 8.0))
    assert findings([nat, line("991", service="AWS Lambda")], tmp_path, "nat-gateway") == []


def test_logs_are_measured_against_the_ai_they_watch(tmp_path):
    ai = machine(1000, 24, resource="i-a")
    [found] = findings([ai, line("50", service="AmazonCloudWatch", usage_type="VendedLog-Bytes")], tmp_path, "log-cost")
    assert (found["amount"], saving(found)) == (50.0, (5.0, 20.0, 35.0))
    assert found["note"] == "5.0 % of the AI spend, 4.8 % of the bill"
    assert findings([ai, line("49", service="AmazonCloudWatch")], tmp_path, "log-cost") == []
    assert findings([line("900", service="AWS Lambda"), line("50", service="AmazonCloudWatch")], tmp_path, "log-cost") == []


def test_support_fee_from_three_percent_and_without_a_saving(tmp_path):
    fee = line("30", service="AWS Support (Business)", description="Business Support fee")
    [found] = findings([line("1000", service="AWS Lambda"), fee], tmp_path, "support-fee")
    assert (found["amount"], found["saving"], found["note"]) == (30.0, None, "3.0 % of everything else")
    assert findings([line("1001", service="AWS Lambda"), fee], tmp_path, "support-fee") == []


def test_one_marketplace_product_in_two_accounts(tmp_path):
    def bought(account: str, cost: str, product: str = "Vector search subscription"):
        return line(cost, service=product, provider="AWS Marketplace", account=account, category="Purchase")

    bill = [bought("team-a", "200"), bought("team-b", "200"), bought("team-c", "90"), bought("team-a", "90", "Other subscription")]
    [found] = findings(bill, tmp_path, "marketplace-twice")
    assert (found["detail"], found["amount"], found["rows"]) == ("Vector search subscription", 200.0, 2)
    assert saving(found) == (0.0, 100.0, 200.0)
    assert found["note"] == "2 accounts at the same price"


def test_one_makers_models_from_two_sellers(tmp_path):
    tokens = {"unit": "1M tokens", "quantity": 1}
    bill = [
        line(300, service="Anthropic API", provider="Anthropic", model="claude-sonnet-4", **tokens),
        line(100, service="Amazon Bedrock", provider="AWS", model="claude-sonnet-4", **tokens),
        line(500, service="OpenAI API", provider="OpenAI", model="gpt-4o", **tokens),
    ]
    [found] = findings(bill, tmp_path, "two-sellers-of-one-model")
    assert (found["detail"], found["amount"], found["rows"], found["saving"]) == ("claude", 100.0, 2, None)
    assert found["note"] == "anthropic, aws"


def test_credits_show_the_bill_without_them(tmp_path):
    def bill(credit: str):
        return [line(1000, service="AWS Lambda"), line(credit, service="AWS Lambda", category="Credit", description="Startup credits")]

    [found] = findings(bill("-50"), tmp_path, "credits-cover-usage")
    assert (found["detail"], found["amount"], found["saving"], found["note"]) == ("Startup credits", 50.0, None, "5.0 % of the usage")
    assert findings(bill("-49"), tmp_path, "credits-cover-usage") == []


def test_a_dominating_line_is_half_of_the_bill(tmp_path):
    [found] = findings(
        [line(50, resource="whale", service="AWS Lambda"), line(25, service="AWS Glue"), line(25, service="Amazon SQS")],
        tmp_path,
        "dominating-line",
    )
    assert (found["detail"], found["amount"], found["rows"], found["saving"]) == ("whale", 50.0, 1, None)
    assert found["note"] == "50.0 % of the bill"
    assert (
        findings(
            [line(50, service="AWS Lambda"), line(26, service="AWS Glue"), line(25, service="Amazon SQS")], tmp_path, "dominating-line"
        )
        == []
    )


def test_untagged_spend_needs_a_sheet_that_has_tags(tmp_path):
    tagged, bare = line(75, service="AWS Lambda", team="search"), line(25, service="AWS Glue")
    [found] = findings([tagged, bare], tmp_path, "untagged-spend")
    assert (found["amount"], found["rows"], found["saving"]) == (25.0, 1, None)
    assert found["note"] == "25.0 % of the usage in sheets that have tags"
    assert findings([bare, line(5, service="Amazon SQS")], tmp_path, "untagged-spend") == []
