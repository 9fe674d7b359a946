"""What monitoring let pass, by mailing and day in Japan: enough to report a leak that is found later, and no more.

In: messages that passed. Out: sums for each source, subject skeleton and day. Kinds, counts and the masked subject, sealed; no
addresses, no samples, no message. Bounded: so many mailings a day, and so many different contents of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from mailguard.errors import NotFoundError
from mailguard.model import Inspection
from mailguard.store import sight
from mailguard.store.audit import TIME, Audit
from mailguard.store.calendar import TOKYO
from mailguard.store.context import Context, fresh_id
from mailguard.store.schema import watched_mailings

MAILINGS = 500  # of one day; those beyond it are one for each source
CONTENTS = 64  # different contents of one mailing that are told apart; beyond it persons add up: the most there may be


@dataclass(frozen=True, slots=True)
class WatchedMail:
    """One message. kinds: different values of each; content: equal for equal data."""

    subject: str
    subject_key: bytes
    recipients: int
    persons: int
    exact: bool
    households: int
    kinds: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]
    content: bytes

    @classmethod
    def of(cls, inspection: Inspection, recipients: int) -> "WatchedMail":
        """Sums of an inspection."""
        kinds: dict[str, int] = {}
        for finding in inspection.findings:
            kinds[finding.kind.value] = kinds.get(finding.kind.value, 0) + finding.distinct
        keys = {finding.key for finding in inspection.findings} | {problem.key for problem in inspection.problems}
        return cls(
            inspection.subject,
            inspection.subject_key,
            recipients,
            inspection.persons,
            inspection.persons_exact,
            inspection.households,
            tuple(sorted(kinds.items())),
            tuple(sorted({problem.kind.value for problem in inspection.problems})),
            b"\0".join(sorted(keys))[:512],
        )


@dataclass(slots=True)
class Summary:
    """What is sealed. exact: of persons; contents: those that are counted already."""

    subject: str = ""
    reasons: list[str] = field(default_factory=list)
    persons: int = 0
    exact: bool = True
    households: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)

    def take(self, mail: WatchedMail, reasons: Sequence[str]) -> None:
        """One more message; the same content again changes nothing."""
        self.subject = self.subject or mail.subject
        self.reasons = sorted({*self.reasons, *reasons})
        if mail.content in self.contents:
            return
        if len(self.contents) < CONTENTS:
            self.contents.append(mail.content)
        # Of different data the sum is the most there may be.
        self.exact = self.exact and mail.exact and not (self.persons and mail.persons)
        self.persons += mail.persons
        self.households += mail.households
        self.problems = sorted({*self.problems, *mail.problems})
        for kind, distinct in mail.kinds:
            self.kinds[kind] = self.kinds.get(kind, 0) + distinct


@dataclass(frozen=True, slots=True)
class WatchedMailing:
    """One mailing on one day; source_id "" is an undeclared source. recipients: those that the relay accepted."""

    id: str
    day: str
    source_id: str
    messages: int
    recipients: int
    first_at: datetime
    last_at: datetime
    summary: Summary


def note(tx: Connection, context: Context, seen: Sequence[tuple[str, WatchedMail, Sequence[str]]]) -> None:
    """Add messages (source, sums, reasons) to the mailings of today, within the writing transaction `tx`."""
    mailings: dict[tuple[str, bytes], list[tuple[WatchedMail, Sequence[str]]]] = {}
    for source_id, mail, reasons in seen:
        mailings.setdefault((source_id, mail.subject_key), []).append((mail, reasons))
    for (source_id, subject_key), mails in sorted(mailings.items()):
        _note(tx, context, source_id, subject_key, mails)


class WatchedMailings:
    """The mailings of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context, self._audit = context, audit

    def days(self, number: int = 14, viewer: str | None = None) -> list[WatchedMailing]:
        """Those of today and the days before it that `viewer` sees, the newest first."""
        first = (self._context.clock().astimezone(TOKYO) - timedelta(days=number - 1)).date().isoformat()
        table = watched_mailings
        query = select(table).where(table.c.day >= first).order_by(table.c.last_at.desc(), table.c.id)
        with self._context.database.read() as tx:
            seen = sight.sources_seen(self._context, tx, viewer, table.c.source_id)
            return [self._mailing(row) for row in tx.execute(query.where(seen))]

    def any(self, viewer: str | None = None) -> bool:
        """Whether there is one that `viewer` sees."""
        table = watched_mailings
        with self._context.database.read() as tx:
            seen = sight.sources_seen(self._context, tx, viewer, table.c.source_id)
            return tx.execute(select(table.c.id).where(seen).limit(1)).first() is not None

    def get(self, mailing_id: str, viewer: str | None = None) -> WatchedMailing:
        """One mailing; raises NotFoundError, also for what `viewer` does not see."""
        table = watched_mailings
        with self._context.database.read() as tx:
            seen = sight.sources_seen(self._context, tx, viewer, table.c.source_id)
            row = tx.execute(select(table).where(table.c.id == mailing_id, seen)).one_or_none()
        if row is None:
            raise NotFoundError("No such mailing. `mailguard report monitored` shows what there is.")
        return self._mailing(row)

    def take(self, ids: Sequence[str], actor: str, viewer: str | None = None, **noted: str) -> list[WatchedMailing]:
        """For a report that `actor` drafts; an audit row for each. Raises NotFoundError, also for what `viewer` does not see."""
        wanted = list(dict.fromkeys(ids))
        with self._context.database.write() as tx:
            seen = sight.sources_seen(self._context, tx, viewer, watched_mailings.c.source_id)
            query = select(watched_mailings).where(watched_mailings.c.id.in_(wanted), seen)
            found = {row.id: self._mailing(row) for row in tx.execute(query)}
            if len(found) < len(wanted):
                raise NotFoundError("No such mailing. `mailguard report monitored` shows what there is.")
            self._audit.extend(tx, [self._audit.entry(actor, "report.drafted", one, **noted) for one in wanted])
        return [found[one] for one in wanted]

    def purge(self, days: int) -> int:
        """Forget what is older; how many."""
        first = (self._context.clock().astimezone(TOKYO) - timedelta(days=days)).date().isoformat()
        old = watched_mailings.c.day < first
        with self._context.database.read() as tx:
            if tx.execute(select(watched_mailings.c.id).where(old).limit(1)).first() is None:
                return 0
        with self._context.database.write() as tx:
            gone = tx.execute(delete(watched_mailings).where(old)).rowcount
            self._audit.append(tx, TIME, "watched.purged", "", mailings=gone)
            return gone

    def _mailing(self, row: Any) -> WatchedMailing:
        summary = self._context.vault.open_msgpack(row.sealed, f"watched:{row.id}", Summary)
        return WatchedMailing(
            row.id, row.day, row.source_id, row.messages, row.recipients, row.first_at, row.last_at, summary
        )


