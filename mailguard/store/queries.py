"""What the page, the command line and the gauges read of holds. In: ids and limits. Out: views. Writes nothing."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from mailguard import lifecycle
from mailguard.lifecycle import Choice, HoldState, MessageState, RecipientState, Sending
from mailguard.model import Inspection
from mailguard.routes import Needs
from mailguard.store import counting, routing, saying, settings, sight, standing
from mailguard.store.checklist import Point, points
from mailguard.store.desk import AtDesk
from mailguard.store.reasons import reasons_of
from mailguard.store.schema import decisions, holds, messages, people, recipients
from mailguard.store.views import Decided, Gauges, HoldRow, HoldView, Progress, RecipientRow, Routed


class Queries(AtDesk):
    """Reads holds."""

    def get(self, hold_id: str, viewer: str | None = None) -> HoldView:
        """Everything about one hold. viewer: who looks; what that person does not see is not found."""
        with self._database.read() as tx:
            hold = self._hold(tx, hold_id, viewer=viewer)
            decided = self._decided(tx, hold_id)
            progress = _progress(tx, hold_id)
            crew = standing.crew(tx, hold)
            least = counting.under_way(tx, [hold_id])
            routed = self._routed(tx, hold)
        return HoldView(
            row=self._row(hold, least),
            inspection=self._vault.open_msgpack(hold.inspection, f"inspection:{hold.id}", Inspection),
            decisions=decided,
            progress=progress,
            operators=tuple(self._desk.people.person(row) for row in crew),
            cap=hold.cap,
            used=hold.used,
            late_messages=hold.late_messages,
            routed=routed,
        )

    def recent(
        self,
        states: Collection[HoldState] | None = None,
        limit: int = 200,
        offset: int = 0,
        viewer: str | None = None,
    ) -> list[HoldRow]:
        """Holds that `viewer` sees, newest first."""
        query = select(holds).order_by(holds.c.serial.desc()).limit(limit).offset(offset)
        if states is not None:
            query = query.where(holds.c.state.in_([state.value for state in states]))
        with self._database.read() as tx:
            rows = tx.execute(query.where(sight.holds_seen(self._context, tx, viewer))).all()
            return self.listed(tx, rows)

    def listed(self, tx: Connection, rows: Sequence[Any]) -> list[HoldRow]:
        """Rows of holds as the list shows them."""
        least = counting.under_way(tx, [row.id for row in rows])
        return [self._row(row, least) for row in rows]

    def recipients(
        self, hold_id: str, limit: int = 200, offset: int = 0, viewer: str | None = None
    ) -> list[RecipientRow]:
        """Recipients of a hold in the order they came."""
        query = (
            select(recipients, messages.c.id)
            .join(messages, messages.c.serial == recipients.c.message)
            .where(messages.c.hold_id == hold_id)
            .order_by(messages.c.serial, recipients.c.position)
            .limit(limit)
            .offset(offset)
        )
        with self._database.read() as tx:
            self._hold(tx, hold_id, viewer=viewer)
            rows = tx.execute(query).all()
        return [
            RecipientRow(row.id, row.address, RecipientState(row.state), row.reply, row.attempts, row.changed_at)
            for row in rows
        ]

    @property
    def explain_persons(self) -> int:
        """More persons than this are approved in words, too."""
        with self._database.read() as tx:
            return settings.holds(self._context, tx).explain_persons

    def checklist(self, hold_id: str) -> tuple[Point, ...]:
        """What has to be ticked before a hold is approved."""
        with self._database.read() as tx:
            return points(self._context, self._hold(tx, hold_id))

    def gauges(self) -> Gauges:
        """What is waiting."""
        waiting = [HoldState.PENDING.value, HoldState.RETURNED.value]
        pending = holds.c.state == HoldState.PENDING.value
        approver = people.c.role == "approver"
        with self._database.read() as tx:
            held = tx.execute(select(func.coalesce(func.sum(holds.c.messages), 0)).where(holds.c.state.in_(waiting)))
            count, oldest = tx.execute(select(func.count(), func.min(holds.c.first_seen)).where(pending)).one()
            folk = tx.execute(select(func.count()).select_from(people).where(approver, people.c.enabled.is_(True)))
            return Gauges(int(held.scalar_one()), count, oldest, folk.scalar_one())

    def _row(self, hold: Any, least: Mapping[str, int]) -> HoldRow:
        return HoldRow(
            id=hold.id,
            state=HoldState(hold.state),
            revision=hold.revision,
            source_id=hold.source_id,
            source_title=hold.source_title,
            subject=self._vault.open(hold.subject, f"subject:{hold.id}").decode("utf-8", "replace"),
            reasons=tuple(reasons_of(hold)),
            messages=hold.messages,
            recipients=hold.recipients,
            persons=hold.persons,
            persons_exact=hold.persons_exact,
            households=hold.households,
            first_seen=hold.first_seen,
            last_seen=hold.last_seen,
            expires_at=hold.expires_at,
            approvals=hold.approvals,
            approvals_needed=hold.approvals_needed,
            asked_at=hold.asked_at,
            counting=hold.id in least,
            persons_least=least.get(hold.id, 0),
            counted=hold.changed_by == counting.ACTOR,
            rehearsal=hold.rehearsal,
        )

    def _routed(self, tx: Connection, hold: Any) -> Routed:
        needs = routing.told(self._context, routing.kept(self._context, hold).needs)
        facts = standing.sending(tx, hold, [])
        if hold.state != HoldState.PENDING.value:
            approved = hold.state == HoldState.APPROVED.value
            reach = routing.approved_reach(tx, hold) if approved else routing.Reach(hold.cap or 0)
            needs = needs.at(reach.recipients, reach.persons)
            return Routed(needs, _approvals(hold, needs, facts), facts.declared)
        voices = {voice.row.id: voice for voice in standing.agreed(tx, hold)}
        cap = min((voice.row.cap for voice in voices.values()), default=hold.recipients)
        reach = routing.reach(tx, hold.campaign_id, hold.recipients, hold.persons).up_to(cap)
        needs = needs.at(reach.recipients, reach.persons)
        lent = [voice.lent for voice in voices.values()]
        missing = routing.lacking(self._context, hold, lent, facts, reach)
        approved = tuple(self._desk.people.person(voice.row) for voice in voices.values())
        return Routed(needs, _approvals(hold, needs, facts), facts.declared, approved, missing)

    def _decided(self, tx: Connection, hold_id: str) -> tuple[Decided, ...]:
        query = (
            select(decisions, people.c.sealed, people.c.role, people.c.language, people.c.enabled)
            .join(people, people.c.id == decisions.c.person_id)
            .where(decisions.c.hold_id == hold_id)
            .order_by(decisions.c.serial)
        )
        return tuple(self._one_decided(tx, row) for row in tx.execute(query).all())

    def _one_decided(self, tx: Connection, row: Any) -> Decided:
        person = tx.execute(select(people).where(people.c.id == row.person_id)).one()
        reason = self._vault.open(row.reason, f"reason:{row.hold_id}").decode("utf-8", "replace")
        name, absent = self._desk.people.person(person).name, ""
        if row.acting_for:
            away = tx.execute(select(people).where(people.c.id == row.acting_for)).one()
            absent = self._desk.people.person(away).name
        return Decided(
            Choice(row.choice), row.person_id, name, reason, row.cap, row.revision, row.at,
            row.reason_code or "", saying.ticked(row.checked), row.seconds, bool(row.hasty),
            row.acting_for or "", absent,
        )  # fmt: skip


def _approvals(hold: Any, needs: Needs, facts: Sending) -> int:
    return max(needs.least, int(hold.approvals_needed), lifecycle.approvals_needed(facts))


def _progress(tx: Connection, hold_id: str) -> Progress:
    by_recipient = (
        select(recipients.c.state, func.count())
        .join(messages, messages.c.serial == recipients.c.message)
        .where(messages.c.hold_id == hold_id)
        .group_by(recipients.c.state)
    )
    by_message = select(messages.c.state, func.count()).where(messages.c.hold_id == hold_id).group_by(messages.c.state)
    return Progress(
        {RecipientState(state): count for state, count in tx.execute(by_recipient)},
        {MessageState(state): count for state, count in tx.execute(by_message)},
    )
