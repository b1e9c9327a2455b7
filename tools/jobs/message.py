"""What crosses between the supervisor and a worker: one `Request` in, lines of progress and one `Report` out. JSON only.

Ranges and money survive the trip exactly (see `RangeField`). Nothing here starts or limits anything.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from knowledge.own_prices import NONE, OwnPrices
from tools.contracts.cost_line import Bill
from tools.contracts.evidence import Evidence
from tools.contracts.plan import Plan
from tools.contracts.tool import Session
from tools.contracts.workload import Workload


class SessionMessage(BaseModel):
    """`Session` in JSON form."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    workloads: tuple[Workload, ...] = ()
    bills: tuple[Bill, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    superseded: frozenset[str] = frozenset()
    plan: Plan | None = None
    left_out: frozenset[str] = frozenset()
    assumptions: dict[str, float] = {}
    audit: dict[str, Any] = {}
    own_prices: OwnPrices = NONE

    @classmethod
    def of(cls, session: Session) -> "SessionMessage":
        """Packs."""
        return cls(**{**vars(session), "assumptions": dict(session.assumptions), "audit": dict(session.audit)})

    def session(self) -> Session:
        """Unpacks."""
        return Session(**{name: getattr(self, name) for name in type(self).model_fields})


class Request(BaseModel):
    """One run, as the worker reads it from its request file."""

    tool: str
    entry: str  # "module:function" of the work
    args_model: str  # "module:Class"
    args: dict[str, Any]
    session: SessionMessage
    out_dir: Path
    brain_dir: Path | None = None
    model_roots: tuple[Path, ...] = ()
    kept_dir: Path | None = None


class Line(BaseModel):
    """One line from worker to supervisor."""

    type: Literal["progress", "result", "error"]
    phase: str = ""
    done: float = 0.0
    total: float = 0.0  # 0 = unknown
    payload: dict[str, Any] = {}  # ToolResult or FrugalError as JSON
    peak_memory_mib: float | None = None


@dataclass(frozen=True)
class Progress:
    """Progress with the time left, in seconds, where the tool knows its total."""

    phase: str
    done: float
    total: float
    eta_s: float | None
