"""What earlier runs of a mailing were like."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from mailguard.store.schema.base import SERIAL, Moment, metadata

# One run of a mailing that was sent. series: digest of what its runs have in common. traits: digests, and kinds of findings (`model.Run`).
runs = Table(
    "runs",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("series", LargeBinary, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("traits", LargeBinary, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Index("runs_series", "source_id", "series", "serial"),
    Index("runs_last", "last_seen"),
)
