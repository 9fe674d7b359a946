"""Who was reached: what is in doubt, what left under an approval, and who was shown addresses."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from mailguard.store.schema.base import SERIAL, Moment, metadata

# Recipients to whom the final dot may have gone out without a reply that we heard. Who was accepted later is in no doubt.
doubts = Table(
    "doubts",
    metadata,
    Column("message", SERIAL, ForeignKey("messages.serial"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
)

# Recipients of mail that left under an approval, inside its client's transaction: masked, and sealed until they are purged.
handovers = Table(
    "handovers",
    metadata,
    Column("message_id", String(100), ForeignKey("reservations.message_id"), primary_key=True),
    Column("masked", Text, nullable=False),
    Column("sealed", LargeBinary),
)

# Lists of who was reached that somebody took. clear: with addresses; the reason is sealed.
reach_exports = Table(
    "reach_exports",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("by", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("clear", Boolean, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("recipients", Integer, nullable=False),
)
