"""Contacts that an organisation publishes, agreed on by two persons."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "public_contacts",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("shown", sa.String(length=200), nullable=False),
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.String(length=20), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("agreed_by IS NULL OR agreed_by <> asked_by", name="public_contacts_two"),
        sa.CheckConstraint(
            "(agreed_by IS NULL) = (until IS NULL) AND (agreed_by IS NULL) = (agreed_at IS NULL)",
            name="public_contacts_agreed",
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"]),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["agreed_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["ended_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("public_contacts_key", "public_contacts", ["key"])
    op.create_table(
        "public_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name="public_version_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
