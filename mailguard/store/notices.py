"""Notices waiting to be sent. In: events, inside the transaction that makes them true. Out: who is to hear what.

Of one mailing people hear once when its first holds open, then now and then of all that opened since: a personalised
mailing of thousands opens thousands of holds.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, or_, select, update

from mailguard.lifecycle import HoldState
from mailguard.store import standing
from mailguard.store.context import Context
from mailguard.store.people import People
from mailguard.store.schema import holds, notices
from mailguard.store.suppressions import MARK, Suppressions
from mailguard.store.views import Notice

ONCE = frozenset({"closed", "failed", "released"})  # thousands of messages would tell the same thousands of times
TOGETHER = frozenset({"opened", "reminder"})  # of a mailing, not of each of its holds


class _Totals(NamedTuple):
    """Of the holds of one mailing that wait for a decision."""

    holds: int
    messages: int
    recipients: int
    persons: int


class Notices:
    """The notices of one database."""

    def __init__(self, context: Context, folk: People, suppressions: Suppressions) -> None:
        self._context = context
        self._people = folk
        self._suppressions = suppressions

    def tell(self, tx: Connection, hold: Any, event: str, *others: Any) -> None:
        """Put a notice in the queue for all whom `event` concerns, and for `others` (rows of people)."""
        if event in ONCE and self._told(tx, hold.id, event):
            return
        campaign = self._campaign(hold) if event in TOGETHER else None
        due = self._due(tx, campaign, event) if campaign else {}
        now = self._context.clock()
        rows = [
            {**reader, "event": event, "hold_id": hold.id, "campaign": campaign, "due_at": at}
            for reader in self._readers([*_audience(tx, hold, event, self._context.today()), *others])
            if (at := due.get(_key(reader), now + self._gather(event))) is not None
        ]
        self._put(tx, rows)

    def say(
        self, tx: Connection, event: str, readers: Iterable[Any], *, path: str, about: str = "", channels: bool = True
    ) -> None:
        """The same for what is about no hold: path is the page to look at, about the title of what it is about.

        channels: whether they hear it, too; not what is said to one person.
        """
        now = self._context.clock()
        told = {"event": event, "path": path, "about": about, "due_at": now}
        heard = [reader for reader in self._readers(readers) if channels or reader["person_id"]]
        self._put(tx, [{**reader, **told} for reader in heard])

    def pending(self, limit: int = 50) -> list[Notice]:
        """Due notices, oldest first; those of the stop list behind the others."""
        columns = [holds.c.source_title, holds.c.messages, holds.c.recipients, holds.c.persons, holds.c.subject]
        query = (
            select(notices, *columns, holds.c.source_id, holds.c.subject_key)
            .outerjoin(holds, holds.c.id == notices.c.hold_id)
            .where(notices.c.due_at <= self._context.clock())
            .order_by(notices.c.due_at, notices.c.serial)
            .limit(limit)
        )
        with self._context.database.read() as tx:
            rows = tx.execute(query).all()
            folk = self._people.some(tx, {row.person_id for row in rows})
            totals = self._totals(tx, rows)
        due = [self._notice(row, folk, totals.get(row.campaign)) for row in rows]
        return due + self._suppressions.pending(limit)

    def sent(self, id: str) -> None:  # noqa: A002 - the word of the worker that calls it
        """It was taken."""
        self._settle(id, None, {"sent_at": self._context.clock()})

    def failed(self, id: str, retry_at: datetime | None) -> None:  # noqa: A002 - the same
        """Try again then; None gives up."""
        self._settle(id, retry_at, {})

    def _settle(self, notice_id: str, due_at: datetime | None, values: dict[str, Any]) -> None:
        if notice_id.startswith(MARK):
            self._suppressions.settle(notice_id, due_at)
            return
        values |= {"due_at": due_at, "attempts": notices.c.attempts + 1}
        with self._context.database.write() as tx:
            tx.execute(update(notices).where(notices.c.serial == int(notice_id)).values(values))

    def _readers(self, rows: Iterable[Any]) -> list[dict[str, str | None]]:
        chosen = dict.fromkeys(row.id for row in rows if row.enabled and row.mail_key)
        readers: list[dict[str, str | None]] = [{"person_id": key, "channel": ""} for key in chosen]
        return readers + [{"person_id": None, "channel": name} for name in self._context.notify.channel_names]

    def _put(self, tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
        whole: dict[str, Any] = {"hold_id": None, "path": "", "about": "", "campaign": None}
        whole |= {"attempts": 0, "created_at": self._context.clock()}
        if rows:
            tx.execute(insert(notices), [whole | row for row in rows])

    def _campaign(self, hold: Any) -> bytes:
        return self._context.digester.of("notices", b"\0".join([hold.source_id.encode(), hold.subject_key]))

    def _gather(self, event: str) -> timedelta:
        return timedelta(seconds=self._context.notify.gather_seconds if event in TOGETHER else 0)

    def _due(self, tx: Connection, campaign: bytes, event: str) -> dict[tuple[str, str], datetime | None]:
        """For each reader who heard of it before when to hear again; None: something waits already, and will say it all."""
        now = self._context.clock()
        pause, gather = timedelta(minutes=self._context.notify.digest_minutes), self._gather(event)
        columns = notices.c.person_id, notices.c.channel, notices.c.due_at, notices.c.sent_at
        recent = or_(notices.c.due_at.is_not(None), notices.c.sent_at > now - pause)
        query = select(*columns).where(notices.c.campaign == campaign, notices.c.event == event, recent)
        due: dict[tuple[str, str], datetime | None] = {}
        for row in tx.execute(query.order_by(notices.c.serial)):
            key = row.person_id or "", row.channel
            waits = row.due_at is not None and (gather or pause)
            due[key] = None if waits else max(now + gather, (row.sent_at or now) + pause)
        return due

    def _totals(self, tx: Connection, rows: Sequence[Any]) -> dict[bytes, _Totals]:
        """Of each mailing of which several holds wait."""
        numbers = func.sum(holds.c.messages), func.sum(holds.c.recipients), func.sum(holds.c.persons)
        totals = {}
        for row in {row.campaign: row for row in rows if row.campaign}.values():
            mailing = (holds.c.source_id == row.source_id, holds.c.subject_key == row.subject_key)
            query = select(func.count(), *numbers).where(*mailing, holds.c.state == HoldState.PENDING.value)
            count, *sums = tx.execute(query).one()
            if count > 1:
                totals[row.campaign] = _Totals(count, *map(int, sums))
        return totals

    def _notice(self, row: Any, folk: dict[str, Any], totals: _Totals | None) -> Notice:
        numbers = totals or _Totals(1, row.messages or 0, row.recipients or 0, row.persons or 0)
        subject = b"" if row.subject is None else self._context.vault.open(row.subject, f"subject:{row.hold_id}")
        return Notice(
            str(row.serial), row.event, folk.get(row.person_id), row.hold_id or "", row.source_title or row.about,
            numbers.messages, numbers.recipients, numbers.persons, row.attempts,
            row.path, subject.decode("utf-8", "replace"), numbers.holds, row.channel,
        )  # fmt: skip

    @staticmethod
    def _told(tx: Connection, hold_id: str, event: str) -> bool:
        query = select(notices.c.serial).where(notices.c.hold_id == hold_id, notices.c.event == event).limit(1)
        return tx.execute(query).first() is not None


def _key(reader: dict[str, str | None]) -> tuple[str, str]:
    return reader["person_id"] or "", reader["channel"] or ""


def _audience(tx: Connection, hold: Any, event: str, day: str) -> Iterable[Any]:
    operators = standing.crew(tx, hold)
    if event in {"closed", "returned"}:
        return operators
    if event == "reminder":
        return standing.deciders(tx, hold, day)
    if event in {"opened", "expired", "failed", "first_approval", "late", "answered"}:
        return [*operators, *standing.deciders(tx, hold, day)]
    return [*operators, *standing.watchers(tx, hold, day)]
