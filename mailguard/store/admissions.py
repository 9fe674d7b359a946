"""Taking messages in: one transaction for all that come together, after which they are ours.

In: arrivals. Out: an `Admission` each, or what went wrong with that one. Never cuts or hashes a content again.
"""

from collections.abc import Sequence

import msgspec

from mailguard.lifecycle import HoldState
from mailguard.store.arrival import Arrival
from mailguard.store.desk import AtDesk, each
from mailguard.store.folding import fold_key
from mailguard.store.intake import Intake, Sealed
from mailguard.store.views import Admission


class Admissions(AtDesk):
    """Takes messages in."""

    def admit(self, arrival: Arrival) -> Admission:
        """Keep one message; when this returns, it is on disk. The same message id twice is kept once."""
        return self._admit([arrival])[0]

    def admit_all(self, arrivals: Sequence[Arrival]) -> list[Admission | Exception]:
        """Keep messages in one transaction; one that cannot be kept does not spoil the others."""
        return each(self._admit, arrivals)

    def _admit(self, arrivals: Sequence[Arrival]) -> list[Admission]:
        with self._database.guarded():
            mails = [self._sealed(arrival) for arrival in arrivals]
        prepared = self._desk.shelf.prepare(arrival.pieces for arrival in arrivals)
        mark = self._database.mark()
        with self._database.write() as tx:
            intake = Intake(self._desk, tx, mails)
            answers = [intake.take(mail) for mail in mails]
            intake.write(prepared)
        for arrival, answer in zip(arrivals, answers, strict=True):
            self._desk.pending.note(arrival, mark, pending=answer.state is HoldState.PENDING)
        return answers

    def _sealed(self, arrival: Arrival) -> Sealed:
        """Sealed before the writing transaction: other writers need not wait for it."""
        message, vault = arrival.message, self._vault
        return Sealed(
            arrival,
            vault.seal(msgspec.msgpack.encode(message.envelope), f"envelope:{message.id}"),
            vault.seal(vault.skeleton(arrival.pieces), f"skeleton:{message.id}"),
            fold_key(arrival, self._context.digester),
        )
