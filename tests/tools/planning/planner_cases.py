"""Sessions that the planner's tests share: a GPU fleet, an API bill, a training job. Figures are invented for tests."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.contracts.cost_line import Bill, CostLine
from tools.contracts.evidence import Evidence
from tools.contracts.tool import Session, ToolContext, ToolResult
from tools.contracts.workload import Workload
from tools.planning.tool import MakePlan
from tools.planning.work import run


def fleet(**changes: Any) -> Workload:
    """Eight half-idle H100s that serve a 70B chat model."""
    facts: dict[str, Any] = dict(
        name="support chat",
        task="chatbot",
        model="Llama-3.1-70B",
        params_b=70,
        provider="AWS",
        hardware="H100",
        gpu_count=8,
        requests_per_day=50_000,
        input_tokens=1200,
        output_tokens=300,
        monthly_cost_usd=41_000,
        framework="vLLM",
        precision="bf16",
    )
    return Workload(**{**facts, **changes})


def api(**changes: Any) -> Workload:
    """A classification workload behind a large API model."""
    facts: dict[str, Any] = dict(
        name="tickets",
        task="classification",
        model="gpt-4o",
        provider="OpenAI",
        requests_per_month=900_000,
        input_tokens=1500,
        output_tokens=200,
        monthly_cost_usd=6000,
        cached_share=0.6,
        batch_tolerant=True,
    )
    return Workload(**{**facts, **changes})


def plan_of(
    *workloads: Workload,
    tmp: Path = Path("."),
    sort: str = "step",
    leave_out: tuple[str, ...] = (),
    bills: tuple[Bill, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    **assumptions: float,
) -> ToolResult:
    session = Session(workloads=workloads, bills=bills, evidence=evidence, assumptions=assumptions)
    return run(MakePlan(sort=sort, leave_out=list(leave_out)), ToolContext(out_dir=tmp, session=session))  # type: ignore[arg-type]


def verdict(result: ToolResult, technique: str) -> tuple[str, str]:
    entry = next(e for e in result.plan.ledger if e.technique == technique)  # type: ignore[union-attr]
    return entry.verdict.value, entry.reason


def chosen(result: ToolResult) -> set[str]:
    return {a.technique for a in result.plan.actions if a.enabled}  # type: ignore[union-attr]


def bill(*lines: CostLine, days: int | None = 30, currency: str = "USD", name: str = "bill.csv", end: str = "2026-10-31") -> Bill:
    total = sum((line.EffectiveCost for line in lines), Decimal(0))
    return Bill(id=f"bill-{name}", files=(name,), currency=currency, basis="effective", total=total, days=days, period_end=end, lines=lines)


def cost_line(name: str, cost: str, kind: str, **more: Any) -> CostLine:
    amount = Decimal(cost)
    return CostLine(
        id=name,
        BilledCost=amount,
        EffectiveCost=amount,
        BillingCurrency=more.pop("currency", "USD"),
        ServiceName=name,
        x_kind=kind,
        x_rows=(f"bill.csv||{len(name)}",),
        x_row_count=1,
        **more,
    )
