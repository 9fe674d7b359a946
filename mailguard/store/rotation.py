"""A new key for held bytes: everything that is sealed is sealed again, in batches.

In: a data directory that nobody else works with. Out: a database without a byte under the old key, and an audit row. The
key file holds both keys meanwhile, so that a crash anywhere loses nothing: the next rotation goes on, and the service could
start in between. The digest key stays: digests recognise equal values, and what was sealed is needed to make them anew,
which a digest does not give back.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, bindparam, delete, func, select, text, update

from mailguard.errors import DamagedError, UnavailableError
from mailguard.store import schema
from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.engine import Database
from mailguard.store.keys import NAME, Keys
from mailguard.store.replacing import replace
from mailguard.store.sealed import SEALED, Sealed

ROWS = 200  # of one transaction
BYTES = 8_000_000  # of one transaction, but for a single row that is larger


FORGOTTEN = (schema.candidates,)
"""Sealed below by a key that hangs on the old one (`Vault.password_key`), and kept for hours only."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """sealed: values under the new key now. damaged: values that open under neither; they stay as they are."""

    sealed: int
    damaged: int


def rotate(context: Context, audit: Audit, keys: Keys, folder: Path, actor: str) -> Rotated:
    """Seal everything anew, then forget the old key. keys: with the new one beside the old."""
    _nobody_else(context.database)
    done, damaged = 0, 0
    for sealed in SEALED:
        some, broken = _column(context, sealed)
        done, damaged = done + some, damaged + broken
    with context.database.write() as tx:
        for table in FORGOTTEN:
            tx.execute(delete(table))
        tx.execute(update(schema.keyring).values(fingerprint=keys.rotated.fingerprint))
        audit.append(tx, actor, "key.rotated", "", sealed=done, damaged=damaged)
    replace(folder / NAME, keys.rotated.text)
    return Rotated(done, damaged)


def _column(context: Context, sealed: Sealed) -> tuple[int, int]:
    (key,) = sealed.table.primary_key.columns
    column = sealed.table.c[sealed.column]
    rows = select(sealed.table) if sealed.rows is None else sealed.rows
    done, damaged, last = 0, 0, None
    while ids := _next(context.database, key, column, last):
        with context.database.write() as tx:
            changes = []
            for row in tx.execute(rows.where(key.in_(ids), column.is_not(None))).mappings():
                try:
                    fresh = context.vault.resealed(row[column], sealed.place(row))
                except DamagedError:
                    damaged += 1
                    continue
                done += 1
                if fresh is not None:  # else an earlier attempt did it
                    changes.append({"its_key": row[key], "fresh": fresh})
            if changes:
                change = update(sealed.table).where(key == bindparam("its_key")).values({column: bindparam("fresh")})
                tx.execute(change, changes)
        last = ids[-1]
    return done, damaged


def _next(database: Database, key: Column[Any], column: Column[Any], last: Any) -> list[Any]:
    """Keys of the next rows, as many as one transaction takes."""
    query = select(key, func.length(column)).where(column.is_not(None)).order_by(key).limit(ROWS)
    with database.read() as tx:
        rows = tx.execute(query if last is None else query.where(key > last)).all()
    ids: list[Any] = []
    total = 0
    for found, size in rows:
        total += size
        if ids and total > BYTES:
            break
        ids.append(found)
    return ids


def _nobody_else(database: Database) -> None:
    """Processes on other machines share no folder with us; PostgreSQL knows them by name."""
    with database.write() as tx:
        if tx.dialect.name != "postgresql":
            return
        query = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'mailguard' AND pid <> pg_backend_pid()"
        )
        if tx.execute(query).scalar_one():
            raise UnavailableError(
                "database: other mailguard processes are connected. Stop every service on every machine, then rotate the key."
            )
