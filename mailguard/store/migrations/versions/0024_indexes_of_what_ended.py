"""What is only held has no row in the indexes of what has ended, or is due: mail is taken in with fewer pages to write."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_INDEXES = {
    "messages_batch": (["batch"], "batch IS NOT NULL"),
    "messages_claimable": (["due_at", "serial"], "due_at IS NOT NULL"),
    "messages_purge": (["state", "finished_at"], "skeleton IS NOT NULL AND finished_at IS NOT NULL"),
}


def upgrade() -> None:
    """The same indexes, of fewer rows."""
    for name, (columns, where) in _INDEXES.items():
        op.drop_index(name, "messages")
        op.create_index(name, "messages", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
