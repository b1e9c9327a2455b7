"""Turns that are running now, kept apart from the page: each runs in a thread of its own and outlives a closed tab.

A handler only follows a turn; when the browser goes away the turn goes on, and a reloaded page follows it again. Stop is
the agent's own event, not the end of a stream. One turn at a time per conversation.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agent.events import End, Event, Failed, Status
from knowledge.errors import FrugalError, UserError

log = logging.getLogger(__name__)
#: Longest silence towards the page, in seconds.
BEAT_S = 0.4


@dataclass
class LiveTurn:
    """One running turn. `after_seq` is the last stored message before it; `user_text` is None for a continued turn."""

    owner: str
    conversation_id: str
    after_seq: int
    user_text: str | None
    upload_names: tuple[str, ...] = ()
    events: list[Event] = field(default_factory=list)
    is_done: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, event: Event) -> None:
        """Appends an event and wakes the followers."""
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def finish(self) -> None:
        """Marks the end and wakes the followers."""
        with self.changed:
            self.is_done = True
            self.changed.notify_all()

    def follow(self) -> Iterator[tuple[Event, ...]]:
        """Snapshots of the events: at once, on news, and at least every `BEAT_S`; the last one is complete."""
        seen = -1
        while True:
            with self.changed:
                if len(self.events) == seen and not self.is_done:
                    self.changed.wait(BEAT_S)
                seen, is_done, events = len(self.events), self.is_done, tuple(self.events)
            yield events
            if is_done:
                return
            time.sleep(0.05)  # several events of one moment make one repaint


class Turns:
    """The running turns of this process."""

    def __init__(self) -> None:
        self._live: dict[tuple[str, str], LiveTurn] = {}
        self._lock = threading.Lock()

    def live(self, owner: str, conversation_id: str) -> LiveTurn | None:
        """The running turn of that conversation, if any."""
        with self._lock:
            return self._live.get((owner, conversation_id))

    def start(self, turn: LiveTurn, source: Callable[[], Iterator[Event]]) -> LiveTurn:
        """Runs the turn in a thread. Raises UserError `turn-running` while another runs in the same conversation."""
        key = (turn.owner, turn.conversation_id)
        with self._lock:
            if key in self._live:
                raise UserError("turn-running", "Frugal is still answering here.", "Wait for the answer, or press Stop.")
            self._live[key] = turn
        threading.Thread(target=self._pump, args=(key, turn, source), name=f"turn-{turn.conversation_id}", daemon=True).start()
        return turn

    def _pump(self, key: tuple[str, str], turn: LiveTurn, source: Callable[[], Iterator[Event]]) -> None:
        try:
            turn.add(Status(text="Reading your message"))
            for event in source():
                turn.add(event)
                if isinstance(event, End):
                    break
        except FrugalError as problem:
            turn.add(Failed(error=problem.as_dict()))
        except Exception as problem:  # the chat's last resort: the person gets a code, the log the cause
            log.exception("a turn broke")
            what = f"Something in Frugal broke ({type(problem).__name__}); the server's log has the details."
            turn.add(Failed(error=FrugalError("internal-error", what, "Try again; if it stays, report it with the log.").as_dict()))
        finally:
            with self._lock:
                self._live.pop(key, None)
            turn.finish()
