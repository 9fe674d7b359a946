"""Requests: mailings that were filed before they are sent (事前申請)."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from mailguard.store.schema.base import SERIAL, Moment, metadata

# facts: purpose, sealed. sample: a message as it will be sent, sealed until it was inspected. hold_id: what is decided, once that is done.
# subject_key, mailing_key: of the sample. failed: why it could not be inspected.
requests = Table(
    "requests",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("id", String(20), nullable=False, unique=True),
    Column("source_id", Text, nullable=False),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("sample", LargeBinary),
    Column("recipients", Integer, nullable=False),
    Column("begins_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("filed_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("failed", String(40), nullable=False),
    Column("hold_id", String(20), ForeignKey("holds.id")),
    Column("subject_key", LargeBinary),
    Column("mailing_key", LargeBinary),
    CheckConstraint("recipients > 0 AND begins_at < ends_at", name="requests_sound"),
    Index("requests_hold", "hold_id"),
    Index("requests_mailing", "source_id", "subject_key"),
)
