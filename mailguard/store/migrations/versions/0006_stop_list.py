"""The stop list, who was not sent to because of it, and a state of recipients that says so."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STATES = "state IN ('waiting', 'accepted', 'refused', 'withdrawn', 'suppressed')"


def upgrade() -> None:
    """Six tables; of those that were there, one takes a new state."""
    _stop_list()
    _suppressions()
    if op.get_bind().dialect.name == "sqlite":
        # A check cannot be changed there: the table is copied, and without the check it had.
        with op.batch_alter_table("recipients", recreate="always") as recipients:
            recipients.create_check_constraint("recipients_state", _STATES)
    else:
        op.drop_constraint("recipients_state", "recipients", type_="check")
        op.create_check_constraint("recipients_state", "recipients", _STATES)


def _stop_list() -> None:
    op.create_table(
        "stop_files",
        sa.Column("path_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("content_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("path_key"),
    )
    op.create_table(
        "stop_blocks",
        sa.Column("id", sa.String(length=50), nullable=False),
        sa.Column("path_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("scope", sa.LargeBinary(), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["path_key"], ["stop_files.path_key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "stop_entries",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("shown", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(length=20), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("stop_entries_key", "stop_entries", ["key"])
    op.create_table(
        "stop_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name="stop_version_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("message_id", sa.String(length=100), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stage IN ('intake', 'release')", name="suppressions_stage"),
        sa.PrimaryKeyConstraint("message_id", "key"),
    )
    op.create_index("suppressions_day", "suppressions", ["day", "source_id"])
    op.create_index("suppressions_key", "suppressions", ["key"])
    op.create_table(
        "stop_notices",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source_title", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("day", "source_id", "person_id", name="stop_notices_once"),
    )
    op.create_index("stop_notices_due", "stop_notices", ["due_at", "serial"])
