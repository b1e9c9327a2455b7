"""What a tool is: `ToolSpec` (its light declaration) and `ToolContext` / `ToolResult` (what its work gets and gives).

The work is a plain function `run(args, context) -> ToolResult` named by text ("tools.audit.work:run") and imported
only where it runs: in a worker process, or inline for the light ones. Work never reads the environment, opens no
socket unless `context.network`, and writes below `context.out_dir` and `context.kept_dir` only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from knowledge.own_prices import NONE, OwnPrices
from tools.contracts.cost_line import Bill
from tools.contracts.evidence import Evidence
from tools.contracts.plan import Plan
from tools.contracts.workload import Workload


class Arguments(BaseModel):
    """Base of every tool's argument model: flat, unknown names refused, at most 6 fields a person needs to know."""

    model_config = ConfigDict(extra="forbid")

    @property
    def needs_network(self) -> bool:
        """Whether these arguments ask for something outside this machine. Jobs have no network; a typed command may."""
        return False


class JobEstimate(BaseModel):
    """What the consent card says before a heavy job: a promise, with the rule that made it."""

    model_config = ConfigDict(frozen=True)
    seconds: float
    disk_mib: float
    memory_mib: float
    touches: tuple[str, ...]  # files and folders read or written, in the user's words
    basis: str


class Statement(BaseModel):
    """One sentence of an answer. Figures appear only as `{name}`; code fills them from the named evidence.

    A figure in the text itself would escape the check that every number has an origin, so there must be none
    (names such as "int8" or "H100" are not figures).
    """

    model_config = ConfigDict(frozen=True)
    text: str
    figures: dict[str, str] = {}  # placeholder -> evidence id
    names: dict[str, str] = {}  # placeholder -> literal text (file, model, service names)
    is_note: bool = False  # what the answer rests on or what else there is: the page shows it folded


class Artefact(BaseModel):
    """A file the tool made, relative to `context.out_dir`."""

    model_config = ConfigDict(frozen=True)
    path: str
    label: str
    media_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Session:
    """What earlier turns left behind, read-only: facts by workload, audited bills, evidence, and the user's choices."""

    workloads: tuple[Workload, ...] = ()
    bills: tuple[Bill, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    superseded: frozenset[str] = frozenset()  # ids of evidence of an audit whose files were read again; filled for exports
    plan: Plan | None = None
    left_out: frozenset[str] = frozenset()  # technique ids the user switched off
    assumptions: Mapping[str, float] = field(default_factory=dict)  # the user's edits of assumed values
    audit: Mapping[str, Any] = field(default_factory=dict)  # result keys of the newest audit; empty without one
    own_prices: OwnPrices = NONE  # the user's own; they win over the catalogue (knowledge/prices_here.py)


def _silent(phase: str, done: float, total: float) -> None:
    """Progress sink for callers that do not show any."""


@dataclass(frozen=True)
class ToolContext:
    """Where a run may read and write, and how it reports progress."""

    out_dir: Path  # a fresh folder; all files the run writes go below it
    session: Session = field(default_factory=Session)
    progress: Callable[[str, float, float], None] = _silent  # (phase, done, total); total 0 = unknown
    brain_dir: Path | None = None  # the bundled model, for `--model brain`
    model_roots: tuple[Path, ...] = ()  # folders that models may be read from; empty = anywhere the user can read
    kept_dir: Path | None = None  # a folder of this user that outlives the run; what a run keeps there only makes the next one faster
    network: bool = False  # whether a person's own command allowed the network for this run; never in a job


class ToolResult(BaseModel):
    """What every tool returns. `result` holds the keys other programs rely on (DESIGN section 5), JSON values only."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    result: dict[str, Any]
    evidence: tuple[Evidence, ...] = ()
    statements: tuple[Statement, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    bill: Bill | None = None
    plan: Plan | None = None
    questions: tuple[str, ...] = ()  # workload fields, or plain questions, that would narrow the result


Work = Callable[[Any, ToolContext], ToolResult]
Estimator = Callable[[Any, ToolContext], JobEstimate]


@dataclass(frozen=True)
class ToolSpec:
    """A tool's declaration: cheap to import, enough to list, validate and ask for consent."""

    name: str
    summary: str
    args: type[Arguments]
    runs: Literal["inline", "worker"]
    entry: str  # "module:function" of the work
    consent: Literal["never", "always"] = "never"
    estimate: str = ""  # "module:function" giving a JobEstimate; required where consent is asked
    time_limit_s: int = 600
    memory_limit_mib: int = 4096

    def load(self) -> Work:
        """Imports the work."""
        return _load(self.entry)

    def load_estimate(self) -> Estimator:
        """Imports the estimator; raises ValueError where none is declared."""
        if not self.estimate:
            raise ValueError(f"{self.name} declares no estimate")
        return _load(self.estimate)


def _load(entry: str) -> Any:
    module, _, name = entry.partition(":")
    return getattr(import_module(module), name)
