"""What is said of a plan: headline, the largest actions, what was left out and why. Decides and computes nothing.

Sentences hold no figures of their own; they point to evidence by placeholder.
"""

from tools.contracts.plan import Verdict
from tools.contracts.tool import Statement
from tools.planning.decide import Decision
from tools.planning.render import Written


def statements(written: Written, decision: Decision) -> tuple[Statement, ...]:
    """Headline, the three largest actions, what was left out."""
    names, plan = written.by_name, written.plan
    notes = " ".join(decision.baseline.notes[:3])  # they qualify the baseline, so they stand where it is told
    active = [a for a in plan.actions if a.enabled]
    if not active:
        said = [
            Statement(
                text="No action can be counted on yet for a spend of {baseline}: open questions decide that. "
                "The Plan panel lists every technique with its reason."
                if any(entry.verdict is Verdict.NEEDS_DATA for entry in plan.ledger)
                else "No action pays back on a spend of {baseline}. The Plan panel lists every technique with its reason.",
                figures={"baseline": names["baseline"]},
            )
        ]
    else:
        said = [
            Statement(
                text="The plan saves {total} out of {baseline}, for {once} once.",
                figures={"total": names["total"], "baseline": names["baseline"], "once": names["once"]},
            )
        ]
    if notes:
        said = [one.model_copy(update={"text": f"{one.text} {{notes}}", "names": {"notes": notes}}) for one in said]
    for action in sorted(active, key=lambda a: (-a.incremental_saving.likely, a.id))[:3]:
        how = "Do it" if action.verdict is Verdict.DO else "Try it first and measure"
        said.append(
            Statement(
                text=f"{{title}} on {{workload}}: {{saving}}. {how}.",
                figures={"saving": names[f"saving {action.id}"]},
                names={"title": action.title, "workload": action.workload},
            )
        )
    out = [a.title for a in plan.actions if not a.enabled]
    if out:
        said.append(Statement(text="Left out because you said so: {titles}.", names={"titles": ", ".join(out)}))
    refused = [e.title for e in plan.ledger if e.verdict is Verdict.DO_NOT]
    if refused:
        said.append(
            Statement(
                text="Not recommended here, each with its reason in the Plan panel: {titles}.", names={"titles": ", ".join(refused[:4])}
            )
        )
    if not decision.proven:
        said.append(
            Statement(text="So many techniques overlap that the search for the best set was cut short; this is the best one found.")
        )
    return tuple(said)
