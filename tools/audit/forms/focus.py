"""FOCUS 1.0 to 1.3 and its preview (finops.org): the open column names for cost and usage of any provider, any case.

Columns that begin with `x_` are the provider's own; the names here are those of AWS, Microsoft, Google Cloud and Oracle exports.
"""

from tools.audit.forms.form import Form

FORMS = (
    Form(
        id="focus",
        title="FOCUS cost and usage",
        needs=("BilledCost",),
        one_of=(
            ("EffectiveCost", "ListCost", "ContractedCost"),
            ("ChargePeriodStart", "BillingPeriodStart"),
            ("ChargeCategory", "ServiceName", "BillingCurrency"),
        ),
        roles={
            "billed": ("BilledCost",),
            "effective": ("EffectiveCost",),
            "list": ("ListCost",),
            "currency": ("BillingCurrency",),
            "start": ("ChargePeriodStart", "BillingPeriodStart"),
            "end": ("ChargePeriodEnd", "BillingPeriodEnd"),
            "category": ("ChargeCategory",),
            "service": ("ServiceName", "x_ServiceCode", "ServiceCategory"),
            "description": ("ChargeDescription", "SkuMeter", "x_SkuMeterName", "SkuId"),
            "usage_type": ("x_UsageType", "SkuMeter", "x_SkuMeterName", "x_SkuDescription"),
            "provider": ("ProviderName", "ServiceProviderName", "Provider", "PublisherName", "Publisher", "InvoiceIssuerName"),
            "region": ("RegionId", "RegionName", "Region"),
            "account": ("SubAccountName", "SubAccountId", "BillingAccountName", "BillingAccountId"),
            "resource": ("ResourceName", "ResourceId"),
            "quantity": ("ConsumedQuantity", "PricingQuantity"),
            "unit": ("ConsumedUnit", "PricingUnit"),
            "pricing": ("PricingCategory", "CommitmentDiscountStatus"),
            "model": ("x_model", "x_ModelName", "x_ModelId", "SkuPriceDetails.ModelId", "SkuPriceDetails.x_ModelId"),
            "token_type": ("x_token_type", "SkuPriceDetails.TokenType", "SkuPriceDetails.x_TokenType"),
            "team": ("x_CostCenter", "x_team"),
            "requests": ("x_requests",),
            "hardware": (
                "x_instance_type",
                "x_InstanceType",
                "x_SkuInstanceType",
                "InstanceType",
                "SkuPriceDetails.InstanceType",
                "x_SkuDetails.ServiceType",
            ),
            "utilization": ("x_utilization", "x_gpu_utilization"),
            "tags": ("Tags",),
        },
        tag_prefixes=("tags", "xtag"),
    ),
)
