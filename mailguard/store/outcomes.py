"""What became of each message and its recipients, chained into the record in batches.

In: messages that have ended. Out: a digest beside each, and one audit row over a batch of them. `outcome_checks` compares.
A message that ends by sending has a digest in the row of its end as well; one that was rejected, withdrawn or expired, or
came too late, has this one only: until the next batch, seconds later, nothing covers it.
"""

from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from mailguard.store.audit import TIME, Audit
from mailguard.store.context import Context
from mailguard.store.outcome_checks import CHAINED, STATES, batch_digest, message_digest
from mailguard.store.schema import audit_head, messages

BATCH = 500  # messages in one transaction: mail coming in does not wait long
_DUE = (
    select(messages.c.serial, messages.c.id, messages.c.state)
    .where(messages.c.finished_at.is_not(None), messages.c.batch.is_(None))
    .order_by(messages.c.serial)
)
_CHAIN = (
    update(messages)
    .where(messages.c.serial == bindparam("which"))
    .values(batch=bindparam("seq"), outcomes=bindparam("digest"))
)


class Outcomes:
    """Chains for one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context, self._audit = context, audit

    def chain_due(self) -> int:
        """Cover every message that has ended; how many."""
        total = 0
        while done := self._chain():
            total += done
        return total

    def _chain(self) -> int:
        with self._context.database.read() as tx:
            if tx.execute(_DUE.limit(1)).first() is None:
                return 0  # the usual answer; nobody who writes has to wait for it
        with self._context.database.write() as tx:
            rows = tx.execute(_DUE.limit(BATCH)).all()
            if rows:
                self._write(tx, rows)
            return len(rows)

    def _write(self, tx: Connection, rows: Any) -> None:
        states: dict[int, list[tuple[int, str]]] = {}
        for serial, position, state in STATES.rows(tx, [row.serial for row in rows]):
            states.setdefault(serial, []).append((position, state))
        digests = [message_digest(row.id, row.state, states.get(row.serial, [])) for row in rows]
        pairs = [(row.id, digest) for row, digest in zip(rows, digests, strict=True)]
        self._audit.append(tx, TIME, CHAINED, "", messages=len(rows), digest=batch_digest(pairs))
        seq = tx.execute(select(audit_head.c.length)).scalar_one()
        made = zip(rows, digests, strict=True)
        tx.execute(_CHAIN, [{"which": row.serial, "seq": seq, "digest": digest} for row, digest in made])
