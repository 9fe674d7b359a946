"""Caps that several approvers gave to holds together: a hold keeps within each of them."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Holds that share a cap go on sharing it."""
    op.create_table(
        "pooled",
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("pool_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"]),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"]),
        sa.PrimaryKeyConstraint("hold_id", "pool_id"),
    )
    op.create_index("pooled_pool", "pooled", ["pool_id"])
    op.add_column("decisions", sa.Column("together", sa.String(length=20), nullable=True))
    op.execute("INSERT INTO pooled (hold_id, pool_id) SELECT id, pool_id FROM holds WHERE pool_id IS NOT NULL")