def _note(
    tx: Connection,
    context: Context,
    source_id: str,
    subject_key: bytes,
    mails: Sequence[tuple[WatchedMail, Sequence[str]]],
) -> None:
    """There is one writer at a time: what is not there to be updated can be inserted."""
    now, table = context.clock(), watched_mailings
    day = now.astimezone(TOKYO).date().isoformat()
    row = _row(tx, day, source_id, subject_key)
    if row is None and subject_key and _crowded(tx, day):
        subject_key = b""
        row = _row(tx, day, source_id, subject_key)
    key = row.id if row else fresh_id("W")
    summary = context.vault.open_msgpack(row.sealed, f"watched:{key}", Summary) if row else Summary()
    before = msgspec.msgpack.encode(summary)
    for mail, reasons in mails:
        summary.take(mail, reasons)
    after = msgspec.msgpack.encode(summary)
    values: dict[str, Any] = (
        {"last_at": now}
        if row and after == before
        else {"last_at": now, "sealed": context.vault.seal(after, f"watched:{key}")}
    )
    sums = {"messages": len(mails), "recipients": sum(mail.recipients for mail, _ in mails)}
    if row:
        grown = {name: table.c[name] + number for name, number in sums.items()}
        tx.execute(update(table).where(table.c.id == key).values(**grown, **values))
        return
    fresh = {"id": key, "day": day, "source_id": source_id, "subject_key": subject_key, "first_at": now}
    tx.execute(insert(table), fresh | sums | values)


def _row(tx: Connection, day: str, source_id: str, subject_key: bytes) -> Any:
    table = watched_mailings
    mine = (table.c.day == day, table.c.source_id == source_id, table.c.subject_key == subject_key)
    return tx.execute(select(table).where(*mine)).one_or_none()


def _crowded(tx: Connection, day: str) -> bool:
    count = select(func.count()).select_from(watched_mailings).where(watched_mailings.c.day == day)
    return bool(tx.execute(count).scalar_one() >= MAILINGS)
