"""Real plans from the planner for the tests of the exports, and a hostile copy whose every text attacks the reader."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tools.contracts.plan import Plan
from tools.contracts.tool import Session, ToolContext, ToolResult
from tools.contracts.workload import Workload
from tools.export.tool import ExportPlan
from tools.export.work import run
from tools.planning.tool import MakePlan
from tools.planning.work import run as make_plan

CHAT = Workload(
    name="support chat", task="chatbot", model="gpt-4o", provider="OpenAI", requests_per_month=2e6, input_tokens=1500, output_tokens=300,
    cached_share=0.6, batch_tolerant=False, monthly_cost_usd=15000, quality_floor=0.9, latency_ms=1500,
)  # fmt: skip
SUMMARIES = Workload(
    name="summaries", task="summarization", model="Llama-3-70B", hardware="H100", gpu_count=8, framework="transformers", precision="fp32",
    utilization=0.3, hours_per_day=10, requests_per_day=50000, input_tokens=2000, output_tokens=200, monthly_cost_usd=41000,
    batch_tolerant=True, dataset_rows=5000, quality_floor=0.8,
)  # fmt: skip

NASTY = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> ![i](http://evil.example/p.png) [l](javascript:alert(3)) | `code` "
    "*b* _u_ ~~s~~ <!-- c --> &amp; &lt; # h $x$ #eval(1) \\n O'Brien's"
)
FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://evil.example","x")', "＝1+1")
UNICODE = "Müller & Söhne €5 ₹7 中文 naïve Ω → 😀 d'été"


def planned(*workloads: Workload, leave_out: tuple[str, ...] = (), sort: str = "step") -> Session:
    """A session with its plan, as after `make_plan`."""
    session = Session(workloads=workloads or (CHAT, SUMMARIES), left_out=frozenset(leave_out))
    done = make_plan(MakePlan(sort=sort), ToolContext(out_dir=Path("unused"), session=session))
    return replace(session, plan=done.plan, evidence=done.evidence)


def exported(session: Session, kind: str, out_dir: Path) -> tuple[ToolResult, Path]:
    """The result and the file's path."""
    done = run(ExportPlan(format=kind), ToolContext(out_dir=out_dir, session=session))
    return done, out_dir / done.artefacts[0].path


def renamed(session: Session, texts: tuple[str, ...]) -> Session:
    """The same plan with every free text replaced by hostile ones, in turn. Figures and ids stay."""
    plan = session.plan
    assert plan is not None
    turn = 0

    def bad() -> str:
        nonlocal turn
        turn += 1
        return texts[turn % len(texts)]

    def words(item: Any, *names: str) -> Any:
        return item.model_copy(update={name: bad() for name in names})

    actions = tuple(
        words(a, "title", "workload", "reason", "skill", "quality_risk", "rollback", "verification", "expires_when", "owner").model_copy(
            update={"steps": (bad(), bad())}
        )
        for a in plan.actions
    )
    hostile = Plan(
        **{
            **{name: getattr(plan, name) for name in Plan.model_fields},
            "title": bad(),
            "baseline_basis": bad(),
            "actions": actions,
            "ledger": tuple(words(e, "title", "reason") for e in plan.ledger),
            "assumptions": tuple(words(a, "title", "reason") for a in plan.assumptions),
            "workloads": tuple({**w, "name": bad(), "task": bad()} for w in plan.workloads),
            "lines": tuple({**line, "name": bad(), "workload": bad()} for line in plan.lines),
            "comparisons": (
                {
                    "title": bad(),
                    "baseline": {"p50_ms": 12.5, bad(): bad()},
                    "candidate": {"p50_ms": 9.5},
                    "verdict": "do",
                    "reason": bad(),
                },
            ),
            "open_questions": (bad(), bad()),
        }
    )
    evidence = tuple(words(e, "claim", "method", "reproduce").model_copy(update={"inputs": {bad(): bad()}}) for e in session.evidence)
    return replace(session, plan=hostile, evidence=evidence)
