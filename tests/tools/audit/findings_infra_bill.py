"""Bills for the tests of the findings about machines, storage, network and time: FOCUS-shaped CSV, written line by line.

Not a test. A line states only what it is about; everything else is left empty, so that no rule can rest on a default.
"""

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult

COLUMNS = {
    "cost": "BilledCost",
    "effective": "EffectiveCost",
    "currency": "BillingCurrency",
    "category": "ChargeCategory",
    "start": "ChargePeriodStart",
    "end": "ChargePeriodEnd",
    "provider": "ProviderName",
    "service": "ServiceName",
    "description": "ChargeDescription",
    "region": "RegionId",
    "account": "SubAccountName",
    "resource": "ResourceId",
    "hardware": "x_instance_type",
    "quantity": "ConsumedQuantity",
    "unit": "ConsumedUnit",
    "pricing": "PricingCategory",
    "model": "x_model",
    "utilization": "x_gpu_utilization",
    "tags": "Tags",
    "usage_type": "x_usage",
    "status": "x_state",
    "requests": "x_calls",
    "input_tokens": "x_tokens_in",
    "output_tokens": "x_tokens_out",
}
MAPPING = "usagetype=x_usage,status=x_state,requests=x_calls,inputtokens=x_tokens_in,outputtokens=x_tokens_out"
FIRST = date(2026, 9, 1)  # a Tuesday; September has 30 days

Line = dict[str, Any]


def line(cost: str | Decimal | float, day: date | int = FIRST, **facts: Any) -> Line:
    """One row: `day` is a date or the number of days after the first of September; `hour` makes it an hour of that day."""
    when = day if isinstance(day, date) else FIRST + timedelta(days=day)
    hour, days = facts.pop("hour", None), facts.pop("days", 1)
    start = f"{when}T{hour or 0:02d}:00:00Z"
    end = f"{when + timedelta(days=days)}T00:00:00Z" if hour is None else f"{when}T{hour:02d}:59:59Z"
    tags = {name: facts.pop(name) for name in ("environment", "team", "workload") if name in facts}
    base = {"cost": str(cost), "effective": str(cost), "currency": "USD", "category": "Usage", "start": start, "end": end}
    return base | ({"tags": json.dumps(tags)} if tags else {}) | {name: str(value) for name, value in facts.items()}


def machine(cost: str | Decimal | float, hours: float, day: date | int = FIRST, **facts: Any) -> Line:
    """A row of hourly billed accelerators on demand, a g5.xlarge unless it says otherwise."""
    base: Line = {"service": "Amazon Elastic Compute Cloud", "provider": "AWS", "hardware": "g5.xlarge", "pricing": "Standard"}
    return line(cost, day, **(base | {"quantity": hours, "unit": "Hours"} | facts))


def month(cost_a_day: str, *, hours: float = 24, days: int = 30, **facts: Any) -> list[Line]:
    """The same machine on each day of September."""
    return [machine(cost_a_day, hours, at, **facts) for at in range(days)]


def frame(days: int = 30) -> list[Line]:
    """Two rows that set the period of the bill and concern no rule."""
    return [line("0.01", 0, service="Amazon Route 53"), line("0.01", days - 1, service="Amazon Route 53")]


def audit(lines: Sequence[Line], folder: Path) -> ToolResult:
    """Audits these rows."""
    path = folder / "bill.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS.values())
        writer.writerows([entry.get(name, "") for name in COLUMNS] for entry in lines)
    return run(AuditCosts(file=[str(path)], mapping=MAPPING), ToolContext(out_dir=folder / "out"))


def findings(lines: Iterable[Line], folder: Path, rule: str) -> list[dict[str, Any]]:
    """What one rule finds in these rows."""
    return [found for found in audit(list(lines), folder).result["findings"] if found["rule"] == rule]


def saving(found: dict[str, Any]) -> tuple[float, float, float] | None:
    """Low, likely and high, in cents precision."""
    given = found["saving"]
    return given and tuple(round(given[name], 2) for name in ("low", "likely", "high"))
