"""Promise to the FinOps analyst: every cloud's own export is known by its header, in every spelling, and totals to the digit.

Files in fixtures/ are published samples (their README names the source). Rows written here stand under the header that the vendor
documents; they are labelled "documented header" and no real bill.
"""

# ruff: noqa: E501 - rows of exports are data

import json
from pathlib import Path
from typing import Any

import pytest

from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

FIXTURES = Path(__file__).parent / "fixtures"


def audit(tmp_path: Path, source: str | Path, **more: str) -> dict[str, Any]:
    """Result for a fixture or for a text saved as CSV."""
    file = source
    if isinstance(source, str):
        tmp_path.mkdir(exist_ok=True)
        file = tmp_path / "export.csv"
        Path(file).write_text(source, encoding="utf-8")
    return run(AuditCosts(file=[str(file)], **more), ToolContext(out_dir=tmp_path / "out")).result


def facts(result: dict[str, Any]) -> tuple[str, str, str, int, int]:
    assert result["rows_read"] == result["rows_counted"] + result["rows_excluded"] + result["rows_unknown"]
    return result["form"], result["total_text"], result["currency"], result["rows_read"], result["rows_counted"]


def services(result: dict[str, Any]) -> dict[str, float]:
    return {service["name"]: service["cost"] for service in result["services"]}


def categories(result: dict[str, Any]) -> dict[str, str]:
    return {one["category"]: one["amount_text"] for one in result["categories"]}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("azure_ea_amortized.csv", ("azure_amortized", "4.595547230468", "USD", 4, 4)),
        ("azure_mca_enterprise.csv", ("azure_cost", "0", "CAD", 1, 1)),
        ("azure_german_payg.csv", ("azure_cost", "0.075", "USD", 1, 1)),
        ("azure_german_v2.csv", ("azure_cost", "0.075", "USD", 1, 1)),
        ("oci_cost_report.csv", ("oci_cost", "0.050144264829830956", "USD", 5, 5)),
        ("focus_prompt_caching.csv", ("focus", "33.9", "USD", 4, 4)),
    ],
)
def test_published_samples_are_recognised_with_their_total(tmp_path, name, expected):
    assert facts(audit(tmp_path, FIXTURES / name)) == expected


# --- Microsoft Azure ---------------------------------------------------------------------------------------------------------


def test_an_amortized_export_says_that_its_costs_are_effective(tmp_path):
    billed = audit(tmp_path, FIXTURES / "azure_ea_amortized.csv")
    effective = audit(tmp_path / "second", FIXTURES / "azure_ea_amortized.csv", basis="effective")
    assert billed["total_text"] == effective["total_text"] == "4.595547230468"
    assert any("effective costs" in note for source in billed["sheets"] for note in source["notes"])
    assert billed["basis"] == effective["basis"] == "effective"
    assert any("what was invoiced is not in it" in question for question in billed["questions"])
    assert not any("invoiced" in question for question in effective["questions"])


def test_an_unused_reservation_alone_shows_an_amortized_export(tmp_path):
    """Documented header (Cost Management exports, EA and MCA)."""
    text = (
        "Date,SubscriptionId,MeterCategory,MeterId,ConsumedService,ChargeType,PricingModel,CostInBillingCurrency,BillingCurrency\n"
        "05/01/2026,s-1,Virtual Machines,m-1,Microsoft.Compute,UnusedReservation,Reservation,12.50,EUR\n"
        "05/01/2026,s-1,Storage,m-2,Microsoft.Storage,Usage,OnDemand,2.25,EUR\n"
    )
    assert facts(audit(tmp_path, text)) == ("azure_amortized", "14.75", "EUR", 2, 2)


