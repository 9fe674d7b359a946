"""What became of each message that has ended, chained into the record in batches."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_DUE = sa.text("finished_at IS NOT NULL AND batch IS NULL")


def upgrade() -> None:
    """Messages that ended before are covered at the next start, as they are then."""
    op.add_column("messages", sa.Column("batch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.add_column("messages", sa.Column("outcomes", sa.String(length=32), nullable=True))
    op.create_index("messages_batch", "messages", ["batch"])
    op.create_index("messages_unchained", "messages", ["serial"], sqlite_where=_DUE, postgresql_where=_DUE)
