"""Whether a password was made by somebody else."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is known of the passwords that are there: they stay good."""
    op.add_column("people", sa.Column("given", sa.Boolean(), nullable=False, server_default=sa.text("false")))
