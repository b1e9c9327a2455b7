"""Microsoft Azure: actual and amortized cost exports (EA, MCA, v1 and v2, lower-case), usage details of older agreements."""

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
    "category": ("ChargeType",),
    "service": ("MeterCategory", "ConsumedService", "ServiceFamily"),
    "description": ("ProductName", "Product", "MeterName", "MeterSubCategory"),
    "region": ("ResourceLocation", "ResourceLocationNormalized", "MeterRegion"),
    "account": ("SubscriptionName", "SubscriptionId", "SubscriptionGuid", "SubscriptionNameId"),
    "resource": ("ResourceId", "InstanceId", "InstanceName", "ResourceName"),
    "quantity": ("Quantity", "UsageQuantity", "ConsumedQuantity"),
    "unit": ("UnitOfMeasure",),
    "pricing": ("PricingModel",),
    "tags": ("Tags",),
    "extra": ("AdditionalInfo", "AdditionalProperties"),
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
)
