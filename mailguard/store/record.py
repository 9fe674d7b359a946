"""Facts that stand in the record alone: nothing is held, or nothing changes. In: a fact. Out: one audit row at most."""

from sqlalchemy import Connection, bindparam, select

from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.schema import audit

_VIEWED = select(audit.c.detail).where(
    audit.c.subject == bindparam("hold"), audit.c.actor == bindparam("person"), audit.c.action == "hold.viewed"
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
            if _seen(tx, hold_id, revision, person_id):
                return
        with self._database.write() as tx:
            if not _seen(tx, hold_id, revision, person_id):
                self._audit.append(tx, person_id, "hold.viewed", hold_id, revision=revision)


def _seen(tx: Connection, hold_id: str, revision: int, person_id: str) -> bool:
    rows = tx.execute(_VIEWED, {"hold": hold_id, "person": person_id}).scalars()
    return f'{{"revision":{revision}}}' in set(rows)
