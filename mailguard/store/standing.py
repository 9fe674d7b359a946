"""Who stands where towards a hold: operators, people who took part in sending, and so who may decide.

In: a transaction, a hold, and perhaps one more message of it. Out: `Sending` of lifecycle.py, which judges. Compares
digests, never addresses.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select

from mailguard import lifecycle
from mailguard.lifecycle import Choice, Sending
from mailguard.model import Envelope
from mailguard.store.context import Context
from mailguard.store.people import approvers, candidate
from mailguard.store.schema import claimed, decisions, operators, participants, people


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends one message: envelope, digests of From and Sender, and what its source says."""

    envelope: Envelope
    authors: tuple[bytes, ...]
    operators: tuple[str, ...] = ()
    declared: bool = True

    def marks(self, context: Context) -> frozenset[tuple[str, bytes]]:
        """(role, digest) as `participants` keeps them."""
        envelope = self.envelope
        marks = {("author", author) for author in self.authors}
        marks.add(("author", context.mail_key(envelope.mail_from)))
        if envelope.login:
            marks.add(("login", context.login_key(envelope.login)))
            # A login may be the mail address of its owner.
            marks.add(("author", context.mail_key(envelope.login)))
        return frozenset((role, key) for role, key in marks if key)


def staffed(tx: Connection, source_id: str) -> bool:
    """Whether a source is known, with operators."""
    return tx.execute(select(operators).where(operators.c.source_id == source_id).limit(1)).first() is not None


def crew(tx: Connection, hold: Any) -> Sequence[Any]:
    """Rows of the people who operate the source of a hold, or a source that its mail claims to come from."""
    of_source = select(operators.c.person_id).where(operators.c.source_id == hold.source_id)
    of_claims = select(claimed.c.person_id).where(claimed.c.hold_id == hold.id)
    query = select(people).where(or_(people.c.id.in_(of_source), people.c.id.in_(of_claims)))
    return tx.execute(query.order_by(people.c.added_at)).all()


def sending(tx: Connection, hold: Any, persons: Collection[Any]) -> Sending:
    """What of the sending concerns `persons` (rows of people): a mailing of thousands has thousands of authors."""
    return _sending(tx, hold, persons)


def vouched(context: Context, tx: Connection, hold: Any, sender: Sender) -> bool:
    """Whether enough of those who approved a hold are second persons for one more message, whoever sends it.

    Without this somebody could approve a mailing of others and then send the same file himself.
    """
    rows = _approvals(tx, hold)
    facts = _sending(tx, hold, rows, sender.marks(context), sender)
    able = {row.id for row in rows if lifecycle.refusal(candidate(row), facts) is None}
    needed: int = max(hold.approvals_needed, lifecycle.approvals_needed(facts))
    return len(able) >= needed


def deciders(tx: Connection, hold: Any) -> list[Any]:
    """Rows of everybody who may approve this hold."""
    rows = approvers(tx)
    facts = sending(tx, hold, rows)
    return [row for row in rows if lifecycle.refusal(candidate(row), facts) is None]


def remember(context: Context, tx: Connection, hold_id: str, sender: Sender) -> None:
    """Note who sent one more message of a hold."""
    marks = sender.marks(context)
    query = select(participants.c.role, participants.c.key).where(
        participants.c.hold_id == hold_id, participants.c.key.in_([key for _, key in marks])
    )
    known = {(row.role, row.key) for row in tx.execute(query)} if marks else set()
    fresh = [{"hold_id": hold_id, "role": role, "key": key} for role, key in sorted(marks - known)]
    if fresh:
        tx.execute(insert(participants), fresh)
    if not sender.declared:
        _remember_claims(tx, hold_id, sender.operators)


def _remember_claims(tx: Connection, hold_id: str, staff: Collection[str]) -> None:
    known = set(tx.execute(select(claimed.c.person_id).where(claimed.c.hold_id == hold_id)).scalars())
    fresh = [{"hold_id": hold_id, "person_id": person} for person in sorted(set(staff) - known)]
    if fresh:
        tx.execute(insert(claimed), fresh)


def _approvals(tx: Connection, hold: Any) -> Sequence[Any]:
    """Rows of the people whose approvals made a hold approved."""
    approvals = (decisions.c.hold_id == hold.id, decisions.c.choice == Choice.APPROVE.value)
    # Nothing is approved twice: the newest approvals are those of the revision that became approved.
    last = select(func.max(decisions.c.revision)).where(*approvals).scalar_subquery()
    query = (
        select(people)
        .join(decisions, decisions.c.person_id == people.c.id)
        .where(*approvals, decisions.c.revision == last)
    )
    return tx.execute(query).all()


def _sending(
    tx: Connection,
    hold: Any,
    persons: Collection[Any],
    marks: frozenset[tuple[str, bytes]] = frozenset(),
    sender: Sender | None = None,
) -> Sending:
    """Of the hold alone, or of the hold and one more message with its `marks`."""
    keys = [row.login_key for row in persons] + [row.mail_key for row in persons if row.mail_key]
    query = select(participants.c.role, participants.c.key).where(
        participants.c.hold_id == hold.id, participants.c.key.in_(keys)
    )
    found = {(row.role, row.key) for row in tx.execute(query)} | marks
    staff = frozenset(row.id for row in crew(tx, hold))
    return Sending(
        operators=staff | frozenset(sender.operators if sender else ()),
        logins=frozenset(key.hex() for role, key in found if role == "login"),
        authors=frozenset(key for role, key in found if role == "author"),
        declared=hold.declared and bool(staff) and (sender is None or sender.declared),
    )
