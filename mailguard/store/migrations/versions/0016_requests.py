"""Mailings that are filed before they are sent, and approvals that count from a time on."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table, two columns."""
    op.add_column("holds", sa.Column("begins_at", sa.DateTime(timezone=True)))
    op.add_column("holds", sa.Column("rehearsal", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_table(
        "requests",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("sample", sa.LargeBinary()),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failed", sa.String(length=40), nullable=False),
        sa.Column("hold_id", sa.String(length=20)),
        sa.Column("subject_key", sa.LargeBinary()),
        sa.Column("mailing_key", sa.LargeBinary()),
        sa.CheckConstraint("recipients > 0 AND begins_at < ends_at", name="requests_sound"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"]),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("requests_hold", "requests", ["hold_id"])
    op.create_index("requests_mailing", "requests", ["source_id", "subject_key"])
