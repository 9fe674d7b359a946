"""Looks at parts say which message of the hold was chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Looks before chose no message."""
    op.add_column("part_views", sa.Column("message_id", sa.String(length=100), nullable=False, server_default=""))
