"""What would have been held if it were not only monitored: how many messages, by day in Japan, source and reason.

In: messages that passed. Out: sums, here and for each mailing (`watched_mailings`). No ids, no addresses: nothing here leads
to a message.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from mailguard.errors import StoreError
from mailguard.store import sight
from mailguard.store.calendar import TOKYO
from mailguard.store.context import Context
from mailguard.store.schema import watched
from mailguard.store.views import WatchedDay
from mailguard.store.watched_mailings import WatchedMail, note

_ALL = ""  # the row that counts each message once, whatever its reasons


@dataclass(frozen=True, slots=True)
class Watched:
    """One message that passed; source_id "" is an undeclared one. mail: its sums, for its mailing of that day."""

    source_id: str
    reasons: tuple[str, ...]
    mail: WatchedMail | None = None


class Watching:
    """The counts of one database."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def count_all(self, seen: Sequence[Watched]) -> Sequence[Exception | None]:
        """Add messages to the counts of today, in one transaction."""
        day = self._today()
        rows: Counter[tuple[str, str]] = Counter()
        for message in seen:
            rows.update((message.source_id, reason) for reason in {_ALL, *message.reasons})
        try:
            with self._context.database.write() as tx:
                for (source_id, reason), messages in sorted(rows.items()):
                    _add(tx, day, source_id, reason, messages)
                note(tx, self._context, [(one.source_id, one.mail, one.reasons) for one in seen if one.mail])
        except StoreError as error:
            return [error] * len(seen)
        return [None] * len(seen)

    def days(self, number: int = 14, viewer: str | None = None) -> list[WatchedDay]:
        """Today and the days before it on which something was counted, the newest first, by source that `viewer` sees."""
        first = (self._context.clock().astimezone(TOKYO) - timedelta(days=number - 1)).date().isoformat()
        query = select(watched).where(watched.c.day >= first).order_by(watched.c.day.desc(), watched.c.source_id)
        with self._context.database.read() as tx:
            seen = sight.sources_seen(self._context, tx, viewer, watched.c.source_id)
            found = tx.execute(query.where(seen)).all()
        sums: dict[tuple[str, str], dict[str, int]] = {}
        for row in found:
            sums.setdefault((row.day, row.source_id), {})[row.reason] = row.messages
        return [
            WatchedDay(day, source_id, reasons.pop(_ALL, 0), dict(sorted(reasons.items())))
            for (day, source_id), reasons in sums.items()
        ]

    def today(self, viewer: str | None = None) -> int:
        """Messages that would have been held today, of what `viewer` sees."""
        day = self._today()
        return sum(row.messages for row in self.days(1, viewer) if row.day == day)

    def _today(self) -> str:
        return self._context.clock().astimezone(TOKYO).date().isoformat()


def _add(tx: Connection, day: str, source_id: str, reason: str, messages: int) -> None:
    """There is one writer at a time: what is not there to be updated can be inserted."""
    key = {"day": day, "source_id": source_id, "reason": reason}
    one = (watched.c.day == day, watched.c.source_id == source_id, watched.c.reason == reason)
    if tx.execute(update(watched).where(*one).values(messages=watched.c.messages + messages)).rowcount == 0:
        tx.execute(insert(watched), key | {"messages": messages})
