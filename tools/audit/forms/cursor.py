"""Cursor: the usage-events export of the dashboard, for one person or a team, and its sums by model.

The four token columns are stated apart and add up to `Total Tokens`. `Input (w/ Cache Write)` is what was written to the cache.
"""

from tools.audit.forms.form import Form

FORMS = (
    Form(
        id="cursor_usage",
        title="Cursor usage events",
        needs=("Model", "Cache Read", "Output Tokens"),
        one_of=(("Input (w/o Cache Write)", "Input (w/ Cache Write)"),),
        roles={
            "billed": ("Cost",),
            "start": ("Date",),
            "model": ("Model",),
            "input_tokens": ("Input (w/o Cache Write)",),
            "cache_write_tokens": ("Input (w/ Cache Write)",),
            "cached_tokens": ("Cache Read",),
            "output_tokens": ("Output Tokens",),
            "requests": ("Request Count",),
            "description": ("Kind",),
            "account": ("User",),
        },
        provider="Cursor",
        currency="USD",
        kind="api_tokens",
        usage_only=True,
        cached_apart=True,
        fixed={"service": "Cursor"},
    ),
)
