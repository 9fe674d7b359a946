"""Recipients taken from the cap of an approval before the relay hears DATA.

In: what a later message is held for. Out: a `Reservation`, or None when no approval covers all of it. A crash between
reserving and confirming leaves the recipients used: the cap can be missed, never exceeded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mailguard.lifecycle import HoldState
from mailguard.store import handovers, pools, schema, standstill
from mailguard.store.arrival import Arrival
from mailguard.store.context import Context
from mailguard.store.covering import covered
from mailguard.store.desk import AtDesk, each
from mailguard.store.draft import Draft, Drafts
from mailguard.store.schema import holds, reservations
from mailguard.store.standstill import Standstill
from mailguard.store.statement import Statement
from mailguard.store.stopped_mail import held_back
from mailguard.store.switch import PAUSED
from mailguard.store.views import Reservation

_PAUSED = Statement(select(PAUSED))


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message on its way under a reservation."""

    reservation: Reservation
    arrival: Arrival


class _Taking:
    """One transaction that takes recipients from caps; nothing is there before `write`."""

    def __init__(self, context: Context, tx: Connection, ids: Sequence[str]) -> None:
        self.drafts = Drafts(context, tx)
        self._tx = tx
        self._now = context.clock()
        self._rows: list[dict[str, Any]] = []
        self._vault = context.vault
        self._recipients: list[dict[str, Any]] = []
        found = tx.execute(select(reservations).where(reservations.c.message_id.in_(ids)))
        self._known = {row.message_id: Reservation(row.hold_id, row.message_id, row.recipients) for row in found}

    def take(self, draft: Draft, arrival: Arrival) -> Reservation:
        """The same message id twice is taken once."""
        key, recipients = arrival.message.id, arrival.recipients
        if key not in self._known:
            self._known[key] = Reservation(draft.row.id, key, recipients)
            self._rows.append({"message_id": key, "hold_id": draft.row.id, "recipients": recipients, "at": self._now})
            self._recipients.append(handovers.row_of(self._vault, key, arrival.message.envelope.rcpt_to))
            draft.use(recipients)  # the tables refuse more than the cap as well
        return self._known[key]

    def write(self) -> None:
        """Write what was taken."""
        if self._rows:
            self._tx.execute(insert(reservations), self._rows)
            self._tx.execute(insert(schema.handovers), self._recipients)
        self.drafts.write()


class Reservations(AtDesk):
    """Lets later messages of an approved mailing pass."""

    def reserve(self, arrival: Arrival) -> Reservation | None:
        """Take the recipients of a message from an approval of its source and subject that covers all it is held for.

        None as well while releases are paused or a stop covers the message, when the newest hold of its content key is not approved, when a part of
        it was rejected since, and when too few of the approvers are second persons for this message, by its envelope
        and its authors.
        """
        return self._reserve([arrival])[0]

    def hopeless(self, arrival: Arrival) -> bool:
        """Whether `reserve` would say None because the newest hold of its content still waits, as this process last saw.

        No I/O. Made false by any decision on this machine before the call that decides returns; on PostgreSQL always false.
        """
        return self._desk.pending.still(arrival)

    def reserve_all(self, arrivals: Sequence[Arrival]) -> list[Reservation | Exception | None]:
        """The same for messages that come together; one of them does not spoil the others."""
        return each(self._reserve, arrivals)

    def _reserve(self, arrivals: Sequence[Arrival]) -> list[Reservation | None]:
        with self._database.read() as tx:
            drafts = Drafts(self._context, tx)
            paused, stopped = _paused(tx), standstill.read(tx)
            hopeful = [not paused and self._open_to(tx, drafts, stopped, arrival) is not None for arrival in arrivals]
        if not any(hopeful):
            # The usual answer while a mailing waits; other writers need not wait for it.
            return [None for _ in arrivals]
        with self._database.write() as tx:
            if _paused(tx):
                return [None for _ in arrivals]
            taking = _Taking(self._context, tx, [arrival.message.id for arrival in arrivals])
            stopped = standstill.read(tx)
            pairs = zip(arrivals, hopeful, strict=True)
            answers = [self._take(tx, taking, stopped, arrival) if hope else None for arrival, hope in pairs]
            taking.write()
        return answers

    def may_leave(self, leaving: Sequence[Leaving]) -> list[bool | Exception]:
        """For each message whether it may still go out: asked before its final dot, after which nobody calls it back.

        No when a stop has come, releases are paused, or its hold is not approved any more.
        """
        ids = [one.reservation.message_id for one in leaving]
        columns = (holds.c.id, holds.c.source_id, holds.c.subject_key, holds.c.campaign_id, holds.c.state)
        query = select(reservations.c.message_id, *columns).join(holds, holds.c.id == reservations.c.hold_id)
        mine = (reservations.c.message_id.in_(ids), reservations.c.accepted.is_(None))
        with self._database.read() as tx:
            paused, stopped = _paused(tx), standstill.read(tx)
            approved = query.where(*mine, holds.c.state == HoldState.APPROVED.value)
            found = {row.message_id: Draft(row._asdict()) for row in tx.execute(approved)}
            drafts = [(one, found.get(one.reservation.message_id)) for one in leaving]
            return [
                draft is not None and not paused and not held_back(self._context, tx, stopped, one.arrival, draft)
                for one, draft in drafts
            ]

    def give_back(self, reservation: Reservation) -> None:
        """Nothing was sent; giving back twice, or after a confirmation, changes nothing."""
        mine = reservations.c.message_id == reservation.message_id
        with self._database.write() as tx:
            if tx.execute(select(reservations.c.message_id).where(mine, reservations.c.accepted.is_(None))).first():
                handovers.drop(tx, reservation.message_id)
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

    def _approval(self, tx: Connection, drafts: Drafts, arrival: Arrival) -> Draft | None:
        """The newest approved hold that covers the message, or None."""
        if not arrival.evidence or not arrival.recipients:
            return None
        last = drafts.newest(arrival.source.id, arrival.content_key)
        if last is not None and last.state is not HoldState.APPROVED:
            return None  # what was decided of this content last, or is open, beats every older approval
        marks = drafts.marks(arrival.sender)
        for draft in drafts.approved(arrival.source.id, arrival.inspection.subject_key):
            if covered(self._context, tx, draft, arrival, marks):
                return draft
        return None

    def _open_to(self, tx: Connection, drafts: Drafts, stopped: Standstill, arrival: Arrival) -> Draft | None:
        """The same, unless a stop holds its mail back."""
        draft = self._approval(tx, drafts, arrival)
        return None if draft and held_back(self._context, tx, stopped, arrival, draft) else draft

    def _take(self, tx: Connection, taking: "_Taking", stopped: Standstill, arrival: Arrival) -> Reservation | None:
        draft = self._open_to(tx, taking.drafts, stopped, arrival)
        return None if draft is None else taking.take(draft, arrival)

    @staticmethod
    def _return(tx: Connection, hold_id: str, recipients: int) -> None:
        if recipients:
            pools.give_back(tx, hold_id, recipients)

    def _record(self, tx: Connection, action: str, reservation: Reservation, accepted: int) -> None:
        self._desk.audit.append(
            tx, "mail", action, reservation.message_id,
            hold=reservation.hold_id, recipients=reservation.recipients, accepted=accepted,
        )  # fmt: skip


def _paused(tx: Connection) -> bool:
    """A pause holds back what an approval would let pass, too: it is kept with the hold, and goes when it ends."""
    return bool(_PAUSED.rows(tx, {})[0][0])
