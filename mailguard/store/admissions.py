"""Taking a message in: one transaction, after which it is ours.

In: message, inspection, verdict. Out: an `Admission`. A message that joins costs the same whether it is the second or
the fourteen-thousandth: counters on the hold, no counting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from mailguard.lifecycle import HoldState, MessageState, RecipientState
from mailguard.model import Inspection, Message, Source, Verdict
from mailguard.pieces import cut
from mailguard.store import covering, masks, standing
from mailguard.store.calendar import add_business_days
from mailguard.store.context import fresh_id
from mailguard.store.covering import Later
from mailguard.store.desk import AtDesk, reasons_of
from mailguard.store.joining import Place, enriched, place
from mailguard.store.schema import evidence as evidence_table
from mailguard.store.schema import holds, messages, recipients
from mailguard.store.standing import Sender
from mailguard.store.vault import Packed
from mailguard.store.views import Admission

_KNOWN = (
    select(messages.c.hold_id, messages.c.outcome, holds.c.state)
    .join(holds, holds.c.id == messages.c.hold_id)
    .where(messages.c.id == bindparam("key"))
)  # the same message again


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message with all that is known of it."""

    message: Message
    source: Source
    inspection: Inspection
    verdict: Verdict
    content_key: bytes
    packed: Packed
    prepared: Mapping[bytes, bytes]

    @property
    def recipients(self) -> int:
        """宛先数 of this message."""
        return len(self.message.envelope.rcpt_to)

    @property
    def later(self) -> Later:
        """This message as one more under an approval."""
        source, envelope = self.source, self.message.envelope
        sender = Sender(envelope, self.inspection.authors, source.operators, declared=source.declared)
        keys = frozenset(self.verdict.evidence)
        return Later(source.id, self.inspection.subject_key, self.content_key, keys, self.recipients, sender)


