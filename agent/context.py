"""What the nodes of one turn work with: the parts of the house and who is asking. Handed in by the runner, never stored."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.llm.reader import Reader
from tools.contracts.tool import Session
from tools.jobs.runner import JobRunner
from tools.store.store import Store


@dataclass(frozen=True)
class Parts:
    """The running parts that nodes use."""

    store: Store
    jobs: JobRunner
    reader: Reader
    data_dir: Path


@dataclass(frozen=True)
class TurnContext:
    """One turn of one owner's conversation. `is_stopped` turns true when the user pressed Stop; `watch_job` notes the running job."""

    parts: Parts
    owner: str
    conversation_id: str
    is_stopped: Callable[[], bool]
    watch_job: Callable[[str | None], None]

    def session(self) -> Session:
        """What earlier turns left behind, read fresh from the store."""
        return self.parts.store.session(self.owner, self.conversation_id)
