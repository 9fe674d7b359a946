"""Rows from before the record kept imprints: noted once, as an upgrade finds them.

In: a database whose migration left a mark. Out: rows of the record with imprints, and no mark. A row that the record never
heard of is not noted, and so is found by `mailguard audit verify`; what was changed before the upgrade cannot be told.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from mailguard.store import imprints, people
from mailguard.store.audit import TIME, Audit
from mailguard.store.context import Context
from mailguard.store.imprint_checks import Recorded
from mailguard.store.proof import as_row
from mailguard.store.schema import audit as record
from mailguard.store.schema import unnoted

MOST = 500  # rows that one row of the record notes
ADDED = {
    "person.added": "person",
    "source.added": "source",
    "smtp_login.added": "smtp_login",
    "contact.asked": "contact",
    "stop.begun": "stop",
    "stop_list.added": "stop_entry",
}
_IN_DETAIL = {"deputy.added": ("deputy", "id"), "stop_list.read": ("stop_file", "file")}
_OF_NOBODY = {"settings.taken": "settings", "stop.exception_asked": "exception", "release.paused": "pause"}


def fill(context: Context, audit: Audit) -> None:
    """Note what the mark is about."""
    mark = select(unnoted.c.id)
    with context.database.read() as tx:
        if tx.execute(mark).first() is None:
            return
    with context.database.write(announced=True) as tx:
        if tx.execute(mark).first() is None:
            return  # another process did
        people.fill(context, tx)  # before: what it fills in is noted, too
        fresh = _fresh(context, tx)
        while some := dict(islice(fresh, MOST)):
            audit.append(tx, TIME, "rows.noted", "", rows=some)
        tx.execute(delete(unnoted))


def _fresh(context: Context, tx: Connection) -> Iterator[tuple[str, imprints.Imprint]]:
    recorded, known = Recorded(), set[str]()
    for found in tx.execute(select(record).order_by(record.c.seq)):
        row = as_row(found)
        recorded.read([row])
        known.update(_added(row.action, row.subject, row.detail))
    for name, imprint in imprints.all_of(context, tx):
        if name not in recorded and (name in known or name.partition(":")[0] in known):
            yield name, imprint


def _added(action: str, subject: str, detail: str) -> Iterator[str]:
    """The name of what a row of the record added, or its kind where the record does not name it."""
    if action in ADDED:
        yield f"{ADDED[action]}:{subject}"
    elif action in _IN_DETAIL:
        kind, key = _IN_DETAIL[action]
        yield f"{kind}:{_value(detail, key)}"
    elif action in _OF_NOBODY:
        yield _OF_NOBODY[action]


def _value(detail: str, key: str) -> Any:
    try:
        found = msgspec.json.decode(detail, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
    return found.get(key)
