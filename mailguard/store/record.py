"""Facts about single messages that stand in the record alone: nothing of them is held. In: a fact. Out: one audit row."""

from mailguard.store.audit import Audit
from mailguard.store.context import Context


class Record:
    """Writes to the record of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._database = context.database
        self._audit = audit

    def may_have_been_sent(self, message_id: str, recipients: int) -> None:
        """Handed over, and the relay's reply was lost: the client comes again, somebody may get it twice (RFC 1047)."""
        with self._database.write() as tx:
            self._audit.append(tx, "mail", "message.may_have_been_sent", message_id, recipients=recipients)
