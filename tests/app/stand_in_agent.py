# ruff: noqa: E501
"""A stand-in for the agent in tests of the screen: plays fixed events against the real store. No language model, no tools."""

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import stand_in_audit

from agent.events import (
    ConsentAsked,
    End,
    Event,
    EvidenceAdded,
    FigureRef,
    PlanReady,
    Question,
    Status,
    Text,
    ToolFailed,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.plan import Action, Assumption, LedgerEntry, Plan, PlanTotal, Step, Verdict
from tools.contracts.tool import JobEstimate


def money(low: str, likely: str | None = None, high: str | None = None) -> Range:
    return Range(Decimal(low), Decimal(likely or low), Decimal(high or likely or low))


TOTAL = Evidence.record(
    tier=Tier.BILLED, claim="Billed total of the uploaded file", value=money("41234.56"), unit="USD", method="Sum of the cost column",
    source=SourceRef(ref="bill.csv rows 2-40"), inputs={"rows": 39},
)  # fmt: skip
SAVING = Evidence.record(
    tier=Tier.ESTIMATED, claim="Saving of prompt caching a month", value=money("3900", "6000", "7400"), unit="USD/month", parents=(TOTAL.id,),
    method="billed input cost x cached share x (1 - cached price factor)", source=SourceRef(ref="cost model of Frugal"),
)  # fmt: skip


def plan(left_out: set[str] = frozenset()) -> Plan:
    def action(technique: str, title: str, saving: Range, verdict: Verdict) -> Action:
        return Action(
            id=f"a-{technique}", technique=technique, title=title, workload="chatbot", step=Step.FIX_USAGE, verdict=verdict,
            reason="Half of the input repeats between requests.", effects=(), effect_tier=Tier.ESTIMATED, standalone_saving=saving,
            incremental_saving=saving, one_time_cost=money("1000", "2000", "4000"), payback_months=Range(0.2, 0.4, 1.0),
            effort_days=Range(1.0, 2.0, 4.0), skill="backend engineer", quality_risk="none", rollback="Switch the flag off.",
            verification="Compare cached tokens on next month's bill.", evidence_ids=(SAVING.id,), enabled=technique not in left_out,
        )  # fmt: skip

    return Plan(
        id=f"plan-{len(left_out)}", title="Plan", currency="USD", baseline_basis="From the uploaded bill.",
        actions=(
            action("prompt_caching", "Cache repeated prompts", money("3900", "6000", "7400"), Verdict.DO),
            action("quantization", "Serve the model in int8", money("-200", "2500", "4100"), Verdict.TRY_FIRST),
        ),
        total=PlanTotal(
            saving=money("3700", "8500", "11500") if not left_out else money("3900", "6000", "7400"), one_time_cost=money("2000", "4000", "8000"),
            payback_months=Range(0.2, 0.5, 1.2), addressable_cost=money("20000"), baseline_cost=money("41234.56"),
        ),
        ledger=(LedgerEntry(technique="pruning", title="Structured pruning", verdict=Verdict.NEEDS_DATA, reason="No labelled data.", needs=("data",)),),
        assumptions=(Assumption(name="engineer_day", title="Cost of an engineer's day", value=money("800"), unit="USD", reason="Default", evidence_id=SAVING.id),),
    )  # fmt: skip


class StandInAgent:
    backend_label = "scripted (tests)"

    def __init__(self, store, jobs=None, model=None, data_dir: Path | None = None) -> None:
        self.store, self.stopped = store, set()

    def warm_up(self) -> None:
        """Nothing to load."""

    def busy(self, owner: str, conversation_id: str) -> bool:
        return False

    def stop(self, owner: str, conversation_id: str) -> None:
        self.stopped.add(conversation_id)

    def turn(self, owner: str, conversation_id: str, text: str, upload_ids: tuple[str, ...] = ()) -> Iterator[Event]:
        self.store.append_message(owner, conversation_id, "user", {"text": text, "upload_ids": list(upload_ids)})
        yield from self._play(owner, conversation_id, self._events(owner, conversation_id, text, upload_ids))

    def consent(self, owner: str, conversation_id: str, request_id: str, granted: bool) -> Iterator[Event]:
        def events() -> Iterator[Event]:
            if not granted:
                yield Text(text="All right, nothing was run.")
                return
            yield ToolStarted(call_id="c2", tool="benchmark_model", subject="brain", args={"model": "brain"})
            for step in range(1, 5):
                time.sleep(0.3)
                yield ToolProgress(call_id="c2", phase="measuring", done=step, total=4, eta_s=4 - step)
            yield ToolFinished(call_id="c2", tool="benchmark_model", seconds=1.2, summary="Measured", result={"p50_ms": 3.1})

        yield from self._play(owner, conversation_id, events())

    def set_choices(self, owner: str, conversation_id: str, left_out: set[str], assumptions: dict[str, float]) -> Iterator[Event]:
        self.store.save_choices(owner, conversation_id, left_out, assumptions)
        self.store.record_plan(owner, conversation_id, plan(left_out))
        yield from self._play(owner, conversation_id, iter([PlanReady(plan=plan(left_out))]))

    def _play(self, owner: str, conversation_id: str, events: Iterator[Event]) -> Iterator[Event]:
        kept, stopped = [], False
        for event in events:
            if conversation_id in self.stopped:
                self.stopped.discard(conversation_id)
                stopped = True
                break
            if not isinstance(event, Status | ToolProgress):
                kept.append(event.model_dump(mode="json"))
            yield event
        end = End(backend=self.backend_label, seconds=0.1, stopped=stopped)
        self.store.append_message(owner, conversation_id, "assistant", {"events": [*kept, end.model_dump(mode="json")]})
        yield end

    def record_audit(self, owner: str, conversation_id: str, name: str) -> None:
        """The finished job that an audit leaves in the store."""
        job, done = self.store.create_job(owner, conversation_id, "audit_costs", {"file": [name], "mapping": ""}), stand_in_audit.finished()
        self.store.mark_running(job.id)
        self.store.finish_job(job.id, done.model_dump(mode="json"), done.evidence)

    def _events(self, owner: str, conversation_id: str, text: str, upload_ids: tuple[str, ...]) -> Iterator[Event]:
        yield Status(text="Reading your message")
        if "slow" in text:
            for step in range(60):
                time.sleep(0.25)
                yield Status(text=f"Working, step {step}")
        if upload_ids:
            name = self.store.upload(owner, upload_ids[0]).name
            yield ToolStarted(call_id="c1", tool="audit_costs", subject=name, args={"file": [name], "basis": "billed"})
            time.sleep(0.5)
            self.store.record_evidence(owner, conversation_id, [TOTAL])
            self.record_audit(owner, conversation_id, name)
            yield ToolFinished(
                call_id="c1",
                tool="audit_costs",
                seconds=0.5,
                summary="Read 39 rows",
                result={"total": 41234.56, "rows_read": 39},
                evidence_ids=(TOTAL.id,),
            )
            yield EvidenceAdded(evidence=(TOTAL,))
            yield Text(text="The bill adds up to **$41,234.56**.", figures=(FigureRef(shown="$41,234.56", evidence_id=TOTAL.id),))
        elif "benchmark" in text.lower():
            yield ConsentAsked(
                request_id="r1", tool="benchmark_model", subject="brain", args={"model": "brain"},
                estimate=JobEstimate(seconds=75, disk_mib=40, memory_mib=900, touches=("the bundled model, read only",), basis="Measured on this machine before."),
            )  # fmt: skip
        elif "plan" in text:
            self.store.record_evidence(owner, conversation_id, [TOTAL, SAVING])
            self.store.record_plan(owner, conversation_id, plan())
            yield PlanReady(plan=plan())
        elif "fail" in text:
            yield ToolStarted(call_id="c3", tool="profile_model", subject="/models/gone")
            error = {
                "family": "user",
                "code": "model-not-found",
                "message": "There is no folder gone.",
                "hint": "Check the name.",
                "details": {},
            }
            yield ToolFailed(call_id="c3", tool="profile_model", seconds=0.1, error=error)
        else:
            yield Text(text=f"You said: {text}")
            yield Question(
                field="requests_per_month",
                text="How many requests a month?",
                options=("100,000", "1 million"),
                why="It sets the size of everything.",
            )
