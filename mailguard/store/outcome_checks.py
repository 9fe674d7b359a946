"""Whether what became of messages and recipients is what the record says.

In: rows of the record, and the tables as they are now. Out: the first message that differs, with the row that says so.

Each message that was taken in has a row with its number of recipients; each that was sent a row with a digest; each that
ended stands in one batch; each that passed under an approval has a row with its accepted recipients.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, exists, func, or_, select

from mailguard.lifecycle import MESSAGE, MessageState, RecipientState
from mailguard.store.schema import audit, messages, recipients, reservations
from mailguard.store.statement import Lookup, Statement
from mailguard.store.views import AuditRow

CHAINED = "outcomes.chained"
TAKEN = frozenset({"message.opened", "message.joined", "message.closed", "message.waiting"})
PASSED = "message.approved_pass"
_FINAL = [state.value for state in MessageState if state not in MESSAGE]

STATES = Lookup(
    lambda serials: (
        select(recipients.c.message, recipients.c.position, recipients.c.state)
        .where(recipients.c.message.in_(serials))
        .order_by(recipients.c.message, recipients.c.position)
    )
)
_BY_ID = Lookup(
    lambda ids: (
        select(messages.c.id, recipients.c.position, recipients.c.state)
        .outerjoin(recipients, recipients.c.message == messages.c.serial)
        .where(messages.c.id.in_(ids))
        .order_by(messages.c.serial, recipients.c.position)
    )
)
_OF_BATCH = Statement(
    select(messages.c.serial, messages.c.id, messages.c.state, messages.c.outcomes)
    .where(messages.c.batch == bindparam("seq"))
    .order_by(messages.c.serial)
)
_TAKE = or_(*(audit.c.action == action for action in sorted(TAKEN)))  # IN would be written only when it is said
_TAKEN = Lookup(lambda ids: select(audit.c.subject).where(audit.c.subject.in_(ids), _TAKE))
_PASSED = Lookup(
    lambda ids: select(reservations.c.message_id, reservations.c.accepted).where(reservations.c.message_id.in_(ids))
)


class Wrong(NamedTuple):
    """The row of the record that does not fit (0: none speaks of it), and the message; "" where several may be it."""

    seq: int
    message: str


def outcome_digest(states: Iterable[tuple[int, str]]) -> str:
    """Of what became of a message's recipients: (position, state) in order; 128 bits of SHA-256."""
    text = ",".join(f"{position}:{state}" for position, state in states)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def message_digest(message_id: str, state: str, states: Iterable[tuple[int, str]]) -> str:
    """Of a message that has ended, and its recipients."""
    return hashlib.sha256(f"{message_id}\0{state}\0{outcome_digest(states)}".encode()).hexdigest()[:32]


def batch_digest(pairs: Iterable[tuple[str, str]]) -> str:
    """Of messages and their digests, in order."""
    text = "\n".join(f"{message_id}\0{digest}" for message_id, digest in pairs)
    return hashlib.sha256(text.encode()).hexdigest()


def first_wrong(tx: Connection, rows: Sequence[AuditRow]) -> Wrong | None:
    """The first of these rows that does not fit the tables."""
    details = {row.seq: _detail(row) for row in rows if row.action.startswith(("message.", "outcomes."))}
    of_messages = [row for row in rows if row.action in TAKEN or "outcomes" in details.get(row.seq, {})]
    states = _states(tx, [row.subject for row in of_messages])
    passed = dict(_PASSED.rows(tx, [row.subject for row in rows if row.action == PASSED]))
    for row in rows:
        detail = details.get(row.seq)
        if detail is None:
            continue
        if row.action == CHAINED and (wrong := _batch(tx, row.seq, detail)):
            return wrong
        found = states.get(row.subject)
        lost = row.action in TAKEN and len(found or ()) != detail.get("recipients", 0)
        changed = "outcomes" in detail and outcome_digest(found or ()) != detail["outcomes"]
        if lost or changed or (row.action in TAKEN and found is None):
            return Wrong(row.seq, row.subject)
        if row.action == PASSED and passed.get(row.subject) != detail.get("accepted"):
            return Wrong(row.seq, row.subject)
    return None


def left_over(tx: Connection) -> str | None:
    """A message that no row of the record covers, though it says to have ended, or to have reached somebody."""
    for query in _unheard():
        found: str | None = tx.execute(query.limit(1)).scalar()
        if found is not None:
            return found
    return None


def _unheard() -> Iterator[Any]:
    touched = exists().where(
        recipients.c.message == messages.c.serial, recipients.c.state != RecipientState.WAITING.value
    )
    yield select(messages.c.id).where(messages.c.state == MessageState.HELD.value, touched)
    yield select(messages.c.id).where(messages.c.state.in_(_FINAL), messages.c.finished_at.is_(None))
    taken = exists().where(audit.c.subject == messages.c.id, _TAKE)
    yield select(messages.c.id).where(messages.c.batch.is_(None), ~taken)
    told = exists().where(audit.c.subject == reservations.c.message_id, audit.c.action == PASSED)
    yield select(reservations.c.message_id).where(func.coalesce(reservations.c.accepted, 0) > 0, ~told)


def _states(tx: Connection, ids: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
    """Of every message that is there."""
    found: dict[str, list[tuple[int, str]]] = {}
    for message, position, state in _BY_ID.rows(tx, list(dict.fromkeys(ids))):
        states = found.setdefault(message, [])
        if position is not None:
            states.append((position, state))
    return found


def _batch(tx: Connection, seq: int, detail: Mapping[str, Any]) -> Wrong | None:
    members = _OF_BATCH.rows(tx, {"seq": seq})
    states: dict[int, list[tuple[int, str]]] = {}
    for serial, position, state in STATES.rows(tx, [member[0] for member in members]):
        states.setdefault(serial, []).append((position, state))
    for serial, message_id, state, digest in members:
        if message_digest(message_id, state, states.get(serial, [])) != digest:
            return Wrong(seq, message_id)
    if batch_digest([(message_id, digest) for _, message_id, _, digest in members]) != detail.get("digest"):
        return Wrong(seq, "")
    taken = {subject for (subject,) in _TAKEN.rows(tx, [member[1] for member in members])}
    return next((Wrong(seq, message_id) for _, message_id, _, _ in members if message_id not in taken), None)


def _detail(row: AuditRow) -> dict[str, Any]:
    try:
        detail = json.loads(row.detail)
    except ValueError:
        return {}
    return detail if isinstance(detail, dict) else {}
