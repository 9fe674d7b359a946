"""One transaction that takes messages in: everything they need is read once, and written together at its end.

In: sealed messages in the order they came. Out: an `Admission` each. A message that joins costs the same whether it is the
second or the fourteen-thousandth: counters on the hold, no counting.
"""

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select

from mailguard.lifecycle import HoldState, MessageState, RecipientState
from mailguard.pieces import Pieces
from mailguard.store import counting, masks, routing, shown, standing, standstill, unlocking
from mailguard.store.arrival import Arrival
from mailguard.store.audit import Entry
from mailguard.store.calendar import add_business_days
from mailguard.store.context import fresh_id
from mailguard.store.covering import covered
from mailguard.store.desk import Desk
from mailguard.store.draft import Draft, Drafts
from mailguard.store.joining import Place, enriched, place
from mailguard.store.reasons import reasons_of
from mailguard.store.schema import contents, holds, messages, recipients
from mailguard.store.standing import Marks
from mailguard.store.statement import Lookup, Statement
from mailguard.store.stopped_mail import apart
from mailguard.store.views import Admission

_LAST = Statement(select(func.coalesce(func.max(messages.c.serial), 0)))
_KNOWN = Lookup(
    lambda ids: (
        select(messages.c.id, messages.c.hold_id, messages.c.outcome, holds.c.state)
        .join(holds, holds.c.id == messages.c.hold_id)
        .where(messages.c.id.in_(ids))
    )
)  # the same messages again
FOLDED = "folded"  # the outcome of a mail that its hold has already
_HELD = Lookup(
    lambda keys: select(messages.c.fold_key, messages.c.hold_id).where(
        messages.c.fold_key.in_(keys), messages.c.state == MessageState.HELD.value
    )
)
_ADD_MESSAGES = Statement(
    insert(messages),
    (
        "serial",
        "id",
        "hold_id",
        "outcome",
        "state",
        "received_at",
        "attempts",
        "finished_at",
        "due_at",
        "fold_key",
    ),
)
_ADD_CONTENTS = Statement(insert(contents), ("message", "envelope", "skeleton"))
_ADD_RECIPIENTS = Statement(
    insert(recipients), ("message", "position", "state", "address", "reply", "attempts", "changed_at")
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """An arrival whose envelope and skeleton are sealed. fold_key: see folding.py."""

    arrival: Arrival
    envelope: bytes
    skeleton: bytes
    fold_key: bytes | None = None


class Intake:
    """Takes messages into one writing transaction; nothing is there before `write`."""

    def __init__(self, desk: Desk, tx: Connection, mails: list[Sealed]) -> None:
        self._desk = desk
        self._context = desk.context
        self._tx = tx
        self._now = desk.context.clock()
        self._drafts = Drafts(desk.context, tx)
        self._stopped = standstill.read(tx)
        ((self._serial,),) = _LAST.rows(tx, {})  # nobody else writes now
        self._answers = self._known([mail.arrival.message.id for mail in mails])
        self._again = self._folds([mail.fold_key for mail in mails if mail.fold_key])
        self._messages: list[dict[str, Any]] = []
        self._contents: list[dict[str, Any]] = []
        self._recipients: list[dict[str, Any]] = []
        self._pieces: dict[int, Pieces] = {}
        self._counts: dict[str, dict[str, Any]] = {}
        self._locked: dict[str, tuple[int, bytes, datetime]] = {}
        self._entries: list[Entry] = []

    def take(self, mail: Sealed) -> Admission:
        """The same message id twice is kept once."""
        key = mail.arrival.message.id
        if key not in self._answers:
            self._answers[key] = self._take(mail)
        return self._answers[key]

    def write(self, prepared: dict[bytes, bytes]) -> None:
        """Write what was taken; `prepared` has the large parts that were sealed before."""
        if self._messages:
            _ADD_MESSAGES.run(self._tx, self._messages)
            _ADD_CONTENTS.run(self._tx, self._contents)
            _ADD_RECIPIENTS.run(self._tx, self._recipients)
        counting.asked(self._tx, self._counts)
        unlocking.await_password(self._tx, self._locked)
        self._desk.shelf.put(self._tx, self._pieces, prepared)
        self._drafts.write()
        self._desk.audit.extend(self._tx, self._entries)

    def _known(self, ids: list[str]) -> dict[str, Admission]:
        rows = _KNOWN.rows(self._tx, ids)
        return {key: Admission(hold_id, HoldState(state), outcome) for key, hold_id, outcome, state in rows}

    def _folds(self, keys: list[bytes]) -> set[tuple[bytes, str]]:
        """Which of these mails is held already, and where."""
        return {(bytes(key), hold_id) for key, hold_id in _HELD.rows(self._tx, keys)} if keys else set()

    def _same(self, mail: Sealed, newest: Draft | None) -> bool:
        """Whether it is a mail that its hold has, submitted once more before anybody decided; it brings nothing new."""
        undecided = newest is not None and newest.state in {HoldState.PENDING, HoldState.RETURNED}
        if newest is None or not undecided or mail.fold_key is None:
            return False
        arrival = mail.arrival
        return (
            (mail.fold_key, newest.row.id) in self._again
            and set(arrival.verdict.reasons) <= set(reasons_of(newest.row))
            and arrival.evidence == newest.evidence(self._tx, arrival.evidence)
        )

    def _fold(self, mail: Sealed, draft: Draft, marks: Marks) -> Admission:
        """Counted, not kept: the one that is kept is released once."""
        arrival = mail.arrival
        draft.change(last_seen=self._now, folded=draft.row.folded + 1)
        if not arrival.source.declared:
            draft.staff |= set(arrival.source.operators)
            draft.change(declared=False, approvals_needed=max(2, draft.row.approvals_needed))
        draft.marks |= marks
        self._record("message.folded", arrival.message.id, hold=draft.row.id, recipients=arrival.recipients)
        return Admission(draft.row.id, draft.state, FOLDED)

    def _take(self, mail: Sealed) -> Admission:
        arrival = mail.arrival
        newest = self._drafts.newest(arrival.source.id, arrival.content_key)
        if newest is not None and apart(self._context, self._tx, self._stopped, arrival, newest):
            newest = None
        marks = self._drafts.marks(arrival.sender)
        if newest is not None and self._same(mail, newest):
            return self._fold(mail, newest, marks)
        outcome = place(newest.state if newest else None, covered=self._covered(newest, arrival, marks))
        if newest is None or outcome is Place.OPENED:
            draft = self._open(arrival)
        else:
            draft = newest
            self._grow(draft, outcome, arrival)
        draft.marks |= marks
        if not arrival.source.declared:
            draft.staff |= set(arrival.source.operators)
        self._keep(mail, draft, outcome)
        self._tell(arrival, draft, outcome)
        return Admission(draft.row.id, draft.state, outcome.value)

    def _covered(self, newest: Draft | None, arrival: Arrival, marks: Marks) -> bool:
        if newest is None or newest.state is not HoldState.APPROVED:
            return False
        return covered(self._context, self._tx, newest, arrival, marks)

    def _open(self, arrival: Arrival) -> Draft:
        hold_id, inspection, source, now = fresh_id("H"), arrival.inspection, arrival.source, self._now
        vault = self._context.vault
        campaign = self._drafts.campaigns.of(source, inspection, hold_id, now)
        declared = source.declared and standing.staffed(self._tx, source.id)
        row = {
            "id": hold_id, "source_id": source.id, "source_title": source.title,
            "content_key": arrival.content_key, "subject_key": inspection.subject_key, "declared": declared,
            "state": HoldState.PENDING.value, "revision": 1, "reasons": _listed(set(arrival.verdict.reasons)),
            "subject": vault.seal(inspection.subject.encode(), f"subject:{hold_id}"),
            **shown.columns(vault, hold_id, inspection),
            "messages": 1, "recipients": arrival.recipients, "late_messages": 0,
            "persons": inspection.persons, "persons_exact": inspection.persons_exact, "households": inspection.households,
            "first_seen": now, "last_seen": now,
            "expires_at": add_business_days(now, self._context.settings.business_days),
            "cap": None, "used": 0, "approvals": 0, "approvals_needed": 1 if declared else 2,
            "changed_at": now, "changed_by": "", "route": None, "campaign_id": campaign, "pool_id": None, "folded": 0,
            "rehearsal": arrival.rehearsal,
        }  # fmt: skip
        row |= routing.opened(self._context, SimpleNamespace(**row), inspection, arrival.ruling)
        draft = self._drafts.open(row)
        draft.note_evidence(self._tx, arrival.evidence)
        self._ask_count(draft, arrival)
        if arrival.submitter:
            self._locked[hold_id] = self._serial + 1, arrival.submitter, arrival.message.received_at
        return draft

    def _grow(self, draft: Draft, outcome: Place, arrival: Arrival) -> None:
        """Count one more message, and raise the revision when it brings something nobody has seen."""
        hold, inspection = draft.row, arrival.inspection
        draft.change(last_seen=self._now)
        if hold.rehearsal and not arrival.rehearsal:
            draft.change(rehearsal=False)  # the real run has begun
        if outcome is Place.CLOSED:
            draft.change(late_messages=hold.late_messages + 1)
            return
        draft.change(
            messages=hold.messages + 1,
            recipients=hold.recipients + arrival.recipients,
            households=max(hold.households, inspection.households),
        )
        if inspection.persons > hold.persons and not inspection.uncounted:
            draft.change(persons=inspection.persons, persons_exact=inspection.persons_exact)
        if outcome is Place.WAITING:
            draft.use(arrival.recipients)
        else:
            self._join(draft, arrival)

    def _join(self, draft: Draft, arrival: Arrival) -> None:
        fresh = arrival.evidence - draft.evidence(self._tx, arrival.evidence)
        reasons = set(reasons_of(draft.row))
        added = set(arrival.verdict.reasons) - reasons
        if fresh or added:
            draft.note_evidence(self._tx, fresh)
            if not fresh.isdisjoint(arrival.inspection.uncounted):
                self._ask_count(draft, arrival)
            first = draft.shown(self._tx, self._context.vault)
            draft.inspection = enriched(first, arrival.inspection, fresh)
            revision = draft.row.revision + 1
            self._record(
                "hold.changed", draft.row.id, message=arrival.message.id, revision=revision, evidence=len(fresh)
            )
            draft.change(
                revision=revision, approvals=0, changed_at=self._now, changed_by="", reasons=_listed(reasons | added)
            )
        if not arrival.source.declared:
            draft.change(declared=False, approvals_needed=max(2, draft.row.approvals_needed))
        if changes := routing.raised(self._context, draft.row, arrival.inspection, arrival.ruling):
            before = routing.kept(self._context, draft.row).needs.names
            draft.change(**changes)
            if routing.kept(self._context, draft.row).needs.names != before:
                self._tell_route(arrival, draft)

    def _ask_count(self, draft: Draft, arrival: Arrival) -> None:
        """Where only the beginning of a long table was read; the message that is being kept is the one to count."""
        inspection = arrival.inspection
        if inspection.uncounted:
            self._counts[draft.row.id] = {"message": self._serial + 1, "least": inspection.persons_least}

    def _keep(self, mail: Sealed, draft: Draft, outcome: Place) -> None:
        message, now = mail.arrival.message, self._now
        self._serial += 1
        self._messages.append(
            {
                "serial": self._serial, "id": message.id, "hold_id": draft.row.id, "outcome": outcome.value,
                "state": (MessageState(draft.row.state) if outcome is Place.CLOSED else MessageState.HELD).value,
                "received_at": message.received_at, "attempts": 0,
                "finished_at": now if outcome is Place.CLOSED else None,
                "due_at": now if outcome is Place.WAITING else None, "fold_key": mail.fold_key,
            }
        )  # fmt: skip
        self._contents.append({"message": self._serial, "envelope": mail.envelope, "skeleton": mail.skeleton})
        self._recipients += [
            {
                "message": self._serial, "position": position, "state": RecipientState.WAITING.value,
                "address": masks.address(address), "reply": "", "attempts": 0, "changed_at": now,
            }
            for position, address in enumerate(message.envelope.rcpt_to)
        ]  # fmt: skip
        self._pieces[self._serial] = mail.arrival.pieces
        if mail.fold_key:
            self._again.add((mail.fold_key, draft.row.id))

    def _tell(self, arrival: Arrival, draft: Draft, outcome: Place) -> None:
        hold_id, message_id = draft.row.id, arrival.message.id
        if outcome is Place.OPENED:
            self._record(
                "hold.opened", hold_id,
                message=message_id, source=arrival.source.id, reasons=sorted(set(arrival.verdict.reasons)),
                persons=arrival.inspection.persons, ruleset=arrival.inspection.ruleset,
            )  # fmt: skip
            if draft.row.route is not None:
                self._tell_route(arrival, draft)
        self._record(f"message.{outcome.value}", message_id, hold=hold_id, recipients=arrival.recipients)
        if outcome in {Place.OPENED, Place.CLOSED} and outcome not in draft.told:
            draft.told.add(outcome)
            draft.remember(self._tx)  # who is told depends on who sent it
            self._desk.notices.tell(self._tx, draft.row, outcome.value)

    def _tell_route(self, arrival: Arrival, draft: Draft) -> None:
        hold, needs = draft.row, routing.kept(self._context, draft.row).needs
        self._record(
            "hold.route", hold.id,
            message=arrival.message.id, routes=list(needs.names), approvals=hold.approvals_needed,
            organisations={one.organisation: one.count for one in needs.requirements},
        )  # fmt: skip

    def _record(self, action: str, subject: str, **detail: object) -> None:
        self._entries.append(self._desk.audit.entry("mail", action, subject, **detail))


def _listed(reasons: set[str]) -> str:
    return msgspec.json.encode(sorted(reasons)).decode()
