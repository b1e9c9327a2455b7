"""Google Cloud: BigQuery billing export (standard and detailed, dotted or underscored names) and the console's cost table."""

from tools.audit.forms.form import Form

FORMS = (
    Form(
        id="gcp_export",
        title="Google Cloud billing export",
        needs=("cost", "service.description"),
        one_of=(("sku.description", "sku.id"), ("usage_start_time", "usage_end_time", "invoice.month")),
        roles={
            "billed": ("cost",),
            "credits": ("credits",),
            "currency": ("currency",),
            "start": ("usage_start_time", "invoice.month"),
            "end": ("usage_end_time",),
            "category": ("cost_type",),
            "service": ("service.description",),
            "description": ("sku.description",),
            "region": ("location.region", "location.location"),
            "account": ("project.name", "project.id"),
            "resource": ("resource.name", "resource.global_name"),
            "quantity": ("usage.amount_in_pricing_units", "usage.amount"),
            "unit": ("usage.pricing_unit", "usage.unit"),
            "tags": ("labels", "project.labels", "tags"),
        },
        provider="Google Cloud",
    ),
    Form(
        id="gcp_cost_table",
        title="Google Cloud cost table",
        needs=("Service description", "SKU description"),
        one_of=(("Cost", "Unrounded Cost", "Subtotal"), ("Cost type", "Usage amount", "Project ID")),
        roles={
            "billed": ("Cost", "Subtotal", "Unrounded Cost"),
            "start": ("Usage start date",),
            "end": ("Usage end date",),
            "category": ("Cost type",),
            "service": ("Service description",),
            "description": ("SKU description",),
            "account": ("Project name", "Project ID"),
            "quantity": ("Usage amount",),
            "unit": ("Usage unit",),
            "pricing": ("Consumption model description",),
        },
        provider="Google Cloud",
        ends_exclusive=False,
    ),
)
