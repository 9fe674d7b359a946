"""What the routes of a hold ask for. Holds that were there keep none: they need what everybody needs."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column, empty."""
    op.add_column("holds", sa.Column("route", sa.LargeBinary(), nullable=True))
