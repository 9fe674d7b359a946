"""What people are told."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from mailguard.store.schema.base import SERIAL, Moment, metadata

# Notices to be sent, to a person or to a channel (the digest of its address); due_at is empty once one is.
# hold_id: what it is about, or nothing for what concerns no hold; then path is the page to look at, and about its id.
# campaign: notices of the same event and mailing that wait are one.
notices = Table(
    "notices",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("event", String(20), nullable=False),
    Column("person_id", String(20), ForeignKey("people.id")),
    Column("channel", String(20), nullable=False, server_default=""),
    Column("hold_id", String(20), ForeignKey("holds.id")),
    Column("path", String(100), nullable=False, server_default=""),
    Column("about", String(200), nullable=False, server_default=""),
    Column("campaign", LargeBinary(16)),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    CheckConstraint("(person_id IS NULL) = (channel <> '')", name="notices_one_reader"),
    Index("notices_due", "due_at", "serial"),
    Index("notices_hold", "hold_id", "event"),
    Index("notices_campaign", "campaign", "event"),
)
