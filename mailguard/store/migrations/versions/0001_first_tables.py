"""The first tables. Written out in full: a migration stays what it was when the schema moves on."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

REFUSE = "BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END"
GUARDS = {
    "sqlite": (
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {REFUSE}",
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit {REFUSE}",
    ),
    "postgresql": (
        """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'audit rows are never changed'; END $$""",
        """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    ),
}


def upgrade() -> None:
    _people()
    _holds()
    _messages()
    _record()
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _people() -> None:
    op.create_table(
        "keyring",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name="keyring_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("login_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("mail_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint("role IN ('operator', 'approver', 'auditor', 'administrator')", name="people_role"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login_key", name="people_login"),
    )
    op.create_table(
        "attempts",
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("name_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("place_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("serial"),
    )
    op.create_index("attempts_name", "attempts", ["name_key", "at"], unique=False)
    op.create_index("attempts_at", "attempts", ["at"], unique=False)
    op.create_table(
        "logins",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("login_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login_key", name="logins_key"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sessions_person", "sessions", ["person_id"], unique=False)
    op.create_table(
        "sources",
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id <> ''", name="sources_named"),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("id", name="sources_id"),
    )
    op.create_table(
        "operators",
        sa.Column("source_id", sa.String(length=100), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
        ),
        sa.PrimaryKeyConstraint("source_id", "person_id"),
    )
    op.create_table(
        "sources_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name="sources_version_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source_title", sa.String(length=200), nullable=False),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("content_key", sa.LargeBinary(), nullable=False),
        sa.Column("subject_key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("inspection", sa.LargeBinary(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("late_messages", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("persons_exact", sa.Boolean(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("cap", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("approvals_needed", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=20), nullable=False),
        sa.Column("sending_since", MOMENT, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.CheckConstraint("state <> 'approved' OR (cap IS NOT NULL AND used <= cap)", name="holds_cap"),
        sa.CheckConstraint("state <> 'approved' OR approvals >= approvals_needed", name="holds_approvals"),
        sa.CheckConstraint(
            "state IN ('pending', 'approved', 'rejected', 'returned', 'expired', 'withdrawn')", name="holds_state"
        ),
        sa.CheckConstraint("used >= 0", name="holds_used"),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("id", name="holds_id"),
    )
    op.create_index("holds_content", "holds", ["source_id", "content_key", "serial"], unique=False)
    op.create_index(
        "holds_one_pending",
        "holds",
        ["source_id", "content_key"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("holds_state_expiry", "holds", ["state", "expires_at"], unique=False)
    op.create_index("holds_subject", "holds", ["source_id", "subject_key", "state"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hold_id"],
            ["holds.id"],
        ),
        sa.PrimaryKeyConstraint("hold_id", "key"),
    )
    op.create_table(
        "participants",
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.CheckConstraint("role IN ('login', 'author')", name="participants_role"),
        sa.ForeignKeyConstraint(
            ["hold_id"],
            ["holds.id"],
        ),
        sa.PrimaryKeyConstraint("hold_id", "role", "key"),
    )
    op.create_table(
        "claimed",
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["hold_id"],
            ["holds.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("hold_id", "person_id"),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("serial", SERIAL, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column("skeleton", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_attempt_at", MOMENT, nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint("due_at IS NULL OR state IN ('held', 'releasing')", name="messages_due"),
        sa.CheckConstraint(
            "state IN ('held', 'releasing', 'released', 'partly', 'failed', 'rejected', 'expired', 'withdrawn')",
            name="messages_state",
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"],
            ["holds.id"],
        ),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("id", name="messages_id"),
    )
    op.create_index("messages_claimable", "messages", ["due_at", "serial"], unique=False)
    op.create_index("messages_hold", "messages", ["hold_id", "state"], unique=False)
    op.create_index(
        "messages_purge",
        "messages",
        ["state", "finished_at"],
        unique=False,
        sqlite_where=sa.text("skeleton IS NOT NULL"),
        postgresql_where=sa.text("skeleton IS NOT NULL"),
    )
    op.create_table(
        "recipients",
        sa.Column("message", SERIAL, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=100), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'accepted', 'refused', 'withdrawn')", name="recipients_state"),
        sa.ForeignKeyConstraint(
            ["message"],
            ["messages.serial"],
        ),
        sa.PrimaryKeyConstraint("message", "position"),
    )
    op.create_table(
        "blobs",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "parts",
        sa.Column("message", SERIAL, autoincrement=False, nullable=False),
        sa.Column("blob_id", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["blob_id"],
            ["blobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["message"],
            ["messages.serial"],
        ),
        sa.PrimaryKeyConstraint("message", "blob_id"),
    )
    op.create_index("parts_blob", "parts", ["blob_id"], unique=False)
    op.create_table(
        "reservations",
        sa.Column("message_id", sa.String(length=100), nullable=False),
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("accepted IS NULL OR accepted <= recipients", name="reservations_accepted"),
        sa.ForeignKeyConstraint(
            ["hold_id"],
            ["holds.id"],
        ),
        sa.PrimaryKeyConstraint("message_id"),
    )


def _record() -> None:
    op.create_table(
        "decisions",
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "choice IN ('approve', 'reject', 'return', 'withdraw', 'expire', 'deliver_late', 'stop_rest')",
            name="decisions_choice",
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"],
            ["holds.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("hold_id", "revision", "person_id", "choice", "cap", name="decisions_once"),
    )
    op.create_index("decisions_hold", "decisions", ["hold_id", "revision"], unique=False)
    op.create_table(
        "notices",
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("hold_id", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["hold_id"],
            ["holds.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("serial"),
    )
    op.create_index("notices_due", "notices", ["due_at", "serial"], unique=False)
    op.create_index("notices_hold", "notices", ["hold_id", "event"], unique=False)
    op.create_table(
        "pauses",
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("paused_by", sa.String(length=20), nullable=False),
        sa.Column("paused_at", MOMENT, nullable=False),
        sa.Column("resumed_by", sa.String(length=20), nullable=True),
        sa.Column("resumed_at", MOMENT, nullable=True),
        sa.CheckConstraint("ended = (resumed_at IS NOT NULL)", name="pauses_ended"),
        sa.PrimaryKeyConstraint("serial"),
    )
    op.create_index(
        "pauses_one",
        "pauses",
        ["ended"],
        unique=True,
        sqlite_where=sa.text("NOT ended"),
        postgresql_where=sa.text("NOT ended"),
    )
    op.create_table(
        "bounces",
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("message_id", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("due_at IS NULL OR sealed IS NOT NULL", name="bounces_whole"),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("message_id", name="bounces_message"),
    )
    op.create_index("bounces_due", "bounces", ["due_at", "serial"], unique=False)
    op.create_table(
        "audit",
        sa.Column("seq", SERIAL, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("audit_subject", "audit", ["subject", "seq"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("length", SERIAL, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=16), nullable=False),
        sa.CheckConstraint("id = 1", name="audit_head_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
