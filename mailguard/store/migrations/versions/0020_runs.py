"""What earlier runs of a mailing were like."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One table; what was sent before is not known."""
    op.create_table(
        "runs",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("series", sa.LargeBinary(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("traits", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen", _MOMENT, nullable=False),
        sa.Column("last_seen", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("serial"),
    )
    op.create_index("runs_series", "runs", ["source_id", "series", "serial"])
    op.create_index("runs_last", "runs", ["last_seen"])
