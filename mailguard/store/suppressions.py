"""Who was not sent to because of the stop list, and that the operators hear of it: once a day and source.

In: recipients of a message that stand on the list. Out: a row each, by keyed digest; notices that say how many. No
address is kept: whether somebody was spared is found by the digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from mailguard.errors import StoreError
from mailguard.model import Source
from mailguard.stoplist.entry import recipient_key
from mailguard.store import sight
from mailguard.store.calendar import TOKYO
from mailguard.store.context import Context
from mailguard.store.people import People, approvers
from mailguard.store.schema import operators, people, stop_notices, suppressions
from mailguard.store.statement import chunks
from mailguard.store.views import Notice

WAIT = timedelta(minutes=10)  # what comes soon after the first one of a day is in the same notice
EVENT = "suppressed"
MARK = "L"  # begins the ids of these notices


@dataclass(frozen=True, slots=True)
class Spared:
    """Recipients of one message that were not sent to. stage: intake | release."""

    message_id: str
    source: Source
    recipients: tuple[str, ...]
    stage: str = "intake"


@dataclass(frozen=True, slots=True)
class SparedDay:
    """How many recipients of one source were spared on one day in Japan, and in how many messages."""

    day: str
    source_id: str
    recipients: int
    messages: int


class Suppressions:
    """The suppressions of one database."""

    def __init__(self, context: Context, folk: People) -> None:
        self._context, self._people = context, folk

    def record_all(self, spared: Sequence[Spared]) -> list[Exception | None]:
        """Record messages in one transaction; recipients that are recorded for a message already stay as they are."""
        try:
            with self._context.database.write() as tx:
                for one in spared:
                    self._record(tx, one)
        except StoreError as error:
            return [error] * len(spared)
        return [None] * len(spared)

    def record(self, spared: Spared) -> None:
        """Record one message. Raises StoreError."""
        with self._context.database.write() as tx:
            self._record(tx, spared)

    def days(self, number: int = 14, viewer: str | None = None) -> list[SparedDay]:
        """Today and the days before it on which somebody was spared, the newest first, by source that `viewer` sees."""
        first = (self._today() - timedelta(days=number - 1)).isoformat()
        query = (
            select(
                suppressions.c.day,
                suppressions.c.source_id,
                func.count().label("recipients"),
                func.count(suppressions.c.message_id.distinct()).label("messages"),
            )
            .where(suppressions.c.day >= first)
            .group_by(suppressions.c.day, suppressions.c.source_id)
            .order_by(suppressions.c.day.desc(), suppressions.c.source_id)
        )
        with self._context.database.read() as tx:
            return [SparedDay(*row) for row in tx.execute(query.where(self._seen(tx, viewer)))]

    def of(self, address: str, viewer: str | None = None) -> list[tuple[str, str, datetime]]:
        """(message id, stage, when) of everything that this address was spared of what `viewer` sees, the newest first."""
        key = recipient_key(address, self._context.digester)
        query = select(suppressions).where(suppressions.c.key == key).order_by(suppressions.c.at.desc())
        with self._context.database.read() as tx:
            query = query.where(self._seen(tx, viewer))
            return [(row.message_id, row.stage, row.at) for row in tx.execute(query)]

    def purge(self, days: int) -> int:
        """Forget what is older; how many rows."""
        last = (self._today() - timedelta(days=days)).isoformat()
        old = suppressions.c.day < last
        with self._context.database.read() as tx:
            if tx.execute(select(suppressions.c.day).where(old).limit(1)).first() is None:
                return 0
        with self._context.database.write() as tx:
            tx.execute(delete(stop_notices).where(stop_notices.c.day < last))
            return tx.execute(delete(suppressions).where(old)).rowcount

    # Notices

    def pending(self, limit: int = 50) -> list[Notice]:
        """Notices whose time has come; their numbers are those of now."""
        count = func.count(suppressions.c.key)
        query = (
            select(stop_notices, count.label("recipients"), func.count(suppressions.c.message_id.distinct()).label("n"))
            .outerjoin(
                suppressions,
                and_(suppressions.c.day == stop_notices.c.day, suppressions.c.source_id == stop_notices.c.source_id),
            )
            .where(stop_notices.c.due_at <= self._context.clock())
            .group_by(stop_notices.c.serial)
            .order_by(stop_notices.c.due_at, stop_notices.c.serial)
            .limit(limit)
        )
        with self._context.database.read() as tx:
            rows = tx.execute(query).all()
            folk = self._people.some(tx, {row.person_id for row in rows})
        return [
            Notice(
                f"{MARK}{row.serial}", EVENT, folk[row.person_id], row.day, row.source_title, row.n, row.recipients, 0,
                row.attempts,
            )
            for row in rows
        ]  # fmt: skip

    def settle(self, notice_id: str, due_at: datetime | None) -> None:
        """Sent or given up (None), or to be tried again then."""
        values = {"due_at": due_at, "attempts": stop_notices.c.attempts + 1}
        serial = int(notice_id.removeprefix(MARK))
        with self._context.database.write() as tx:
            tx.execute(update(stop_notices).where(stop_notices.c.serial == serial).values(values))

    # Inside

    def _seen(self, tx: Connection, viewer: str | None) -> ColumnElement[bool]:
        return sight.sources_seen(self._context, tx, viewer, suppressions.c.source_id)

    def _today(self) -> date:
        return self._context.clock().astimezone(TOKYO).date()

    def _record(self, tx: Connection, spared: Spared) -> None:
        keys = list(dict.fromkeys(recipient_key(name, self._context.digester) for name in spared.recipients))
        known: set[bytes] = set()
        mine = suppressions.c.message_id == spared.message_id
        for some in chunks(keys):
            query = select(suppressions.c.key).where(mine, suppressions.c.key.in_(some))
            known |= set(tx.execute(query).scalars())
        day, now = self._today().isoformat(), self._context.clock()
        rows = [
            {
                "message_id": spared.message_id, "key": key, "day": day, "source_id": spared.source.id,
                "stage": spared.stage, "at": now,
            }
            for key in keys if key not in known
        ]  # fmt: skip
        if rows:
            tx.execute(insert(suppressions), rows)
            self._tell(tx, day, spared.source, now)

    def _tell(self, tx: Connection, day: str, source: Source, now: datetime) -> None:
        told = (stop_notices.c.day == day, stop_notices.c.source_id == source.id)
        if tx.execute(select(stop_notices.c.serial).where(*told).limit(1)).first() is not None:
            return
        rows = [
            {
                "day": day, "source_id": source.id, "source_title": source.title, "person_id": row.id, "attempts": 0,
                "due_at": now + WAIT, "created_at": now,
            }
            for row in _audience(tx, source) if row.enabled and row.mail_key
        ]  # fmt: skip
        if rows:
            tx.execute(insert(stop_notices), rows)


def _audience(tx: Connection, source: Source) -> Sequence[Any]:
    """The operators of a source; the approvers where it has none."""
    crew = select(operators.c.person_id).where(operators.c.source_id == source.id)
    query = select(people).where(people.c.id.in_(source.operators) | people.c.id.in_(crew)).order_by(people.c.added_at)
    own = (row for row in approvers(tx) if row.organisation_key == b"")  # it may be anybody's mail
    return tx.execute(query).all() or list(own)
