"""Who stands where towards a hold: operators, people who took part in sending, and so who may decide.

In: a transaction and a hold. Out: `Sending` of lifecycle.py, which judges. Compares digests, never addresses.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from mailguard import lifecycle
from mailguard.lifecycle import Sending
from mailguard.model import Envelope
from mailguard.store.context import Context
from mailguard.store.people import approvers, candidate
from mailguard.store.schema import operators, participants, people


def crew(tx: Connection, source_id: str) -> Sequence[Any]:
    """Rows of the people who operate a source."""
    query = (
        select(people).join(operators, operators.c.person_id == people.c.id).where(operators.c.source_id == source_id)
    )
    return tx.execute(query.order_by(people.c.added_at)).all()


def sending(tx: Connection, hold: Any, persons: Collection[Any]) -> Sending:
    """What of the sending concerns `persons` (rows of people): a mailing of thousands has thousands of authors."""
    keys = [row.login_key for row in persons] + [row.mail_key for row in persons if row.mail_key]
    query = select(participants.c.role, participants.c.key).where(
        participants.c.hold_id == hold.id, participants.c.key.in_(keys)
    )
    found = tx.execute(query).all()
    staff = frozenset(row.id for row in crew(tx, hold.source_id))
    return Sending(
        operators=staff,
        logins=frozenset(row.key.hex() for row in found if row.role == "login"),
        authors=frozenset(row.key for row in found if row.role == "author"),
        declared=bool(staff),
    )


def deciders(tx: Connection, hold: Any) -> list[Any]:
    """Rows of everybody who may approve this hold."""
    rows = approvers(tx)
    facts = sending(tx, hold, rows)
    return [row for row in rows if lifecycle.refusal(candidate(row), facts) is None]


def remember(context: Context, tx: Connection, hold_id: str, envelope: Envelope, authors: Collection[bytes]) -> None:
    """Note who sent one more message of a hold."""
    keys = {("author", author) for author in authors if author}
    if envelope.mail_from:
        keys.add(("author", context.mail_key(envelope.mail_from)))
    if envelope.login:
        keys.add(("login", context.login_key(envelope.login)))
        # A login may be the mail address of its owner.
        keys.add(("author", context.mail_key(envelope.login)))
    query = select(participants.c.role, participants.c.key).where(
        participants.c.hold_id == hold_id, participants.c.key.in_([key for _, key in keys])
    )
    known = {(row.role, row.key) for row in tx.execute(query)} if keys else set()
    fresh = [{"hold_id": hold_id, "role": role, "key": key} for role, key in sorted(keys - known)]
    if fresh:
        tx.execute(insert(participants), fresh)
