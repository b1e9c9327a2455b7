"""What one conversation's graph remembers between nodes and turns: plain JSON values, so that checkpoints stay readable.

Facts, evidence, bills and plans are *not* here: they live in the store, and nodes read them fresh.
"""

from typing import Any, TypedDict


class PlannedCall(TypedDict):
    """A tool call that `choose` decided on: name, arguments, and what it works on in the user's words."""

    tool: str
    args: dict[str, Any]
    subject: str


class TurnState(TypedDict, total=False):
    """State of the graph. The first block is set anew each turn; the second is carried over."""

    text: str
    upload_ids: list[str]
    intent: str
    read_as: str  # the intent as the language model read it, before code put it right
    also: str
    slots: dict[str, Any]  # field -> value as read from the message
    new_facts: list[dict[str, Any]]
    calls: list[PlannedCall]
    held: list[PlannedCall]  # calls of the turn before that wait for a click
    statements: list[dict[str, Any]]  # Statement JSON, in answer order
    changed: bool  # something the plan depends on changed this turn
    wants_plan: bool
    is_sized: bool  # a tool already answers what is asked; the open question narrows it
    failures: int
    ranked: list[str]  # fields worth asking for, as the plan of this turn ranked them
    is_ranked: bool

    asked: str  # field of the question that is open, "" = none
    asked_before: list[str]  # fields asked or declined in this conversation
    last_fields: list[str]  # fields of the latest facts, newest last
    questions_asked: int
    sizing: dict[str, Any]  # the sizing question that the conversation is about (agent/sizing.py), {} = none
