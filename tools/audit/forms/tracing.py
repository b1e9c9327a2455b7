"""Traces of model calls: Langfuse exports of observations (generations) and of traces, from the page or to blob storage.

`totalCost` is the money; input and output cost are its parts. `inputUsage` and `promptTokens` include cached tokens; a usage object in
one cell is read only where no column states the tokens. A trace repeats the sum of its observations: count one of the two exports.
"""

from tools.audit.forms.form import Form

_MONEY = ("totalCost", "calculatedTotalCost", "costDetails.total")
_TOKENS = {
    "input_tokens": ("inputUsage", "promptTokens", "inputTokens", "usage.promptTokens", "usage.input", "usageInput"),
    "output_tokens": ("outputUsage", "completionTokens", "outputTokens", "usage.completionTokens", "usage.output", "usageOutput"),
    "cached_tokens": ("usageDetails.input_cached_tokens", "usageDetails.cache_read_input_tokens"),
    "reasoning_tokens": ("usageDetails.output_reasoning_tokens",),
    "tokens_blob": ("usageDetails",),
}
_USE = (*_TOKENS["input_tokens"], "usageDetails", "usageDetails.input")

FORMS = (
    Form(
        id="langfuse_generations",
        title="Langfuse observations export",
        needs=(),
        one_of=(_MONEY, _USE, ("model", "providedModelName"), ("traceId", "startTime")),
        roles={
            **_TOKENS,
            "billed": _MONEY,
            "start": ("startTime", "timestamp"),
            "model": ("model", "providedModelName", "internalModelId"),
            "workload": ("traceName", "name"),
            "description": ("type",),
            "environment": ("environment", "traceEnvironment"),
            "status": ("level",),
            "identity": ("id",),
            "tags": ("traceTags", "tags"),
        },
        currency="USD",
        kind="api_tokens",
        fixed={"service": "Langfuse trace"},
    ),
    Form(
        id="langfuse_traces",
        title="Langfuse traces export",
        needs=("totalCost",),
        one_of=(
            ("observationCount", "sessionId"),
            ("inputTokens", "usage", "usage.promptTokens", "totalTokens"),
            ("timestamp", "createdAt"),
        ),
        roles={
            **_TOKENS,
            "billed": ("totalCost",),
            "start": ("timestamp", "createdAt"),
            "workload": ("name",),
            "environment": ("environment",),
            "status": ("level",),
            "identity": ("id",),
            "tags": ("tags",),
        },
        currency="USD",
        kind="api_tokens",
        fixed={"service": "Langfuse trace"},
    ),
)
