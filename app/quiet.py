"""Takes other libraries' switches out of the environment and sets ours, before any of them is imported.

The first thing a command does, so it imports nothing itself, pydantic included. Frugal's own settings are in settings.py.
"""

import os
from collections.abc import MutableMapping

#: Switches of other libraries that would open a door or a line out; ours replace them before any import.
_OURS = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    "DO_NOT_TRACK": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGGRAPH_STRICT_MSGPACK": "true",
    "TOKENIZERS_PARALLELISM": "false",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",  # else every installed package is searched for one at the first model
}


def quiet_libraries(environ: MutableMapping[str, str] | None = None) -> list[str]:
    """Removes every GRADIO_ variable, sets our switches; returns the removed names for a warning.

    Hub downloads are off (`HF_HUB_OFFLINE=1`) unless the person set HF_HUB_OFFLINE themselves.
    """
    env = os.environ if environ is None else environ
    removed = sorted(key for key in env if key.startswith("GRADIO_") and key != "GRADIO_ANALYTICS_ENABLED")
    for key in removed:
        del env[key]
    env.update(_OURS)
    env.setdefault("HF_HUB_OFFLINE", "1")
    return removed
