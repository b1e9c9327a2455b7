"""Oracle Cloud: the cost report in Oracle's own form (`cost/myCost`). Its FOCUS report is read by forms/focus.py.

`cost/myCost` includes overage, so `cost/myCostOverage` is never added (field dictionary of the OCI cost report, read 2026-11-22).
"""

from tools.audit.forms.form import Form

FORMS = (
    Form(
        id="oci_cost",
        title="Oracle Cloud cost report",
        needs=("cost/myCost", "product/service"),
        one_of=(("lineItem/intervalUsageStart", "lineItem/referenceNo"),),
        roles={
            "billed": ("cost/myCost",),
            "currency": ("cost/currencyCode",),
            "start": ("lineItem/intervalUsageStart",),
            "end": ("lineItem/intervalUsageEnd",),
            "service": ("product/service",),
            "description": ("product/Description", "product/resource", "cost/productSku"),
            "usage_type": ("product/resource", "cost/productSku"),
            "region": ("product/region", "product/availabilityDomain"),
            "account": ("product/compartmentName", "product/compartmentId", "lineItem/tenantId"),
            "resource": ("product/resourceId",),
            "quantity": ("usage/billedQuantity",),
            "unit": ("cost/skuUnitDescription", "cost/billingUnitReadable"),
            "identity": ("lineItem/referenceNo",),
        },
        provider="Oracle",
        tag_prefixes=("tags",),
    ),
)
