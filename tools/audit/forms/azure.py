"""Microsoft Azure: actual and amortized cost exports (EA, MCA, v1 and v2, lower-case), usage details of older agreements.

Actual and amortized exports have the same header. Only an amortized one gives covered usage a price or lists unused commitments; its
cost is the effective cost, and what was invoiced is not in it.
"""

from tools.audit.forms.form import Form

_ROLES = {
    "billed": (
        "CostInBillingCurrency",
        "BillingCurrencyCost",
        "Cost",
        "PreTaxCost",
        "ExtendedCost",
        "CostInPricingCurrency",
        "CostUSD",
        "CostInUSD",
    ),
    "currency": ("BillingCurrencyCode", "BillingCurrency", "Currency", "CurrencyCode"),
    "start": ("Date", "UsageDateTime", "UsageDate", "UsageStart", "ServicePeriodStartDate"),
    "usage_type": ("MeterName", "MeterSubCategory"),
    "category": ("ChargeType",),
    "service": ("MeterCategory", "ServiceName", "ConsumedService", "ServiceFamily"),
    "description": ("ProductName", "Product", "MeterName", "MeterSubCategory"),
    "region": ("ResourceLocation", "ResourceLocationNormalized", "MeterRegion"),
    "account": ("SubscriptionName", "SubscriptionId", "SubscriptionGuid", "SubscriptionNameId"),
    "resource": ("ResourceId", "InstanceId", "InstanceName", "ResourceName"),
    "quantity": ("Quantity", "UsageQuantity", "ConsumedQuantity"),
    "unit": ("UnitOfMeasure",),
    "pricing": ("PricingModel",),
    "tags": ("Tags",),
    "hardware": ("AdditionalInfo.ServiceType", "AdditionalProperties.ServiceType"),
    "team": ("CostCenter",),
}

#: Answers of the query API: one cost column, its currency, and what was grouped by.
_QUERY_COST = ("Cost", "PreTaxCost", "CostUSD", "PreTaxCostUSD")
_GROUPED_BY = (
    "ResourceGroup",
    "ResourceGroupName",
    "ResourceId",
    "ResourceLocation",
    "MeterCategory",
    "ServiceFamily",
    "ChargeType",
    "SubscriptionId",
)
_QUERY = {
    **_ROLES,
    "billed": _QUERY_COST,
    "start": ("UsageDate", "BillingMonth"),
    "description": ("Product", "Meter", "MeterSubCategory", "ResourceType"),
    "resource": ("ResourceId", "Resource", "ResourceGroupName", "ResourceGroup"),
}

FORMS = (
    Form(
        id="azure_cost",
        title="Azure cost export",
        needs=(),
        one_of=(
            _ROLES["billed"],
            ("MeterCategory", "MeterId", "MeterName"),
            ("SubscriptionId", "SubscriptionGuid", "SubscriptionName", "InvoiceSectionId", "ResourceGroup"),
            ("ConsumedService", "ResourceId", "InstanceId", "ResourceLocation", "MeterSubCategory", "UnitOfMeasure"),
        ),
        roles=_ROLES,
        provider="Microsoft",
        date_order="mdy",
    ),
    Form(
        id="azure_query",
        title="Azure cost query",
        needs=(),
        one_of=(_QUERY_COST, ("Currency",), ("UsageDate", "BillingMonth"), _GROUPED_BY),
        roles=_QUERY,
        provider="Microsoft",
        date_order="mdy",
    ),
    Form(
        id="azure_query",
        title="Azure cost query",
        needs=(),
        one_of=(("PreTaxCost", "PreTaxCostUSD", "CostUSD"), ("Currency",), ("UsageDate", "BillingMonth", "ServiceName", *_GROUPED_BY)),
        roles=_QUERY,
        provider="Microsoft",
        date_order="mdy",
    ),
    Form(
        id="azure_amortized",
        title="Azure amortized cost export",
        needs=(),
        roles={"effective": _ROLES["billed"], **{role: names for role, names in _ROLES.items() if role != "billed"}},
        provider="Microsoft",
        date_order="mdy",
        variant_of="azure_cost",
        marks=(
            {"ChargeType": ("unusedreservation", "unusedsavingsplan")},
            {"ChargeType": ("usage",), "PricingModel": ("reservation", "savingsplan")},
        ),
    ),
)
