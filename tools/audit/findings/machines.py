"""What the rules about machines share: the table `machine` (lines of hourly billed accelerators) and what the fact base says of one.

Hours are stated machine hours only: units such as "GPU-hours", "vCPU-hours" or "100 hours" count something else, and a line
without a unit has unknown hours. Not a rule.
"""

from dataclasses import dataclass
from functools import lru_cache

from knowledge.catalog import find_accelerator, instances
from knowledge.schemas import Accelerator, Instance
from tools.audit.findings.rule import Given

#: Lines of accelerators and managed AI with the name of the machine and its hours (null = not stated).
_LINES = "kind in ('gpu', 'managed_ai') and category = 'Usage'"
MACHINE = Given(
    "machine",
    r"""
  select coalesce(nullif(resource, ''), nullif(workload, ''), hardware) as name, provider, service, description, usage_type, region, resource,
    hardware, model, environment, workload, pricing, utilization, day, day_end, cost, off_hours, rows, place, quantity, requests, input_tokens,
    output_tokens, case when regexp_full_match(trim(lower(unit)),
      '(1 |1/|per )?((instance|node|host|vm|machine|endpoint|compute|usage)[ -]?)?(hours?|hrs?\.?|h|stunden?|heures?|horas?|ore|uur|uren|godziny?|час|часы|часов|時間|小时)')
      then quantity
    when regexp_full_match(trim(lower(unit)), 'minutes?|mins?') then cast(quantity / 60 as decimal(38, 9))
    when regexp_full_match(trim(lower(unit)), 'seconds?|secs?|s') then cast(quantity / 3600 as decimal(38, 9)) end as hours
  from spend_by_name_and_day where """  # noqa: E501, S608
    + _LINES,
    by_name_and_day=_LINES,
)

#: Utilization at which a machine counts as full: low, likely and high target. Our assumption, the planner's default too.
TARGETS = (0.5, 0.6, 0.75)
TARGETS_WHY = "Assumed: a machine is full at half to three quarters of its time, so that peaks find room"


@dataclass(frozen=True)
class Held:
    """What the fact base knows about the hardware that a line names. Never a guess: None where it knows nothing."""

    instance: Instance | None
    accelerator: Accelerator | None


@lru_cache(maxsize=4096)
def held(hardware: str) -> Held:
    """The instance type and the accelerator behind a hardware text such as `ml.p3.2xlarge`, `Standard_ND96isr_H100_v5`, `NVIDIA L4`."""
    name = hardware.strip().lower().removeprefix("ml.").removeprefix("db.")
    machine = instances().find(name) if name else None
    if machine is not None:
        return Held(machine, find_accelerator(machine.accelerator))
    return Held(None, find_accelerator(name) if name else None)
