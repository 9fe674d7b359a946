"""Contacts that an organisation publishes (公開連絡先): asked for from a hold, agreed on by a second person, for some days.

In: a masked value of a finding, which already has its keyed digest. Out: the digests in force, which the judge subtracts.
No clear value is ever here. Each ends by itself, or earlier by anybody who approves; each change is an audit row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.model import Inspection, Kind
from mailguard.store import settings, sight, standing
from mailguard.store.context import fresh_id
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.people import selves
from mailguard.store.remembered import Remembered
from mailguard.store.schema import holds, people, public_contacts, public_version

KINDS = frozenset({Kind.PHONE, Kind.EMAIL, Kind.ADDRESS})
WHY = {
    "contact_asker": "Only an operator of the source, or who may approve the hold, may ask for this.",
    "contact_reason": "Say where this contact is published.",
    "contact_unknown": "This is no phone number, e-mail address or address that the hold shows one by one.",
    "contact_own": "Somebody else than the one who asked must agree.",
    "contact_over": "This contact is not waiting for a second person any more.",
    "contact_end": "Only approvers and administrators, or who asked for it, may end this.",
}


class ContactState(StrEnum):
    """Where an entry stands; only ALLOWED counts."""

    ASKED = "asked"
    ALLOWED = "allowed"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that a hold shows, and that could be put on the list. ref: names it at this revision of the hold."""

    ref: str
    kind: Kind
    shown: str
    key: bytes


@dataclass(frozen=True, slots=True)
class PublicContact:
    """One entry; persons by name."""

    id: str
    kind: Kind
    shown: str
    hold_id: str
    state: ContactState
    reason: str
    asked_by: str
    asked_name: str
    asked_at: datetime
    agreed_name: str = ""
    until: datetime | None = None
    ended_name: str = ""
    ended_at: datetime | None = None


