"""A conversation as far as its tools are chosen: the real nodes that read and decide, on a real store; no tool is run."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sizing_talks import SIZING, Turn

from agent.context import Parts, TurnContext
from agent.llm.choice import ModelChoice
from agent.llm.loading import load_chat_model
from agent.llm.reader import Reader
from agent.nodes.answer import answer
from agent.nodes.choose import choose
from agent.nodes.intake import intake
from tools.store.store import Store


class Talk:
    """One conversation; `say` gives the calls and the field asked for."""

    def __init__(self, store: Store, reader: Reader, folder: Path) -> None:
        self._chat = store.create_conversation("ada").id
        parts = Parts(store, None, reader, folder)  # type: ignore[arg-type]
        self._runtime: Any = SimpleNamespace(
            context=TurnContext(parts, "ada", self._chat, lambda: False, lambda _job: None), stream_writer=lambda _event: None
        )
        self._state: dict[str, Any] = {}

    def say(self, text: str) -> tuple[list[dict[str, Any]], str]:
        self._state |= {"text": text, "upload_ids": []}
        for node in (intake, choose):
            self._state |= node(self._state, self._runtime)  # type: ignore[arg-type]
        calls = list(self._state["calls"])
        self._state["calls"] = []
        self._state |= answer(self._state, self._runtime)  # type: ignore[arg-type]
        return calls, str(self._state["asked"])


def scripted_reader(folder: Path, kind: str = "scripted") -> Reader:
    return Reader(load_chat_model(ModelChoice(kind), folder), is_endpoint=False)


def wrong(turn: Turn, calls: list[dict[str, Any]], asks: str) -> str:
    """What of the turn is not as owed; "" where all is."""
    tool = calls[0]["tool"] if calls else ""
    if turn.tool == "*":
        return ""
    if (turn.tool and tool != turn.tool) or (not turn.tool and "asks" not in turn.owed and SIZING & {call["tool"] for call in calls}):
        return f"{tool or 'no tool'} {calls[0]['args'] if calls else ''}, asks {asks or 'nothing'}"
    args = dict(calls[0]["args"]) if calls else {}
    got = {**args, "gpus": [call["args"].get("gpu") for call in calls], "asks": asks}
    return "; ".join(f"{name}: {got.get(name)!r}" for name, value in turn.owed.items() if not _same(name, value, got.get(name)))


def _same(name: str, owed: Any, got: Any) -> bool:
    if name == "terms":
        return not got if owed is None else owed in str(got or "")
    if isinstance(owed, int | float):
        return isinstance(got, int | float) and abs(got - owed) <= 1e-6 * max(1, abs(owed))
    return str(owed).casefold() == str(got).casefold()


def faults(talk: Talk, turns: Iterable[Turn]) -> list[str]:
    """For each turn what is wrong with it."""
    return [wrong(turn, *talk.say(turn.text)) for turn in turns]