class Admissions(AtDesk):
    """Takes messages in."""

    def admit(
        self, message: Message, *, source: Source, inspection: Inspection, verdict: Verdict, content_key: bytes
    ) -> Admission:
        """Keep `message`; when this returns, it is on disk. The same message id twice is kept once."""
        packed = self._vault.pack(cut(message.content, self._context.digester))
        prepared = self._desk.shelf.prepare(packed.parts)
        arrival = Arrival(message, source, inspection, verdict, content_key, packed, prepared)
        with self._database.write() as tx:
            known = tx.execute(_KNOWN, {"key": message.id}).one_or_none()
            if known:
                return Admission(known.hold_id, HoldState(known.state), known.outcome)
            return self._admit(tx, arrival)

    def _admit(self, tx: Connection, arrival: Arrival) -> Admission:
        now = self._context.clock()
        later = arrival.later
        newest = covering.newest(tx, arrival.source.id, arrival.content_key, to_change=True)
        known = covering.known_evidence(tx, newest.id, later.keys) if newest else set()
        approved = newest is not None and newest.state == HoldState.APPROVED.value
        outcome = place(
            HoldState(newest.state) if newest else None,
            covered=approved and covering.covered(self._context, tx, newest, known, later),
        )
        if outcome is Place.OPENED:
            hold_id, state = self._open(tx, arrival, now), HoldState.PENDING
        else:
            hold_id, state = newest.id, HoldState(newest.state)
            self._grow(tx, newest, known, outcome, arrival, now)
        self._keep(tx, hold_id, state, outcome, arrival, now)
        standing.remember(self._context, tx, hold_id, later.sender)
        self._tell(tx, hold_id, outcome, arrival)
        return Admission(hold_id, state, outcome.value)

    def _open(self, tx: Connection, arrival: Arrival, now: datetime) -> str:
        hold_id, inspection = fresh_id("H"), arrival.inspection
        declared = arrival.source.declared and standing.staffed(tx, arrival.source.id)
        row = {
            "id": hold_id, "source_id": arrival.source.id, "source_title": arrival.source.title,
            "content_key": arrival.content_key, "subject_key": inspection.subject_key, "declared": declared,
            "state": HoldState.PENDING.value, "revision": 1,
            "reasons": msgspec.json.encode(sorted(set(arrival.verdict.reasons))).decode(),
            "subject": self._vault.seal(inspection.subject.encode(), f"subject:{hold_id}"),
            "inspection": self._vault.seal(msgspec.msgpack.encode(inspection), f"inspection:{hold_id}"),
            "messages": 1, "recipients": arrival.recipients, "late_messages": 0,
            "persons": inspection.persons, "persons_exact": inspection.persons_exact, "households": inspection.households,
            "first_seen": now, "last_seen": now,
            "expires_at": add_business_days(now, self._context.settings.business_days),
            "cap": None, "used": 0, "approvals": 0, "approvals_needed": 1 if declared else 2, "changed_at": now, "changed_by": "",
        }  # fmt: skip
        tx.execute(insert(holds), row)
        self._note_evidence(tx, hold_id, set(arrival.verdict.evidence))
        return hold_id

    def _grow(
        self, tx: Connection, hold: Any, known: set[bytes], outcome: Place, arrival: Arrival, now: datetime
    ) -> None:
        """Count one more message, and raise the revision when it brings something nobody has seen."""
        values: dict[str, Any] = {"last_seen": now}
        if outcome is Place.CLOSED:
            values["late_messages"] = holds.c.late_messages + 1
        else:
            values |= {"messages": holds.c.messages + 1, "recipients": holds.c.recipients + arrival.recipients}
            if arrival.inspection.persons > hold.persons:
                values |= {"persons": arrival.inspection.persons, "persons_exact": arrival.inspection.persons_exact}
            values["households"] = max(hold.households, arrival.inspection.households)
        if outcome is Place.WAITING:
            values["used"] = holds.c.used + arrival.recipients
        if outcome is Place.JOINED:
            values |= self._news(tx, hold, known, arrival, now)
            if not arrival.source.declared:
                values |= {"declared": False, "approvals_needed": 2}
        tx.execute(update(holds).where(holds.c.serial == hold.serial).values(values))

    def _news(self, tx: Connection, hold: Any, known: set[bytes], arrival: Arrival, now: datetime) -> dict[str, Any]:
        fresh = set(arrival.verdict.evidence) - known
        reasons = set(reasons_of(hold))
        added = set(arrival.verdict.reasons) - reasons
        if not fresh and not added:
            return {}
        self._note_evidence(tx, hold.id, fresh)
        place_name = f"inspection:{hold.id}"
        first = self._vault.open_msgpack(hold.inspection, place_name, Inspection)
        shown = msgspec.msgpack.encode(enriched(first, arrival.inspection, fresh))
        self._desk.audit.append(
            tx,
            "mail",
            "hold.changed",
            hold.id,
            message=arrival.message.id,
            revision=hold.revision + 1,
            evidence=len(fresh),
        )
        return {
            "revision": hold.revision + 1, "approvals": 0, "changed_at": now, "changed_by": "",
            "reasons": msgspec.json.encode(sorted(reasons | added)).decode(),
            "inspection": self._vault.seal(shown, place_name),
        }  # fmt: skip

    def _keep(
        self, tx: Connection, hold_id: str, state: HoldState, outcome: Place, arrival: Arrival, now: datetime
    ) -> None:
        message = arrival.message
        closed = outcome is Place.CLOSED
        row = {
            "id": message.id, "hold_id": hold_id, "outcome": outcome.value,
            "state": (MessageState(state.value) if closed else MessageState.HELD).value,
            "envelope": self._vault.seal(msgspec.msgpack.encode(message.envelope), f"envelope:{message.id}"),
            "skeleton": self._vault.seal(arrival.packed.skeleton, f"skeleton:{message.id}"),
            "received_at": message.received_at, "attempts": 0, "finished_at": now if closed else None,
            "due_at": now if outcome is Place.WAITING else None,
        }  # fmt: skip
        serial = tx.execute(insert(messages), row).inserted_primary_key
        assert serial is not None
        number = int(serial[0])
        rows = [
            {
                "message": number, "position": position, "state": RecipientState.WAITING.value,
                "address": masks.address(address), "reply": "", "attempts": 0, "changed_at": now,
            }
            for position, address in enumerate(message.envelope.rcpt_to)
        ]  # fmt: skip
        if rows:
            tx.execute(insert(recipients), rows)
        self._desk.shelf.put(tx, number, arrival.packed.parts, arrival.prepared)

    def _tell(self, tx: Connection, hold_id: str, outcome: Place, arrival: Arrival) -> None:
        audit, message_id = self._desk.audit, arrival.message.id
        if outcome is Place.OPENED:
            audit.append(
                tx, "mail", "hold.opened", hold_id,
                message=message_id, source=arrival.source.id, reasons=sorted(set(arrival.verdict.reasons)),
                persons=arrival.inspection.persons, ruleset=arrival.inspection.ruleset,
            )  # fmt: skip
        audit.append(tx, "mail", f"message.{outcome.value}", message_id, hold=hold_id, recipients=arrival.recipients)
        if outcome in {Place.OPENED, Place.CLOSED}:
            self._desk.notices.tell(tx, self._hold(tx, hold_id), outcome.value)

    @staticmethod
    def _note_evidence(tx: Connection, hold_id: str, keys: set[bytes]) -> None:
        if keys:
            tx.execute(insert(evidence_table), [{"hold_id": hold_id, "key": key} for key in sorted(keys)])
