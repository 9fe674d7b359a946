"""What people opened of held mail."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from mailguard.store.schema.base import SERIAL, Moment, metadata

# Looks at parts of a hold. message_id: of the one message that was chosen, "" when it was looked for in several. part: its number in the tree of that revision, key: the digest of its bytes; the reason is sealed.
part_views = Table(
    "part_views",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("hold_id", String(20), ForeignKey("holds.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    Column("key", LargeBinary(16), nullable=False),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("message_id", String(100), nullable=False, server_default=""),
    Column("kind", String(10), nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("kind IN ('viewed', 'unmasked', 'downloaded')", name="part_views_kind"),
    Index("part_views_hold", "hold_id", "person_id"),
)
