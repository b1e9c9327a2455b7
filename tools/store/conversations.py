"""Conversations, messages and uploads of one owner. Another owner's id behaves exactly like an unknown one.

Files themselves are not touched: deletions hand back what to remove on disk.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from knowledge.errors import UserError
from tools.store.database import Database, is_writing
from tools.store.records import Conversation, Message, Removed, Upload, new_id
from tools.store.schema import conversations, jobs, messages, uploads
from tools.store.text import storable, storable_text


def now() -> datetime:
    """The time that rows carry: aware, UTC."""
    return datetime.now(UTC)


def require_conversation(connection: sa.Connection, owner: str, conversation_id: str) -> Any:
    """The row, or UserError `conversation-not-found` (also where it is somebody else's).

    In a writing transaction the row stays locked to its end, so that writers of one conversation take turns on
    Postgres too (on SQLite there is one writer at a time anyway).
    """
    query = sa.select(conversations).where(conversations.c.id == storable_text(conversation_id), conversations.c.owner == owner)
    row = connection.execute(query.with_for_update() if is_writing(connection) else query).first()
    if row is None:
        raise UserError("conversation-not-found", "There is no such conversation.", "Start a new chat, or pick one from the history.")
    return row


def touch(connection: sa.Connection, conversation_id: str) -> None:
    """Moves a conversation to the top of the history."""
    connection.execute(conversations.update().where(conversations.c.id == conversation_id).values(updated_at=now()))


class Conversations:
    """The part of `Store` about chats."""

    _database: Database

    def create_conversation(self, owner: str, title: str = "") -> Conversation:
        """A new, empty conversation."""
        moment = now()
        record = Conversation(new_id("conv"), owner, storable_text(title), moment, moment)
        with self._database.write() as connection:
            connection.execute(conversations.insert().values(**vars(record)))
        return record

    def list_conversations(self, owner: str, limit: int = 50) -> list[Conversation]:
        """Latest first."""
        query = sa.select(conversations).where(conversations.c.owner == owner).order_by(conversations.c.updated_at.desc()).limit(limit)
        with self._database.read() as connection:
            return [Conversation(**row._mapping) for row in connection.execute(query)]

    def conversation(self, owner: str, conversation_id: str) -> Conversation:
        """Raises UserError `conversation-not-found`."""
        with self._database.read() as connection:
            return Conversation(**require_conversation(connection, owner, conversation_id)._mapping)

    def rename_conversation(self, owner: str, conversation_id: str, title: str) -> Conversation:
        """Raises UserError `conversation-not-found`."""
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            connection.execute(
                conversations.update().where(conversations.c.id == conversation_id).values(title=storable_text(title), updated_at=now())
            )
            return Conversation(**require_conversation(connection, owner, conversation_id)._mapping)

    def delete_conversation(self, owner: str, conversation_id: str) -> Removed:
        """Deletes it with everything that hangs on it; returns the files the caller should remove."""
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            removed = _files(connection, uploads.c.conversation_id == conversation_id, jobs.c.conversation_id == conversation_id)
            connection.execute(conversations.delete().where(conversations.c.id == conversation_id))
        return removed

    def delete_all(self, owner: str) -> Removed:
        """Deletes everything this owner ever stored, jobs from the command line included."""
        with self._database.write() as connection:
            removed = _files(connection, uploads.c.owner == owner, jobs.c.owner == owner)
            connection.execute(conversations.delete().where(conversations.c.owner == owner))
            connection.execute(jobs.delete().where(jobs.c.owner == owner))
        return removed

    def append_message(self, owner: str, conversation_id: str, role: str, content: dict[str, Any], status: str = "complete") -> Message:
        """Adds a message at the end. Raises UserError `conversation-not-found`."""
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            last = connection.execute(sa.select(sa.func.max(messages.c.seq)).where(messages.c.conversation_id == conversation_id)).scalar()
            record = Message(new_id("msg"), (last or 0) + 1, role, storable(content), status, now())
            connection.execute(messages.insert().values(owner=owner, conversation_id=conversation_id, **vars(record)))
            touch(connection, conversation_id)
        return record

    def update_message(self, owner: str, message_id: str, content: dict[str, Any], status: str = "complete") -> Message:
        """Replaces content and status, as a streamed answer grows. Raises UserError `message-not-found`."""
        mine = sa.and_(messages.c.id == storable_text(message_id), messages.c.owner == owner)
        with self._database.write() as connection:
            connection.execute(messages.update().where(mine).values(content=storable(content), status=status))
            row = connection.execute(sa.select(messages).where(mine)).first()
            if row is None:
                raise UserError("message-not-found", "There is no such message.", "Reload the page to see the conversation as it is.")
        return _message(row)

    def messages(self, owner: str, conversation_id: str, limit: int | None = None) -> list[Message]:
        """In order; with `limit`, the last ones. Raises UserError `conversation-not-found`."""
        query = sa.select(messages).where(messages.c.conversation_id == conversation_id).order_by(messages.c.seq.desc()).limit(limit)
        with self._database.read() as connection:
            require_conversation(connection, owner, conversation_id)
            return [_message(row) for row in connection.execute(query)][::-1]

    def truncate_messages(self, owner: str, conversation_id: str, from_seq: int) -> int:
        """Removes the message `from_seq` and all later ones (edit, retry); returns how many."""
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            gone = messages.delete().where(messages.c.conversation_id == conversation_id, messages.c.seq >= from_seq)
            count = connection.execute(gone).rowcount
            touch(connection, conversation_id)
        return count

    def record_upload(self, owner: str, conversation_id: str, name: str, path: str, size: int, sha256: str) -> Upload:
        """Notes a file that the caller has already written to `path`."""
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            record = Upload(new_id("up"), conversation_id, storable_text(name), str(path), size, sha256, now())
            connection.execute(uploads.insert().values(owner=owner, **vars(record)))
        return record

    def uploads(self, owner: str, conversation_id: str) -> list[Upload]:
        """In order of arrival."""
        query = sa.select(uploads).where(uploads.c.conversation_id == conversation_id).order_by(uploads.c.created_at, uploads.c.id)
        with self._database.read() as connection:
            require_conversation(connection, owner, conversation_id)
            return [_upload(row) for row in connection.execute(query)]

    def upload(self, owner: str, upload_id: str) -> Upload:
        """Raises UserError `upload-not-found`."""
        query = sa.select(uploads).where(uploads.c.id == storable_text(upload_id), uploads.c.owner == owner)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise UserError("upload-not-found", "There is no such uploaded file.", "Upload the file again.")
        return _upload(row)


def _message(row: Any) -> Message:
    return Message(row.id, row.seq, row.role, row.content, row.status, row.created_at)


def _upload(row: Any) -> Upload:
    return Upload(row.id, row.conversation_id, row.name, row.path, row.size, row.sha256, row.created_at)


def _files(connection: sa.Connection, which_uploads: sa.ColumnElement[bool], which_jobs: sa.ColumnElement[bool]) -> Removed:
    paths = connection.execute(sa.select(uploads.c.path).where(which_uploads)).scalars().all()
    ids = connection.execute(sa.select(jobs.c.id).where(which_jobs)).scalars().all()
    return Removed(tuple(paths), tuple(ids))
