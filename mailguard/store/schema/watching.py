"""What would have been held."""

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, UniqueConstraint

from mailguard.store.schema.base import Moment, metadata

# Messages that only monitoring let pass, by day in Japan (2026-11-21); reason "" counts each message once.
watched = Table(
    "watched",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("source_id", String(100), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("messages", BigInteger, nullable=False),
)

# The same by mailing: source and subject skeleton (a keyed digest) on one day. sealed: kinds, persons, masked subject, reasons.
watched_mailings = Table(
    "watched_mailings",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("day", String(10), nullable=False),
    Column("source_id", String(100), nullable=False),
    Column("subject_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("recipients", BigInteger, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    UniqueConstraint("day", "source_id", "subject_key", name="watched_mailings_once"),
)
