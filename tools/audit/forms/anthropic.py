"""Anthropic Console: usage CSV (tokens by type, no money) and cost CSV (money by token type, no tokens).

Usage: input, cache reads and both cache writes are stated apart. Cost: `cost_usd` is what is charged; `list_price_usd` is before discounts.
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
)
