"""The record: who did what, when; append-only and hash-chained.

In: facts, inside the transaction that makes them true. Out: rows, and whether the chain is whole. Persons appear by id,
mails by message id; never an address, a subject or a text.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from mailguard.store import imprints
from mailguard.store.context import Context
from mailguard.store.proof import START, Break, Fault, Head, Proof, as_row, link, seal_of
from mailguard.store.schema import audit, audit_head, audit_seals
from mailguard.store.statement import Statement, chunks
from mailguard.store.views import AuditRow

TIME = "time"  # the actor of what nobody did: expiry, purge
CLI = "cli"  # of the command line and the service: whoever runs them owns the machine, and is no second person

_HEAD = select(audit_head.c.length, audit_head.c.hash, audit_head.c.seal)
_END = Statement(_HEAD)
_ADD = Statement(insert(audit), ("seq", "at", "actor", "action", "subject", "detail", "previous", "hash"))
_SEAL = Statement(insert(audit_seals), ("seq", "seal"))
_ADVANCE = Statement(update(audit_head).where(audit_head.c.length == bindparam("seen")), ("length", "hash", "seal"))
_DETAIL = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact to be recorded."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object]


class Audit:
    """The record of one database."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def append(self, tx: Connection, actor: str, action: str, subject: str, **detail: object) -> None:
        """Add a row within the writing transaction `tx`."""
        self.extend(tx, [self.entry(actor, action, subject, **detail)])

    def changed(
        self, tx: Connection, actor: str, action: str, subject: str, row: tuple[Any, ...], **detail: object
    ) -> None:
        """The same for what changed a row, named by its kind and key, with what stands in it now (imprints.py)."""
        self.append(tx, actor, action, subject, rows=imprints.of(self._context, tx, *row), **detail)

    def entry(self, actor: str, action: str, subject: str, **detail: object) -> Entry:
        """A fact of this moment, for `extend`."""
        return Entry(self._context.clock(), actor, action, subject, detail)

    def extend(self, tx: Connection, entries: Sequence[Entry]) -> None:
        """Add rows in this order, whatever their times: the order of the record does not depend on a clock."""
        if not entries:
            return
        head = _END.rows(tx, {})
        start, last = head[0][:2] if head else (0, START)
        rows: list[dict[str, Any]] = []
        moment, at = entries[0].at, entries[0].at.isoformat()
        for seq, entry in enumerate(entries, start + 1):
            if entry.at is not moment:
                moment, at = entry.at, entry.at.isoformat()
            detail = _DETAIL(entry.detail).decode()
            this = link(last, seq, at, entry.actor, entry.action, entry.subject, detail)
            rows.append(
                {
                    "seq": seq, "at": at, "actor": entry.actor, "action": entry.action,
                    "subject": entry.subject, "detail": detail, "previous": last, "hash": this,
                }
            )  # fmt: skip
            last = this
        _ADD.run(tx, rows)
        length = start + len(rows)
        seal = seal_of(self._context.digester, length, last)
        _SEAL.run(tx, [{"seq": length, "seal": seal}])
        if head:
            _ADVANCE.run(tx, [{"seen": start, "length": length, "hash": last, "seal": seal}])
        else:
            tx.execute(insert(audit_head), {"id": 1, "length": length, "hash": last, "seal": seal})

    def rows(self, limit: int, offset: int, subject: str | None = None) -> list[AuditRow]:
        """Newest first; with `subject` only what concerns one hold, message, person or source."""
        query = select(audit).order_by(audit.c.seq.desc()).limit(limit).offset(offset)
        if subject is not None:
            query = query.where(audit.c.subject == subject)
        with self._context.database.read() as tx:
            return [as_row(row) for row in tx.execute(query)]

    def about(self, subjects: Sequence[str], most: int) -> dict[str, list[AuditRow]]:
        """The newest rows about each of these holds, messages, persons or sources, `most` of each, the oldest first."""
        found: dict[str, deque[AuditRow]] = {}
        with self._context.database.read() as tx:
            for some in chunks(subjects):
                query = select(audit).where(audit.c.subject.in_(some)).order_by(audit.c.seq)
                for row in map(as_row, tx.execute(query)):
                    found.setdefault(row.subject, deque(maxlen=most)).append(row)
        return {subject: list(rows) for subject, rows in found.items()}

    def verify(self) -> int | None:
        """The number of the first row that is not what was written (or is missing), None when all is well."""
        broken = self.check()
        return broken.seq if broken else None

    def check(self, *known: Head) -> Break | None:
        """The first thing that is wrong with the record. known: ends that it had once, kept outside the database."""
        return Proof(self._context).first_break(known)

    def lacks(self, known: Head) -> Break | None:
        """What is wrong when the record once ended with `known`, and does not lead there any more."""
        with self._context.database.read() as tx:
            found = tx.execute(select(audit.c.hash).where(audit.c.seq == known.length)).scalar_one_or_none()
        return None if found == known.hash else Break(Fault.SET_BACK, known.length, known.length)

    def head(self) -> Head:
        """The end of the record now."""
        with self._context.database.read() as tx:
            found = _END.rows(tx, {})
        return Head(*found[0][:2]) if found else Head(0, START)
