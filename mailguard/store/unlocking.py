"""Holds with encrypted parts, and what becomes of them when another mail tells a password.

In: what a second inspection of the whole message found. Out: the messages to inspect, one at a time; and on the hold its
findings and persons, as evidence that raises its revision. It stays held, whatever was found. A crash loses nothing: what was asked
for and not settled is handed out again, three times at most for one password.
"""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, exists, insert, select, update

from mailguard.lifecycle import HoldState
from mailguard.model import Envelope, Inspection, ProblemKind, Verdict
from mailguard.routes import NO_RULING, Ruling
from mailguard.store import grouping, routing, shown
from mailguard.store.candidates import PasswordCandidates
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.handing_out import next_due
from mailguard.store.joining import FINDINGS
from mailguard.store.reasons import reasons_of
from mailguard.store.schema import candidates, contents, counts, evidence, holds, locked, messages
from mailguard.store.sealed_messages import BYTES
from mailguard.store.views import Unopened

ACTOR = "unlock"  # who changed a hold, and the actor of the record
TRIES = 3  # times that one inspection is begun: one that ends the service every time is given up
REASON = f"problem_{ProblemKind.ENCRYPTED}"
OPENED = "opened"  # reason of a hold of which nothing is left but that it was encrypted
_OPEN = (HoldState.PENDING.value, HoldState.RETURNED.value)
_Begun = tuple[dict[bytes, bytes], tuple[bytes, ...]]  # sealed parts, candidates


class Unlocking(AtDesk):
    """Hands out what may be opened now, and takes what was found."""

    def __init__(self, desk: Desk, told: PasswordCandidates) -> None:
        super().__init__(desk)
        self._told = told

    def next(self, keep: timedelta) -> Unopened | None:
        """The message to inspect next, with the candidates of its submitter; None when there is none. Of one process."""
        counted = exists().where(counts.c.hold_id == locked.c.hold_id, counts.c.given_up.is_(False))
        query = (
            select(locked, holds.c.state.label("hold_state"), messages.c.id, *BYTES)
            .join(messages, messages.c.serial == locked.c.message)
            .outerjoin(contents, contents.c.message == locked.c.message)
            .join(holds, holds.c.id == locked.c.hold_id)
            .where(locked.c.asked > locked.c.tried, ~counted)
            .order_by(locked.c.begun, locked.c.message)
            .limit(1)
        )
        return next_due(
            self._database,
            query,
            take=lambda tx, row: self._begin(tx, row, keep),
            unseal=self._unopened,
            damaged=lambda row: self.leave(row.hold_id, row.asked),
        )

    def leave(self, hold_id: str, asked: int) -> None:
        """Nothing opened; what is told after `asked` is tried again."""
        with self._database.write() as tx:
            self._tried(tx, hold_id, asked)

    def settle(self, hold_id: str, asked: int, whole: Inspection, verdict: Verdict, ruling: Ruling = NO_RULING) -> bool:
        """Write what the message holds now that something opened; whether that changed the hold."""
        with self._database.write() as tx:
            self._tried(tx, hold_id, asked)
            hold = self._hold(tx, hold_id, to_change=True)
            if hold.state not in _OPEN:
                return False
            before = self._vault.open_msgpack(hold.inspection, f"inspection:{hold.id}", Inspection)
            inspection = opened(before, whole)
            if inspection.problems == before.problems:
                return False
            known = set(tx.execute(select(evidence.c.key).where(evidence.c.hold_id == hold_id)).scalars())
            fresh = sorted(set(verdict.evidence) - known)
            if fresh:
                tx.execute(insert(evidence), [{"hold_id": hold_id, "key": key} for key in fresh])
            reasons = _reasons({*reasons_of(hold), *verdict.reasons}, inspection)
            values: dict[str, Any] = {
                **shown.columns(self._vault, hold.id, inspection),
                "persons": inspection.persons, "persons_exact": inspection.persons_exact,
                "households": inspection.households, "reasons": msgspec.json.encode(sorted(reasons)).decode(),
                "revision": hold.revision + 1, "approvals": 0, "changed_at": self._context.clock(), "changed_by": ACTOR,
            }  # fmt: skip
            values |= routing.raised(self._context, hold, inspection, ruling, values)
            grouping.counted_again(tx, hold, inspection.persons, exact=inspection.persons_exact)
            tx.execute(update(holds).where(holds.c.serial == hold.serial).values(values))
            if not whole.encrypted:
                tx.execute(delete(locked).where(locked.c.hold_id == hold_id))
            self._desk.audit.append(
                tx, ACTOR, "hold.unlocked", hold_id,
                revision=hold.revision + 1, persons=inspection.persons, evidence=len(fresh),
            )  # fmt: skip
        return True

    def _begin(self, tx: Connection, row: Any, keep: timedelta) -> _Begun | None:
        if row.hold_state not in _OPEN or row.skeleton is None or row.envelope is None:
            tx.execute(delete(locked).where(locked.c.hold_id == row.hold_id))
            return None
        if row.begun >= TRIES:
            self._tried(tx, row.hold_id, row.asked)
            self._desk.audit.append(tx, ACTOR, "hold.not_unlocked", row.hold_id, reason="begun too often")
            return None
        tx.execute(update(locked).where(locked.c.hold_id == row.hold_id).values(begun=row.begun + 1))
        return self._desk.shelf.fetch(tx, row.message), self._told.within(tx, row.submitter, keep)

    def _unopened(self, row: Any, begun: _Begun) -> Unopened:
        parts, secrets = begun
        content = self._desk.shelf.assemble(self._vault.open(row.skeleton, f"skeleton:{row.id}"), parts)
        envelope = self._vault.open_msgpack(row.envelope, f"envelope:{row.id}", Envelope)
        return Unopened(row.hold_id, row.id, envelope, content, secrets, row.asked)

    @staticmethod
    def _tried(tx: Connection, hold_id: str, asked: int) -> None:
        tx.execute(update(locked).where(locked.c.hold_id == hold_id).values(tried=asked, begun=0))


def await_password(tx: Connection, rows: dict[str, tuple[int, bytes, datetime]]) -> None:
    """Holds whose first message has encrypted parts: (its serial, its submitter, when it came in) by hold id.

    What was told while the message was inspected did not reach it: then it is due at once.
    """
    for hold_id, (message, submitter, since) in rows.items():
        late = select(candidates.c.key).where(candidates.c.submitter == submitter, candidates.c.kept_at >= since)
        asked = int(tx.execute(late.limit(1)).first() is not None)
        row = {"hold_id": hold_id, "message": message, "submitter": submitter}
        tx.execute(insert(locked).values(asked=asked, tried=0, begun=0, **row))


def opened(shown: Inspection, whole: Inspection) -> Inspection:
    """What a hold shows, with the message as it is now; what later messages added stays."""
    parts = {part.key for part in whole.parts}
    findings = [finding for finding in shown.findings if finding not in whole.findings]
    problems = [problem for problem in shown.problems if problem.key not in parts and problem not in whole.problems]
    most = whole if whole.persons >= shown.persons else shown
    return dataclasses.replace(
        whole,
        findings=(*whole.findings, *findings[:FINDINGS]),
        problems=(*whole.problems, *problems[:FINDINGS]),
        persons=most.persons,
        persons_exact=most.persons_exact,
        households=max(whole.households, shown.households),
        subject=shown.subject,
        subject_key=shown.subject_key,
        passwords=b"",
        passwords_key=b"",
    )


def _reasons(reasons: set[str], inspection: Inspection) -> set[str]:
    return reasons if inspection.encrypted else (reasons - {REASON}) or {OPENED}
