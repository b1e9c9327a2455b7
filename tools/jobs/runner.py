"""`JobRunner`: start, poll, watch, cancel, recover. One heavy and one light job at a time, the rest wait in line.

    runner = JobRunner(store, data_dir, brain_dir=...)
    runner.recover()
    job = runner.start("ada", chat.id, spec, args)
    for record in runner.watch("ada", job.id): ...

Records come from the store, so any process can poll or cancel; what is shown is always committed first. A job runs in
a fresh process (`supervisor`) under a thread here. Nothing is ever restarted by itself. Not a scheduler: no priorities,
no retries. `data_dir/jobs/<id>` holds a job's log.txt and, unless told otherwise, its output folder `out`.
"""

import hashlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.errors import FrugalError, ToolError
from tools.contracts.tool import Arguments, Session, ToolResult, ToolSpec
from tools.jobs.failure import advised, as_frugal, stopped
from tools.jobs.launch import DISK_LIMIT_MIB, Waiting, launch
from tools.jobs.lease import Lease, is_held, kill_leftovers
from tools.jobs.message import Progress, Request, SessionMessage
from tools.jobs.supervisor import Limits, Outcome, clear_outputs, supervise
from tools.store.records import JobRecord, JobStatus
from tools.store.store import Store

_log = logging.getLogger(__name__)
_CANCEL_WAIT_S = 4.0
_ASK_STORE_EVERY_S = 0.5
_PROGRESS_EVERY_S = 0.25


@dataclass
class _Ticket:
    """A job this runner holds."""

    record: JobRecord
    spec: ToolSpec
    args: Arguments
    out_dir: Path
    session: Session | None  # None = what the conversation knows when the job starts
    waiting: Waiting | None  # its worker, where one was started beforehand
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    asked: float = 0.0
    written: tuple[str, float] = ("", 0.0)


