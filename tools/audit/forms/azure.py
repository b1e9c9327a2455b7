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
        id="azure_amortized",
        title="Azure amortized cost export",
        needs=(),
        roles={**_ROLES, "effective": _ROLES["billed"]},
        provider="Microsoft",
        date_order="mdy",
        variant_of="azure_cost",
        marks=(
            {"ChargeType": ("unusedreservation", "unusedsavingsplan")},
            {"ChargeType": ("usage",), "PricingModel": ("reservation", "savingsplan")},
        ),
        note="amortized export: its costs are effective costs, with reservations and savings plans spread over the usage they cover; the invoiced amounts are not in it",  # noqa: E501
    ),
)
