"""Anthropic: usage (tokens by type, no money) and cost (money by token type, no tokens), as CSV of the Console or JSON of the Admin API.

Usage: input, cache reads and both cache writes are stated apart. Cost: `cost_usd` is what is charged, `list_price_usd` is before
discounts. The Admin API states `amount` in cents (its reference, read 2026-11-22).
"""

from tools.audit.forms.form import Form

_API = {"service": "Anthropic API"}

FORMS = (
    Form(
        id="anthropic_usage",
        title="Anthropic usage export",
        needs=("model_version", "usage_input_tokens_no_cache", "usage_output_tokens"),
        roles={
            "start": ("usage_date_utc",),
            "model": ("model_version",),
            "input_tokens": ("usage_input_tokens_no_cache",),
            "cached_tokens": ("usage_input_tokens_cache_read",),
            "cache_write_tokens": ("usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h"),
            "output_tokens": ("usage_output_tokens",),
            "account": ("workspace",),
            "workload": ("api_key",),
            "pricing": ("usage_type",),
            "region": ("inference_geo",),
        },
        provider="Anthropic",
        kind="api_tokens",
        usage_only=True,
        cached_apart=True,
        fixed=_API,
    ),
    Form(
        id="anthropic_cost",
        title="Anthropic cost export",
        needs=("usage_date_utc", "cost_usd"),
        roles={
            "billed": ("cost_usd",),
            "list": ("list_price_usd",),
            "start": ("usage_date_utc",),
            "model": ("model", "model_version"),
            "description": ("token_type", "cost_type", "usage_type"),
            "usage_type": ("cost_type",),
            "account": ("workspace",),
            "workload": ("api_key",),
            "region": ("inference_geo",),
        },
        provider="Anthropic",
        currency="USD",
        kind="api_tokens",
        cached_apart=True,
        fixed=_API,
    ),
    Form(
        id="anthropic_usage",
        title="Anthropic usage report (Admin API)",
        needs=("uncached_input_tokens", "output_tokens"),
        one_of=(("starting_at", "cache_read_input_tokens", "model"),),
        roles={
            "start": ("starting_at",),
            "end": ("ending_at",),
            "model": ("model",),
            "input_tokens": ("uncached_input_tokens",),
            "cached_tokens": ("cache_read_input_tokens",),
            "cache_write_tokens": ("cache_creation.ephemeral_5m_input_tokens", "cache_creation.ephemeral_1h_input_tokens"),
            "output_tokens": ("output_tokens",),
            "account": ("workspace_id",),
            "workload": ("api_key_id",),
            "pricing": ("service_tier",),
            "region": ("inference_geo",),
        },
        provider="Anthropic",
        kind="api_tokens",
        usage_only=True,
        cached_apart=True,
        fixed=_API,
    ),
    Form(
        id="anthropic_cost",
        title="Anthropic cost report (Admin API)",
        needs=("amount", "cost_type", "token_type"),
        one_of=(("starting_at", "workspace_id"),),
        roles={
            "billed": ("amount",),
            "start": ("starting_at",),
            "end": ("ending_at",),
            "model": ("model",),
            "description": ("description", "token_type"),
            "usage_type": ("cost_type",),
            "account": ("workspace_id",),
            "pricing": ("service_tier",),
            "region": ("inference_geo",),
        },
        provider="Anthropic",
        currency="USD",
        minor_units=True,
        kind="api_tokens",
        cached_apart=True,
        fixed=_API,
        note="the Admin API states amounts in cents; they were divided by 100",
    ),
)