def test_an_actual_export_with_reservation_rows_of_no_cost_stays_actual(tmp_path):
    """Documented header. In an actual export covered usage costs nothing and the purchase is a line."""
    text = (
        "Date,SubscriptionId,MeterCategory,MeterId,ConsumedService,ChargeType,PricingModel,CostInBillingCurrency,BillingCurrency\n"
        "05/01/2026,s-1,Virtual Machines,m-1,Microsoft.Compute,Usage,Reservation,0,EUR\n"
        "05/01/2026,s-1,Virtual Machines,m-1,Microsoft.Capacity,Purchase,Reservation,300.00,EUR\n"
        "05/01/2026,s-1,Storage,m-2,Microsoft.Storage,Refund,OnDemand,-2.25,EUR\n"
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("azure_cost", "297.75", "EUR", 3, 3)
    assert categories(result) == {"Usage": "0", "Purchase": "300", "Credit": "-2.25"}


# --- FOCUS -------------------------------------------------------------------------------------------------------------------


def test_focus_tokens_are_told_apart_by_their_kind(tmp_path):
    result = audit(tmp_path, FIXTURES / "focus_prompt_caching.csv")
    assert result["tokens"] == {"input": 500000, "cache_write": 2000000, "cached": 8000000, "output": 1500000}
    assert result["ai_total_text"] == "33.9"


FOCUS_AWS = (
    "{BilledCost},{EffectiveCost},{ListCost},{BillingCurrency},{ChargePeriodStart},{ChargePeriodEnd},{ChargeCategory},{ServiceName},"
    "{ProviderName},{RegionId},{SubAccountId},{x_ServiceCode},{x_UsageType},{x_CostCategories},{Tags}\n"
    '31.212,31.212,31.212,USD,2026-05-01T00:00:00Z,2026-05-01T01:00:00Z,Usage,Amazon Elastic Compute Cloud,AWS,us-east-1,1111,AmazonEC2,BoxUsage:p5.48xlarge,{},"{""env"":""prod"",""team"":""ml""}"\n'
    "-1.212,0,0,USD,2026-05-01T00:00:00Z,2026-06-01T00:00:00Z,Credit,Amazon Elastic Compute Cloud,AWS,us-east-1,1111,AmazonEC2,,{},\n"
    "0,5.5,6,USD,2026-05-01T00:00:00Z,2026-05-01T01:00:00Z,Usage,Amazon SageMaker,AWS,us-east-1,1111,AmazonSageMaker,ml.g5.xlarge,{},\n"
)


def _snake(name: str) -> str:
    out = "".join(("_" + c.lower()) if c.isupper() else c for c in name)
    return out.lstrip("_").replace("x__", "x_")


@pytest.mark.parametrize("spelling", [str, _snake, str.lower, str.upper], ids=["Pascal", "snake", "lower", "upper"])
def test_focus_is_recognised_in_every_spelling_of_its_columns(tmp_path, spelling):
    """Documented header: FOCUS with the x_ columns of AWS Data Exports; views in BigQuery and Athena write snake or lower case."""
    head, _, rows = FOCUS_AWS.partition("\n")
    text = ",".join(spelling(name) for name in head.replace("{", "").replace("}", "").split(",")) + "\n" + rows
    result = audit(tmp_path, text)
    assert facts(result) == ("focus", "30", "USD", 3, 3)
    assert audit(tmp_path / "second", text, basis="effective")["total_text"] == "36.712"
    assert categories(result)["Credit"] == "-1.212"
    assert services(result)["Amazon Elastic Compute Cloud"] == 30.0


# --- Amazon Web Services -----------------------------------------------------------------------------------------------------

CUR2_NAMES = "identity_line_item_id,bill_billing_period_start_date,line_item_usage_account_name,line_item_line_item_type,line_item_usage_start_date,line_item_usage_end_date,line_item_product_code,line_item_usage_type,line_item_resource_id,line_item_usage_amount,line_item_currency_code,line_item_unblended_cost,line_item_line_item_description,product,product_instance_type,product_region_code,product_servicecode,pricing_unit,pricing_term,pricing_public_on_demand_cost,reservation_effective_cost,savings_plan_savings_plan_effective_cost,resource_tags"
CUR2 = f"""{CUR2_NAMES}
a1,2026-05-01 00:00:00.000,ml-prod,Usage,2026-05-02 00:00:00.000,2026-05-02 01:00:00.000,AmazonEC2,BoxUsage:g5.xlarge,i-1,1,USD,1.006,"$1.006 per On Demand Linux g5.xlarge Instance Hour","{{""product_name"":""Amazon Elastic Compute Cloud""}}",g5.xlarge,us-east-1,AmazonEC2,Hrs,OnDemand,1.006,0,0,"{{""user_env"":""prod""}}"
a2,2026-05-01 00:00:00.000,ml-prod,SavingsPlanCoveredUsage,2026-05-02 00:00:00.000,2026-05-02 01:00:00.000,AmazonEC2,BoxUsage:p4d.24xlarge,i-2,1,USD,32.7726,"Linux p4d.24xlarge",,p4d.24xlarge,us-east-1,AmazonEC2,Hrs,OnDemand,32.7726,0,20.11,
a3,2026-05-01 00:00:00.000,ml-prod,SavingsPlanNegation,2026-05-02 00:00:00.000,2026-05-02 01:00:00.000,AmazonEC2,BoxUsage:p4d.24xlarge,i-2,1,USD,-32.7726,"SavingsPlanNegation",,p4d.24xlarge,us-east-1,AmazonEC2,,,,0,0,
a4,2026-05-01 00:00:00.000,ml-prod,EdpDiscount,2026-05-02 00:00:00.000,2026-05-02 01:00:00.000,AmazonEC2,BoxUsage:g5.xlarge,i-1,1,USD,-0.106,"Enterprise Discount",,g5.xlarge,us-east-1,AmazonEC2,,,,0,0,
a5,2026-05-01 00:00:00.000,ml-prod,Tax,2026-05-01 00:00:00.000,2026-06-01 00:00:00.000,AmazonEC2,,,1,USD,0.09,"Tax",,,us-east-1,AmazonEC2,,,,0,0,
a5,2026-05-01 00:00:00.000,ml-prod,Tax,2026-05-01 00:00:00.000,2026-06-01 00:00:00.000,AmazonEC2,,,1,USD,0.09,"Tax",,,us-east-1,AmazonEC2,,,,0,0,
"""


def test_cur_2_with_maps_and_snake_names(tmp_path):
    """Documented header (CUR 2.0 table dictionary): `product` and `resource_tags` are JSON maps; one line is delivered twice."""
    result = audit(tmp_path, CUR2)
    assert facts(result) == ("aws_cur", "0.99", "USD", 6, 5)
    assert [(e["reason"], e["rows"]) for e in result["exclusions"]] == [("duplicate line", 1)]
    assert categories(result) == {"Usage": "33.7786", "Adjustment": "-32.8786", "Tax": "0.09"}
    assert audit(tmp_path / "second", CUR2, basis="effective")["total_text"] == "21.1"


@pytest.mark.parametrize(
    ("text", "total", "names"),
    [
        (
            '"Service","EC2-Instances($)","Claude (Bedrock Edition)($)","Tax($)","Total costs($)"\n"Service total","30","6","3","39"\n"2026-06-01","10","2","1","13"\n"2026-06-02","20","4","2","26"\n',
            "39",
            {"EC2-Instances": 30.0, "Claude (Bedrock Edition)": 6.0, "Tax": 3.0},
        ),
        (
            '"Usage type","USE1-InvokeModel-InputTokens($)","USE1-BoxUsage:g5.xlarge($)","Total costs($)"\n"Usage type total","6.5","30","36.5"\n"2026-06-01","2.5","10","12.5"\n"2026-06-02","4","20","24"\n',
            "36.5",
            {"USE1-BoxUsage:g5.xlarge": 30.0, "USE1-InvokeModel-InputTokens": 6.5},
        ),
        (
            '"Region","us-east-1($)","global($)","Total costs($)"\n"Region total","60","20","80"\n"2026-05-01","25","","25"\n"2026-06-01","35","20","55"\n',
            "80",
            {"(not named)": 80.0},
        ),
        (
            '"Linked account","ml-prod (111122223333)($)","ml-dev (444455556666)($)","Total costs($)"\n"Linked account total","100","50","150"\n"2026-05-01","60","20","80"\n"2026-06-01","40","30","70"\n',
            "150",
            {"(not named)": 150.0},
        ),
    ],
    ids=["service-daily", "usage-type-daily", "region-monthly", "account-monthly"],
)
def test_cost_explorer_pivots_count_each_cell_once(tmp_path, text, total, names):
    """Documented form of the Cost Explorer download: one column per value, a total column and a total row."""
    result = audit(tmp_path, text)
    assert facts(result) == ("aws_cost_explorer", total, "USD", 3, 2)
    assert [(e["reason"], e["amount_text"]) for e in result["exclusions"]] == [("total or subtotal row", total)]
    assert services(result) == names


def test_a_transposed_cost_explorer_sheet_counts_neither_its_total_row_nor_column(tmp_path):
    text = (
        '"Service","Service total","2026-01-01","2026-02-01","2026-03-01"\n"EC2-Instances($)","30.5","10","10","10.5"\n'
        '"Claude (Bedrock Edition)($)","6","1","2","3"\n"Tax($)","3","1","1","1"\n"Total costs($)","39.5","12","13","14.5"\n'
    )
    result = audit(tmp_path, text)
    assert (result["total_text"], result["rows_read"], result["rows_counted"]) == ("39.5", 4, 3)
    assert (result["period"]["start"], result["period"]["end"]) == ("2026-01-01", "2026-03-31")


def test_the_legacy_monthly_report_counts_lines_and_no_totals(tmp_path):
    """Documented header (AWS Billing, monthly report)."""
    text = (
        '"InvoiceID","PayerAccountId","LinkedAccountId","RecordType","RecordID","BillingPeriodStartDate","BillingPeriodEndDate","LinkedAccountName","ProductCode","ProductName","UsageType","ItemDescription","UsageStartDate","UsageEndDate","UsageQuantity","CurrencyCode","CostBeforeTax","Credits","TaxAmount","TotalCost"\n'
        '"1","11","22","LinkedLineItem","r1","2026/05/01 00:00:00","2026/05/31 23:59:59","ml","AmazonEC2","Amazon Elastic Compute Cloud","BoxUsage:g5.xlarge","g5.xlarge hour","2026/05/01 00:00:00","2026/05/31 23:59:59","100","USD","100.60","-10.60","9.00","99.00"\n'
        '"1","11","22","LinkedLineItem","r2","2026/05/01 00:00:00","2026/05/31 23:59:59","ml","AmazonS3","Amazon Simple Storage Service","TimedStorage","storage","2026/05/01 00:00:00","2026/05/31 23:59:59","10","USD","1.00","0","0","1.00"\n'
        '"1","11","22","AccountTotal","r3","2026/05/01 00:00:00","2026/05/31 23:59:59","ml","","","","Total for linked account","","","","USD","101.60","-10.60","9.00","100.00"\n'
        '"1","11","","InvoiceTotal","r4","2026/05/01 00:00:00","2026/05/31 23:59:59","","","","","Total amount for invoice 1","","","","USD","101.60","-10.60","9.00","100.00"\n'
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("aws_monthly_report", "100", "USD", 4, 2)
    assert (result["exclusions"][0]["rows"], result["exclusions"][0]["amount_text"]) == (2, "200")


def test_the_detailed_billing_report_takes_unblended_cost_and_no_totals(tmp_path):
    """Documented header (AWS detailed billing report with resources and tags)."""
    text = (
        '"InvoiceID","PayerAccountId","LinkedAccountId","RecordType","RecordId","ProductName","RateId","UsageType","Operation","AvailabilityZone","ReservedInstance","ItemDescription","UsageStartDate","UsageEndDate","UsageQuantity","BlendedRate","BlendedCost","UnBlendedRate","UnBlendedCost","ResourceId","user:env"\n'
        '"E","11","22","LineItem","1","Amazon Elastic Compute Cloud","r","BoxUsage:p2.xlarge","RunInstances","us-east-1a","N","p2.xlarge","2016-12-01 00:00:00","2016-12-01 01:00:00","1","0.8","0.80","0.9","0.90","i-1","dev"\n'
        '"E","11","22","LineItem","2","Amazon Simple Storage Service","r","Requests","Put","","N","put","2016-12-01 00:00:00","2016-12-01 01:00:00","1","0.1","0.10","0.1","0.10","b","prod"\n'
        '"E","11","","InvoiceTotal","","","","","","","","Total amount for invoice E","","","","","1.00","","1.00","",""\n'
    )
    assert facts(audit(tmp_path, text)) == ("aws_detailed_billing", "1", "USD", 3, 2)


# --- Google Cloud ------------------------------------------------------------------------------------------------------------

GCP_ROWS = """018984-D0AAA4-940B88,6F81-5844-456A,Compute Engine,6B8F,N1 Predefined Core,2026-05-01 03:00:00+00:00,2026-05-01 04:00:00+00:00,ml-1,ml,"[{'key': 'env', 'value': 'prod'}]",us-central1,10.5,INR,83.2,1,hour,"[{'name': 'Sustained', 'amount': -2.5, 'full_name': None, 'id': 's', 'type': 'SUSTAINED_USAGE_DISCOUNT'}, {'name': 'Promo', 'amount': -1, 'id': 'p'}]",202605,regular,instance-1,//compute/instance-1
018984-D0AAA4-940B88,C7E2,Vertex AI,6B8G,Nvidia L4 GPU hours,2026-05-01 03:00:00+00:00,2026-05-01 04:00:00+00:00,ml-1,ml,[],us-central1,7,INR,83.2,1,hour,[],202605,regular,endpoint-1,//aiplatform/endpoint-1
018984-D0AAA4-940B88,T1,Invoice,T2,Tax,2026-05-01 00:00:00+00:00,2026-06-01 00:00:00+00:00,,,[],,2.52,INR,83.2,0,,[],202605,tax,,
018984-D0AAA4-940B88,T1,Invoice,T3,Rounding error,2026-05-01 00:00:00+00:00,2026-06-01 00:00:00+00:00,,,[],,-0.02,INR,83.2,0,,[],202605,rounding_error,,
"""
GCP_NAMES = "billing_account_id,service.id,service.description,sku.id,sku.description,usage_start_time,usage_end_time,project.id,project.name,labels,location.region,cost,currency,currency_conversion_rate,usage.amount,usage.unit,credits,invoice.month,cost_type,resource.name,resource.global_name"


@pytest.mark.parametrize("mark", [".", "_", "__"])
def test_the_detailed_gcp_export_nets_its_credits_in_every_spelling(tmp_path, mark):
    """Documented header (detailed usage export) as BigQuery writes it to CSV with dots, or a view with underscores."""
    result = audit(tmp_path, GCP_NAMES.replace(".", mark) + "\n" + GCP_ROWS)
    assert facts(result) == ("gcp_export", "16.5", "INR", 4, 4)
    assert categories(result) == {"Usage": "17.5", "Credit": "-3.5", "Tax": "2.52", "Adjustment": "-0.02"}
    assert services(result)["Vertex AI"] == 7.0


GCP_TABLE = """Invoice number,5400000001
Invoice date,2026-05-31
Billing account name,Example
Billing account ID,000000-000000-000000
Currency,USD
Currency exchange rate,
Total amount due,$95.01

Billing account name,Billing account ID,Project name,Project ID,Project hierarchy,Service description,Service ID,SKU description,SKU ID,Consumption model description,Credit type,Cost type,Usage start date,Usage end date,Usage amount,Usage unit,Unrounded Cost ($),Cost ($)
Example,000000-000000-000000,prod,prod-1,,BigQuery,S1,Analysis,K1,Default,,Usage,2026-05-01,2026-05-31,"1,000",count,60.004,60.00
Example,000000-000000-000000,prod,prod-1,,Vertex AI,S2,Gemini 2.5 Flash input,K2,Default,,Usage,2026-05-01,2026-05-31,10,count,40.004,40.00
Example,000000-000000-000000,dev,dev-1,,Cloud Run,S3,CPU,K3,Default,,Usage,2026-05-01,2026-05-31,5,hour,10.004,10.00
Example,000000-000000-000000,dev,dev-1,,Cloud Run,S3,CPU,K3,,SPENDING_BASED_DISCOUNT,Usage,2026-05-01,2026-05-31,,,-15.00,-15.00
,,,,,,,,,,,Rounding error,,,,,,0.01
,,,,,,,,,,,Total,,,,,95.012,95.01
"""


def test_the_gcp_cost_table_totals_to_its_own_total_row(tmp_path):
    """Documented header. The rounded column with its rounding line is the invoice; the unrounded one is not read."""
    result = audit(tmp_path, GCP_TABLE)
    assert facts(result) == ("gcp_cost_table", "95.01", "USD", 6, 5)
    assert [(e["reason"], e["amount_text"]) for e in result["exclusions"]] == [("total or subtotal row", "95.01")]
    assert result["checks"] == []
    assert categories(result)["Adjustment"] == "0.01"


def test_the_gcp_cost_table_in_another_currency(tmp_path):
    result = audit(tmp_path, GCP_TABLE.replace("($)", "(CHF)").replace("Currency,USD", "Currency,CHF").replace("$95.01", "CHF 95.01"))
    assert facts(result) == ("gcp_cost_table", "95.01", "CHF", 6, 5)


def test_the_gcp_console_report_takes_the_net_column(tmp_path):
    """Documented header (Billing reports, CSV): gross cost, discounts and promotions, then the subtotal that is paid."""
    text = (
        "Service description,Service ID,Cost (€),Discounts (€),Promotions and others (€),Subtotal (€),Percent change in subtotal\n"
        "Vertex AI,S1,100.00,-20.00,-5.00,75.00,12%\nCloud Storage,S2,10.00,0.00,0.00,10.00,-3%\nTotal,,110.00,-20.00,-5.00,85.00,\n"
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("gcp_report", "85", "EUR", 3, 2)


def cost_explorer(*groups, total=None, definitions=()):
    period = {"TimePeriod": {"Start": "2026-09-01", "End": "2026-10-01"}, "Total": total or {}, "Groups": list(groups), "Estimated": False}
    return json.dumps(
        {"GroupDefinitions": [dict(zip(("Type", "Key"), one, strict=True)) for one in definitions], "ResultsByTime": [period]}
    )


def costs(**amounts):
    return {metric: {"Amount": amount, "Unit": "CNY"} for metric, amount in amounts.items()}


def test_the_cost_explorer_api(tmp_path):
    """Documented answer of GetCostAndUsage: amounts as text, their currency in Unit, groups named by their definitions."""
    groups = (
        {"Keys": ["Amazon Bedrock", "env$prod"], "Metrics": costs(UnblendedCost="12.5", AmortizedCost="12.5")},
        {"Keys": ["Amazon Elastic Compute Cloud - Compute", "env$"], "Metrics": costs(UnblendedCost="100.25", AmortizedCost="90")},
    )
    (tmp_path / "ce.json").write_text(cost_explorer(*groups, definitions=(("DIMENSION", "SERVICE"), ("TAG", "env"))))
    result = audit(tmp_path, tmp_path / "ce.json")
    assert facts(result) == ("aws_cost_explorer", "112.75", "CNY", 2, 2)
    assert result["effective_total_text"] == "102.5"
    assert {e["name"]: e["cost"] for e in result["environments"]}["prod"] == 12.5
    assert (result["period"]["start"], result["period"]["end"]) == ("2026-09-01", "2026-09-30")


def test_the_cost_explorer_api_asked_for_amortized_cost_only(tmp_path):
    (tmp_path / "ce.json").write_text(cost_explorer(total=costs(AmortizedCost="12.5")))
    result = audit(tmp_path, tmp_path / "ce.json")
    assert facts(result) == ("aws_cost_explorer", "12.5", "CNY", 1, 1)
    assert result["basis"] == "effective"


@pytest.mark.parametrize("cost", ["Cost", "PreTaxCost"])
def test_an_answer_of_the_azure_query_api(tmp_path, cost):
    columns = [{"name": name} for name in (cost, "UsageDate", "ResourceGroup", "ServiceName", "Currency")]
    rows = [[12.5, 20261101, "rg-ml", "Azure Machine Learning", "EUR"], [2.25, 20261102, "rg-web", "Storage", "EUR"]]
    (tmp_path / "query.json").write_text(
        json.dumps({"type": "Microsoft.CostManagement/query", "properties": {"columns": columns, "rows": rows}})
    )
    result = audit(tmp_path, tmp_path / "query.json")
    assert facts(result) == ("azure_query", "14.75", "EUR", 2, 2)
    assert services(result) == {"Azure Machine Learning": 12.5, "Storage": 2.25}
    assert (result["period"]["start"], result["period"]["end"]) == ("2026-11-01", "2026-11-02")


# --- Oracle Cloud, Kubernetes, Snowflake -------------------------------------------------------------------------------------


def test_oci_overage_is_part_of_the_cost_and_never_added(tmp_path):
    """Documented header: `myCost` includes overage; a correction is a line of its own."""
    text = (
        "lineItem/referenceNo,lineItem/intervalUsageStart,lineItem/intervalUsageEnd,product/service,product/compartmentName,product/region,product/resourceId,usage/billedQuantity,usage/billedQuantityOverage,product/Description,cost/unitPrice,cost/unitPriceOverage,cost/myCost,cost/myCostOverage,cost/currencyCode,cost/overageFlag,lineItem/isCorrection,lineItem/backreferenceNo\n"
        "r1,2026-05-01T10:00Z,2026-05-01T11:00Z,COMPUTE,ml,us-ashburn-1,vm-1,1,1,BM.GPU.H100.8,80,80,80.00,80.00,EUR,Y,false,\n"
        "r2,2026-05-01T10:00Z,2026-05-01T11:00Z,COMPUTE,ml,us-ashburn-1,vm-1,-0.5,,BM.GPU.H100.8,80,,-40.00,,EUR,N,true,r1\n"
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("oci_cost", "40", "EUR", 2, 2)
    assert result["ai_total_text"] == "40"


@pytest.mark.parametrize(
    "head",
    [
        "Name,Window Start,Window End,CPU Cost,GPU Cost,RAM Cost,PV Cost,Network Cost,Shared Cost,Total Cost,Total Efficiency",
        "name,window.start,window.end,cpuCost,gpuCost,ramCost,pvCost,networkCost,sharedCost,totalCost,totalEfficiency",
    ],
    ids=["page", "api"],
)
def test_kubecost_sums_take_the_total_and_tell_the_gpu_share(tmp_path, head):
    """Header as the Kubecost page and API write it; every other money column is a part of the total."""
    text = (
        head
        + "\nml,2026-05-01T00:00:00Z,2026-05-02T00:00:00Z,2,30,1,0.5,0.25,1.25,35,0.4\n__idle__,2026-05-01T00:00:00Z,2026-05-02T00:00:00Z,3,0,2,0,0,0,5,0\n"
    )
    result = audit(tmp_path, text, currency="USD")
    assert facts(result) == ("opencost", "40", "USD", 2, 2)
    assert result["ai_total_text"] == "30"


def test_snowflake_usage_in_currency(tmp_path):
    """Documented header (ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY)."""
    text = (
        "ORGANIZATION_NAME,CONTRACT_NUMBER,ACCOUNT_NAME,ACCOUNT_LOCATOR,REGION,SERVICE_LEVEL,USAGE_DATE,USAGE_TYPE,CURRENCY,USAGE,USAGE_IN_CURRENCY,BALANCE_SOURCE,BILLING_TYPE,RATING_TYPE,SERVICE_TYPE,IS_ADJUSTMENT\n"
        "ACME,1,PROD,AB1,AWS_EU,Enterprise,2026-05-01,compute,EUR,10,39.00,capacity,consumption,compute,WAREHOUSE_METERING,FALSE\n"
        "ACME,1,PROD,AB1,AWS_EU,Enterprise,2026-05-01,ai services,EUR,2,7.80,capacity,consumption,compute,AI_SERVICES,FALSE\n"
    )
    assert facts(audit(tmp_path, text)) == ("snowflake_usage", "46.8", "EUR", 2, 2)
