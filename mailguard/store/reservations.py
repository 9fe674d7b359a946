"""Recipients taken from the cap of an approval before the relay hears DATA.

In: what a later message is held for. Out: a `Reservation`, or None when no approval covers all of it. A crash between
reserving and confirming leaves the recipients used: the cap can be missed, never exceeded.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mailguard.lifecycle import HoldState
from mailguard.model import Envelope
from mailguard.store.covering import Later, covered, known_evidence, newest
from mailguard.store.desk import AtDesk
from mailguard.store.schema import holds, reservations
from mailguard.store.standing import Sender
from mailguard.store.views import Reservation


class Reservations(AtDesk):
    """Lets later messages of an approved mailing pass."""

    def reserve(  # noqa: PLR0913 - whether a message is covered depends on so many facts, all by keyword
        self,
        *,
        message_id: str,
        source_id: str,
        subject_key: bytes,
        evidence: Collection[bytes],
        recipients: int,
        content_key: bytes,
        envelope: Envelope,
        authors: tuple[bytes, ...],
    ) -> Reservation | None:
        """Take `recipients` from an approval of this source and subject that covers all of `evidence`.

        None as well when the newest hold of `content_key` is not approved, when a part of it was rejected since, and
        when too few of the approvers are second persons for this message, by its envelope and its authors.
        """
        later = Later(source_id, subject_key, content_key, frozenset(evidence), recipients, Sender(envelope, authors))
        if not later.keys or recipients <= 0:
            return None
        with self._database.read() as tx:
            if self._approval(tx, later, to_change=False) is None:
                return None  # the usual answer while a mailing waits; other writers need not wait for it
        with self._database.write() as tx:
            hold = self._approval(tx, later, to_change=True)
            return None if hold is None else self._take(tx, hold, message_id, recipients)

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

    def _approval(self, tx: Connection, later: Later, *, to_change: bool) -> Any:
        """The newest approved hold that covers the message, or None."""
        last = newest(tx, later.source_id, later.content_key, to_change=to_change)
        if last is not None and last.state != HoldState.APPROVED.value:
            return None  # what was decided of this content last, or is open, beats every older approval
        query = (
            select(holds)
            .where(
                holds.c.source_id == later.source_id,
                holds.c.subject_key == later.subject_key,
                holds.c.state == HoldState.APPROVED.value,
                holds.c.expires_at > self._context.clock(),
            )
            .order_by(holds.c.serial.desc())
        )
        for hold in tx.execute(query.with_for_update() if to_change else query).all():
            if covered(self._context, tx, hold, known_evidence(tx, hold.id, later.keys), later):
                return hold
        return None

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
