"""The conversation's audits as its jobs hold them: the newest, the newest that finished, and the next one's arguments.

Chat and screen both look here, so that a correction said in either builds on the same audit. Reads the store; runs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.reading.bill_words import BillChange, Known
from agent.state import PlannedCall
from tools.contracts.tool import Session
from tools.store.records import JobRecord, JobStatus, Upload
from tools.store.store import Store


@dataclass(frozen=True)
class Audited:
    """`latest` is the newest audit in whatever state, `finished` the newest with a result, `before` the one before that."""

    latest: JobRecord | None = None
    finished: JobRecord | None = None
    before: JobRecord | None = None

    @property
    def result(self) -> dict[str, Any]:
        """Result keys of the finished audit; empty without one."""
        return {} if self.finished is None or self.finished.result is None else dict(self.finished.result.get("result") or {})

    @property
    def known(self) -> Known:
        """Headers, letters and sheets that a correction may name."""
        return Known.of(self.result)

    def files(self, uploads: Sequence[Upload], new: frozenset[str]) -> list[Upload]:
        """What the next audit reads: new files join those of the last good audit; a correction reads the same files again."""
        job = self.finished if new else self.latest
        before = set(job.args.get("file", ())) if job is not None else set()
        if not before and not new:
            return list(uploads)
        return [one for one in uploads if one.id in new or one.path in before]

    def call(self, files: Sequence[Upload], change: BillChange, *, keeps_columns: bool = True) -> PlannedCall:
        """The next audit. Without `keeps_columns`, corrections of columns are not carried over: new files have other columns."""
        args = dict(self.finished.args) if self.finished is not None else {}
        if not keeps_columns:
            args["mapping"] = ""
        return PlannedCall(
            tool="audit_costs",
            args={"file": [one.path for one in files], **change.applied_to(args)},
            subject=", ".join(one.name for one in files)[:120],
        )

    def undone(self, uploads: Sequence[Upload]) -> PlannedCall | None:
        """The audit before the newest one again; None where there is none or it was asked for in the same way."""
        if self.finished is None or self.before is None or self.finished.args == self.before.args:
            return None
        names = [one.name for one in uploads if one.path in self.before.args.get("file", ())]
        return PlannedCall(tool="audit_costs", args=dict(self.before.args), subject=", ".join(names)[:120])


def superseded(store: Store, owner: str, conversation_id: str) -> frozenset[str]:
    """Evidence of audits whose files a later audit read again, corrected or with more files: true of that reading, no longer of the bill.

    What a later audit found again is not among them; what was computed from one of them is. Raises UserError `conversation-not-found`.
    """
    jobs = [
        job for job in store.jobs(owner, conversation_id) if job.tool == "audit_costs" and job.status is JobStatus.FINISHED and job.result
    ]
    old: set[str] = set()
    current: set[str] = set()
    read: list[set[str]] = []
    for job in jobs:  # newest first
        files = set(job.args.get("file", ()))
        ids = {str(one["id"]) for one in (job.result or {}).get("evidence", ())}
        (old if any(files <= later for later in read) else current).update(ids)
        read.append(files)
    old -= current
    if old:
        for record in store.evidence(owner, conversation_id):  # parents come before what is computed from them
            if record.id not in current and old.intersection(record.parents):
                old.add(record.id)
    return frozenset(old)


def session_to_export(store: Store, owner: str, conversation_id: str) -> Session:
    """What a conversation knows, with the ids of its superseded evidence. Raises UserError `conversation-not-found`."""
    return replace(store.session(owner, conversation_id), superseded=superseded(store, owner, conversation_id))


def audited(store: Store, owner: str, conversation_id: str) -> Audited:
    """The audits of a conversation. Raises UserError `conversation-not-found`."""
    jobs = [job for job in store.jobs(owner, conversation_id) if job.tool == "audit_costs"]
    finished = [job for job in jobs if job.status is JobStatus.FINISHED]
    return Audited(jobs[0] if jobs else None, *finished[:2])
