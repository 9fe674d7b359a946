"""The end of a message on its way out.

In: a message whose recipients are settled, or shall be. Out: its last state, with audit row, notice and bounce in the
same transaction. Never touches a recipient that the relay accepted.
"""

import contextlib
from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from mailguard import lifecycle
from mailguard.errors import DamagedError
from mailguard.lifecycle import MessageState, RecipientState
from mailguard.model import Envelope
from mailguard.store.bounces import Bounces
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.outcome_checks import outcome_digest
from mailguard.store.released_runs import ReleasedRuns
from mailguard.store.schema import doubts, messages, recipients
from mailguard.store.statement import Statement

_STATES = Statement(
    select(recipients.c.position, recipients.c.state)
    .where(recipients.c.message == bindparam("message"))
    .order_by(recipients.c.position)
)
SENDABLE = (MessageState.HELD.value, MessageState.RELEASING.value)


class Finishing(AtDesk):
    """Base of what ends messages."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.bounces = Bounces(desk.context, desk.audit)
        self._released_runs = ReleasedRuns(desk.context)

    def _settle_rest(self, tx: Connection, serial: int, state: RecipientState) -> None:
        """REFUSED: given up. WITHDRAWN: a person stopped the rest."""
        query = (
            update(recipients)
            .where(recipients.c.message == serial, recipients.c.state == RecipientState.WAITING.value)
            .values(state=state.value, changed_at=self._context.clock())
        )
        tx.execute(query)

    def _doubt(self, tx: Connection, serial: int, positions: Collection[int]) -> None:
        """Note to whom it may have been sent without our hearing of it."""
        known = set(tx.execute(select(doubts.c.position).where(doubts.c.message == serial)).scalars())
        now = self._context.clock()
        fresh = [{"message": serial, "position": one, "at": now} for one in sorted(set(positions) - known)]
        if fresh:
            tx.execute(insert(doubts), fresh)

    def _finish(self, tx: Connection, row: Any, *, damaged: bool = False) -> MessageState:
        settled = _STATES.rows(tx, {"message": row.serial})
        counts = Counter(state for _, state in settled)
        accepted = counts[RecipientState.ACCEPTED.value]
        refused = counts[RecipientState.REFUSED.value]
        withdrawn = counts[RecipientState.WITHDRAWN.value]
        suppressed = counts[RecipientState.SUPPRESSED.value]
        state = lifecycle.advance(MessageState.RELEASING, final(accepted, refused, withdrawn, suppressed))
        values = {
            "state": state.value, "due_at": None, "token": None, "lease_until": None, "finished_at": self._context.clock(),
        }  # fmt: skip
        tx.execute(update(messages).where(messages.c.serial == row.serial).values(values))
        detail: dict[str, object] = {"damaged": True} if damaged else {}
        if withdrawn:
            detail["withdrawn"] = withdrawn
        if suppressed:
            detail["suppressed"] = suppressed
        if refused and not damaged:
            detail["bounced"] = self._owe(tx, row)
        self._desk.audit.append(
            tx, "relay", f"message.{state.value}", row.id,
            hold=row.hold_id, accepted=accepted, refused=refused, attempts=row.attempts,
            outcomes=outcome_digest((position, state) for position, state in settled), **detail,
        )  # fmt: skip
        self._remember(tx, row, accepted)
        if refused:
            self._desk.notices.tell(tx, self._hold(tx, row.hold_id), "failed")
        elif accepted and not self._under_way(tx, row.hold_id):
            self._desk.notices.tell(tx, self._hold(tx, row.hold_id), "released")
        return state

    def _remember(self, tx: Connection, row: Any, accepted: int) -> None:
        """For the comparison with later runs: what cannot be opened any more is not compared, and ends all the same."""
        if accepted:
            with contextlib.suppress(DamagedError):
                self._released_runs.note(tx, row.hold_id, self._envelope(row), accepted)

    @staticmethod
    def _under_way(tx: Connection, hold_id: str) -> bool:
        open_ = (messages.c.hold_id == hold_id, messages.c.state.in_(SENDABLE))
        return tx.execute(select(messages.c.serial).where(*open_).limit(1)).first() is not None

    def _owe(self, tx: Connection, row: Any) -> int:
        try:
            return self.bounces.owe(tx, row, self._envelope(row))
        except DamagedError:
            return 0  # what cannot be opened can still end, and people are told

    def _waiting(self, tx: Connection, serial: int) -> list[int]:
        query = (
            select(recipients.c.position)
            .where(recipients.c.message == serial, recipients.c.state == RecipientState.WAITING.value)
            .order_by(recipients.c.position)
        )
        return list(tx.execute(query).scalars())

    def _envelope(self, row: Any) -> Envelope:
        if row.envelope is None or row.skeleton is None:
            raise DamagedError("database: the bytes of a message to be sent are gone. Restore a backup.")
        return self._vault.open_msgpack(row.envelope, f"envelope:{row.id}", Envelope)


def final(accepted: int, refused: int, withdrawn: int = 0, suppressed: int = 0) -> MessageState:
    """The last state of a message nobody waits for any more. One failure among what was stopped is still a failure.

    Who is on the stop list is not missing: a message that all others got is released.
    """
    if accepted:
        return MessageState.PARTLY if refused or withdrawn else MessageState.RELEASED
    return MessageState.WITHDRAWN if (withdrawn or suppressed) and not refused else MessageState.FAILED
