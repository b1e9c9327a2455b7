"""The closed union of what an agent turn may emit. The browser and the command line render exactly these.

Events carry data, not markup. Every stream ends with one `End`. No logic here.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tools.contracts.evidence import Evidence
from tools.contracts.plan import Plan
from tools.contracts.tool import JobEstimate


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)


class Status(_Event):
    """First sign of life and keep-alive: what is being done now, in a few words."""

    type: Literal["status"] = "status"
    text: str


class FigureRef(_Event):
    """A figure as written in a Text event, the evidence it comes from, and where in the text it stands (-1 = wherever it reads so)."""

    shown: str
    evidence_id: str
    at: int = -1


class Text(_Event):
    """Part of the answer, Markdown without raw HTML. `figures` lists every number in it with its origin; `is_note`: shown folded."""

    type: Literal["text"] = "text"
    text: str
    figures: tuple[FigureRef, ...] = ()
    is_note: bool = False


class FactsNoted(_Event):
    """Fields read from the message: [{"workload", "field", "value", "origin", "status"}]."""

    type: Literal["facts"] = "facts"
    facts: tuple[dict[str, Any], ...]


class ToolStarted(_Event):
    type: Literal["tool_started"] = "tool_started"
    call_id: str
    tool: str
    subject: str  # what it works on, such as a file or model name
    args: dict[str, Any] = {}
    job_id: str | None = None


class ToolProgress(_Event):
    type: Literal["tool_progress"] = "tool_progress"
    call_id: str
    phase: str
    done: float
    total: float  # 0 = unknown
    eta_s: float | None = None


class ToolFinished(_Event):
    type: Literal["tool_finished"] = "tool_finished"
    call_id: str
    tool: str
    seconds: float
    summary: str  # one line
    result: dict[str, Any] = {}
    evidence_ids: tuple[str, ...] = ()


class ToolFailed(_Event):
    type: Literal["tool_failed"] = "tool_failed"
    call_id: str
    tool: str
    seconds: float
    error: dict[str, Any]  # FrugalError.as_dict()


class Question(_Event):
    """One question, the field it would fill, and answers to click (may be empty)."""

    type: Literal["question"] = "question"
    field: str
    text: str
    options: tuple[str, ...] = ()
    why: str = ""


class ConsentAsked(_Event):
    """A heavy job waits for a click. The approval is bound to exactly these arguments."""

    type: Literal["consent_asked"] = "consent_asked"
    request_id: str
    tool: str
    subject: str
    args: dict[str, Any]
    estimate: JobEstimate


class EvidenceAdded(_Event):
    type: Literal["evidence"] = "evidence"
    evidence: tuple[Evidence, ...]


class PlanReady(_Event):
    type: Literal["plan"] = "plan"
    plan: Plan


class ExportReady(_Event):
    """A file to download: `name` within the conversation's exports, served by our own route."""

    type: Literal["export"] = "export"
    format: str
    name: str
    path: str  # relative to the data folder


class Failed(_Event):
    """The turn could not be completed: a FrugalError in data form."""

    type: Literal["failed"] = "failed"
    error: dict[str, Any]


class End(_Event):
    """Last event of every turn. `backend` says which language model answered; `seconds` is wall time."""

    type: Literal["end"] = "end"
    backend: str
    seconds: float
    stopped: bool = False


Event = Annotated[
    Status
    | Text
    | FactsNoted
    | ToolStarted
    | ToolProgress
    | ToolFinished
    | ToolFailed
    | Question
    | ConsentAsked
    | EvidenceAdded
    | PlanReady
    | ExportReady
    | Failed
    | End,
    Field(discriminator="type"),
]
EVENT = TypeAdapter[Event](Event)
