"""Recipients taken from the cap of an approval before the relay hears DATA.

In: what a later message is held for. Out: a `Reservation`, or None when no approval covers all of it. A crash between
reserving and confirming leaves the recipients used: the cap can be missed, never exceeded.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from mailguard.lifecycle import HoldState
from mailguard.store.desk import AtDesk
from mailguard.store.joining import Approval, covers
from mailguard.store.schema import evidence as evidence_table
from mailguard.store.schema import holds, reservations
from mailguard.store.views import Reservation

EVIDENCE = 10_000  # keys one statement can name; a message with more is held


class Reservations(AtDesk):
    """Lets later messages of an approved mailing pass."""

    def reserve(
        self, *, message_id: str, source_id: str, subject_key: bytes, evidence: Collection[bytes], recipients: int
    ) -> Reservation | None:
        """Take `recipients` from an approval of this source and subject that covers all of `evidence`."""
        keys = set(evidence)
        if not keys or len(keys) > EVIDENCE or recipients <= 0:
            return None
        query = (
            select(holds)
            .where(
                holds.c.source_id == source_id,
                holds.c.subject_key == subject_key,
                holds.c.state == HoldState.APPROVED.value,
                holds.c.expires_at > self._context.clock(),
            )
            .order_by(holds.c.serial.desc())
        )
        with self._database.read() as tx:
            if not any(self._covers(tx, hold, keys, recipients) for hold in tx.execute(query).all()):
                return None  # the usual answer while a mailing waits; other writers need not wait for it
        with self._database.write() as tx:
            for hold in tx.execute(query.with_for_update()).all():
                if self._covers(tx, hold, keys, recipients):
                    return self._take(tx, hold, message_id, recipients)
        return None

    def give_back(self, reservation: Reservation) -> None:
        """Nothing was sent; giving back twice, or after a confirmation, changes nothing."""
        mine = reservations.c.message_id == reservation.message_id
        with self._database.write() as tx:
            gone = tx.execute(delete(reservations).where(mine, reservations.c.accepted.is_(None)))
            if gone.rowcount:
                self._return(tx, reservation.hold_id, reservation.recipients)
                self._record(tx, "message.given_back", reservation, 0)

    def confirm(self, reservation: Reservation, accepted: int) -> None:
        """The relay took the message for `accepted` recipients; the others go back to the cap."""
        mine = reservations.c.message_id == reservation.message_id
        with self._database.write() as tx:
            done = tx.execute(
                update(reservations).where(mine, reservations.c.accepted.is_(None)).values(accepted=accepted)
            )
            if done.rowcount:
                self._return(tx, reservation.hold_id, reservation.recipients - accepted)
                self._record(tx, "message.approved_pass", reservation, accepted)

    def _take(self, tx: Connection, hold: Any, message_id: str, recipients: int) -> Reservation:
        query = select(reservations).where(reservations.c.message_id == message_id)
        if known := tx.execute(query).one_or_none():
            return Reservation(known.hold_id, message_id, known.recipients)
        row = {"message_id": message_id, "hold_id": hold.id, "recipients": recipients, "at": self._context.clock()}
        tx.execute(insert(reservations), row)
        # The table refuses more than the cap as well.
        tx.execute(update(holds).where(holds.c.serial == hold.serial).values(used=holds.c.used + recipients))
        return Reservation(hold.id, message_id, recipients)

    @staticmethod
    def _return(tx: Connection, hold_id: str, recipients: int) -> None:
        if recipients:
            tx.execute(update(holds).where(holds.c.id == hold_id).values(used=holds.c.used - recipients))

    def _record(self, tx: Connection, action: str, reservation: Reservation, accepted: int) -> None:
        self._desk.audit.append(
            tx, "mail", action, reservation.message_id,
            hold=reservation.hold_id, recipients=reservation.recipients, accepted=accepted,
        )  # fmt: skip

    def _covers(self, tx: Connection, hold: Any, keys: set[bytes], recipients: int) -> bool:
        query = select(func.count()).where(evidence_table.c.hold_id == hold.id, evidence_table.c.key.in_(keys))
        if tx.execute(query).scalar_one() != len(keys):
            return False
        return covers(Approval(keys, hold.cap, hold.used, hold.expires_at), keys, recipients, self._context.clock())