class JobRunner:
    """Thread-safe. Call `shutdown` (or use `with`) before the process ends; dying without it loses no finished job."""

    def __init__(
        self,
        store: Store,
        data_dir: Path,
        *,
        brain_dir: Path | None = None,
        model_roots: tuple[Path, ...] = (),
        environment: Mapping[str, str] | None = None,
        import_paths: tuple[Path, ...] = (),
        heavy_at_once: int = 1,
        light_at_once: int = 1,
        queue_limit: int = 5,
        disk_limit_mib: float = DISK_LIMIT_MIB,
    ) -> None:
        """`environment`: the process environment, of which workers get an allow-list. `import_paths`: extra folders that
        a spec's modules live in (Frugal's own root is always there). `queue_limit`: waiting jobs per owner."""
        self._store, self._data = store, data_dir.resolve()
        self._brain_dir = None if brain_dir is None else brain_dir.resolve()
        self._model_roots, self._import_paths = model_roots, import_paths
        self._environment = dict(environment or {})
        self._slots = {"heavy": heavy_at_once, "light": light_at_once}
        self._queue_limit, self._disk_limit_mib = queue_limit, disk_limit_mib
        self._lease = Lease(self._data / "runners")
        self._changed = threading.Condition(threading.RLock())
        self._waiting: list[_Ticket] = []
        self._running: dict[str, _Ticket] = {}
        self._last_turn: dict[str, float] = {}  # owner -> when a job of theirs last began, for fairness
        self._closed = False

    def __enter__(self) -> "JobRunner":
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    def folder(self, job_id: str) -> Path:
        """Where a job's log.txt lies. Check the owner (`job`) before showing anything of it."""
        return self._data / "jobs" / job_id

    def kept_dir(self, owner: str, conversation_id: str | None = None) -> Path:
        """What runs keep to make the next one of the conversation faster, or below it everything of an owner. Goes when they go."""
        of_owner = self._data / "kept" / hashlib.sha256(owner.encode()).hexdigest()[:32]
        return of_owner / conversation_id if conversation_id else of_owner

    def out_dir(self, owner: str, job_id: str) -> Path:
        """The folder that the artefact paths of a job's result are relative to. Raises UserError `job-not-found`."""
        return self.folder(self._store.job(owner, job_id).id) / "out"

    def start(
        self,
        owner: str,
        conversation_id: str | None,
        spec: ToolSpec,
        args: Arguments,
        idempotency_key: str | None = None,
        *,
        session: Session | None = None,
        out_dir: Path | None = None,
        waiting: Waiting | None = None,
    ) -> JobRecord:
        """Queues a job and returns at once; the same key gives the same job back. `waiting`: a worker started for it beforehand.

        Raises UserError `conversation-not-found`, `queue-full`, `job-key-reused`; ToolError `jobs-closed`.
        """
        lane = "heavy" if spec.consent == "always" else "light"
        with self._changed:
            if self._closed:
                raise ToolError("jobs-closed", "Frugal is shutting down and takes no new jobs.", "Start Frugal again.")
            record, is_new = self._store.claim_job(
                owner,
                conversation_id,
                spec.name,
                args.model_dump(mode="json"),
                idempotency_key,
                lane=lane,
                runner=self._lease.id,
                queue_limit=self._queue_limit,
                job_id=waiting.folder.name if waiting else None,
            )
            if is_new:
                target = self.folder(record.id) / "out" if out_dir is None else out_dir.resolve()
                self._waiting.append(_Ticket(record, spec, args, target, session, waiting))
                self._begin_next()
        return record

    def job(self, owner: str, job_id: str) -> JobRecord:
        """As last committed. Raises UserError `job-not-found`."""
        return self._store.job(owner, job_id)

    poll = job

    def watch(self, owner: str, job_id: str, interval: float = 0.25) -> Iterator[JobRecord]:
        """The record now and at least every 0.5 s, the final one last. Works for any process's job; closing it stops nothing."""
        while True:
            record = self._store.job(owner, job_id)
            if not record.final and self._is_orphan(record):
                self._lose(record)
                record = self._store.job(owner, job_id)
            yield record
            if record.final:
                return
            with self._changed:
                self._changed.wait(min(interval, 0.5))

    def wait(self, owner: str, job_id: str, timeout_s: float | None = None) -> JobRecord:
        """The final record, or the latest one after `timeout_s`."""
        began = time.monotonic()
        for record in self.watch(owner, job_id):
            if record.final or (timeout_s is not None and time.monotonic() - began >= timeout_s):
                break
        return record

    def cancel(self, owner: str, job_id: str) -> JobRecord:
        """Stops a job wherever it runs: SIGTERM to its whole group, SIGKILL a second later. A final job stays as it is.

        Returns once it has stopped (within 2 s as a rule). Raises UserError `job-not-found`.
        """
        record = self._store.request_cancel(owner, job_id)
        if record.status is JobStatus.QUEUED:
            self._store.fail_job(job_id, stopped("job-cancelled").as_dict(), JobStatus.CANCELLED)
        with self._changed:
            self._waiting = [ticket for ticket in self._waiting if ticket.record.id != job_id]
            if job_id in self._running:
                self._running[job_id].stop.set()
            self._changed.notify_all()
        return self.wait(owner, job_id, _CANCEL_WAIT_S)

    def recover(self) -> list[str]:
        """Marks jobs whose runner is gone as lost, ends processes they left, removes their half-made output.

        Call once at start. Returns their ids; restarts nothing.
        """
        gone = [record for record in self._store.open_jobs() if self._is_orphan(record)]
        for record in gone:
            self._lose(record)
        return [record.id for record in gone]

    def run_once(
        self,
        owner: str,
        spec: ToolSpec,
        args: Arguments,
        out_dir: Path,
        session: Session | None = None,
        on_record: Callable[[JobRecord], None] | None = None,
        waiting: Waiting | None = None,
    ) -> ToolResult:
        """One job without a conversation, start to end, with its output in `out_dir`: the command line's way.

        Raises the job's FrugalError. Ctrl-C cancels the job and is raised again.
        """
        job = self.start(owner, None, spec, args, session=session or Session(), out_dir=out_dir, waiting=waiting)
        try:
            for record in self.watch(owner, job.id):
                if on_record is not None:
                    on_record(record)
        except BaseException:
            self.cancel(owner, job.id)
            raise
        if record.error is not None:
            raise FrugalError.from_dict(record.error)
        if record.tool_result is None:
            raise stopped("job-died")
        return record.tool_result

    def shutdown(self) -> None:
        """Takes no more jobs, cancels what waits and runs, and returns when every process is gone."""
        with self._changed:
            self._closed = True
            waiting, self._waiting = self._waiting, []
            running = list(self._running.values())
        for ticket in waiting:
            self._store.fail_job(ticket.record.id, stopped("job-lost").as_dict(), JobStatus.LOST)
        for ticket in running:
            ticket.stop.set()
        for ticket in running:
            if ticket.thread is not None:
                ticket.thread.join()
        self._lease.release()

    def _begin_next(self) -> None:
        """Starts waiting jobs while their lane has room; the owner served longest ago goes first. Holds the lock."""
        for lane, slots in self._slots.items():
            while sum(ticket.record.lane == lane for ticket in self._running.values()) < slots:
                ready = [ticket for ticket in self._waiting if ticket.record.lane == lane]
                if not ready or self._closed:
                    break
                ticket = min(ready, key=lambda t: self._last_turn.get(t.record.owner, 0.0))
                self._waiting.remove(ticket)
                self._running[ticket.record.id] = ticket
                self._last_turn[ticket.record.owner] = time.monotonic()
                ticket.thread = threading.Thread(target=self._run, args=(ticket,), name=ticket.record.id, daemon=True)
                ticket.thread.start()

    def _run(self, ticket: _Ticket) -> None:
        """The thread of one job; the worker's life hangs on it."""
        job_id = ticket.record.id
        try:
            if self._store.mark_running(job_id):
                self._commit(ticket, self._supervise(ticket))
            else:
                self._store.fail_job(job_id, stopped("job-cancelled").as_dict(), JobStatus.CANCELLED)
        except Exception as error:
            _log.exception("job %s could not be run", job_id)
            self._try_to_fail(job_id, as_frugal(error, ticket.spec.name))
        finally:
            shutil.rmtree(self.folder(job_id) / "tmp", ignore_errors=True)
            with self._changed:
                del self._running[job_id]
                self._begin_next()
                self._changed.notify_all()

    def _supervise(self, ticket: _Ticket) -> Outcome:
        record, spec = ticket.record, ticket.spec
        session = ticket.session
        if session is None:
            session = Session() if record.conversation_id is None else self._store.session(record.owner, record.conversation_id)
        before = frozenset(entry.name for entry in ticket.out_dir.iterdir()) if ticket.out_dir.exists() else frozenset()
        request = Request(
            tool=spec.name,
            entry=spec.entry,
            args_model=f"{spec.args.__module__}:{spec.args.__qualname__}",
            args=ticket.args.model_dump(mode="json"),
            session=SessionMessage.of(session),
            out_dir=ticket.out_dir,
            brain_dir=self._brain_dir,
            model_roots=self._model_roots,
            kept_dir=self.kept_dir(record.owner, record.conversation_id or "alone"),
        )
        limits = Limits(spec.time_limit_s, spec.memory_limit_mib, self._disk_limit_mib)
        waiting = ticket.waiting or launch(spec, self.folder(record.id), self._environment, self._import_paths, self._disk_limit_mib)
        outcome = supervise(
            waiting,
            request,
            limits,
            lambda progress: self._note(ticket, progress),
            lambda: self._stop_wanted(ticket),
        )
        if outcome.error is not None:
            clear_outputs(ticket.out_dir, before)
        return outcome

    def _commit(self, ticket: _Ticket, outcome: Outcome) -> None:
        """Result and evidence in one transaction; only then do watchers see the end."""
        job_id, result = ticket.record.id, outcome.result
        if result is not None:
            payload = result.model_dump(mode="json")
            self._store.finish_job(job_id, payload, result.evidence, result.bill, result.plan, outcome.footprint)
            return
        error = advised(outcome.error or stopped("job-died"), ticket.record.args)
        status = JobStatus.CANCELLED if error.code == "job-cancelled" else JobStatus.FAILED
        if status is JobStatus.CANCELLED and self._closed:
            error, status = stopped("job-lost"), JobStatus.LOST
        self._store.fail_job(job_id, error.as_dict(), status, outcome.footprint)

    def _note(self, ticket: _Ticket, progress: Progress) -> None:
        """Commits progress, at most four times a second but every new phase."""
        moment = time.monotonic()
        is_last_step = progress.total > 0 and progress.done >= progress.total
        if progress.phase == ticket.written[0] and moment - ticket.written[1] < _PROGRESS_EVERY_S and not is_last_step:
            return
        ticket.written = (progress.phase, moment)
        self._store.update_progress(ticket.record.id, progress.phase, progress.done, progress.total, progress.eta_s)

    def _stop_wanted(self, ticket: _Ticket) -> bool:
        """Asked here first, and twice a second in the store: another process may have cancelled or deleted it."""
        if ticket.stop.is_set():
            return True
        moment = time.monotonic()
        if moment - ticket.asked < _ASK_STORE_EVERY_S:
            return False
        ticket.asked = moment
        return self._store.cancel_wanted(ticket.record.id)

    def _is_orphan(self, record: JobRecord) -> bool:
        if record.runner != self._lease.id:
            return not is_held(self._data / "runners", record.runner)
        with self._changed:
            held = record.id in self._running or any(ticket.record.id == record.id for ticket in self._waiting)
        # let go only after its end was committed: a fresh look tells "just finished" from "could not be committed"
        return not held and not self._store.job(record.owner, record.id).final

    def _lose(self, record: JobRecord) -> None:
        kill_leftovers(record.id)
        self._store.fail_job(record.id, stopped("job-lost").as_dict(), JobStatus.LOST)
        shutil.rmtree(self.folder(record.id) / "out", ignore_errors=True)
        shutil.rmtree(self.folder(record.id) / "tmp", ignore_errors=True)
        (self.folder(record.id) / "request.json").unlink(missing_ok=True)

    def _try_to_fail(self, job_id: str, error: FrugalError) -> None:
        try:
            self._store.fail_job(job_id, error.as_dict())
        except FrugalError:
            _log.exception("job %s could not be marked as failed; it will be marked as lost", job_id)
