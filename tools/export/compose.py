"""Puts the report of a plan together: headline (the change), level, sections. Prints figures; computes none.

Figures go through `tools.contracts.figures` like chat and panels, so that they read the same everywhere.
"""

from tools.contracts.figures import range_text
from tools.contracts.plan import Plan
from tools.export.audit_part import AuditPart
from tools.export.evidence_order import Traced
from tools.export.report import Report
from tools.export.safe_text import plain
from tools.export.sections import all_sections


def headline(plan: Plan) -> str:
    """The change, in one sentence."""
    total, unit = plan.total, f"{plan.currency}/month"
    if not any(a.enabled for a in plan.actions):
        return "No action pays back here, so the plan changes nothing."
    once = range_text(total.one_time_cost, plan.currency)
    text = f"This plan saves {range_text(total.saving, unit)} for {once} once"
    if total.payback_months is None:
        return f"{text}; it does not pay back."
    return f"{text}; it has paid back after {range_text(total.payback_months, '')} months."


def level(plan: Plan) -> str:
    """Where the spend stands today."""
    unit = f"{plan.currency}/month"
    return (
        f"Everything in scope costs {range_text(plan.total.baseline_cost, unit)} today; techniques can act on "
        f"{range_text(plan.total.addressable_cost, unit)} of it. {plain(plan.baseline_basis)}"
    )


def report(plan: Plan, traced: Traced, audit: AuditPart | None = None) -> Report:
    """The whole report of a plan, with the audit that it rests on."""
    newest = max((record.created_at for record in traced.records.values()), default=None)
    return Report(
        title=plain(plan.title, 200),
        headline=headline(plan),
        level=level(plan),
        plan_id=plain(plan.id, 60),
        as_of="" if newest is None else newest.date().isoformat(),
        sections=tuple(s for s in all_sections(plan, traced, audit) if s is not None),
    )
