"""What the command line prints: errors, results and events as plain text. JSON goes to stdout, all remarks to stderr."""

import json
import sys
from typing import Any

from knowledge.errors import FrugalError
from tools.contracts.evidence import Evidence
from tools.contracts.figures import range_text
from tools.contracts.tool import ToolResult

#: Codes that mean "the command was written wrongly": exit 2. Everything else that fails: exit 1.
USAGE_CODES = frozenset(
    {
        *("unknown-tool", "argument-unknown", "argument-missing", "argument-invalid", "argument-without-name"),
        *("setting-unknown", "setting-invalid", "bind-needs-auth", "format-unknown", "model-choice-invalid", "ask-empty"),
    }
)


def say_error(problem: FrugalError) -> int:
    """Prints the error on stderr; returns the exit code."""
    remark(f"error[{problem.code}]: {problem.message}")
    if problem.hint:
        remark(f"  hint: {problem.hint}")
    return 2 if problem.code in USAGE_CODES else 1


def remark(text: str, end: str = "\n") -> None:
    """A line on stderr."""
    print(text, file=sys.stderr, end=end, flush=True)


def as_json(value: Any) -> str:
    """One line of JSON; refuses NaN, which is not JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)


def evidence_text(record: Evidence) -> str:
    """`claim: value [tier, source, date]`."""
    value = range_text(record.value, record.unit) if record.value is not None else "-"
    when = f", checked {record.source.checked_on}" if record.source.checked_on else ""
    when += ", old price" if record.has_old_price() else ""
    return f"{record.id}  {record.claim}: {value}  [{record.tier.value}; {record.source.ref}{when}]"


def result_text(outcome: ToolResult) -> str:
    """Sentences, result keys and evidence of a tool run, for reading."""
    from app.render.words import sentence

    known = {record.id: record for record in outcome.evidence}
    parts = [sentence(statement, known) for statement in outcome.statements]
    if parts:
        parts.append("")
    parts += [f"{key}: {_flat(value)}" for key, value in outcome.result.items()]
    if outcome.evidence:
        parts += ["", "Evidence:"] + [f"  {evidence_text(record)}" for record in outcome.evidence]
    return "\n".join(parts)


def _flat(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "".join(f"\n  - {', '.join(f'{k}={_flat(v)}' for k, v in item.items())}" for item in value)
    return "unknown" if value is None else value if isinstance(value, str) else as_json(value)
