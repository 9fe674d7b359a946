"""Imprints of rows: what the record keeps of people, sources and the like, so that a change of them behind its back is found.

In: a transaction, and a row by kind and key. Out: its name ("person:P-…") with its values: states, roles, days and ids as
they are, all else as digests under the digest key, which a rotation leaves. Sealed values count by what they say.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, select

from mailguard.errors import DamagedError
from mailguard.store.context import Context
from mailguard.store.schema import (
    deputies,
    logins,
    operators,
    past_operators,
    pauses,
    people,
    public_contacts,
    settings,
    sources,
    stop_blocks,
    stop_entries,
    stop_exceptions,
    stop_files,
    stops,
)
from mailguard.store.sealed import SEALED, Sealed

ROWS = "rows"  # their name in the detail of a row of the record
DAMAGED = "damaged"  # in place of what a sealed value says
(_SCOPE,) = (one for one in SEALED if one.table is stop_blocks)
_HEX = 16  # digits of a digest that are kept: nobody without the key makes another value of one

Imprint = dict[str, Any]
Rows = dict[str, Imprint | None]
"""By name; None: the row is gone."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one table. key: the columns of a name. times: said as they are, or only whether there is one.

    more: of other tables. newest: only the last row is in force, and its name is that of the kind.
    """

    table: Table
    key: tuple[str, ...]
    plain: tuple[str, ...] = ()
    keyed: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    more: Callable[[Context, Connection, RowMapping], Imprint] = lambda *_: {}
    newest: bool = False

    def query(self) -> Select[Any]:
        """The rows that count."""
        columns = [self.table.c[name] for name in self.key]
        found = select(self.table).order_by(*columns)
        return select(self.table).order_by(columns[0].desc()).limit(1) if self.newest else found


def _crew(context: Context, tx: Connection, row: RowMapping) -> Imprint:
    del context
    found = tx.execute(select(operators.c.person_id).where(operators.c.source_id == row["id"]))
    before = select(past_operators.c.person_id, past_operators.c.last_hold).where(
        past_operators.c.source_id == row["id"]
    )
    past = sorted(f"{person} up to hold {last}" for person, last in tx.execute(before))
    return {"operators": sorted(found.scalars()), "past_operators": past}


def _blocks(context: Context, tx: Connection, row: RowMapping) -> Imprint:
    mine = select(stop_blocks).where(stop_blocks.c.path_key == row["path_key"]).order_by(stop_blocks.c.id)
    found = [
        f"{block['id']}:{block['kept']}:{_said(context, _SCOPE, block)}:{_digest(context, block['keys'])}"
        for block in tx.execute(mine).mappings()
    ]
    return {"blocks": _digest(context, "\n".join(found).encode())}


KINDS = {
    "person": Kind(
        people, ("id",), ("role", "enabled", "given", "language"), ("login_key", "mail_key", "organisation_key", "password")
    ),
    "deputy": Kind(deputies, ("id",), ("absent_id", "deputy_id", "first_day", "last_day"), over=("ended_at",)),
    "source": Kind(sources, ("id",), ("mode",), ("title", "organisation_key"), over=("removed_at",), more=_crew),
    "smtp_login": Kind(logins, ("id",), ("enabled", "revision"), ("login_key", "password")),
    "settings": Kind(settings, ("serial",), newest=True),
    "contact": Kind(
        public_contacts, ("id",), ("kind", "hold_id", "asked_by", "agreed_by", "ended_by"), ("key", "shown"), ("until",), ("ended_at",)
    ),
    "stop": Kind(
        stops, ("id",), ("scope", "source_id", "hold_id", "stopped_by", "asked_by", "ended", "ended_by"),
        ("subject_key", "campaign_key", "title"),
    ),
    "exception": Kind(stop_exceptions, ("stop_id", "hold_id"), ("asked_by", "agreed_by"), over=("agreed_at",)),
    "pause": Kind(pauses, ("serial",), ("ended", "paused_by", "resumed_by")),
    "stop_entry": Kind(stop_entries, ("id",), ("added_by",), ("key", "shown")),
    "stop_file": Kind(stop_files, ("path_key",), ("entries", "lost", "lost_day"), ("content_key",), more=_blocks),
}  # fmt: skip


def of(context: Context, tx: Connection, kind: str, *key: Any) -> Rows:
    """One row as it is now, for the detail of what changed it; gone when there is none. No key: the newest."""
    mine = KINDS[kind]
    query = mine.query()
    if key:
        query = query.where(*(mine.table.c[name] == value for name, value in zip(mine.key, key, strict=True)))
    row = tx.execute(query).mappings().one_or_none()
    return {_name(kind, key): None if row is None else _imprint(context, tx, mine, row)}


def all_of(context: Context, tx: Connection) -> Iterator[tuple[str, Imprint]]:
    """Every row of every kind, by name."""
    for kind, mine in KINDS.items():
        for row in tx.execute(mine.query()).mappings():
            key = () if mine.newest else tuple(row[name] for name in mine.key)
            yield _name(kind, key), _imprint(context, tx, mine, row)


def _imprint(context: Context, tx: Connection, kind: Kind, row: RowMapping) -> Imprint:
    found: Imprint = {name: row[name] for name in kind.plain}
    found |= {name: _moment(row[name]) for name in kind.times}
    found |= {name: row[name] is not None for name in kind.over}
    found |= {name: None if row[name] is None else _digest(context, row[name]) for name in kind.keyed}
    found |= {one.column: _said(context, one, row) for one in SEALED if one.table is kind.table}
    return found | kind.more(context, tx, row)


def _said(context: Context, one: Sealed, row: RowMapping) -> str | None:
    if row[one.column] is None:
        return None
    try:
        return _digest(context, context.vault.open(row[one.column], one.place(row)))
    except DamagedError:
        return DAMAGED


def _digest(context: Context, value: str | bytes) -> str:
    return context.digester.of("imprint", value).hex()[:_HEX]


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _name(kind: str, key: tuple[Any, ...]) -> str:
    return ":".join([kind, *(part.hex() if isinstance(part, bytes) else str(part) for part in key)])
