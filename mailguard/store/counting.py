"""The exact count of a hold that the beginning of a long table held: asked for with the hold, filled in afterwards.

In: what a second reading of the whole message found. Out: the messages to be read, one at a time; and on the hold its
findings and persons, as evidence that raises its revision. Nobody approves a hold that is still being counted: who looked
at "at least so many" is asked again. What is asked for is in the commit of the hold, so that a crash loses none.
"""

import dataclasses
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mailguard.lifecycle import HoldState
from mailguard.model import Inspection
from mailguard.routes import NO_RULING, Ruling
from mailguard.store import grouping, routing, shown
from mailguard.store.desk import AtDesk
from mailguard.store.handing_out import next_due
from mailguard.store.joining import FINDINGS
from mailguard.store.schema import contents, counts, holds, messages
from mailguard.store.views import Uncounted

ACTOR = "count"  # who changed a hold, and the actor of the record
TRIES = 3  # times that a count is begun: one that ends the service every time is given up
_OPEN = {HoldState.PENDING.value, HoldState.RETURNED.value}


class Counting(AtDesk):
    """Hands out what is to be counted, and takes the counts."""

    def next(self) -> Uncounted | None:
        """The message to count next, or None. Of one process, one at a time: a count that never came back is begun again."""
        query = (
            select(counts.c.hold_id, counts.c.tries, messages.c.serial, messages.c.id, contents.c.skeleton)
            .join(messages, messages.c.serial == counts.c.message)
            .outerjoin(contents, contents.c.message == messages.c.serial)
            .where(counts.c.given_up.is_(False))
            .order_by(counts.c.tries, counts.c.message)
            .limit(1)
        )
        return next_due(
            self._database,
            query,
            take=self._begin,
            unseal=self._uncounted,
            damaged=lambda row: self.give_up(row.hold_id, "the bytes are damaged"),
        )

    def fill_in(self, hold_id: str, whole: Inspection, ruling: Ruling = NO_RULING) -> bool:
        """Write what the whole message holds; whether the hold lacked it. The revision rises while it can be decided."""
        with self._database.write() as tx:
            if tx.execute(delete(counts).where(counts.c.hold_id == hold_id)).rowcount == 0:
                return False
            hold = self._hold(tx, hold_id, to_change=True)
            before = self._vault.open_msgpack(hold.inspection, f"inspection:{hold.id}", Inspection)
            values: dict[str, Any] = {
                **shown.columns(self._vault, hold.id, counted(before, whole)), "persons": whole.persons, "persons_exact": whole.persons_exact,
                "households": whole.households,
            }  # fmt: skip
            if hold.state in _OPEN:
                values |= {
                    "revision": hold.revision + 1, "approvals": 0, "changed_at": self._context.clock(),
                    "changed_by": ACTOR,
                }  # fmt: skip
                values |= routing.raised(self._context, hold, whole, ruling, values)
            grouping.counted_again(tx, hold, whole.persons, exact=whole.persons_exact)
            tx.execute(update(holds).where(holds.c.serial == hold.serial).values(values))
            self._desk.audit.append(
                tx, ACTOR, "hold.counted", hold_id,
                revision=values.get("revision", hold.revision), persons=whole.persons, exact=whole.persons_exact,
                households=whole.households,
            )  # fmt: skip
        return True

    def give_up(self, hold_id: str, why: str) -> None:
        """Leave the hold at the most there may be; recorded once."""
        with self._database.write() as tx:
            self._give_up(tx, hold_id, why)

    def _begin(self, tx: Connection, row: Any) -> dict[bytes, bytes] | None:
        if why := "begun too often" if row.tries >= TRIES else "" if row.skeleton else "the bytes are gone":
            self._give_up(tx, row.hold_id, why)
            return None
        tx.execute(update(counts).where(counts.c.hold_id == row.hold_id).values(tries=row.tries + 1))
        return self._desk.shelf.fetch(tx, row.serial)

    def _uncounted(self, row: Any, parts: dict[bytes, bytes]) -> Uncounted:
        skeleton = self._vault.open(row.skeleton, f"skeleton:{row.id}")
        return Uncounted(row.hold_id, row.id, self._desk.shelf.assemble(skeleton, parts))

    def _give_up(self, tx: Connection, hold_id: str, why: str) -> None:
        waiting = (counts.c.hold_id == hold_id, counts.c.given_up.is_(False))
        if tx.execute(update(counts).where(*waiting).values(given_up=True)).rowcount:
            self._desk.audit.append(tx, ACTOR, "hold.not_counted", hold_id, reason=why)


def asked(tx: Connection, rows: dict[str, dict[str, Any]]) -> None:
    """Ask for the counts of holds, by id; one that was asked for before is asked for anew."""
    if rows:
        tx.execute(delete(counts).where(counts.c.hold_id.in_(rows)))
        tx.execute(
            insert(counts),
            [{"hold_id": hold_id, "tries": 0, "given_up": False, **row} for hold_id, row in rows.items()],
        )


def under_way(tx: Connection, hold_ids: list[str]) -> dict[str, int]:
    """Which of these holds are still to be counted, and how many persons each has at least."""
    query = select(counts.c.hold_id, counts.c.least).where(counts.c.hold_id.in_(hold_ids), counts.c.given_up.is_(False))
    return {row.hold_id: row.least for row in tx.execute(query)} if hold_ids else {}


def counted(shown: Inspection, whole: Inspection) -> Inspection:
    """What a hold shows, with the whole of its first message in place of its beginning; what later messages added stays."""
    findings = [other for other in shown.findings if other.key not in shown.uncounted and other not in whole.findings]
    problems = [other for other in shown.problems if other not in whole.problems]
    return dataclasses.replace(
        whole,
        findings=(*whole.findings, *findings[:FINDINGS]),
        problems=(*whole.problems, *problems[:FINDINGS]),
        subject=shown.subject,
        subject_key=shown.subject_key,
    )