class PublicContacts(AtDesk):
    """The allow list of one database."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._known: tuple[int, tuple[tuple[bytes, datetime], ...]] = (-1, ())
        self._values: frozenset[bytes] = frozenset()
        self.latest = Remembered(self._database, self._latest, seconds=1.0)
        """Digests in force now: one cheap read; the same object as long as they are the same."""

    # What is in force

    def _latest(self) -> frozenset[bytes]:
        values = frozenset(key for key, until in self._entries() if until > self._context.clock())
        if values != self._values:
            self._values = values
        return self._values

    def all(self, hold_id: str | None = None, viewer: str | None = None) -> list[PublicContact]:
        """Every entry, or those asked for from one hold, the newest first: of holds that `viewer` sees."""
        query = select(public_contacts).order_by(public_contacts.c.asked_at.desc(), public_contacts.c.id)
        if hold_id is not None:
            query = query.where(public_contacts.c.hold_id == hold_id)
        with self._database.read() as tx:
            if viewer is not None:
                seen = select(holds.c.id).where(sight.holds_seen(self._context, tx, viewer))
                query = query.where(public_contacts.c.hold_id.in_(seen))
            rows = tx.execute(query).all()
            folk = {row.id: self._desk.people.person(row).name for row in tx.execute(select(people)).all()}
        return [self._entry(row, folk) for row in rows]

    def offers(self, hold_id: str, viewer: str | None = None) -> list[Offer]:
        """What of a hold could be put on the list. Raises NotFoundError, also when `viewer` does not see it."""
        with self._database.read() as tx:
            return self._offers(self._hold(tx, hold_id, viewer=viewer))

    def barred(self, contact_id: str, person_id: str) -> str | None:
        """Why a person cannot agree to an entry, as a stable code. Raises NotFoundError for who does not see it."""
        with self._database.read() as tx:
            return self._barred(tx, self._row(tx, contact_id, to_change=False), person_id)

    # Changes by people

    def ask(self, hold_id: str, ref: str, person_id: str, *, revision: int, reason: str) -> str:
        """Ask for one value of a hold as it was at `revision`; the id of the entry. Raises RefusedError, ConflictError."""
        with self._database.write() as tx:
            hold, person = self._hold(tx, hold_id, viewer=person_id), self._person(tx, person_id)
            if not self._asks(tx, hold, person):
                raise RefusedError("contact_asker", WHY["contact_asker"])
            if not reason.strip():
                raise RefusedError("contact_reason", WHY["contact_reason"])
            if hold.revision != revision:
                raise ConflictError(f"{hold_id} has changed. Look at it again.")
            offer = next((one for one in self._offers(hold) if one.ref == ref), None)
            if offer is None:
                raise RefusedError("contact_unknown", WHY["contact_unknown"])
            waiting = select(public_contacts.c.id).where(
                public_contacts.c.key == offer.key,
                public_contacts.c.ended_at.is_(None),
                public_contacts.c.agreed_by.is_(None),
            )
            if known := tx.execute(waiting.limit(1)).scalar_one_or_none():
                return str(known)
            entry = fresh_id("C")
            tx.execute(
                insert(public_contacts),
                {
                    "id": entry, "key": offer.key, "kind": offer.kind.value, "shown": offer.shown[:200], "hold_id": hold_id,
                    "reason": self._vault.seal(reason.strip().encode("utf-8", "replace"), f"contact:{entry}"),
                    "asked_by": person_id, "asked_at": self._context.clock(),
                },
            )  # fmt: skip
            self._note(tx, person_id, "contact.asked", entry, hold=hold_id, kind=offer.kind.value)
            self._desk.notices.tell(tx, hold, "contact_asked")
        return entry

    def agree(self, contact_id: str, person_id: str) -> datetime:
        """Agree as the second person, who may approve the hold it came from; when it ends. Raises RefusedError."""
        with self._database.write(announced=True) as tx:
            if code := self._barred(tx, self._row(tx, contact_id), person_id):
                raise RefusedError(code, WHY.get(code, "Only who may approve the hold it came from may agree."))
            now = self._context.clock()
            until: datetime = now + timedelta(days=settings.holds(self._context, tx).contact_days)
            self._change(tx, contact_id, agreed_by=person_id, agreed_at=now, until=until)
            self._note(tx, person_id, "contact.agreed", contact_id, until=until.isoformat())
        return until

    def end(self, contact_id: str, person_id: str) -> None:
        """Take an entry back, whether in force or only asked for. Raises RefusedError."""
        with self._database.write(announced=True) as tx:
            row, person = self._row(tx, contact_id), self._person(tx, person_id)
            self._hold(tx, row.hold_id, viewer=person_id)
            mine = row.asked_by == person_id or person.role in {"approver", "administrator"}
            if not person.enabled or not mine:
                raise RefusedError("contact_end", WHY["contact_end"])
            if row.ended_at:
                return
            self._change(tx, contact_id, ended_by=person_id, ended_at=self._context.clock())
            self._note(tx, person_id, "contact.ended", contact_id)

    # Inside

    def _barred(self, tx: Connection, row: Any, person_id: str) -> str | None:
        hold, today = self._hold(tx, row.hold_id, viewer=person_id), self._context.today()
        asker, right = self._person(tx, row.asked_by), standing.right(tx, hold, self._person(tx, person_id), today)
        if right.code:
            return right.code
        # Neither the asker, nor as the deputy of the asker, nor the one whose deputy asked.
        asked = selves(tx, {asker.id, standing.right(tx, hold, asker, today).voice.authority})
        if asked & {person_id, right.voice.authority}:
            return "contact_own"
        return "contact_over" if row.agreed_by or row.ended_at else None

    def _asks(self, tx: Connection, hold: Any, person: Any) -> bool:
        right = standing.right(tx, hold, person, self._context.today())
        return right.code is None or (person.enabled and person.id in right.facts.operators)

    def _entries(self) -> tuple[tuple[bytes, datetime], ...]:
        with self._database.read() as tx:
            # The version first: a list is never taken for newer than it is.
            version = tx.execute(select(public_version.c.version)).scalar_one_or_none() or 0
            if version == self._known[0]:
                return self._known[1]
            agreed = (public_contacts.c.until.is_not(None), public_contacts.c.ended_at.is_(None))
            rows = tx.execute(select(public_contacts.c.key, public_contacts.c.until).where(*agreed)).all()
        self._known = version, tuple((row.key, row.until) for row in rows)
        return self._known[1]

    def _offers(self, hold: Any) -> list[Offer]:
        shown = self._vault.open_msgpack(hold.inspection, f"inspection:{hold.id}", Inspection)
        found: dict[bytes, Offer] = {}
        for number, finding in enumerate(shown.findings):
            # A finding lists the digests of all its values or of none; samples are masks of the first ones, in their order.
            if finding.kind in KINDS and len(finding.digests) == finding.distinct:
                for place, (sample, key) in enumerate(zip(finding.samples, finding.digests, strict=False)):
                    found.setdefault(key, Offer(f"{number}.{place}", finding.kind, sample, key))
        return list(found.values())

    def _entry(self, row: Any, folk: dict[str, str]) -> PublicContact:
        over = row.ended_at is not None or (row.until is not None and row.until <= self._context.clock())
        state = ContactState.OVER if over else ContactState.ALLOWED if row.agreed_by else ContactState.ASKED
        reason = self._vault.open(row.reason, f"contact:{row.id}").decode("utf-8", "replace")
        return PublicContact(
            row.id, Kind(row.kind), row.shown, row.hold_id, state, reason, row.asked_by, folk.get(row.asked_by, ""),
            row.asked_at, folk.get(row.agreed_by, ""), row.until, folk.get(row.ended_by, ""), row.ended_at,
        )  # fmt: skip

    def _note(self, tx: Connection, person_id: str, action: str, contact_id: str, **facts: object) -> None:
        self._desk.audit.changed(tx, person_id, action, contact_id, ("contact", contact_id), **facts)

    @staticmethod
    def _change(tx: Connection, contact_id: str, **values: Any) -> None:
        tx.execute(update(public_contacts).where(public_contacts.c.id == contact_id).values(values))
        if not tx.execute(update(public_version).values(version=public_version.c.version + 1)).rowcount:
            tx.execute(insert(public_version), {"id": 1, "version": 1})

    @staticmethod
    def _row(tx: Connection, contact_id: str, *, to_change: bool = True) -> Any:
        query = select(public_contacts).where(public_contacts.c.id == contact_id)
        row = tx.execute(query.with_for_update() if to_change else query).one_or_none()
        if row is None:
            raise NotFoundError("No such public contact.")
        return row

    @staticmethod
    def _person(tx: Connection, person_id: str) -> Any:
        row = tx.execute(select(people).where(people.c.id == person_id)).one_or_none()
        if row is None:
            raise NotFoundError("No such person. `mailguard person list` shows everybody.")
        return row
