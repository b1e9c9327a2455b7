"""The measuring child: a fresh process that holds one model and answers requests of its parent, one JSON line each.

Run as `python -m tools.measuring.child` by `child_process.Child` only. A request {"entry": "tools.x.y:function",
"args": {...}} calls function(state, **args); `state` is a dict that lives as long as the process. Replies go to the
real standard output, prints of libraries to standard error. Dies with its parent; never goes to the network.
"""

import ctypes
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from knowledge.errors import FrugalError, JobStopped, ToolError

_PR_SET_PDEATHSIG = 1
#: Set before any model library is imported: no network, no usage reports, no code conversion threads.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}


def die_with_parent() -> None:
    """Asks the kernel to kill this process when its parent ends (Linux), and quits if it has ended already."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def without_paths(text: str) -> str:
    """`text` with the folders of absolute paths cut away, short enough to show."""
    return re.sub(r"(?:/[^\s/'\":,]+)+/", "", text)[:300]


def _error(error: BaseException) -> dict[str, Any]:
    if isinstance(error, FrugalError):
        return error.as_dict()
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return JobStopped(
            "out-of-memory", "The measurement ran out of memory.", "Use a smaller batch or model, or a machine with more memory."
        ).as_dict()
    first = str(error).strip().splitlines()
    what = without_paths(first[0]) if first else ""
    return ToolError(
        "measuring-failed",
        f"The model library stopped with {type(error).__name__}: {what}",
        "Check that the model runs in transformers by itself.",
    ).as_dict()


def serve(send: Callable[[dict[str, Any]], None]) -> None:
    """Answers requests until standard input closes."""
    state: dict[str, Any] = {"progress": lambda phase, done, total: send({"progress": [phase, done, total]})}
    for line in sys.stdin:
        request = json.loads(line)
        module, _, name = request["entry"].partition(":")
        try:
            if not module.startswith("tools."):
                raise ToolError("measuring-failed", "The child was asked for something outside the tools.", "")
            send({"reply": getattr(import_module(module), name)(state, **request["args"])})
        except Exception as error:  # everything crosses the process border as data
            send({"error": _error(error)})


def main() -> None:
    """Process entry: keeps standard output for replies, then serves."""
    die_with_parent()
    os.environ.update(OFFLINE)
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # the libraries fall back to their silent stub
    # transformers would import scikit-learn, and pandas with it, for a way of decoding that is not used here: 1.5 s and 100 MB
    sys.modules["sklearn"] = None  # type: ignore[assignment]
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(message: dict[str, Any]) -> None:
        replies.write(json.dumps(message) + "\n")
        replies.flush()

    serve(send)


if __name__ == "__main__":
    main()
