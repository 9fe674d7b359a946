"""Which keys sealed the database."""

from sqlalchemy import CheckConstraint, Column, Integer, String, Table

from mailguard.store.schema.base import metadata

# Which keys sealed this database: one row.
keyring = Table(
    "keyring",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    CheckConstraint("id = 1", name="keyring_one_row"),
)
