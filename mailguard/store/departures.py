"""What of held mail left the house, for a report of a leak, or for the proof that nothing did.

In: ids of holds, and who asks. Out: a `Departure` for each, and one audit row for each. Recipients are counts; names are
those of staff; subjects are masks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from mailguard.lifecycle import RecipientState
from mailguard.store import standstill
from mailguard.store.audit import CLI, Audit
from mailguard.store.context import Context
from mailguard.store.doubt import HELD, IN_DOUBT
from mailguard.store.holds import Holds
from mailguard.store.people import People
from mailguard.store.proof import Break, Head, as_row
from mailguard.store.schema import audit, holds, messages, recipients, reservations, stops
from mailguard.store.views import AuditRow, HoldView, Person

_SWITCH = ("release.paused", "release.resumed")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done about a hold; name: of the person, or of what acted."""

    at: datetime
    name: str
    organisation: str
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class Departure:
    """Of one hold. reached: recipients that the relay accepted, those under the approval included.

    doubtful: so many more may have it, the relay's reply was lost; waiting: may still be sent to. steps: by the record.
    """

    view: HoldView
    reached: int
    doubtful: int
    waiting: int
    first_at: datetime | None
    last_at: datetime | None
    steps: tuple[Step, ...]

    @property
    def left(self) -> bool:
        """Whether anybody has it, or may."""
        return self.reached + self.doubtful > 0

    @property
    def not_reached(self) -> int:
        """Recipients that surely do not have it."""
        states = self.view.progress.recipients
        kept = sum(count for state, count in states.items() if state is not RecipientState.ACCEPTED)
        return max(0, kept - self.doubtful)


@dataclass(frozen=True, slots=True)
class Departures:
    """Reads one database."""

    context: Context
    holds: Holds
    audit: Audit
    people: People

    def take(self, hold_ids: Sequence[str], actor: str, **noted: str) -> list[Departure]:
        """For `actor`; `noted` stands in the audit row. Raises NotFoundError."""
        viewer = None if actor == CLI else actor
        folk = {person.id: person for person in self.people.all()}
        found = [self._departure(hold_id, folk, viewer) for hold_id in dict.fromkeys(hold_ids)]
        with self.context.database.write() as tx:
            self.audit.extend(
                tx, [self.audit.entry(actor, "report.drafted", one.view.row.id, **noted) for one in found]
            )
        return found

    def standing(self) -> tuple[Head, Break | None]:
        """The end of the record, and what is wrong with it."""
        return self.audit.head(), self.audit.check()

    def _departure(self, hold_id: str, folk: dict[str, Person], viewer: str | None) -> Departure:
        view = self.holds.get(hold_id, viewer)
        with self.context.database.read() as tx:
            sent, first, last = _accepted(tx, hold_id)
            passed, unsure, first_passed, last_passed = _passed(tx, hold_id)
            waiting = _waiting(tx, hold_id)
            doubt = _doubted(tx, hold_id)
            rows = _rows(tx, hold_id)
        times = sorted(at for at in (first, last, first_passed, last_passed) if at is not None)
        return Departure(
            view,
            reached=sent + passed,
            doubtful=doubt + unsure,
            waiting=waiting,
            first_at=times[0] if times else None,
            last_at=times[-1] if times else None,
            steps=tuple(_step(row, folk) for row in rows),
        )


def _accepted(tx: Connection, hold_id: str) -> tuple[int, datetime | None, datetime | None]:
    query = (
        select(func.count(), func.min(recipients.c.changed_at), func.max(recipients.c.changed_at))
        .join(messages, messages.c.serial == recipients.c.message)
        .where(messages.c.hold_id == hold_id, recipients.c.state == RecipientState.ACCEPTED.value)
    )
    count, first, last = tx.execute(query).one()
    return count, first, last


def _passed(tx: Connection, hold_id: str) -> tuple[int, int, datetime | None, datetime | None]:
    """Under the approval, inside the client's own transaction; without a confirmation nobody knows."""
    unsure = func.sum(reservations.c.recipients).filter(reservations.c.accepted.is_(None))
    query = select(
        func.coalesce(func.sum(reservations.c.accepted), 0),
        func.coalesce(unsure, 0),
        func.min(reservations.c.at),
        func.max(reservations.c.at),
    ).where(reservations.c.hold_id == hold_id)
    sent, lost, first, last = tx.execute(query).one()
    return int(sent), int(lost), first, last


def _waiting(tx: Connection, hold_id: str) -> int:
    """Of messages that release may claim: what was rejected waits in vain."""
    query = (
        select(func.count())
        .select_from(recipients.join(messages, messages.c.serial == recipients.c.message))
        .where(
            messages.c.hold_id == hold_id,
            messages.c.due_at.is_not(None),
            recipients.c.state == RecipientState.WAITING.value,
        )
    )
    return tx.execute(query).scalar_one()


def _doubted(tx: Connection, hold_id: str) -> int:
    query = select(func.count()).select_from(HELD).where(messages.c.hold_id == hold_id, IN_DOUBT)
    return tx.execute(query).scalar_one()


def _rows(tx: Connection, hold_id: str) -> list[AuditRow]:
    """Of the hold, and stops that cover it since it opened."""
    here = select(holds.c.source_id, holds.c.subject_key, holds.c.campaign_id).where(holds.c.id == hold_id)
    covering = standstill.covering(tx, tx.execute(here).one(), tx.execute(select(stops)))
    first = select(func.min(audit.c.seq)).where(audit.c.subject == hold_id).scalar_subquery()
    of_hold = (audit.c.subject == hold_id) & or_(audit.c.action.like("hold.%"), audit.c.action.like("stop.%"))
    of_stop = audit.c.subject.in_(sorted(covering)) & audit.c.action.like("stop.%") & (audit.c.seq > first)
    of_all = audit.c.action.in_(_SWITCH) & (audit.c.subject == "") & (audit.c.seq > first)
    return [
        as_row(found) for found in tx.execute(select(audit).where(of_hold | of_stop | of_all).order_by(audit.c.seq))
    ]


def _step(row: Any, folk: dict[str, Person]) -> Step:
    person = folk.get(row.actor)
    name, organisation = (person.name, person.organisation) if person else (row.actor, "")
    return Step(row.at, name, organisation, row.action, row.detail)
