"""Model gateways: OpenRouter activity (per call and per day), LiteLLM spend logs and daily spend tables.

The stated total is the money; its components (`cost_cache`, `prompt_caching_savings_spend`) are never added. Prompt tokens include
cached ones, completion tokens include reasoning.
"""

from tools.audit.forms.form import Form

FORMS = (
    Form(
        id="openrouter_activity",
        title="OpenRouter activity export",
        needs=("cost_total", "model_permaslug"),
        roles={
            "billed": ("cost_total",),
            "start": ("created_at",),
            "model": ("model_permaslug",),
            "provider": ("provider_name",),
            "description": ("variant",),
            "input_tokens": ("tokens_prompt",),
            "output_tokens": ("tokens_completion",),
            "cached_tokens": ("tokens_cached",),
            "reasoning_tokens": ("tokens_reasoning",),
            "account": ("api_key_name",),
            "workload": ("app_name",),
            "status": ("finish_reason_normalized", "finish_reason_raw"),
            "identity": ("generation_id",),
        },
        provider="OpenRouter",
        currency="USD",
        kind="api_tokens",
        fixed={"service": "OpenRouter"},
    ),
    Form(
        id="openrouter_daily",
        title="OpenRouter daily activity",
        needs=("usage", "requests", "model_permaslug"),
        one_of=(("prompt_tokens", "completion_tokens"),),
        roles={
            "billed": ("usage",),
            "start": ("date",),
            "model": ("model_permaslug", "model"),
            "provider": ("provider_name",),
            "requests": ("requests",),
            "input_tokens": ("prompt_tokens",),
            "output_tokens": ("completion_tokens",),
            "reasoning_tokens": ("reasoning_tokens",),
        },
        provider="OpenRouter",
        currency="USD",
        kind="api_tokens",
        fixed={"service": "OpenRouter"},
    ),
    Form(
        id="litellm_spend",
        title="LiteLLM spend log",
        needs=("spend", "model", "prompt_tokens"),
        roles={
            "billed": ("spend",),
            "start": ("startTime", "date"),
            "model": ("model", "model_group"),
            "provider": ("custom_llm_provider",),
            "input_tokens": ("prompt_tokens",),
            "output_tokens": ("completion_tokens",),
            "cached_tokens": (
                "cache_read_input_tokens",
                "metadata.usage_object.prompt_tokens_details.cached_tokens",
                "metadata.usage_object.cache_read_input_tokens",
                "metadata.additional_usage_values.cache_read_input_tokens",
            ),
            "cache_write_tokens": (
                "cache_creation_input_tokens",
                "metadata.usage_object.cache_creation_input_tokens",
                "metadata.additional_usage_values.cache_creation_input_tokens",
            ),
            "reasoning_tokens": ("metadata.usage_object.completion_tokens_details.reasoning_tokens",),
            "requests": ("api_requests",),
            "account": ("organization_id", "user", "user_id"),
            "team": ("team_alias", "metadata.user_api_key_team_alias", "metadata.team_alias", "team_id"),
            "workload": ("end_user", "end_user_id"),
            "description": ("call_type", "endpoint"),
            "status": ("status",),
            "identity": ("request_id",),
        },
        currency="USD",
        kind="api_tokens",
        fixed={"service": "LiteLLM gateway"},
    ),
)
