"""First tables: conversations, messages, facts, evidence, bills, plans, choices, uploads, jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _owner() -> "sa.Column[str]":
    return sa.Column("owner", sa.String(200), nullable=False)


def _conversation(nullable: bool = False) -> "sa.Column[str]":
    return sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=nullable)


def _row() -> "sa.Column[int]":
    return sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=True)


def upgrade() -> None:
    """Creates everything."""
    _chat()
    _known()
    _jobs()


def _chat() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(40), primary_key=True),
        _owner(),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_conversations_owner", "conversations", ["owner", "updated_at"])
    op.create_table(
        "messages",
        sa.Column("id", sa.String(40), primary_key=True),
        _owner(),
        _conversation(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("conversation_id", "seq", name="uq_messages_seq"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(40), primary_key=True),
        _owner(),
        _conversation(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_uploads_conversation", "uploads", ["conversation_id"])


def _known() -> None:
    op.create_table(
        "facts",
        _row(),
        _owner(),
        _conversation(),
        sa.Column("workload", sa.String(200), nullable=False),
        sa.Column("field", sa.String(60), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
    )
    op.create_index("ix_facts_field", "facts", ["conversation_id", "workload", "field"])
    op.create_table(
        "evidence",
        _row(),
        _owner(),
        _conversation(),
        sa.Column("evidence_id", sa.String(40), nullable=False),
        sa.Column("tier", sa.String(20), nullable=False),
        sa.Column("job_id", sa.String(40)),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.UniqueConstraint("conversation_id", "evidence_id", name="uq_evidence_id"),
    )
    op.create_table(
        "bills",
        _row(),
        _owner(),
        _conversation(),
        sa.Column("bill_id", sa.String(60), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.UniqueConstraint("conversation_id", "bill_id", name="uq_bills_id"),
    )
    op.create_table(
        "plans",
        _row(),
        _owner(),
        _conversation(),
        sa.Column("plan_id", sa.String(60), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_plans_conversation", "plans", ["conversation_id"])
    op.create_table(
        "choices",
        sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
        _owner(),
        sa.Column("left_out", sa.JSON, nullable=False),
        sa.Column("assumptions", sa.JSON, nullable=False),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
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
        sa.Column("error", sa.JSON),
        sa.Column("result", sa.JSON),
        sa.Column("runner", sa.String(60), nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("started_at", sa.DateTime),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("seconds", sa.Float),
        sa.Column("cpu_seconds", sa.Float),
        sa.Column("peak_memory_mib", sa.Float),
        sa.UniqueConstraint("owner", "idempotency_key", name="uq_jobs_key"),
    )
    op.create_index("ix_jobs_owner", "jobs", ["owner", "created_at"])
    op.create_index("ix_jobs_status", "jobs", ["status"])
    op.create_index("ix_jobs_conversation", "jobs", ["conversation_id"])
