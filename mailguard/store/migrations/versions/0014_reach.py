"""Who was reached: recipients in doubt, those of mail under an approval, and lists that were taken."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Three tables. What left under an approval before has no recipients there: only its count is known."""
    op.create_table(
        "doubts",
        sa.Column("message", _SERIAL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.serial"]),
        sa.PrimaryKeyConstraint("message", "position"),
    )
    op.create_table(
        "handovers",
        sa.Column("message_id", sa.String(length=100), nullable=False),
        sa.Column("masked", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["reservations.message_id"]),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_table(
        "reach_exports",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("serial"),
    )
