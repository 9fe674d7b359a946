"""What takes effect only with a second person's consent, and the settings that were agreed to."""

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, String, Table

from mailguard.store.schema.base import SERIAL, Moment, metadata

# Changes that were asked for; what is to be done, its facts and whom it is about are sealed. What is to be done goes when it is decided.
changes = Table(
    "changes",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("asked_by", String(20), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", String(10), nullable=False),
    Column("decided_by", String(20)),
    Column("decided_at", Moment),
    CheckConstraint("state IN ('waiting', 'agreed', 'refused', 'expired')", name="changes_state"),
    CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="changes_decided"),
    Index("changes_state_asked", "state", "asked_at"),
)

# Policy, monitoring, own contacts and retention as they were taken or agreed to, the newest is in force; the content is sealed.
settings = Table(
    "settings",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("digest", LargeBinary(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("taken_at", Moment, nullable=False),
)
