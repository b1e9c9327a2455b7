"""Google Cloud: BigQuery billing export (standard and detailed, dotted or underscored names), cost table and report of the console.

The cost table is read by its rounded `Cost`: with the row "Rounding error" it adds up to the table's own Total, to the cent, which the
unrounded column does not. The console's report states gross cost beside its discounts: there `Subtotal` is the money.
"""

from tools.audit.forms.form import Form

FORMS = (
    Form(
        id="gcp_export",
        title="Google Cloud billing export",
        needs=("cost", "service.description"),
        one_of=(("sku.description", "sku.id"), ("usage_start_time", "usage_end_time", "invoice.month")),
        roles={
            "billed": ("cost",),
            "list": ("cost_at_list",),
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
            "billed": ("Subtotal", "Cost", "Unrounded Cost"),
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
    Form(
        id="gcp_report",
        title="Google Cloud console report",
        needs=("Subtotal", "Cost"),
        one_of=(("Service description", "Project name", "Project ID"), ("Discounts", "Promotions and others", "Savings programs")),
        roles={
            "billed": ("Subtotal",),
            "service": ("Service description",),
            "description": ("SKU description",),
            "account": ("Project name", "Project ID"),
            "start": ("Month", "Date", "Day"),
            "record_type": ("Service description", "Project name", "Project ID", "SKU description"),
        },
        provider="Google Cloud",
    ),
)
