"""Organisations of people and sources that can be compared, sources that are removed, and deputies."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table; columns that stay empty until the store, which has the key, fills them."""
    op.add_column("people", sa.Column("organisation_key", sa.LargeBinary(length=16), nullable=True))
    op.add_column("sources", sa.Column("organisation_key", sa.LargeBinary(length=16), nullable=True))
    op.add_column("sources", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("decisions", sa.Column("acting_for", sa.String(length=20), nullable=True))
    op.create_table(
        "deputies",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("absent_id", sa.String(length=20), nullable=False),
        sa.Column("deputy_id", sa.String(length=20), nullable=False),
        sa.Column("first_day", sa.String(length=10), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=False),
        sa.Column("added_by", sa.String(length=20), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("absent_id <> deputy_id", name="deputies_other"),
        sa.CheckConstraint("first_day <= last_day", name="deputies_days"),
        sa.ForeignKeyConstraint(["absent_id"], ["people.id"]),
        sa.ForeignKeyConstraint(["deputy_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deputies_deputy", "deputies", ["deputy_id", "last_day"])
