"""What happens when a person sends, retries, edits, stops, agrees or opens a chat. Knows the store and the agent, not gradio.

Every action names its owner. A running turn is followed, never owned, by the page that started it.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.events import ConsentAsked, Event
from app.render import transcript
from app.render.transcript import Line
from app.turns import LiveTurn, Turns
from app.uploads import accept_all
from app.wiring import House
from knowledge.errors import UserError
from tools.store.records import Conversation, Message, Removed

#: The bundled bill of the first starter.
SAMPLE_BILL = Path(__file__).parent / "static" / "samples" / "acme_ai_bill.csv"


@dataclass(frozen=True)
class Starter:
    """An example question of the empty chat; `sample` sends the bundled bill along."""

    label: str
    text: str
    sample: bool = False


STARTERS = (
    Starter("Audit the sample bill", "Audit this bill and show where the AI money goes.", sample=True),
    Starter(
        "Describe a workload",
        "We run a support chatbot on Llama-3.1-70B with 4 H100 GPUs, 2 million requests a month, 1200 input and 300 output tokens each.",
    ),
    Starter("Benchmark the bundled model", "Benchmark the bundled brain model on this machine."),
    Starter("Price an OpenAI API workload", "What does gpt-4o cost for 500,000 requests a month, 1,500 input and 400 output tokens each?"),
)


@dataclass(frozen=True)
class View:
    """What the chat column shows."""

    lines: tuple[Line, ...]
    is_running: bool
    consent: ConsentAsked | None


class Chat:
    """The actions of the chat column."""

    def __init__(self, house: House) -> None:
        self.house, self.store, self.agent = house, house.store, house.agent
        self.turns = Turns()

    def view(self, owner: str, conversation_id: str) -> View:
        """The transcript with the running turn, if any. An unknown or deleted conversation shows empty."""
        if not conversation_id:
            return View((), False, None)
        try:
            messages = self.store.messages(owner, conversation_id)
            evidence = {record.id: record for record in self.store.evidence(owner, conversation_id)}
            names = {upload.id: upload.name for upload in self.store.uploads(owner, conversation_id)}
        except UserError:
            return View((), False, None)
        turn = self.turns.live(owner, conversation_id)
        if turn is None:
            lines = transcript.of_messages(messages, names, evidence)
            is_busy = self.agent.busy(owner, conversation_id)
            return View(tuple(lines), is_busy, None if is_busy else transcript.pending_consent(messages))
        lines = transcript.of_messages([m for m in messages if m.seq <= turn.after_seq], names, evidence)
        if turn.user_text is not None:
            lines.append(transcript.of_user(turn.user_text, turn.upload_names))
        lines += transcript.of_events(tuple(turn.events), evidence, is_live=True)
        return View(tuple(lines), True, None)

    def send(self, owner: str, conversation_id: str, text: str, files: Sequence[Path]) -> LiveTurn:
        """Starts a turn; makes the conversation where there is none. Raises UserError for a message that cannot be taken."""
        self._check(text, has_files=bool(files))
        if conversation_id and self.turns.live(owner, conversation_id):
            raise UserError("turn-running", "Frugal is still answering here.", "Wait for the answer, or press Stop.")
        is_new = not conversation_id
        if is_new:
            conversation_id = self.store.create_conversation(owner, _title(text, files)).id
        limits = self.house.settings
        try:
            uploads = accept_all(self.store, self.house.data_dir, owner, conversation_id, files, limits.upload_mb, limits.upload_files)
        except UserError:
            if is_new:  # nothing was said in it yet
                self._remove(self.store.delete_conversation(owner, conversation_id), self.house.jobs.kept_dir(owner, conversation_id))
            raise
        ids = tuple(upload.id for upload in uploads)
        turn = LiveTurn(owner, conversation_id, self._last_seq(owner, conversation_id), text, tuple(upload.name for upload in uploads))
        return self.turns.start(turn, lambda: self.agent.turn(owner, conversation_id, text, ids))

    def send_starter(self, owner: str, conversation_id: str, label: str) -> LiveTurn:
        """Sends one of the example questions. The sample bill is copied, never moved."""
        starter = next((one for one in STARTERS if label in (one.label, one.text)), None)
        if starter is None:
            raise UserError("starter-unknown", "This example does not exist.", "Write your question instead.")
        if not starter.sample:
            return self.send(owner, conversation_id, starter.text, ())
        incoming = self.house.data_dir / "incoming"
        incoming.mkdir(mode=0o700, exist_ok=True)
        copy = Path(shutil.copyfile(SAMPLE_BILL, incoming / SAMPLE_BILL.name))
        return self.send(owner, conversation_id, starter.text, [copy])

    def again(self, owner: str, conversation_id: str, new_text: str | None = None, line: int | None = None) -> LiveTurn:
        """Answers a message of the person again: the last one, or the one on that line, with a new text where given."""
        messages = self.store.messages(owner, conversation_id)
        asked = self._asked(messages, self.view(owner, conversation_id), line)
        text = asked.content.get("text", "") if new_text is None else new_text
        ids = tuple(asked.content.get("upload_ids", ()))
        self._check(text, has_files=bool(ids))
        names = {upload.id: upload.name for upload in self.store.uploads(owner, conversation_id)}
        turn = LiveTurn(owner, conversation_id, asked.seq - 1, text, tuple(names.get(one, "") for one in ids))

        def source() -> Iterator[Event]:
            self.store.truncate_messages(owner, conversation_id, asked.seq)
            yield from self.agent.turn(owner, conversation_id, text, ids)

        return self.turns.start(turn, source)

    def consent(self, owner: str, conversation_id: str, granted: bool) -> LiveTurn:
        """Answers the consent card and goes on with the waiting turn."""
        asked = self.view(owner, conversation_id).consent
        if asked is None:
            raise UserError("consent-gone", "This job no longer waits for an answer.", "Ask for it again.")
        return self._continued(owner, conversation_id, lambda: self.agent.consent(owner, conversation_id, asked.request_id, granted))

    def choose(self, owner: str, conversation_id: str, left_out: set[str], assumptions: dict[str, float]) -> LiveTurn:
        """Recomputes the plan with techniques left out and assumptions changed."""
        return self._continued(owner, conversation_id, lambda: self.agent.set_choices(owner, conversation_id, left_out, assumptions))

    def stop(self, owner: str, conversation_id: str) -> None:
        """Stops the running turn and its job."""
        if conversation_id:
            self.agent.stop(owner, conversation_id)

    def delete(self, owner: str, conversation_id: str) -> None:
        """Deletes a conversation with its files; a running turn is stopped first."""
        self.stop(owner, conversation_id)
        self._remove(self.store.delete_conversation(owner, conversation_id), self.house.jobs.kept_dir(owner, conversation_id))

    def delete_all(self, owner: str) -> None:
        """Deletes everything of this person."""
        for conversation in self.store.list_conversations(owner, limit=1000):
            self.stop(owner, conversation.id)
        self._remove(self.store.delete_all(owner), self.house.jobs.kept_dir(owner))

    def history(self, owner: str) -> list[Conversation]:
        """The person's conversations, newest first."""
        return self.store.list_conversations(owner, limit=50)

    def resume(self, owner: str, wanted: str) -> str:
        """The conversation a page opens with: the one in its address, else the newest, else none ("")."""
        if wanted == "new":
            return ""
        with contextlib.suppress(UserError):
            if wanted:
                return self.store.conversation(owner, wanted).id
        latest = self.store.list_conversations(owner, limit=1)
        return latest[0].id if latest else ""

    def _continued(self, owner: str, conversation_id: str, source: Callable[[], Iterator[Event]]) -> LiveTurn:
        return self.turns.start(LiveTurn(owner, conversation_id, self._last_seq(owner, conversation_id), None), source)

    def _last_seq(self, owner: str, conversation_id: str) -> int:
        messages = self.store.messages(owner, conversation_id)
        return messages[-1].seq if messages else 0

    def _check(self, text: str, has_files: bool) -> None:
        if not any(c.isalnum() for c in text) and not has_files:
            raise UserError("message-empty", "There is nothing to answer yet.", "Describe a workload, ask a question, or add a bill.")
        most = self.house.settings.message_chars
        if len(text) > most:
            raise UserError(
                "message-too-long", f"The message has {len(text):,} characters; the limit is {most:,}.", "Upload it as a file instead."
            )

    @staticmethod
    def _asked(messages: Sequence[Message], view: View, line: int | None) -> Message:
        if line is not None and 0 <= line < len(view.lines):
            seq = view.lines[line].seq
            found = next((m for m in messages if m.seq == seq and m.role == "user"), None)
        else:
            found = next((m for m in reversed(messages) if m.role == "user"), None)
        if found is None:
            raise UserError("message-gone", "This message is no longer there.", "Write it again.")
        return found

    def _remove(self, removed: Removed, kept_dir: Path) -> None:
        shutil.rmtree(kept_dir, ignore_errors=True)
        for path in removed.upload_paths:
            stored = Path(path).resolve()
            if stored.is_relative_to(self.house.data_dir):
                stored.unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    stored.parent.rmdir()
        for job_id in removed.job_ids:
            shutil.rmtree(self.house.jobs.folder(job_id), ignore_errors=True)


def _title(text: str, files: Sequence[Path]) -> str:
    words = " ".join(text.split())
    return (words[:57] + "..." if len(words) > 60 else words) or (files[0].name if files else "New chat")
