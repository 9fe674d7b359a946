"""The record: who did what, when; append-only and hash-chained.

In: facts, inside the transaction that makes them true. Out: rows, and whether the chain is whole. Persons appear by id,
mails by message id; never an address, a subject or a text.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from mailguard.digest import Digester
from mailguard.store.context import Context
from mailguard.store.schema import audit, audit_head
from mailguard.store.statement import Statement
from mailguard.store.views import AuditRow

START = "0" * 64
TIME = "time"  # the actor of what nobody did: expiry, purge

_HEAD = select(audit_head.c.length, audit_head.c.hash, audit_head.c.seal)
_END = Statement(_HEAD)
_ADD = Statement(insert(audit), ("seq", "at", "actor", "action", "subject", "detail", "previous", "hash"))
_ADVANCE = Statement(update(audit_head).where(audit_head.c.length == bindparam("seen")), ("length", "hash", "seal"))
_FROM = (
    select(audit).where(audit.c.seq > bindparam("after")).order_by(audit.c.seq).limit(1000)
)  # a page of the chain, in order

_CANONICAL = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_DETAIL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact to be recorded."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object]


def chain(row: AuditRow) -> str:
    """The hash of a row: SHA-256 over the previous hash and the canonical JSON of everything else."""
    text = _CANONICAL([row.seq, row.at.isoformat(), row.actor, row.action, row.subject, row.detail])
    return hashlib.sha256(f"{row.previous}{text}".encode()).hexdigest()


def _seal(digester: Digester, count: int, last: str) -> bytes:
    return digester.of("audit head", f"{count}:{last}")


class Audit:
    """The record of one database."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def append(self, tx: Connection, actor: str, action: str, subject: str, **detail: object) -> None:
        """Add a row within the writing transaction `tx`."""
        self.extend(tx, [self.entry(actor, action, subject, **detail)])

    def entry(self, actor: str, action: str, subject: str, **detail: object) -> Entry:
        """A fact of this moment, for `extend`."""
        return Entry(self._context.clock(), actor, action, subject, detail)

    def extend(self, tx: Connection, entries: Sequence[Entry]) -> None:
        """Add rows in this order, whatever their times: the order of the record does not depend on a clock."""
        if not entries:
            return
        head = _END.rows(tx, {})
        start, last = head[0][:2] if head else (0, START)
        rows = []
        for seq, entry in enumerate(entries, start + 1):
            detail = _DETAIL(entry.detail)
            bare = AuditRow(seq, entry.at, entry.actor, entry.action, entry.subject, detail, last, "")
            last = chain(bare)
            rows.append(
                {
                    "seq": seq, "at": entry.at.isoformat(), "actor": entry.actor, "action": entry.action,
                    "subject": entry.subject, "detail": detail, "previous": bare.previous, "hash": last,
                }
            )  # fmt: skip
        _ADD.run(tx, rows)
        length = start + len(rows)
        seal = _seal(self._context.digester, length, last)
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
            return [_row(row) for row in tx.execute(query)]

    def verify(self) -> int | None:
        """The number of the first row that is not what was written (or is missing), None when all is well."""
        seq, previous = 0, START
        with self._context.database.read() as tx:
            head = tx.execute(_HEAD).one_or_none()
            while page := tx.execute(_FROM, {"after": seq}).all():
                for found in page:
                    row = _row(found)
                    if row.seq != seq + 1 or row.previous != previous or row.hash != chain(row):
                        return seq + 1
                    seq, previous = row.seq, row.hash
        if head is None:
            return 1 if seq else None
        expected = _seal(self._context.digester, head.length, head.hash)
        if head.length < seq:
            return int(head.length) + 1
        if head.length > seq or head.hash != previous or not hmac.compare_digest(expected, head.seal):
            return seq + 1
        return None


def _row(row: Any) -> AuditRow:
    at = datetime.fromisoformat(row.at)
    return AuditRow(row.seq, at, row.actor, row.action, row.subject, row.detail, row.previous, row.hash)
