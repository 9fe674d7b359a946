"""What stops mail: the stop list, and pauses of all releases."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from mailguard.store.schema.base import SERIAL, Moment, metadata

# Files of the stop list that were read: the path is sealed, its key finds it; content_key says whether a file is the one that was read, empty: the configuration does not name it any more.
# entries: with those that are kept. lost: entries that went without consent on a day in Japan.
stop_files = Table(
    "stop_files",
    metadata,
    Column("path_key", LargeBinary(16), primary_key=True),
    Column("path", LargeBinary, nullable=False),
    Column("content_key", LargeBinary(16), nullable=False),
    Column("entries", Integer, nullable=False),
    Column("read_at", Moment, nullable=False),
    Column("lost", Integer, nullable=False, server_default="0"),
    Column("lost_day", String(10), nullable=False, server_default=""),
)

# Their entries, one row for each scope (sealed): keyed digests, sorted, one behind the other. kept: the file has them no more, and nobody has consented yet.
stop_blocks = Table(
    "stop_blocks",
    metadata,
    Column("id", String(50), primary_key=True),
    Column("path_key", LargeBinary(16), ForeignKey("stop_files.path_key"), nullable=False),
    Column("scope", LargeBinary, nullable=False),
    Column("keys", LargeBinary, nullable=False),
    Column("kept", Boolean, nullable=False, server_default=text("false")),
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
