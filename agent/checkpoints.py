"""Where LangGraph keeps the state of each conversation: in the store's own SQLite file. Strict: plain JSON types only."""

import sqlite3
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver


def open_checkpoints(database: Path | None) -> BaseCheckpointSaver[Any]:
    """A saver on the store's file. Without one (a Postgres store), state lives for the length of the process."""
    if database is None:
        return InMemorySaver()
    connection = sqlite3.connect(database, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    saver = SqliteSaver(connection)
    saver.setup()
    return saver
