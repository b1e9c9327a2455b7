"""A whole agent on a fresh data folder, with the scripted stand-in as its language model."""

from dataclasses import dataclass
from pathlib import Path

from agent.brain.place import WEIGHTS
from agent.events import Event
from agent.llm.choice import ModelChoice
from agent.runner import AgentRunner
from tools.jobs.runner import JobRunner
from tools.store.store import Store

SAMPLE_BILL = Path(__file__).parents[2] / "app" / "static" / "samples" / "acme_ai_bill.csv"
OWNER = "ada"


@dataclass
class House:
    """Store, jobs and agent of one process."""

    folder: Path
    store: Store
    jobs: JobRunner
    agent: AgentRunner
    chat: str

    def say(self, text: str, *files: Path) -> list[Event]:
        """One turn with its events."""
        uploads = tuple(self.store.record_upload(OWNER, self.chat, f.name, str(f), f.stat().st_size, "0" * 64).id for f in files)
        return list(self.agent.turn(OWNER, self.chat, text, uploads))


def open_house(folder: Path, chat: str = "", model: ModelChoice | None = None) -> House:
    """Opens (or opens again) the house in `folder`."""
    folder.mkdir(exist_ok=True)
    store = Store.open(folder / "frugal.db")
    jobs = JobRunner(store, folder, brain_dir=WEIGHTS)
    jobs.recover()
    chat = chat or store.create_conversation(OWNER).id
    return House(folder, store, jobs, AgentRunner(store, jobs, model or ModelChoice("scripted"), folder), chat)


def texts(events: list[Event]) -> str:
    """All answer text of a turn."""
    return "\n".join(e.text for e in events if e.type == "text")


def only(events: list[Event], kind: str) -> list[Event]:
    """The events of one type."""
    return [e for e in events if e.type == kind]
