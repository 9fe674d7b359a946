"""Emergency stops, the holds that they let through, and notices of them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Three tables, all empty."""
    _stops()
    op.create_table(
        "stop_exceptions",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("stop_id", sa.String(length=20), nullable=False),
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.String(length=20), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("agreed_by", sa.String(length=20), nullable=True),
        sa.Column("agreed_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "(agreed_by IS NULL) = (agreed_at IS NULL) AND (agreed_by IS NULL OR agreed_by <> asked_by)",
            name="stop_exceptions_two_people",
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"]),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"]),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("stop_id", "hold_id", name="stop_exceptions_once"),
    )
    op.create_table(
        "stop_tellings",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("stop_id", sa.String(length=20), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"]),
        sa.PrimaryKeyConstraint("serial"),
    )
    op.create_index("stop_tellings_due", "stop_tellings", ["due_at", "serial"])


def _stops() -> None:
    op.create_table(
        "stops",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.LargeBinary(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("hold_id", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("stopped_by", sa.String(length=20), nullable=False),
        sa.Column("stopped_at", _MOMENT, nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=True),
        sa.Column("asked_by", sa.String(length=20), nullable=True),
        sa.Column("asked_at", _MOMENT, nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("ended_by", sa.String(length=20), nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.CheckConstraint("scope IN ('all', 'source', 'campaign')", name="stops_scope"),
        sa.CheckConstraint("ended = (ended_at IS NOT NULL)", name="stops_ended"),
        sa.CheckConstraint("NOT ended OR (asked_by IS NOT NULL AND ended_by <> asked_by)", name="stops_two_people"),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"]),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("id", name="stops_id"),
    )
    op.create_index(
        "stops_one",
        "stops",
        ["scope", "source_id", "subject_key"],
        unique=True,
        sqlite_where=sa.text("NOT ended"),
        postgresql_where=sa.text("NOT ended"),
    )
