"""`run TOOL`: one tool without the language model. The command itself is the consent; the estimate goes to stderr.

Ctrl-C cancels the job by its id and waits for its end. Worker tools run as jobs, light ones in this process; both leave
their evidence in the store when a session is named.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.cli.arguments import parse, split_options
from app.cli.printing import as_json, remark, result_text
from app.render.words import duration_text, size_text
from app.settings import Settings, process_environment
from app.wiring import BRAIN_DIR, House, build, prepare_data_dir
from knowledge.errors import FrugalError, JobStopped, ToolError
from tools.contracts.tool import Arguments, Session, ToolContext, ToolResult, ToolSpec
from tools.jobs.failure import as_frugal
from tools.jobs.inline import run_inline
from tools.jobs.launch import Spawned, Waiting, launch
from tools.registry import tool as find_tool
from tools.store.records import JobRecord, new_id

OWNER = "local"


def run_tool(
    settings: Settings, name: str, words: Sequence[str], session_id: str | None, json: bool, spawned: Spawned | None = None
) -> None:
    """Runs and prints, in the worker that was started for it where there is one. Raises FrugalError."""
    spec = find_tool(name)
    pairs = split_options(words)
    files = [pair for pair in pairs if spec.name in {"make_plan", "export_plan"} and pair[0] in {"workload", "bill"}]
    args = parse(spec, [pair for pair in pairs if pair not in files])
    with _early_worker(settings, spec, args, spawned) as waiting:
        house = build(settings)
        try:
            session = _known(house, session_id, spec)
            if files:
                session = _session_from_files(house, files, spec)
            outcome = execute(house, spec, args, session, session_id, waiting)
            if session_id and (spec.runs == "inline" or args.needs_network):
                keep(house, session_id, outcome)
        finally:
            house.close()
    if json:
        print(
            as_json(
                {"tool": spec.name, "result": outcome.result, "evidence": [record.model_dump(mode="json") for record in outcome.evidence]}
            )
        )
    else:
        print(result_text(outcome))


@contextmanager
def _early_worker(settings: Settings, spec: ToolSpec, args: Arguments, spawned: Spawned | None) -> Iterator[Waiting | None]:
    """The tool's worker, importing what it needs while this process opens the store; None for a tool that runs in this process."""
    if spec.runs == "inline" or args.needs_network:
        if spawned is not None:
            spawned.end()
        yield None
        return
    folder = prepare_data_dir(settings.data_dir) / "jobs" / new_id("job")
    try:
        waiting = launch(spec, folder, process_environment(), spawned=spawned)
    except OSError as problem:
        raise as_frugal(problem, spec.name) from None
    try:
        yield waiting
    finally:
        waiting.dismiss()


def _known(house: House, session_id: str | None, spec: ToolSpec) -> Session:
    """What the conversation knows; an export is told what of it is superseded."""
    if session_id is None or spec.name != "export_plan":
        return house.store.session(OWNER, session_id) if session_id else Session(own_prices=house.store.own_prices)
    from agent.audited import session_to_export  # reads messages; other commands start without it

    return session_to_export(house.store, OWNER, session_id)


def _session_from_files(house: House, files: Sequence[tuple[str, str]], spec: ToolSpec) -> Session:
    from app.cli.planning import plan_session

    workloads = [Path(value) for name, value in files if name == "workload"]
    session = plan_session(house, workloads, [Path(value) for name, value in files if name == "bill"])
    if spec.name == "make_plan":
        return session
    from dataclasses import replace

    made = execute(house, find_tool("make_plan"), find_tool("make_plan").args(), session)
    return replace(session, plan=made.plan, evidence=(*session.evidence, *made.evidence))


def keep(house: House, session_id: str, outcome: ToolResult) -> None:
    """Adds what a light tool found to the session."""
    house.store.record_evidence(OWNER, session_id, outcome.evidence)
    if outcome.bill is not None:
        house.store.record_bill(OWNER, session_id, outcome.bill)
    if outcome.plan is not None:
        house.store.record_plan(OWNER, session_id, outcome.plan)


def execute(
    house: House, spec: ToolSpec, args: Arguments, session: Session, session_id: str | None = None, waiting: Waiting | None = None
) -> ToolResult:
    """Runs a tool to its end, in the worker that waits for it where there is one. Raises the FrugalError it failed with."""
    out_dir = house.data_dir / "runs" / secrets.token_hex(8)
    out_dir.mkdir(parents=True)
    if spec.runs == "inline":
        return run_inline(spec, args, ToolContext(out_dir=out_dir, session=session, brain_dir=BRAIN_DIR))
    if spec.consent == "always":
        _say_estimate(spec, args, session, out_dir)
    try:
        if args.needs_network:  # this very command is the consent: it runs here, as the person who typed it, never as a job
            context = ToolContext(out_dir=out_dir, session=session, progress=_say_phase, brain_dir=BRAIN_DIR, network=True)
            return run_inline(spec, args, context)
        if session_id is None:
            return house.jobs.run_once(OWNER, spec, args, out_dir, session, _Progress().show, waiting)
        return _in_session(house, spec, args, session_id, waiting)
    except KeyboardInterrupt:
        raise JobStopped("job-cancelled", f"{spec.name} was stopped.", "Run the command again to start over.") from None


def _say_phase(phase: str, done: float, _total: float) -> None:
    if not done:
        remark(f"  {phase}")


class _Progress:
    """Prints each new phase and share once."""

    def __init__(self) -> None:
        self.shown = ""

    def show(self, record: JobRecord) -> None:
        share = f" {record.done:g}/{record.total:g}" if record.total else ""
        left = f", about {duration_text(record.eta_s)} left" if record.eta_s else ""
        line = f"{record.phase}{share}{left}"
        if record.phase and line != self.shown:
            remark(f"  {line}")
            self.shown = line


def _in_session(house: House, spec: ToolSpec, args: Arguments, session_id: str, waiting: Waiting | None) -> ToolResult:
    """As a job of the conversation, so that its evidence, bill and plan belong to it."""
    job = house.jobs.start(OWNER, session_id, spec, args, waiting=waiting)
    progress = _Progress()
    try:
        for record in house.jobs.watch(OWNER, job.id):
            progress.show(record)
    except KeyboardInterrupt:
        house.jobs.cancel(OWNER, job.id)
        raise
    ended = house.jobs.job(OWNER, job.id)
    if ended.tool_result is None:
        raise FrugalError.from_dict(
            ended.error or ToolError("job-ended", f"The job ended as {ended.status.value}.", "Run it again.").as_dict()
        )
    return ended.tool_result


def _say_estimate(spec: ToolSpec, args: Arguments, session: Session, out_dir: Path) -> None:
    estimate = spec.load_estimate()(args, ToolContext(out_dir=out_dir, session=session, brain_dir=BRAIN_DIR))
    remark(
        f"{spec.name}: about {duration_text(estimate.seconds)}, {size_text(estimate.memory_mib)} memory, "
        f"{size_text(estimate.disk_mib)} disk; touches {', '.join(estimate.touches) or 'nothing'} ({estimate.basis}). Ctrl-C stops it."
    )
