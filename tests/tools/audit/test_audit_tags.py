"""Promise to whoever allocates cost: tags are the user's own, under every spelling of the clouds; what a provider sets is no tag."""

import csv
import json

import pytest

from tests.tools.audit.test_audit_fold import agree, both
from tools.audit.rowtypes import own_tag, tag_value


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("user_env", "env"),
        ("user:env", "env"),
        ("resourceTags/user:Env", "Env"),
        ("resource_tags_user_env", "env"),
        ("cost_category_team", "team"),
        ("label_app", "app"),
        ("env", "env"),
        ("userteam", "userteam"),
        ("aws_created_by", ""),
        ("aws:createdBy", ""),
        ("resourceTags/aws:cloudformation:stack-name", ""),
        ("resource_tags_aws_ecs_cluster_name", ""),
        ("Oracle-Tags.CreatedOn", ""),
        ("tags/orcl-cloud.free-tier-retained", ""),
        ("goog-resource-type", ""),
        ("hidden-link:/x", ""),
        ("CreatedOn", ""),
        ("createdby", ""),
    ],
)
def test_whose_tag_it_is(written, name):
    assert own_tag(written) == name


def test_a_namespace_before_the_name_is_no_part_of_it():
    assert tag_value({"Operations.CostCenter": "42"}, ("costcenter",)) == "42"
    assert tag_value({"Operations.CostCenter": "42", "cost-center": "7"}, ("costcenter",)) == "7"


def test_the_map_of_a_cur_2_export(tmp_path, monkeypatch):
    head = ["line_item_line_item_type", "line_item_product_code", "line_item_usage_type", "line_item_unblended_cost", "resource_tags"]
    tags = [
        {"user_env": "dev", "user_team": "search", "aws_created_by": "AssumedRole:llm-training"},
        {"aws_created_by": "AssumedRole:llm-training"},
        {"user:Environment": "Production", "aws:ecs:clusterName": "inference"},
        {},
    ]
    file = tmp_path / "cur.csv"
    with file.open("w", newline="") as text:
        rows = [["Usage", "AmazonS3", "TimedStorage-ByteHrs", str(at + 1), json.dumps(tag)] for at, tag in enumerate(tags)]
        csv.writer(text).writerows([head, *rows])
    direct, folded = both([file], tmp_path, monkeypatch, currency="USD")
    agree(direct, folded)
    named = {e["name"]: e["cost"] for e in folded.result["environments"]}
    assert (named["dev"], named["prod"]) == (1, 3)
    assert {kind["kind"] for kind in folded.result["by_kind"]} == {"other"}
    [untagged] = [f for f in folded.result["findings"] if f["rule"] == "untagged-spend"]
    assert untagged["amount"] == 6
