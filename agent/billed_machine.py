"""The machine of the audited bill that a message speaks of: "our biggest GPU line", with what it costs a month. Code only.

Reads the audited bills' lines and their records; sizes nothing (`sizing.py`) and reads no other words.
"""

import re
from decimal import Decimal

from knowledge.catalog import instances
from tools.contracts.evidence import Evidence
from tools.contracts.tool import Session, Statement

_BIGGEST = re.compile(
    r"(?i)\b(?:biggest|largest|dearest|main|top|most expensive|costliest)\b(?:[\w' -]{0,20})"
    r"\b(?:gpus?|accelerators?|instances?|machines?)\b(?:[\w' -]{0,12})\b(?:lines?|items?|rows?|costs?|spend|bills?|machines?|instances?)\b"
)
NOW = "On your bill it runs on {machine}, {cards} of {gpu} in each: {usd}."
UNPRICED = "On your bill it runs on {machine}, {cards} of {gpu} in each."
MISSING = "Whether that is the right GPU depends on the traffic: the requests of a month (or a second), which the bill does not count."


def machine_meant(text: str, session: Session) -> str:
    """The instance of the bill's largest accelerator line, where the words speak of it; "" where they do not, or no catalogue knows it."""
    if not _BIGGEST.search(text):
        return ""
    sums: dict[str, Decimal] = {}
    for bill in session.bills:
        for line in bill.lines:
            if line.x_kind == "gpu" and line.x_hardware:
                sums[line.x_hardware] = sums.get(line.x_hardware, Decimal(0)) + bill.cost_of(line)
    largest = max(sums, key=lambda name: sums[name], default="")
    return largest if instances().find(largest) is not None else ""


def what_runs_now(machine: str, session: Session) -> list[Statement]:
    """The machine with its accelerators, and its month as billed where the plan has it."""
    found = instances().find(machine)
    if found is None:
        return []
    names = {"machine": machine, "cards": f"{found.accelerator_count:g}", "gpu": found.accelerator}
    record = next((one for one in reversed(session.evidence) if _is_month_of(one, machine)), None)
    if record is None:
        return [Statement(text=UNPRICED, names=names)]
    return [Statement(text=NOW, figures={"usd": record.id}, names=names)]


def _is_month_of(record: Evidence, machine: str) -> bool:
    return record.claim.startswith("Monthly cost of ") and record.claim.endswith(f" / {machine}") and record.value is not None
