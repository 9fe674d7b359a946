"""What people are told."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from mailguard.store.schema.base import SERIAL, Moment, metadata

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
