"""The tables, with a sentence each. Clear here: states, counters, times, ids, source titles, reason codes, masked addresses.

Everything else is sealed (AES-256-GCM, see vault.py) or a keyed digest. The migrations end exactly here; a test says so.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.types import TypeDecorator

from mailguard.lifecycle import Choice, HoldState, MessageState, RecipientState

metadata = MetaData()

SERIAL = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER key


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC; a naive one is refused before it reaches the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite has no zones, so it gets none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time must not be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Aware again."""
        del dialect
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, values: type[HoldState | MessageState | RecipientState | Choice]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


# Which keys sealed this database: one row.
keyring = Table(
    "keyring",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    CheckConstraint("id = 1", name="keyring_one_row"),
)

# Who can log in; login, name, address and organisation are sealed, their keys find and compare them.
people = Table(
    "people",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("login_key", LargeBinary(16), nullable=False),
    Column("mail_key", LargeBinary(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("role", String(20), nullable=False),
    Column("language", String(5), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("password", String(200)),
    Column("added_at", Moment, nullable=False),
    UniqueConstraint("login_key", name="people_login"),
    CheckConstraint("role IN ('operator', 'approver', 'auditor', 'administrator')", name="people_role"),
)

# Attempts to log in that have not succeeded; they throttle guessing. name_key: door and name; place_key: these and the client's network. failed: the password was wrong, not only under way.
attempts = Table(
    "attempts",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("name_key", LargeBinary(16), nullable=False),
    Column("place_key", LargeBinary(16), nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Index("attempts_name", "name_key", "at"),
    Index("attempts_at", "at"),
)

# SMTP logins of the tools that send; the name is sealed, its key finds it, the revision grows with each change.
logins = Table(
    "logins",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("login_key", LargeBinary(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("password", String(200), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("added_at", Moment, nullable=False),
    UniqueConstraint("login_key", name="logins_key"),
)

# Logins under way; the token itself is never stored.
sessions = Table(
    "sessions",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("sessions_person", "person_id"),
)

# Sending systems; what they are recognised by is sealed.
sources = Table(
    "sources",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("id", String(100), nullable=False),
    Column("title", String(200), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("id", name="sources_id"),
    CheckConstraint("id <> ''", name="sources_named"),
)

# Who operates a source, and so may not approve its mail.
operators = Table(
    "operators",
    metadata,
    Column("source_id", String(100), ForeignKey("sources.id"), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id"), primary_key=True),
)

# Raised whenever a source changes: one row, cheap to read for each message.
sources_version = Table(
    "sources_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    CheckConstraint("id = 1", name="sources_version_one_row"),
)

# What one decision covers. declared: every message came from a source known by login or network. used: recipients sent or reserved under the approval. approvals: at this revision.
# sending_since: the approval, or the last "deliver late". asked_at: what was held by then waits for a new "deliver late".
holds = Table(
    "holds",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("id", String(20), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("source_title", String(200), nullable=False),
    Column("declared", Boolean, nullable=False),
    Column("content_key", LargeBinary, nullable=False),
    Column("subject_key", LargeBinary, nullable=False),
    Column("state", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("inspection", LargeBinary, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("late_messages", Integer, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("persons_exact", Boolean, nullable=False),
    Column("households", Integer, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("cap", Integer),
    Column("used", Integer, nullable=False),
    Column("approvals", Integer, nullable=False),
    Column("approvals_needed", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", String(20), nullable=False),
    Column("sending_since", Moment),
    Column("asked_at", Moment),
    UniqueConstraint("id", name="holds_id"),
    CheckConstraint(_one_of("state", HoldState), name="holds_state"),
    CheckConstraint("state <> 'approved' OR (cap IS NOT NULL AND used <= cap)", name="holds_cap"),
    CheckConstraint("used >= 0", name="holds_used"),
    CheckConstraint("state <> 'approved' OR approvals >= approvals_needed", name="holds_approvals"),
    Index(
        "holds_one_pending",
        "source_id",
        "content_key",
        unique=True,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index("holds_content", "source_id", "content_key", "serial"),
    Index("holds_subject", "source_id", "subject_key", "state"),
    Index("holds_state_expiry", "state", "expires_at"),
)

# The leaves and paragraphs that a hold is about.
evidence = Table(
    "evidence",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("key", LargeBinary, primary_key=True),
)

# Who took part in sending a hold's messages: digests of SMTP logins and of author addresses.
participants = Table(
    "participants",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("role", String(10), primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    CheckConstraint("role IN ('login', 'author')", name="participants_role"),
)

# Operators of the sources that unauthenticated mail of a hold claims to come from; none of them is its second person.
claimed = Table(
    "claimed",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id"), primary_key=True),
)

# Held messages. due_at: when release may claim it; never set unless its hold is approved.
messages = Table(
    "messages",
    metadata,
    Column("serial", SERIAL, primary_key=True, autoincrement=False),
    Column("id", String(100), nullable=False),
    Column("hold_id", String(20), ForeignKey("holds.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("envelope", LargeBinary),
    Column("skeleton", LargeBinary),
    Column("received_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_attempt_at", Moment),
    Column("token", String(64)),
    Column("lease_until", Moment),
    Column("due_at", Moment),
    Column("finished_at", Moment),
    UniqueConstraint("id", name="messages_id"),
    CheckConstraint(_one_of("state", MessageState), name="messages_state"),
    CheckConstraint("due_at IS NULL OR state IN ('held', 'releasing')", name="messages_due"),
    Index("messages_hold", "hold_id", "state"),
    Index("messages_claimable", "due_at", "serial"),
    Index(
        "messages_purge",
        "state",
        "finished_at",
        sqlite_where=text("skeleton IS NOT NULL"),
        postgresql_where=text("skeleton IS NOT NULL"),
    ),
)

# One row for each recipient of a held message; address and reply are masked.
recipients = Table(
    "recipients",
    metadata,
    Column("message", SERIAL, ForeignKey("messages.serial"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("state", String(10), nullable=False),
    Column("address", String(100), nullable=False),
    Column("reply", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
    CheckConstraint(_one_of("state", RecipientState), name="recipients_state"),
)

# Large parts, each stored once; the id is the keyed digest of the bytes.
blobs = Table(
    "blobs",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# Which message needs which large part.
parts = Table(
    "parts",
    metadata,
    Column("message", SERIAL, ForeignKey("messages.serial"), primary_key=True, autoincrement=False),
    Column("blob_id", LargeBinary(16), ForeignKey("blobs.id"), primary_key=True),
    Index("parts_blob", "blob_id"),
)

# Recipients taken from a cap before the relay hears DATA. A row without `accepted` after a crash stays: the safe side.
reservations = Table(
    "reservations",
    metadata,
    Column("message_id", String(100), primary_key=True),
    Column("hold_id", String(20), ForeignKey("holds.id"), nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("accepted", Integer),
    Column("at", Moment, nullable=False),
    CheckConstraint("accepted IS NULL OR accepted <= recipients", name="reservations_accepted"),
)

# What persons decided, a first of two approvals included; the reason is sealed.
decisions = Table(
    "decisions",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("hold_id", String(20), ForeignKey("holds.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("choice", String(20), nullable=False),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("cap", Integer),
    Column("at", Moment, nullable=False),
    CheckConstraint(_one_of("choice", Choice), name="decisions_choice"),
    UniqueConstraint("hold_id", "revision", "person_id", "choice", "cap", name="decisions_once"),
    Index("decisions_hold", "hold_id", "revision"),
)

# Holds whose long tables are not counted yet: the message to count, the persons there are at least, and how often it was begun.
counts = Table(
    "counts",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("message", SERIAL, ForeignKey("messages.serial"), nullable=False),
    Column("least", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("given_up", Boolean, nullable=False),
)

# What mails told that may open others of the same submitter, a digest: sealed by scanner workers for each other, and once more for its row.
candidates = Table(
    "candidates",
    metadata,
    Column("submitter", LargeBinary(16), primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("kept_at", Moment, nullable=False),
    Index("candidates_kept", "kept_at"),
)

# Holds with encrypted parts. asked: times that its submitter told something; tried: those it was inspected with; begun: that inspection, so often.
locked = Table(
    "locked",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("message", SERIAL, ForeignKey("messages.serial"), nullable=False),
    Column("submitter", LargeBinary(16), nullable=False),
    Column("asked", Integer, nullable=False),
    Column("tried", Integer, nullable=False),
    Column("begun", Integer, nullable=False),
    Index("locked_submitter", "submitter"),
)

# Messages that only monitoring let pass, by day in Japan (2026-11-21); reason "" counts each message once.
watched = Table(
    "watched",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("source_id", String(100), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("messages", BigInteger, nullable=False),
)

# Rules whose findings held a hold that people called a false positive.
false_positives = Table(
    "false_positives",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("rule", String(100), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

# Notices to be mailed; due_at is empty once one is sent.
notices = Table(
    "notices",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("event", String(20), nullable=False),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("hold_id", String(20), ForeignKey("holds.id"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index("notices_due", "due_at", "serial"),
    Index("notices_hold", "hold_id", "event"),
)

# Files of the stop list that were read: the path is sealed, its key finds it; content_key says whether a file is the one that was read.
stop_files = Table(
    "stop_files",
    metadata,
    Column("path_key", LargeBinary(16), primary_key=True),
    Column("path", LargeBinary, nullable=False),
    Column("content_key", LargeBinary(16), nullable=False),
    Column("entries", Integer, nullable=False),
    Column("read_at", Moment, nullable=False),
)

# Their entries, one row for each scope (sealed): keyed digests, sorted, one behind the other.
stop_blocks = Table(
    "stop_blocks",
    metadata,
    Column("id", String(50), primary_key=True),
    Column("path_key", LargeBinary(16), ForeignKey("stop_files.path_key"), nullable=False),
    Column("scope", LargeBinary, nullable=False),
    Column("keys", LargeBinary, nullable=False),
)

# Entries that people added one by one: address or domain as a keyed digest and masked; scope and reason are sealed.
stop_entries = Table(
    "stop_entries",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("key", LargeBinary(16), nullable=False),
    Column("shown", String(100), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("added_by", String(20), nullable=False),
    Column("added_at", Moment, nullable=False),
    Index("stop_entries_key", "key"),
)

# Raised whenever the stop list changes: one row.
stop_version = Table(
    "stop_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    CheckConstraint("id = 1", name="stop_version_one_row"),
)

# Recipients on the stop list that a mail named, and that were not sent to; by day in Japan. stage: intake | release.
suppressions = Table(
    "suppressions",
    metadata,
    Column("message_id", String(100), primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("day", String(10), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("stage", String(10), nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("stage IN ('intake', 'release')", name="suppressions_stage"),
    Index("suppressions_day", "day", "source_id"),
    Index("suppressions_key", "key"),
)

# Notices of them to be mailed, one a day, source and person; due_at is empty once one is sent.
stop_notices = Table(
    "stop_notices",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("day", String(10), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("source_title", String(200), nullable=False),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("day", "source_id", "person_id", name="stop_notices_once"),
    Index("stop_notices_due", "due_at", "serial"),
)

# Pauses of all releases; one that nobody ended stops them now.
pauses = Table(
    "pauses",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("ended", Boolean, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("paused_by", String(20), nullable=False),
    Column("paused_at", Moment, nullable=False),
    Column("resumed_by", String(20)),
    Column("resumed_at", Moment),
    CheckConstraint("ended = (resumed_at IS NOT NULL)", name="pauses_ended"),
    Index(
        "pauses_one",
        "ended",
        unique=True,
        sqlite_where=text("NOT ended"),
        postgresql_where=text("NOT ended"),
    ),
)

# Delivery status notifications to be sent; once one is, due_at and the sealed facts are gone.
bounces = Table(
    "bounces",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("message_id", String(100), nullable=False),
    Column("sealed", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("message_id", name="bounces_message"),
    CheckConstraint("due_at IS NULL OR sealed IS NOT NULL", name="bounces_whole"),
    Index("bounces_due", "due_at", "serial"),
)

# The record: rows are only ever added, each hash covers the row before it.
audit = Table(
    "audit",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("actor", String(40), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_subject", "subject", "seq"),
)

# The end of the record: without the digest key nobody can cut rows off and write a new end.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("length", SERIAL, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("seal", LargeBinary(16), nullable=False),
    CheckConstraint("id = 1", name="audit_head_one_row"),
)

# The end of each transaction that wrote to the record, under the digest key: rows that were put in later have none.
audit_seals = Table(
    "audit_seals",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=False),
    Column("seal", LargeBinary(16), nullable=False),
)

SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END"
    for verb in ("UPDATE", "DELETE")
)
POSTGRESQL_GUARDS = (
    """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit rows are never changed'; END $$""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
)
for _dialect, _guards in (("sqlite", SQLITE_GUARDS), ("postgresql", POSTGRESQL_GUARDS)):
    for _guard in _guards:
        _ddl = DDL(_guard)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        event.listen(audit, "after_create", _ddl.execute_if(dialect=_dialect))
