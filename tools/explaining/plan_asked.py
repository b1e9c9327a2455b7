"""Answers questions about the plan: "why?", "what would move the needle most?". Reads the plan and its records; computes nothing."""

from collections.abc import Mapping
from string import ascii_lowercase

from tools.contracts.evidence import Evidence
from tools.contracts.plan import Plan, Verdict
from tools.contracts.tool import Statement, ToolResult

SAVING = "Saving after earlier actions"  # how the planner calls what an action saves in its plan
MOST_REASONS = 3
#: Which verdicts say most about a plan without actions: a missing fact first, then what was tried and refused.
_NEAREST = {Verdict.NEEDS_DATA: 0, Verdict.DO_NOT: 1, Verdict.TRY_FIRST: 2, Verdict.DO: 3}


def largest(topic: str, plan: Plan, by_id: Mapping[str, Evidence]) -> ToolResult:
    """The plan's largest action with what it saves and why, and the next ones; without an action, what stands against the nearest."""
    active = sorted((one for one in plan.actions if one.enabled), key=lambda one: (-one.incremental_saving.likely, one.id))
    records = [
        next((by_id[key] for key in one.evidence_ids if key in by_id and by_id[key].claim.startswith(SAVING)), None) for one in active
    ]
    shown = [(one, record) for one, record in zip(active, records, strict=True) if record is not None][:MOST_REASONS]
    if not shown:
        return why(topic, plan)
    (first, saving), others = shown[0], shown[1:]
    how = "do it" if first.verdict is Verdict.DO else "try it first and measure"
    said = [
        Statement(
            text="{title} on {workload} saves most: {saving}; {how}. {reason}",
            figures={"saving": saving.id},
            names={"title": first.title, "workload": first.workload, "how": how, "reason": first.reason},
        )
    ]
    if others:
        places = ascii_lowercase[: len(others)]
        text = "; ".join(f"{{title_{c}}} on {{workload_{c}}} {{saving_{c}}}" for c in places)
        names = {f"title_{c}": one.title for c, (one, _) in zip(places, others, strict=True)}
        names |= {f"workload_{c}": one.workload for c, (one, _) in zip(places, others, strict=True)}
        figures = {f"saving_{c}": record.id for c, (_, record) in zip(places, others, strict=True)}
        said.append(Statement(text=f"Next, each counted after the actions before it in the plan: {text}.", figures=figures, names=names))
    said.append(Statement(text="The Plan panel has every action with its steps, what it costs once and the way back."))
    return ToolResult(
        result={"kind": "first", "topic": topic, "action": first.id, "said": len(said)},
        evidence=tuple(record for _, record in shown),
        statements=tuple(said),
    )


def why(topic: str, plan: Plan) -> ToolResult:
    """Why the plan's largest action is in it; without an action, what stands against the nearest ones."""
    active = [action for action in plan.actions if action.enabled]
    if active:
        first = max(active, key=lambda action: action.incremental_saving.likely)  # the one that the chat names first
        said = [
            Statement(
                text="{title} on {workload}: {reason}", names={"title": first.title, "workload": first.workload, "reason": first.reason}
            )
        ]
    else:
        near = sorted(plan.ledger, key=lambda e: (_NEAREST.get(e.verdict, len(_NEAREST)), e.title))[:MOST_REASONS]
        said = [
            Statement(
                text="{title}: {verdict}. {reason}",
                names={"title": e.title, "verdict": e.verdict.value.replace("_", " "), "reason": e.reason},
            )
            for e in near
        ]
    said.append(Statement(text="Every technique stands with its reason in the Plan panel."))
    return ToolResult(result={"kind": "why", "topic": topic, "said": len(said)}, statements=tuple(said))
