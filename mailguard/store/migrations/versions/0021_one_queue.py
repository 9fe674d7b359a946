"""Notices of emergency stops wait in the queue of all others."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table goes; what of it waits is on the page."""
    op.drop_table("stop_tellings")
