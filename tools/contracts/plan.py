"""`Action`, `LedgerEntry` and `Plan`: what the planner decides and the exports print. No arithmetic here.

Money is in `currency` per month unless the name says one-time. Ranges are low / likely / high; the total's low and
high are P10 and P90 of seeded draws, its likely value is all likely effects together (so that rows add up to it).
An action touches named cost lines only; the ledger holds every technique card, used or not.
"""

from datetime import date
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.source import Tier
from tools.contracts.evidence import RangeField


class Verdict(StrEnum):
    """Always with a reason."""

    DO = "do"
    TRY_FIRST = "try_first"
    DO_NOT = "do_not"
    NOT_APPLICABLE = "not_applicable"
    NEEDS_DATA = "needs_data"


class Step(StrEnum):
    """Order of application; each action acts on what the earlier ones left."""

    STOP_WASTE = "stop_waste"
    FIX_USAGE = "fix_usage"
    RIGHT_SIZE_MODEL = "right_size_model"
    COMPRESS = "compress"
    RETRAIN = "retrain"
    MOVE = "move"
    COMMIT = "commit"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class LineEffect(_Frozen):
    """What an action does to one cost line: remaining cost = cost x factor, for the share of the line it reaches."""

    line_id: str
    kind: Literal["quantity_factor", "price_factor"]
    factor: RangeField  # 0.7 = costs 70 % of before; above 1 = dearer


class Action(_Frozen):
    """One technique applied to one workload."""

    id: str
    technique: str
    title: str
    workload: str
    step: Step
    verdict: Verdict
    reason: str
    effects: tuple[LineEffect, ...]
    effect_tier: Tier
    standalone_saving: RangeField  # per month, if it were the only action
    incremental_saving: RangeField  # per month, after the earlier actions
    one_time_cost: RangeField
    payback_months: RangeField | None  # None = does not pay back
    effort_days: RangeField
    skill: str
    quality_risk: str
    rollback: str
    verification: str
    steps: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()  # ids of competing actions that were not chosen because of this one
    evidence_ids: tuple[str, ...] = ()
    expires_when: str = ""
    enabled: bool = True  # false = the user left it out
    energy_saving_kwh: RangeField | None = None  # per month; None = not known
    carbon_saving_kg: RangeField | None = None
    owner: str = ""
    review_on: date | None = None


class LedgerEntry(_Frozen):
    """The disposition of one technique card for this customer."""

    technique: str
    title: str
    verdict: Verdict
    reason: str
    needs: tuple[str, ...] = ()  # workload fields or files that would settle it
    evidence_ids: tuple[str, ...] = ()


class Assumption(_Frozen):
    """An editable default that the plan rests on."""

    name: str
    title: str
    value: RangeField
    unit: str
    reason: str
    evidence_id: str


class PlanTotal(_Frozen):
    """Monthly saving of the enabled actions together: sub-additive; P10, likely, P90."""

    saving: RangeField
    one_time_cost: RangeField
    payback_months: RangeField | None
    addressable_cost: RangeField  # monthly cost the actions could touch
    baseline_cost: RangeField  # monthly cost of everything in scope


class Plan(_Frozen):
    """Everything the exports print."""

    id: str
    title: str
    currency: str
    baseline_basis: str  # how the monthly baseline was found, in words
    actions: tuple[Action, ...]
    total: PlanTotal
    ledger: tuple[LedgerEntry, ...]
    assumptions: tuple[Assumption, ...]
    workloads: tuple[dict[str, Any], ...] = ()  # the facts in use
    comparisons: tuple[
        dict[str, Any], ...
    ] = ()  # before/after runs of the same harness: {"title", "baseline", "candidate", "verdict", "reason"}
    lines: tuple[dict[str, Any], ...] = ()  # the addressed cost lines: {"id","name","monthly_cost","rows"}
    evidence_ids: tuple[str, ...] = ()
    open_questions: tuple[str, ...] = Field(default=())
