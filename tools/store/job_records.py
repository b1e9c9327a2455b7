"""Job rows: created once per idempotency key, moved forward by their runner, finished in one transaction with their evidence.

A final state is never left again: whoever commits first wins, the later call returns False. Starts no process.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from knowledge.errors import UserError
from tools.contracts.cost_line import Bill
from tools.contracts.evidence import Evidence
from tools.contracts.plan import Plan
from tools.store.conversations import now, require_conversation, touch
from tools.store.database import Database
from tools.store.findings import add_bill, add_evidence, add_plan, drop_bills
from tools.store.records import OPEN_STATES, Footprint, JobRecord, JobStatus, new_id
from tools.store.schema import jobs
from tools.store.text import storable, storable_text

_OPEN = [state.value for state in OPEN_STATES]


class JobRecords:
    """The part of `Store` about jobs. Methods without `owner` are for the runner that holds the job."""

    _database: Database

    def create_job(
        self, owner: str, conversation_id: str | None, tool: str, args: dict[str, Any], idempotency_key: str | None = None
    ) -> JobRecord:
        """A queued job; the same owner and key again give the first one back. See `claim_job`."""
        return self.claim_job(owner, conversation_id, tool, args, idempotency_key)[0]

    def claim_job(
        self,
        owner: str,
        conversation_id: str | None,
        tool: str,
        args: dict[str, Any],
        idempotency_key: str | None = None,
        *,
        lane: str = "light",
        runner: str = "",
        queue_limit: int | None = None,
        job_id: str | None = None,
    ) -> tuple[JobRecord, bool]:
        """The job and whether it is new. `job_id`: a fresh id, where something had to be named after the job before it is recorded.

        Raises UserError `conversation-not-found`, `job-key-reused` (same key for other work) and `queue-full` (more than
        `queue_limit` queued jobs of this owner).
        """
        try:
            return self._claim(owner, conversation_id, tool, args, idempotency_key, lane, runner, queue_limit, job_id)
        except sa.exc.IntegrityError:  # on Postgres another process may use the same key at the same instant: theirs is there now
            return self._claim(owner, conversation_id, tool, args, idempotency_key, lane, runner, queue_limit, job_id)

    def _claim(
        self,
        owner: str,
        conversation_id: str | None,
        tool: str,
        args: dict[str, Any],
        idempotency_key: str | None,
        lane: str,
        runner: str,
        queue_limit: int | None,
        job_id: str | None,
    ) -> tuple[JobRecord, bool]:
        wanted = storable(args)
        with self._database.write() as connection:
            if conversation_id is not None:
                require_conversation(connection, owner, conversation_id)
            if idempotency_key is not None:
                query = sa.select(jobs).where(jobs.c.owner == owner, jobs.c.idempotency_key == _key(idempotency_key))
                row = connection.execute(query).first()
                if row is not None:
                    return _same_work(row, tool, wanted), False
            _check_queue(connection, owner, queue_limit)
            job_id = job_id or new_id("job")
            connection.execute(
                jobs.insert().values(
                    id=job_id,
                    owner=owner,
                    conversation_id=conversation_id,
                    tool=tool,
                    lane=lane,
                    args=wanted,
                    idempotency_key=None if idempotency_key is None else _key(idempotency_key),
                    status=JobStatus.QUEUED.value,
                    phase="",
                    done=0.0,
                    total=0.0,
                    runner=runner,
                    cancel_requested=False,
                    created_at=now(),
                )
            )
            return _record(connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).one()), True

    def job(self, owner: str, job_id: str) -> JobRecord:
        """Raises UserError `job-not-found`."""
        with self._database.read() as connection:
            return _record(_mine(connection, owner, job_id))

    def jobs(self, owner: str, conversation_id: str | None = None, limit: int = 50) -> list[JobRecord]:
        """Latest first; of one conversation where given."""
        query = sa.select(jobs).where(jobs.c.owner == owner).order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit)
        with self._database.read() as connection:
            if conversation_id is not None:
                require_conversation(connection, owner, conversation_id)
                query = query.where(jobs.c.conversation_id == conversation_id)
            return [_record(row) for row in connection.execute(query)]

    def open_jobs(self) -> list[JobRecord]:
        """Every owner's queued and running jobs, oldest first. For recovery only."""
        query = sa.select(jobs).where(jobs.c.status.in_(_OPEN)).order_by(jobs.c.created_at)
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(query)]

    def request_cancel(self, owner: str, job_id: str) -> JobRecord:
        """Asks the runner that holds it, in whichever process, to stop it. A final job stays as it is."""
        with self._database.write() as connection:
            _mine(connection, owner, job_id)
            connection.execute(jobs.update().where(jobs.c.id == job_id, jobs.c.status.in_(_OPEN)).values(cancel_requested=True))
            return _record(_mine(connection, owner, job_id))

    def cancel_wanted(self, job_id: str) -> bool:
        """Whether somebody asked to stop it, or deleted it."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(jobs.c.cancel_requested).where(jobs.c.id == job_id)).first()
        return row is None or bool(row.cancel_requested)

    def mark_running(self, job_id: str) -> bool:
        """Queued -> running; False where it was cancelled or deleted meanwhile."""
        values = {"status": JobStatus.RUNNING.value, "started_at": now()}
        with self._database.write() as connection:
            moved = jobs.update().where(jobs.c.id == job_id, jobs.c.status == JobStatus.QUEUED.value, jobs.c.cancel_requested.is_(False))
            return connection.execute(moved.values(**values)).rowcount == 1

    def update_progress(self, job_id: str, phase: str, done: float, total: float, eta_s: float | None) -> None:
        """Latest progress of a running job; `total` 0 = unknown."""
        with self._database.write() as connection:
            connection.execute(
                jobs.update()
                .where(jobs.c.id == job_id, jobs.c.status == JobStatus.RUNNING.value)
                .values(phase=storable_text(phase), done=done, total=total, eta_s=eta_s)
            )

    def finish_job(
        self,
        job_id: str,
        result: dict[str, Any],
        evidence: Iterable[Evidence] = (),
        bill: Bill | None = None,
        plan: Plan | None = None,
        footprint: Footprint | None = None,
    ) -> bool:
        """Result, evidence, bill and plan in one transaction. False (and nothing written) where the job is final or gone.

        A job without a conversation keeps its evidence in `result` only.
        """
        with self._database.write() as connection:
            row = _close(connection, job_id, JobStatus.FINISHED, footprint, result=storable(result), eta_s=None)
            if row is None:
                return False
            if row.conversation_id is not None:
                add_evidence(connection, row.owner, row.conversation_id, evidence, job_id)
                if bill is not None:
                    add_bill(connection, row.owner, row.conversation_id, bill)
                elif row.tool == "audit_costs":  # money in several currencies, say: the plan must not rest on the bill before
                    drop_bills(connection, row.conversation_id, [one["file"] for one in result.get("result", {}).get("files", ())])
                if plan is not None:
                    add_plan(connection, row.owner, row.conversation_id, plan)
                touch(connection, row.conversation_id)
        return True

    def fail_job(
        self, job_id: str, error: dict[str, Any], status: JobStatus = JobStatus.FAILED, footprint: Footprint | None = None
    ) -> bool:
        """Ends a job without a result: failed, cancelled or lost. False where it is final or gone."""
        with self._database.write() as connection:
            return _close(connection, job_id, status, footprint, error=storable(error), eta_s=None) is not None


def _key(text: str) -> str:
    return hashlib.sha256(storable_text(text).encode()).hexdigest()


def _mine(connection: sa.Connection, owner: str, job_id: str) -> Any:
    row = connection.execute(sa.select(jobs).where(jobs.c.id == storable_text(job_id), jobs.c.owner == owner)).first()
    if row is None:
        raise UserError("job-not-found", "There is no such job.", "Pick one from the jobs panel.")
    return row


def _same_work(row: Any, tool: str, args: dict[str, Any]) -> JobRecord:
    if row.tool != tool or json.dumps(row.args, sort_keys=True) != json.dumps(args, sort_keys=True):
        raise UserError("job-key-reused", "This request was already used for another job.", "Send the request again as a new one.")
    return _record(row)


def _check_queue(connection: sa.Connection, owner: str, limit: int | None) -> None:
    if limit is None:
        return
    waiting = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.owner == owner, jobs.c.status == JobStatus.QUEUED.value)
    if (connection.execute(waiting).scalar() or 0) >= limit:
        raise UserError("queue-full", f"{limit} jobs are already waiting.", "Wait for one to finish, or cancel one.", {"limit": limit})


def _close(connection: sa.Connection, job_id: str, status: JobStatus, footprint: Footprint | None, **values: Any) -> Any:
    still_open = sa.and_(jobs.c.id == job_id, jobs.c.status.in_(_OPEN))
    row = connection.execute(sa.select(jobs.c.owner, jobs.c.conversation_id, jobs.c.tool).where(still_open).with_for_update()).first()
    if row is not None:
        used = vars(footprint or Footprint())
        connection.execute(jobs.update().where(jobs.c.id == job_id).values(status=status.value, finished_at=now(), **used, **values))
    return row


def _record(row: Any) -> JobRecord:
    values = dict(row._mapping)
    used = Footprint(values.pop("seconds"), values.pop("cpu_seconds"), values.pop("peak_memory_mib"))
    del values["idempotency_key"]
    return JobRecord(**{**values, "status": JobStatus(values["status"])}, footprint=used)
