"""Entries that a file of the stop list has lost stay until somebody consents, but for a few a day."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was kept before."""
    op.add_column("stop_files", sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("stop_files", sa.Column("lost_day", sa.String(length=10), nullable=False, server_default=""))
    op.add_column("stop_blocks", sa.Column("kept", sa.Boolean(), nullable=False, server_default=sa.text("false")))
