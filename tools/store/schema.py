"""The tables. Every row carries its owner; JSON columns hold contract models dumped by pydantic, never pickles.

The migrations in `migrations/versions` create these tables; a test compares the two. Deleting a conversation
deletes everything that hangs on it.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

#: Newest migration this code knows. Checked against the scripts by a test, so that opening needs no Alembic import.
HEAD = "0001"


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite has no time zones, so it is kept naive and read back as UTC."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the library names the argument
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the library names the argument
        return None if value is None else value.replace(tzinfo=UTC)


metadata = sa.MetaData()


def _owner() -> sa.Column[str]:
    return sa.Column("owner", sa.String(200), nullable=False)


def _conversation(nullable: bool = False) -> sa.Column[Any]:
    return sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=nullable)


def _row() -> sa.Column[int]:
    return sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True)


conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    _owner(),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Index("ix_conversations_owner", "owner", "updated_at"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    _owner(),
    _conversation(),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("status", sa.String(40), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.UniqueConstraint("conversation_id", "seq", name="uq_messages_seq"),
)

facts = sa.Table(
    "facts",
    metadata,
    _row(),
    _owner(),
    _conversation(),
    sa.Column("workload", sa.String(200), nullable=False),
    sa.Column("field", sa.String(60), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Index("ix_facts_field", "conversation_id", "workload", "field"),
)

evidence = sa.Table(
    "evidence",
    metadata,
    _row(),
    _owner(),
    _conversation(),
    sa.Column("evidence_id", sa.String(40), nullable=False),
    sa.Column("tier", sa.String(20), nullable=False),
    sa.Column("job_id", sa.String(40)),  # the job that brought it; NULL for inline tools and stated facts
    sa.Column("payload", sa.JSON, nullable=False),
    sa.UniqueConstraint("conversation_id", "evidence_id", name="uq_evidence_id"),
)

bills = sa.Table(
    "bills",
    metadata,
    _row(),
    _owner(),
    _conversation(),
    sa.Column("bill_id", sa.String(60), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.UniqueConstraint("conversation_id", "bill_id", name="uq_bills_id"),
)

plans = sa.Table(
    "plans",
    metadata,
    _row(),
    _owner(),
    _conversation(),
    sa.Column("plan_id", sa.String(60), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_plans_conversation", "conversation_id"),
)

choices = sa.Table(
    "choices",
    metadata,
    sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    _owner(),
    sa.Column("left_out", sa.JSON, nullable=False),
    sa.Column("assumptions", sa.JSON, nullable=False),
)

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    _owner(),
    _conversation(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_uploads_conversation", "conversation_id"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    _owner(),
    _conversation(nullable=True),
    sa.Column("tool", sa.String(60), nullable=False),
    sa.Column("lane", sa.String(10), nullable=False),
    sa.Column("args", sa.JSON, nullable=False),
    sa.Column("idempotency_key", sa.String(200)),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("done", sa.Float, nullable=False),
    sa.Column("total", sa.Float, nullable=False),
    sa.Column("eta_s", sa.Float),
    sa.Column("error", sa.JSON(none_as_null=True)),
    sa.Column("result", sa.JSON(none_as_null=True)),
    sa.Column("runner", sa.String(60), nullable=False),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("started_at", UtcTime),
    sa.Column("finished_at", UtcTime),
    sa.Column("seconds", sa.Float),
    sa.Column("cpu_seconds", sa.Float),
    sa.Column("peak_memory_mib", sa.Float),
    sa.UniqueConstraint("owner", "idempotency_key", name="uq_jobs_key"),
    sa.Index("ix_jobs_owner", "owner", "created_at"),
    sa.Index("ix_jobs_status", "status"),
    sa.Index("ix_jobs_conversation", "conversation_id"),
)
