"""Emergency stops: what they cover, who asked to end them, and which holds may go out in spite of them."""

from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from mailguard.store.schema.base import SERIAL, Moment, metadata, one_of


class Scope(StrEnum):
    """What a stop covers: all mail, that of a source, or one mailing (what its tool calls so, or has its subject)."""

    ALL = "all"
    SOURCE = "source"
    CAMPAIGN = "campaign"


# Emergency stops; one that is not ended is in force. campaign_key: as campaigns.key, NULL when a mailing is known by its subject only. reason, asked: sealed, why it was begun, and why it should end. Two people end it.
stops = Table(
    "stops",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("id", String(20), nullable=False),
    Column("scope", String(10), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("subject_key", LargeBinary, nullable=False),
    Column("campaign_key", LargeBinary),
    Column("title", String(200), nullable=False),
    Column("hold_id", String(20), ForeignKey("holds.id")),
    Column("reason", LargeBinary, nullable=False),
    Column("stopped_by", String(20), nullable=False),
    Column("stopped_at", Moment, nullable=False),
    Column("asked", LargeBinary),
    Column("asked_by", String(20)),
    Column("asked_at", Moment),
    Column("ended", Boolean, nullable=False),
    Column("ended_by", String(20)),
    Column("ended_at", Moment),
    UniqueConstraint("id", name="stops_id"),
    CheckConstraint(one_of("scope", Scope), name="stops_scope"),
    CheckConstraint("ended = (ended_at IS NOT NULL)", name="stops_ended"),
    CheckConstraint("NOT ended OR (asked_by IS NOT NULL AND ended_by <> asked_by)", name="stops_two_people"),
    Index(
        "stops_one",
        "scope",
        "source_id",
        "subject_key",
        unique=True,
        sqlite_where=text("NOT ended"),
        postgresql_where=text("NOT ended"),
    ),
)

# Approved holds that may go out in spite of a stop, once two people said so; the reason is sealed.
stop_exceptions = Table(
    "stop_exceptions",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("stop_id", String(20), ForeignKey("stops.id"), nullable=False),
    Column("hold_id", String(20), ForeignKey("holds.id"), nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("asked_by", String(20), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("agreed_by", String(20)),
    Column("agreed_at", Moment),
    UniqueConstraint("stop_id", "hold_id", name="stop_exceptions_once"),
    CheckConstraint(
        "(agreed_by IS NULL) = (agreed_at IS NULL) AND (agreed_by IS NULL OR agreed_by <> asked_by)",
        name="stop_exceptions_two_people",
    ),
)
