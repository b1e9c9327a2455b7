"""What the store hands out: frozen records of conversations, messages, uploads and jobs. Values only, no database.

Times are aware UTC datetimes; `seconds` and `cpu_seconds` are seconds, memory is MiB. None means not known (yet).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from tools.contracts.tool import ToolResult


def new_id(prefix: str) -> str:
    """An unguessable id; secrecy of ids is still no access control."""
    return f"{prefix}-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Conversation:
    """One chat of one owner."""

    id: str
    owner: str
    title: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Message:
    """One message; `seq` counts up within its conversation, `content` is the caller's JSON."""

    id: str
    seq: int
    role: str
    content: dict[str, Any]
    status: str
    created_at: datetime


@dataclass(frozen=True)
class Upload:
    """A file the user gave. `name` is theirs (for showing), `path` is ours (never built from `name`)."""

    id: str
    conversation_id: str
    name: str
    path: str
    size: int  # bytes
    sha256: str
    created_at: datetime


@dataclass(frozen=True)
class Choices:
    """The user's edits of a plan: techniques switched off, assumed values changed."""

    left_out: frozenset[str]
    assumptions: Mapping[str, float]


@dataclass(frozen=True)
class Removed:
    """What a deletion left on disk for the caller to remove: stored upload paths and job ids (their folders)."""

    upload_paths: tuple[str, ...]
    job_ids: tuple[str, ...]


class JobStatus(StrEnum):
    """`finished`, `failed`, `cancelled` and `lost` are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


OPEN_STATES = (JobStatus.QUEUED, JobStatus.RUNNING)


@dataclass(frozen=True)
class Footprint:
    """The advisor's own use of the machine for one job."""

    seconds: float | None = None  # wall time of the worker
    cpu_seconds: float | None = None  # user + system time of the worker and the children it waited for
    peak_memory_mib: float | None = None  # highest resident memory seen, process group


@dataclass(frozen=True)
class JobRecord:
    """One run of a heavy tool, as last committed."""

    id: str
    owner: str
    conversation_id: str | None  # None = a run from the command line
    tool: str
    lane: str  # "heavy" or "light": which queue it waits in
    args: dict[str, Any]
    status: JobStatus
    phase: str
    done: float
    total: float  # 0 = unknown
    eta_s: float | None
    error: dict[str, Any] | None  # FrugalError.as_dict()
    result: dict[str, Any] | None  # ToolResult as JSON
    runner: str  # which JobRunner holds it
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    footprint: Footprint

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status not in OPEN_STATES

    @property
    def tool_result(self) -> ToolResult | None:
        """The result in its own type; None unless finished."""
        return None if self.result is None else ToolResult.model_validate(self.result)
