"""Everything about holds that people see: of one, or of hundreds that are read together.

In: rows of holds, in a transaction that reads. Out: a `HoldView` each, in the same order, by a few statements for all of
them. Writes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from mailguard.lifecycle import Choice, HoldState, MessageState, RecipientState
from mailguard.model import Inspection
from mailguard.store import counting, saying, standing
from mailguard.store.desk import AtDesk
from mailguard.store.reasons import reasons_of
from mailguard.store.routed_holds import RoutedHolds
from mailguard.store.schema import decisions, messages, recipients
from mailguard.store.views import Decided, HoldRow, HoldView, Person, Progress

_Said = Mapping[str, Sequence[Any]]  # rows of decisions, by hold


class HoldViews(AtDesk):
    """Reads what belongs to holds."""

    def of(self, tx: Connection, rows: Sequence[Any]) -> list[HoldView]:
        """As many as one statement can name."""
        ids = [row.id for row in rows]
        said, progress, crews = _said(tx, ids), _progress(tx, ids), standing.crews(tx, rows)
        facts, least, names = standing.sent_by(tx, rows, crews), counting.under_way(tx, ids), self._names(tx, said)
        routed = RoutedHolds(self._desk, tx, rows)
        staff = self._people(crews)
        return [
            HoldView(
                row=self.row(hold, least),
                inspection=self._vault.open_msgpack(hold.inspection, f"inspection:{hold.id}", Inspection),
                decisions=tuple(self._decided(one, names) for one in said.get(hold.id, ())),
                progress=progress[hold.id],
                operators=tuple(staff[one.id] for one in crews[hold.id]),
                cap=hold.cap,
                used=hold.used,
                late_messages=hold.late_messages,
                routed=routed.of(hold, facts[hold.id], spoken=_approved(hold, said.get(hold.id, ()))),
            )
            for hold in rows
        ]

    def row(self, hold: Any, least: Mapping[str, int]) -> HoldRow:
        """As the list shows it. least: see `counting.under_way`."""
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

    def _people(self, crews: Mapping[str, Sequence[Any]]) -> dict[str, Person]:
        folk = {one.id: one for crew in crews.values() for one in crew}
        return {key: self._desk.people.person(one) for key, one in folk.items()}

    def _names(self, tx: Connection, said: _Said) -> dict[str, str]:
        """Of who decided, and of absent approvers whose deputies did."""
        wanted = {key for rows in said.values() for row in rows for key in (row.person_id, row.acting_for) if key}
        return self._desk.people.names(tx, wanted)

    def _decided(self, row: Any, names: Mapping[str, str]) -> Decided:
        reason = self._vault.open(row.reason, f"reason:{row.hold_id}").decode("utf-8", "replace")
        absent = names[row.acting_for] if row.acting_for else ""
        return Decided(
            Choice(row.choice), row.person_id, names[row.person_id], reason, row.cap, row.revision, row.at,
            row.reason_code or "", saying.ticked(row.checked), row.seconds, bool(row.hasty),
            row.acting_for or "", absent,
        )  # fmt: skip


def _approved(hold: Any, said: Sequence[Any]) -> bool:
    return any(one.revision == hold.revision and one.choice == Choice.APPROVE.value for one in said)


def _said(tx: Connection, ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in tx.execute(select(decisions).where(decisions.c.hold_id.in_(ids)).order_by(decisions.c.serial)):
        found.setdefault(row.hold_id, []).append(row)
    return found


def _progress(tx: Connection, ids: Sequence[str]) -> dict[str, Progress]:
    found = {hold_id: Progress({}, {}) for hold_id in ids}
    key, mine = messages.c.hold_id, messages.c.hold_id.in_(ids)
    joined = select(key, recipients.c.state, func.count()).join(messages, messages.c.serial == recipients.c.message)
    for hold_id, state, count in tx.execute(joined.where(mine).group_by(key, recipients.c.state)):
        found[hold_id].recipients[RecipientState(state)] = count
    by_message = select(key, messages.c.state, func.count()).where(mine).group_by(key, messages.c.state)
    for hold_id, state, count in tx.execute(by_message):
        found[hold_id].messages[MessageState(state)] = count
    return found
