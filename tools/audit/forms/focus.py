"""FOCUS 1.0 to 1.3 (finops.org): the open column names for cost and usage of any provider."""

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
            "service": ("ServiceName", "ServiceCategory"),
            "description": ("ChargeDescription", "SkuMeter", "SkuId"),
            "provider": ("ProviderName", "ServiceProviderName", "PublisherName", "InvoiceIssuerName"),
            "region": ("RegionId", "RegionName"),
            "account": ("SubAccountName", "SubAccountId", "BillingAccountName", "BillingAccountId"),
            "resource": ("ResourceName", "ResourceId"),
            "quantity": ("ConsumedQuantity", "PricingQuantity"),
            "unit": ("ConsumedUnit", "PricingUnit"),
            "pricing": ("PricingCategory", "CommitmentDiscountStatus"),
            "model": ("x_model", "x_ModelName"),
            "token_type": ("x_token_type",),
            "hardware": ("x_instance_type", "x_InstanceType", "x_SkuInstanceType", "InstanceType"),
            "utilization": ("x_utilization", "x_gpu_utilization"),
            "tags": ("Tags",),
        },
        tag_prefixes=("tags", "xtag"),
    ),
)
