"""Amazon Web Services: Cost and Usage Report (legacy slash names and CUR 2.0), Cost Explorer download, legacy monthly report."""

from tools.audit.forms.form import Form

_CUR = {
    "billed": ("lineItem/UnblendedCost",),
    "currency": ("lineItem/CurrencyCode", "pricing/currency"),
    "start": ("lineItem/UsageStartDate", "bill/BillingPeriodStartDate"),
    "end": ("lineItem/UsageEndDate", "bill/BillingPeriodEndDate"),
    "category": ("lineItem/LineItemType",),
    "service": ("product/ProductName", "product/servicename", "lineItem/ProductCode", "product/servicecode"),
    "description": ("lineItem/LineItemDescription", "lineItem/UsageType", "lineItem/Operation"),
    "usage_type": ("lineItem/UsageType",),
    "region": ("product/regionCode", "product/region", "lineItem/AvailabilityZone"),
    "account": ("lineItem/UsageAccountName", "lineItem/UsageAccountId"),
    "resource": ("lineItem/ResourceId",),
    "quantity": ("lineItem/UsageAmount",),
    "unit": ("pricing/unit",),
    "hardware": ("product/instanceType",),
    "pricing": ("pricing/term",),
    "identity": ("identity/LineItemId",),
    "tags": ("resource_tags",),
    "product": ("product",),
}

FORMS = (
    Form(
        id="aws_cur",
        title="AWS Cost and Usage Report",
        needs=("lineItem/UnblendedCost",),
        one_of=(("lineItem/LineItemType", "lineItem/ProductCode"),),
        roles=_CUR,
        provider="AWS",
        currency="",
        tag_prefixes=("resourcetags", "costcategory"),
        effective_rule="aws_cur",
    ),
    Form(
        id="aws_cost_explorer",
        title="AWS Cost Explorer download",
        needs=("Total costs",),
        one_of=(
            (
                "Service", "Linked account", "Region", "Usage type", "Instance type", "Charge type", "Operation", "Availability Zone", "Purchase option", "Tag",
                "Usage type group", "Cost category", "Platform", "Resource", "API operation", "Tenancy", "Legal entity", "Billing entity", "Database engine",
            ),
        ),
        roles={},
        provider="AWS",
        pivot=True,
    ),
    Form(
        id="aws_monthly_report",
        title="AWS monthly billing report",
        needs=("InvoiceID", "RecordType", "TotalCost"),
        one_of=(("ProductName", "ProductCode"),),
        roles={
            "billed": ("TotalCost",),
            "currency": ("CurrencyCode",),
            "start": ("UsageStartDate", "BillingPeriodStartDate"),
            "end": ("UsageEndDate", "BillingPeriodEndDate"),
            "service": ("ProductName", "ProductCode"),
            "description": ("ItemDescription", "UsageType"),
            "usage_type": ("UsageType",),
            "account": ("LinkedAccountName", "LinkedAccountId"),
            "quantity": ("UsageQuantity",),
            "record_type": ("RecordType",),
            "category": ("RecordType",),
        },
        provider="AWS",
        ends_exclusive=False,
    ),
)  # fmt: skip
