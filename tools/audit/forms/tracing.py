"""Traces of model calls: Langfuse exports of observations (generations) and of traces, from the page or to blob storage.

`totalCost` is the money; input and output cost are its parts. `inputUsage` and `promptTokens` include cached tokens; the object
`usageDetails` states every kind apart (Langfuse takes cached off input and reasoning off output when it stores them), so it is read only
where no column states whole counts. A trace repeats the sum of its observations: count one of the two exports.
"""

from tools.audit.forms.form import Form

_MONEY = ("totalCost", "calculatedTotalCost", "costDetails.total")
_WHOLE_INPUT = ("inputUsage", "promptTokens", "inputTokens", "usage.promptTokens", "usage.input", "usageInput")
_WHOLE_OUTPUT = ("outputUsage", "completionTokens", "outputTokens", "usage.completionTokens", "usage.output", "usageOutput")
_PARTS = {
    "cached_tokens": ("usageDetails.input_cached_tokens", "usageDetails.cache_read_input_tokens", "usageDetails.input_cache_read"),
    "cache_write_tokens": ("usageDetails.cache_creation_input_tokens", "usageDetails.input_cache_creation"),
    "reasoning_tokens": ("usageDetails.output_reasoning_tokens", "usageDetails.output_reasoning"),
}
_TOKENS = {"input_tokens": _WHOLE_INPUT, "output_tokens": _WHOLE_OUTPUT, **_PARTS}
_APART = {"input_tokens": ("usageDetails.input",), "output_tokens": ("usageDetails.output", *_PARTS["reasoning_tokens"]), **_PARTS}
_SIGNATURE = ((*_MONEY, "costDetails"), ("model", "providedModelName"), ("traceId", "startTime"))
_OBSERVATION = {
    "billed": _MONEY,
    "start": ("startTime", "timestamp"),
    "model": ("model", "providedModelName", "internalModelId"),
    "workload": ("traceName", "name"),
    "description": ("type",),
    "environment": ("environment", "traceEnvironment"),
    "status": ("level",),
    "identity": ("id",),
    "tags": ("traceTags", "tags"),
}

FORMS = (
    Form(
        id="langfuse_generations",
        title="Langfuse observations export",
        needs=(),
        one_of=(*_SIGNATURE, _WHOLE_INPUT),
        roles={**_TOKENS, **_OBSERVATION},
        currency="USD",
        kind="api_tokens",
        fixed={"service": "Langfuse trace"},
    ),
    Form(
        id="langfuse_generations",
        title="Langfuse observations export (details)",
        needs=(),
        one_of=(*_SIGNATURE, ("usageDetails", "usageDetails.input")),
        unless=_WHOLE_INPUT,
        roles={**_APART, **_OBSERVATION},
        currency="USD",
        kind="api_tokens",
        cached_apart=True,
        adds=("output_tokens",),
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
