"""OpenAI: usage exports of the platform page (completions, embeddings, images, audio ...), cost exports in both shapes.

Input tokens include the cached ones (`input_cached_tokens` is a part). Text, audio and image columns are parts of the totals, so they
are not read. The older cost export states `cost` in cents and, later, `cost_in_major` in dollars beside it, which is then the money.
"""

from tools.audit.forms.form import Form

_WHO = {"account": ("project_name", "project_id"), "workload": ("project_name",)}
_WHEN = {"start": ("start_time_iso", "start_time"), "end": ("end_time_iso", "end_time")}
_API = {"service": "OpenAI API"}

FORMS = (
    Form(
        id="openai_usage",
        title="OpenAI usage export",
        needs=("num_model_requests", "model"),
        one_of=(("input_tokens", "output_tokens", "images", "characters", "seconds"),),
        roles={
            **_WHEN,
            **_WHO,
            "model": ("model",),
            "requests": ("num_model_requests",),
            "input_tokens": ("input_tokens",),
            "cached_tokens": ("input_cached_tokens",),
            "output_tokens": ("output_tokens",),
            "quantity": ("images", "characters", "seconds"),
            "billed": ("amount_value", "cost", "cost_usd"),
            "pricing": ("service_tier",),
            "batch": ("batch",),
            "description": ("source", "size"),
        },
        provider="OpenAI",
        kind="api_tokens",
        usage_only=True,
        fixed=_API,
    ),
    Form(
        id="openai_usage",
        title="OpenAI usage export (older)",
        needs=("n_context_tokens_total", "n_generated_tokens_total"),
        roles={
            "start": ("timestamp", "aggregation_timestamp", "date"),
            **_WHO,
            "model": ("model", "snapshot_id"),
            "requests": ("n_requests", "num_requests"),
            "input_tokens": ("n_context_tokens_total",),
            "cached_tokens": ("n_cached_context_tokens_total",),
            "output_tokens": ("n_generated_tokens_total",),
            "description": ("operation",),
        },
        provider="OpenAI",
        kind="api_tokens",
        usage_only=True,
        fixed=_API,
    ),
    Form(
        id="openai_cost",
        title="OpenAI cost export",
        needs=("amount_value", "line_item"),
        roles={
            **_WHEN,
            **_WHO,
            "billed": ("amount_value",),
            "currency": ("amount_currency",),
            "description": ("line_item",),
            "model_line": ("line_item",),
            "quantity": ("quantity",),
            "unit": ("quantity_unit",),
        },
        provider="OpenAI",
        currency="USD",
        kind="api_tokens",
        fixed=_API,
    ),
    Form(
        id="openai_cost",
        title="OpenAI cost export (older)",
        needs=("cost_in_major", "name"),
        roles={
            **_WHO,
            "billed": ("cost_in_major",),
            "currency": ("currency",),
            "start": ("date", "timestamp"),
            "description": ("name",),
            "model_line": ("name",),
        },
        provider="OpenAI",
        currency="USD",
        kind="api_tokens",
        fixed=_API,
    ),
    Form(
        id="openai_cost",
        title="OpenAI cost export (older, in cents)",
        needs=("timestamp", "currency", "name", "cost", "organization_id"),
        unless=("cost_in_major",),
        roles={
            **_WHO,
            "billed": ("cost",),
            "start": ("date", "timestamp"),
            "currency": ("currency",),
            "description": ("name",),
            "model_line": ("name",),
        },
        provider="OpenAI",
        currency="USD",
        kind="api_tokens",
        minor_units=True,
        fixed=_API,
        note="this export states cost in cents; it was divided by 100",
    ),
)
