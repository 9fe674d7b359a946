"""The record keeps what stands in rows of people, sources and the like; those that are there are noted at the next start."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A mark, for the store that has the keys; a database without a record needs none."""
    op.create_table(
        "unnoted",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name="unnoted_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO unnoted (id) SELECT 1 FROM audit_head")
