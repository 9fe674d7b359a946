"""Sealed password candidates, and the holds that they may open."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two tables; nothing that was there changes."""
    op.create_table(
        "candidates",
        sa.Column("submitter", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("submitter", "key"),
    )
    op.create_index("candidates_kept", "candidates", ["kept_at"])
    op.create_table(
        "locked",
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("message", _SERIAL, nullable=False),
        sa.Column("submitter", sa.LargeBinary(length=16), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"]),
        sa.ForeignKeyConstraint(["message"], ["messages.serial"]),
        sa.PrimaryKeyConstraint("hold_id"),
    )
    op.create_index("locked_submitter", "locked", ["submitter"])
