"""The record: rows are only ever added, by database and by seal."""

from sqlalchemy import DDL, CheckConstraint, Column, Index, Integer, LargeBinary, String, Table, Text, event

from mailguard.store.schema.base import SERIAL, metadata

# The record: rows are only ever added, each hash covers the row before it.
audit = Table(
    "audit",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("actor", String(40), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_subject", "subject", "seq"),
)

# The end of the record: without the digest key nobody can cut rows off and write a new end.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("length", SERIAL, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("seal", LargeBinary(16), nullable=False),
    CheckConstraint("id = 1", name="audit_head_one_row"),
)

# The end of each transaction that wrote to the record, under the digest key: rows that were put in later have none.
audit_seals = Table(
    "audit_seals",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=False),
    Column("seal", LargeBinary(16), nullable=False),
)

# One row as long as people, sources and the like of an earlier version are not in the record with what stands in their rows.
unnoted = Table(
    "unnoted",
    metadata,
    Column("id", Integer, primary_key=True),
    CheckConstraint("id = 1", name="unnoted_one_row"),
)

SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END"
    for verb in ("UPDATE", "DELETE")
)
POSTGRESQL_GUARDS = (
    """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit rows are never changed'; END $$""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
)
for _dialect, _guards in (("sqlite", SQLITE_GUARDS), ("postgresql", POSTGRESQL_GUARDS)):
    for _guard in _guards:
        _ddl = DDL(_guard)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        event.listen(audit, "after_create", _ddl.execute_if(dialect=_dialect))
