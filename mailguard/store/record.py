"""Facts that stand in the record alone: nothing is held, or nothing changes. In: a fact. Out: one audit row at most."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.schema import audit

_VIEWED = (
    select(audit.c.at)
    .where(
        audit.c.subject == bindparam("hold"),
        audit.c.actor == bindparam("person"),
        audit.c.action == "hold.viewed",
        audit.c.detail == bindparam("detail"),
    )
    .order_by(audit.c.seq)
    .limit(1)
)


class Record:
    """Writes to the record of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._database = context.database
        self._audit = audit

    def may_have_been_sent(self, message_id: str, recipients: int) -> None:
        """Handed over, and the relay's reply was lost: the client comes again, somebody may get it twice (RFC 1047)."""
        with self._database.write() as tx:
            self._audit.append(tx, "mail", "message.may_have_been_sent", message_id, recipients=recipients)

    def viewed(self, hold_id: str, revision: int, person_id: str) -> None:
        """Somebody was shown a hold; once for each revision, however often it was opened."""
        with self._database.read() as tx:
            if first_viewed(tx, hold_id, revision, person_id):
                return
        with self._database.write() as tx:
            if not first_viewed(tx, hold_id, revision, person_id):
                self._audit.append(tx, person_id, "hold.viewed", hold_id, revision=revision)


def first_viewed(tx: Connection, hold_id: str, revision: int, person_id: str) -> datetime | None:
    """When somebody was first shown a revision of a hold; None: never."""
    names = {"hold": hold_id, "person": person_id, "detail": f'{{"revision":{revision}}}'}
    found = tx.execute(_VIEWED, names).scalar_one_or_none()
    return datetime.fromisoformat(found) if found else None
