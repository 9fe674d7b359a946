"""What was found to be no personal data of anybody's: contacts that an organisation publishes."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from mailguard.store.schema.base import Moment, metadata

# Contacts that were put on the allow list from a hold: the value as a keyed digest and masked, the reason sealed.
# In force between agreed_at and until, unless ended_at says otherwise.
public_contacts = Table(
    "public_contacts",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("key", LargeBinary(16), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("shown", String(200), nullable=False),
    Column("hold_id", String(20), ForeignKey("holds.id"), nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("asked_by", String(20), ForeignKey("people.id"), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("agreed_by", String(20), ForeignKey("people.id")),
    Column("agreed_at", Moment),
    Column("until", Moment),
    Column("ended_by", String(20), ForeignKey("people.id")),
    Column("ended_at", Moment),
    CheckConstraint("agreed_by IS NULL OR agreed_by <> asked_by", name="public_contacts_two"),
    CheckConstraint(
        "(agreed_by IS NULL) = (until IS NULL) AND (agreed_by IS NULL) = (agreed_at IS NULL)",
        name="public_contacts_agreed",
    ),
    Index("public_contacts_key", "key"),
)

# Raised whenever they change: one row.
public_version = Table(
    "public_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    CheckConstraint("id = 1", name="public_version_one_row"),
)
