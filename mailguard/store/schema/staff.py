"""People and tools that log in."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from mailguard.store.schema.base import SERIAL, Moment, metadata

# Who can log in; login, name, address and organisation are sealed, their keys find and compare them. organisation_key: empty for the own company.
# given: the password was made by somebody else.
people = Table(
    "people",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("login_key", LargeBinary(16), nullable=False),
    Column("mail_key", LargeBinary(16), nullable=False),
    Column("organisation_key", LargeBinary(16)),
    Column("sealed", LargeBinary, nullable=False),
    Column("role", String(20), nullable=False),
    Column("language", String(5), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("password", String(200)),
    Column("given", Boolean, nullable=False, server_default=text("false")),
    Column("added_at", Moment, nullable=False),
    UniqueConstraint("login_key", name="people_login"),
    CheckConstraint("role IN ('operator', 'approver', 'auditor', 'administrator')", name="people_role"),
)

# Who decides for whom while that one is away: from one day in Japan to another, both included. ended_at: called off before.
deputies = Table(
    "deputies",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("absent_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("deputy_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("first_day", String(10), nullable=False),
    Column("last_day", String(10), nullable=False),
    Column("added_by", String(20), nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("ended_at", Moment),
    CheckConstraint("absent_id <> deputy_id", name="deputies_other"),
    CheckConstraint("first_day <= last_day", name="deputies_days"),
    Index("deputies_deputy", "deputy_id", "last_day"),
)

# Attempts to log in that have not succeeded; they throttle guessing. name_key: door and name; place_key: these and the client's network. failed: the password was wrong, not only under way.
attempts = Table(
    "attempts",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("name_key", LargeBinary(16), nullable=False),
    Column("place_key", LargeBinary(16), nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Index("attempts_name", "name_key", "at"),
    Index("attempts_at", "at"),
)

# SMTP logins of the tools that send; the name is sealed, its key finds it, the revision grows with each change.
logins = Table(
    "logins",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("login_key", LargeBinary(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("password", String(200), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("added_at", Moment, nullable=False),
    UniqueConstraint("login_key", name="logins_key"),
)

# Logins under way; the token itself is never stored.
sessions = Table(
    "sessions",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("sessions_person", "person_id"),
)
