"""Held messages, their recipients and bytes, and what leaves in their place."""

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

from mailguard.lifecycle import MessageState, RecipientState
from mailguard.store.schema.base import SERIAL, Moment, metadata, one_of

# Held messages. due_at: when release may claim it; never set unless its hold is approved. outcomes: digest of what became of it,
# once it ended; batch: the row of the record that covers it. fold_key: by what the same mail is known when it comes again.
# kept: its bytes are there.
messages = Table(
    "messages",
    metadata,
    Column("serial", SERIAL, primary_key=True, autoincrement=False),
    Column("id", String(100), nullable=False),
    Column("hold_id", String(20), ForeignKey("holds.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_attempt_at", Moment),
    Column("token", String(64)),
    Column("lease_until", Moment),
    Column("due_at", Moment),
    Column("finished_at", Moment),
    Column("batch", SERIAL),
    Column("outcomes", String(32)),
    Column("fold_key", LargeBinary(16)),
    Column("kept", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("id", name="messages_id"),
    CheckConstraint(one_of("state", MessageState), name="messages_state"),
    CheckConstraint("due_at IS NULL OR state IN ('held', 'releasing')", name="messages_due"),
    Index("messages_hold", "hold_id", "state"),
    # None of the indexes of what has ended, or is due, has a row for what is only held: mail is taken in faster.
    Index(
        "messages_batch",
        "batch",
        sqlite_where=text("batch IS NOT NULL"),
        postgresql_where=text("batch IS NOT NULL"),
    ),
    Index(
        "messages_unchained",
        "serial",
        sqlite_where=text("finished_at IS NOT NULL AND batch IS NULL"),
        postgresql_where=text("finished_at IS NOT NULL AND batch IS NULL"),
    ),
    Index(
        "messages_claimable",
        "due_at",
        "serial",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "messages_fold",
        "fold_key",
        "hold_id",
        sqlite_where=text("fold_key IS NOT NULL"),
        postgresql_where=text("fold_key IS NOT NULL"),
    ),
    Index(
        "messages_purge",
        "state",
        "finished_at",
        sqlite_where=text("kept = 1 AND finished_at IS NOT NULL"),
        postgresql_where=text("kept AND finished_at IS NOT NULL"),
    ),
)

# The bytes of held messages until a purge, sealed, apart from what changes: a decision writes thousands of messages, and none of their bytes.
contents = Table(
    "contents",
    metadata,
    Column("message", SERIAL, ForeignKey("messages.serial"), primary_key=True, autoincrement=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("skeleton", LargeBinary, nullable=False),
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
    CheckConstraint(one_of("state", RecipientState), name="recipients_state"),
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
