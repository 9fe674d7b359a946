"""Whether the record is what was written, and if not, where and how it differs.

In: the rows of one database, its keys, and ends of the record that were kept elsewhere. Out: the first break, or None.

What each check finds: the hash of a row, a change of it; the numbers, a row that is missing; the seal of each
transaction, which needs the digest key, rows put in or written anew with good hashes; the head, a cut end; an end that
was kept outside the database, a database that was set back as a whole; digests of outcomes, a change to what became of messages
and recipients (`outcome_checks`); imprints, a change to people, sources and the like (`imprint_checks`).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import bindparam, select

from mailguard.digest import Digester
from mailguard.store import outcome_checks
from mailguard.store.context import Context
from mailguard.store.imprint_checks import Recorded, Stray
from mailguard.store.schema import audit, audit_head, audit_seals
from mailguard.store.statement import Statement
from mailguard.store.views import AuditRow

START = "0" * 64
BEFORE_ALL = -(2**62)  # rows with numbers below 1 are nobody's, and must be met
PAGE = 1_000
NEVER = datetime(1, 1, 1, tzinfo=UTC)

_HEAD = select(audit_head.c.length, audit_head.c.hash, audit_head.c.seal)
_ROWS = select(audit).where(audit.c.seq > bindparam("after")).order_by(audit.c.seq).limit(PAGE)
_SEALS = Statement(
    select(audit_seals.c.seq, audit_seals.c.seal).where(
        audit_seals.c.seq > bindparam("after"), audit_seals.c.seq <= bindparam("last")
    )
)
_TEXT = json.encoder.encode_basestring_ascii
_HEAD_TEXT = re.compile(r"(?P<length>[0-9]{1,18}):(?P<hash>[0-9a-f]{64})")


class Fault(StrEnum):
    """How the record differs from what was written.

    CHANGED: a row is not what its hash says. REMOVED: rows are missing. INSERTED: put in, or written anew without the key.
    TRUNCATED: the end is missing. SET_BACK: an end that the record had once is not in it. OUTCOME: what became of a
    message's recipients was changed. ROW: a person, a source or the like is not what the record says.
    """

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    TRUNCATED = "truncated"
    SET_BACK = "set_back"
    OUTCOME = "outcome"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Break:
    """The first break. last: of the rows that it may be, when a transaction wrote several; else `seq` again.

    message: whose outcome it is; "" where a batch was changed as a whole. seq 0: no row speaks of that message, or of the
    first of the strays: all rows that are not what the record says.
    """

    fault: Fault
    seq: int
    last: int
    message: str = ""
    strays: tuple[Stray, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the record at some time: how many rows, and the hash of the last one."""

    length: int
    hash: str

    def __str__(self) -> str:
        return f"{self.length}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Of "LENGTH:HASH", as a log line says it; None when it is no such text."""
        match = _HEAD_TEXT.fullmatch(text.strip())
        return cls(int(match["length"]), match["hash"]) if match else None


def chain(row: AuditRow) -> str:
    """The hash of a row: SHA-256 over the previous hash and the canonical JSON of everything else."""
    return link(row.previous, row.seq, row.at.isoformat(), row.actor, row.action, row.subject, row.detail)


def link(previous: str, seq: int, *texts: str) -> str:
    """The same of what a row says, in its order."""
    # As json.dumps writes the list without spaces, in a fifth of the time: a decision writes thousands of rows.
    text = f"{previous}[{seq},{','.join(map(_TEXT, texts))}]"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seal_of(digester: Digester, count: int, last: str) -> bytes:
    """What only who has the digest key can write under `count` rows that end with the hash `last`."""
    return digester.of("audit head", f"{count}:{last}")


def as_row(row: Any) -> AuditRow:
    """A row of the table; a time that is none stands for one that nobody wrote."""
    try:
        at = datetime.fromisoformat(row.at)
    except ValueError:
        at = NEVER
    return AuditRow(row.seq, at, row.actor, row.action, row.subject, row.detail, row.previous, row.hash)


class Proof:
    """Reads the whole record once, in pages, from one consistent picture."""

    def __init__(self, context: Context) -> None:
        self._context, self._database, self._digester = context, context.database, context.digester
        self._sealed = 0  # the last row under a seal that is ours

    def first_break(self, known: Sequence[Head] = ()) -> Break | None:
        """None when all is well."""
        seq, previous = 0, START
        expected = {head.length: head.hash for head in known if head.length}
        recorded = Recorded()
        with self._database.read() as tx:
            head = tx.execute(_HEAD).one_or_none()
            after = BEFORE_ALL
            while page := tx.execute(_ROWS, {"after": after}).all():
                after = page[-1].seq
                rows = [as_row(row) for row in page]
                seals: dict[int, bytes] = {at: seal for at, seal in _SEALS.rows(tx, {"after": seq, "last": after})}  # noqa: C416
                for row in rows:
                    broken = self._row(row, seq, previous, seals.get(row.seq))
                    if broken or expected.get(row.seq, row.hash) != row.hash:
                        return broken or Break(Fault.SET_BACK, row.seq, row.seq)
                    seq, previous = row.seq, row.hash
                if wrong := outcome_checks.first_wrong(tx, rows):
                    return Break(Fault.OUTCOME, wrong.seq, wrong.seq, wrong.message)
                recorded.read(rows)
            unheard = outcome_checks.left_over(tx)
            strays = tuple(recorded.strays(self._context, tx))
        if cut := self._end(head, seq, previous) or _too_short(known, seq):
            return cut
        if unheard:
            return Break(Fault.OUTCOME, 0, 0, unheard)
        return Break(Fault.ROW, strays[0].seq, strays[0].seq, strays=strays) if strays else None

    def _row(self, row: AuditRow, seq: int, previous: str, seal: bytes | None) -> Break | None:
        if row.seq < seq + 1:
            return Break(Fault.INSERTED, row.seq, row.seq)
        if row.seq > seq + 1:
            return Break(Fault.REMOVED, seq + 1, row.seq - 1)
        if row.hash != chain(row):
            return Break(Fault.CHANGED, row.seq, row.seq)
        if row.previous != previous:
            return Break(Fault.INSERTED, row.seq, row.seq)
        if seal is not None:
            if not hmac.compare_digest(seal_of(self._digester, row.seq, row.hash), seal):
                return Break(Fault.INSERTED, self._sealed + 1, row.seq)
            self._sealed = row.seq
        return None

    def _end(self, head: Any, seq: int, previous: str) -> Break | None:
        if head is None:
            return Break(Fault.INSERTED, 1, seq) if seq else None
        if head.length < seq:
            return Break(Fault.INSERTED, head.length + 1, seq)
        if head.length > seq:
            return Break(Fault.TRUNCATED, seq + 1, head.length)
        genuine = hmac.compare_digest(seal_of(self._digester, head.length, head.hash), head.seal)
        if not genuine:  # a head that somebody wrote: rows behind it are gone
            return Break(Fault.TRUNCATED, seq + 1, seq + 1)
        return None if head.hash == previous else Break(Fault.INSERTED, min(self._sealed + 1, seq), seq)


def _too_short(known: Sequence[Head], seq: int) -> Break | None:
    longest = max((head.length for head in known), default=0)
    return Break(Fault.SET_BACK, seq + 1, longest) if longest > seq else None
