"""Data platforms: Snowflake's organization usage in currency (one row per day, account and usage type).

Databricks `system.billing.usage` and Snowflake's metering tables hold units without money, so they are no bill and not listed here.
"""

from tools.audit.forms.form import Form

FORMS = (
    Form(
        id="snowflake_usage",
        title="Snowflake usage in currency",
        needs=("usage_in_currency", "usage_date"),
        one_of=(("usage_type", "service_type"), ("account_name", "account_locator", "organization_name")),
        roles={
            "billed": ("usage_in_currency",),
            "currency": ("currency",),
            "start": ("usage_date",),
            "service": ("service_type", "usage_type"),
            "description": ("usage_type",),
            "usage_type": ("usage_type",),
            "category": ("billing_type",),
            "region": ("region",),
            "account": ("account_name", "account_locator", "organization_name"),
            "quantity": ("usage",),
        },
        provider="Snowflake",
    ),
)
