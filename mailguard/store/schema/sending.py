"""Sending systems and who operates them."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, LargeBinary, String, Table, UniqueConstraint

from mailguard.store.schema.base import SERIAL, Moment, metadata

# Sending systems; what they are recognised by is sealed. A removed one recognises nothing more; its holds stay whose they are.
sources = Table(
    "sources",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("id", String(100), nullable=False),
    Column("title", String(200), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("organisation_key", LargeBinary(16)),
    Column("removed_at", Moment),
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

# Who operated a source before; last_hold: serial of the newest hold there was when that ended. What was sent until then is own mail.
past_operators = Table(
    "past_operators",
    metadata,
    Column("source_id", String(100), ForeignKey("sources.id"), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id"), primary_key=True),
    Column("last_hold", SERIAL, nullable=False),
)

# Raised whenever a source changes: one row, cheap to read for each message.
sources_version = Table(
    "sources_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    CheckConstraint("id = 1", name="sources_version_one_row"),
)
