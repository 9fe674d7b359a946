"""The sealed bytes of held messages stand in a table of their own: what changes of thousands of messages takes few pages."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_ENDED = "finished_at IS NOT NULL"


def upgrade() -> None:
    """What is held stays held; what a purge took stays gone."""
    op.create_table(
        "contents",
        sa.Column("message", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("skeleton", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.serial"]),
        sa.PrimaryKeyConstraint("message"),
    )
    op.execute(
        "INSERT INTO contents (message, envelope, skeleton) SELECT serial, envelope, skeleton FROM messages"
        " WHERE envelope IS NOT NULL AND skeleton IS NOT NULL ORDER BY serial"
    )
    op.drop_index("messages_purge", "messages")
    op.add_column("messages", sa.Column("kept", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.execute("UPDATE messages SET kept = false WHERE envelope IS NULL OR skeleton IS NULL")
    if op.get_bind().dialect.name == "postgresql":  # rows keep the values of a column that is dropped
        op.execute("UPDATE messages SET envelope = NULL, skeleton = NULL WHERE kept")
    op.drop_column("messages", "skeleton")
    op.drop_column("messages", "envelope")
    op.drop_index("decisions_hold", "decisions")  # the unique index begins with the same columns
    op.create_index(
        "messages_purge",
        "messages",
        ["state", "finished_at"],
        sqlite_where=sa.text(f"kept = 1 AND {_ENDED}"),
        postgresql_where=sa.text(f"kept AND {_ENDED}"),
    )
