"""The reading form: what a language model is asked about one message, and how its answer is checked.

The same form serves every backend: the message with its candidates marked inline goes in, a flat JSON object comes
out: an intent, a second intent or "none", and for each candidate the field it fills or "none". The JSON schema is
built per message, so constrained decoding cannot produce anything else; `parse` checks unconstrained backends.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.reading.candidates import Candidate, size_in_name

#: What people ask for. The first 19 are those of the labelled questions; the rest are moves inside a conversation.
REQUESTS = (
    "describe_workload",
    "ask_quantize",
    "ask_prune",
    "ask_distill",
    "ask_peft",
    "ask_hardware",
    "ask_model_choice",
    "ask_batching_serving",
    "ask_training_cost",
    "ask_api_bill",
    "ask_audit_file",
    "ask_estimate_cost",
    "ask_benchmark",
    "ask_profile",
    "ask_energy",
    "ask_explain_concept",
    "ask_export",
    "off_topic",
    "other",
)
MOVES = ("make_plan", "what_if", "leave_out", "put_back", "ask_origin", "correct", "answer", "consent_yes", "consent_no", "stop", "greet")
INTENTS = (*REQUESTS, *MOVES)
NONE = "none"
FIELDS = (
    "model",
    "task",
    "params_b",
    "provider",
    "hardware",
    "gpu_count",
    "region",
    "requests_per_day",
    "requests_per_month",
    "input_tokens",
    "output_tokens",
    "cached_share",
    "monthly_cost_usd",
    "latency_ms",
    "utilization",
    "hours_per_day",
    "quality_floor",
    "framework",
    "precision",
    "dataset_rows",
    "hourly_rate_usd",
    "technique",
    "file",
)


@dataclass(frozen=True)
class Reading:
    """One message as read: intents and the candidates assigned to fields, in reading order."""

    intent: str
    also: str = NONE
    assigned: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    found: tuple[Candidate, ...] = ()  # every candidate of the message, assigned or not

    def slots(self) -> dict[str, Any]:
        """Field -> value, or a list where several candidates fill it."""
        out: dict[str, Any] = {}
        for name, chosen in self.assigned.items():
            values = list(dict.fromkeys(int(c.value) if isinstance(c.value, float) and c.value.is_integer() else c.value for c in chosen))
            out[name] = values if len(values) > 1 else values[0]
        if "params_b" not in out:
            sizes = list(dict.fromkeys(s for c in self.assigned.get("model", ()) if (s := size_in_name(c.words)) is not None))
            if sizes:
                out["params_b"] = sizes[0] if len(sizes) == 1 else sizes
        return out


def marked(text: str, found: Sequence[Candidate]) -> str:
    """The message with each candidate in brackets: "we run [m1 llama 3 8b] on [n1 2] [h1 L4]"."""
    out, at = [], 0
    for one in found:
        out += [text[at : one.start], f"[{one.id} {one.words}]"]
        at = one.end
    return "".join([*out, text[at:]])


def schema(found: Sequence[Candidate]) -> dict[str, Any]:
    """JSON schema of the answer to this message."""
    properties: dict[str, Any] = {"intent": {"enum": list(INTENTS)}, "also": {"enum": [NONE, *INTENTS]}}
    for one in found:
        properties[one.id] = {"enum": [*one.fields, NONE]}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def answer_text(intent: str, also: str, roles: Mapping[str, str]) -> str:
    """The answer in its one canonical spelling (no blanks)."""
    return json.dumps({"intent": intent, "also": also, **roles}, separators=(",", ":"))


def parse(answer: str, found: Sequence[Candidate]) -> Reading:
    """Checks an answer against the schema of its message. Raises ValueError naming what is wrong."""
    data = json.loads(answer)
    if not isinstance(data, dict) or data.get("intent") not in INTENTS:
        raise ValueError("the answer names no known intent")
    also = data.get("also", NONE)
    if also not in (NONE, *INTENTS):
        raise ValueError("the answer names an unknown second intent")
    assigned: dict[str, tuple[Candidate, ...]] = {}
    by_id = {c.id: c for c in found}
    for key, role in data.items():
        if key in ("intent", "also"):
            continue
        if key not in by_id or role not in (*by_id[key].fields, NONE):
            raise ValueError(f"the answer assigns {key!r} to {role!r}, which the message does not allow")
        if role != NONE:
            assigned[role] = (*assigned.get(role, ()), by_id[key])
    return Reading(data["intent"], also, assigned, tuple(found))
