"""`Situation` is what the policy may look at, `Decision` what it answers with. Decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from agent.audited import Audited
from agent.billed_machine import machine_meant
from agent.question import Question, question_in
from agent.reading.bill_words import BillChange, change_in
from agent.state import PlannedCall
from tools.contracts.tool import Session, Statement
from tools.contracts.workload import Workload
from tools.store.records import Upload


@dataclass(frozen=True)
class Decision:
    """What to do this turn."""

    calls: tuple[PlannedCall, ...] = ()
    statements: tuple[Statement, ...] = ()
    wants_plan: bool = False
    ask_first: str = ""  # a field whose answer the request itself waits for
    leave_out: tuple[str, ...] = ()
    put_back: tuple[str, ...] = ()
    stop_jobs: bool = False
    sizing: Question | None = None  # the sizing question that this answers


@dataclass(frozen=True)
class Situation:
    """What the policy may look at."""

    intent: str
    text: str
    slots: Mapping[str, Any]
    session: Session
    workload: Workload
    uploads: Sequence[Upload]
    new_upload_ids: frozenset[str] = field(default_factory=frozenset)
    held: tuple[PlannedCall, ...] = ()  # heavy calls whose consent card the new message left unanswered
    audits: Audited = field(default_factory=Audited)
    price_files: Sequence[Upload] = ()  # uploaded with this message; `uploads` are those that are not price files
    read_as: str = ""  # the language model's intent; `intent` is that one put right by code
    before: Question | None = None  # the sizing question that the conversation was about

    @property
    def change(self) -> BillChange:
        """What the words correct in the audit of the uploaded files."""
        return change_in(self.text, self.audits.known) if self.uploads else BillChange()

    @cached_property
    def question(self) -> Question | None:
        """The sizing question of the message."""
        return question_in(self.text, self.before, self.slots, self.workload, self.read_as, machine_meant(self.text, self.session))
