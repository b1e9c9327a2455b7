"""`tools`: what is registered, with argument schemas. Imports declarations only, never the work."""

from typing import Any

from app.cli.printing import as_json
from tools.contracts.tool import ToolSpec
from tools.registry import TOOLS


def _entry(spec: ToolSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "summary": spec.summary,
        "runs": spec.runs,
        "consent": spec.consent,
        "arguments": spec.args.model_json_schema(),
    }


def list_tools(json: bool) -> str:
    """The list as JSON or as text."""
    if json:
        return as_json({"tools": [_entry(spec) for spec in TOOLS]})
    blocks = []
    for spec in TOOLS:
        lines = [f"{spec.name}  {spec.summary}"]
        for name, field in spec.args.model_fields.items():
            default = "needed" if field.is_required() else f"default {field.get_default(call_default_factory=True)!r}"
            lines.append(f"    --{name.replace('_', '-'):<20} {field.description or ''} ({default})")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
