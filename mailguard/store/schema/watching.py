"""What would have been held."""

from sqlalchemy import BigInteger, Column, String, Table

from mailguard.store.schema.base import metadata

# Messages that only monitoring let pass, by day in Japan (2026-11-21); reason "" counts each message once.
watched = Table(
    "watched",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("source_id", String(100), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("messages", BigInteger, nullable=False),
)
