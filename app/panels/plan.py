"""The Plan panel: headline, actions, choices, downloads. Choices go back to the agent; no figure is made here."""

from dataclasses import dataclass

from app.render import pages
from app.wiring import House
from knowledge.errors import UserError
from tools.contracts.plan import Plan


@dataclass(frozen=True)
class PlanView:
    """What the panel shows."""

    html: str
    rest: str
    choices: tuple[tuple[str, str], ...] = ()  # (label, technique) of each action
    chosen: tuple[str, ...] = ()
    assumptions: tuple[tuple[str, str], ...] = ()  # (label, name)


def view(house: House, owner: str, conversation_id: str) -> PlanView:
    """The newest plan of a conversation."""
    plan = house.store.latest_plan(owner, conversation_id) if conversation_id else None
    if plan is None:
        return PlanView(pages.plan(None, ""), "")
    seen: dict[str, tuple[str, bool]] = {}
    for action in plan.actions:
        seen.setdefault(action.technique, (action.title, action.enabled))
    for technique in sorted(house.store.choices(owner, conversation_id).left_out - seen.keys()):
        title = next((entry.title for entry in plan.ledger if entry.technique == technique), technique)
        seen[technique] = (title, False)
    return PlanView(
        html=pages.plan(plan, conversation_id),
        rest=pages.plan_rest(plan),
        choices=tuple((title, technique) for technique, (title, _) in seen.items()),
        chosen=tuple(technique for technique, (_, enabled) in seen.items() if enabled),
        assumptions=tuple((_assumption(plan, one.name), one.name) for one in plan.assumptions),
    )


def _assumption(plan: Plan, name: str) -> str:
    one = next(item for item in plan.assumptions if item.name == name)
    return f"{one.title} ({one.unit})" if one.unit else one.title


def edited(
    house: House, owner: str, conversation_id: str, kept: list[str], name: str, value: float | None
) -> tuple[set[str], dict[str, float]]:
    """(techniques left out, assumptions) after a change. Raises UserError `assumption-value`."""
    shown = view(house, owner, conversation_id)
    before = house.store.choices(owner, conversation_id)
    left_out = {technique for _, technique in shown.choices} - set(kept)
    assumptions = dict(before.assumptions)
    if name and value is not None:
        if name not in {known for _, known in shown.assumptions}:
            raise UserError("assumption-value", "This plan has no such assumption.", "Choose one from the list.")
        if not 0 <= value < 1e15:
            raise UserError("assumption-value", f"{value:g} is outside what an assumption can be.", "Give a number from 0 upwards.")
        assumptions[name] = float(value)
    return left_out, assumptions
