"""Runs a light tool in this process, with the same error translation as a job. No limits, no progress record."""

import logging
from typing import Any

from knowledge.errors import FrugalError
from tools.contracts.tool import ToolContext, ToolResult, ToolSpec
from tools.jobs.failure import as_frugal

_log = logging.getLogger(__name__)


def run_inline(spec: ToolSpec, args: Any, context: ToolContext) -> ToolResult:
    """The tool's result. Raises FrugalError only; anything else a tool raises becomes `tool-crashed` and is logged."""
    try:
        result = spec.load()(args, context)
        if not isinstance(result, ToolResult):
            raise TypeError(f"{spec.name} returned {type(result).__name__}")
    except FrugalError:
        raise
    except Exception as error:
        _log.exception("tool %s failed", spec.name)
        raise as_frugal(error, spec.name) from error
    return result
