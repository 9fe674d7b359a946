"""Messages of a hold whose bytes are there: those that an approver can choose to look into.

In: a hold. Out: at most CHOICES of them, the first ones and each that brought something new. Recipients are masks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, or_, select

from mailguard.store.schema import audit, contents, messages, recipients
from mailguard.store.sealed_messages import whole

FIRST = 5  # messages of a hold that are looked through when nobody chooses one, beside those that brought something new
CHOICES = 50
_BROUGHT = ("hold.opened", "hold.changed")


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """One message. address: its first recipient, masked; brought: it opened the hold, or brought something nobody had seen."""

    id: str
    received_at: datetime
    recipients: int
    address: str
    brought: bool


def choices(tx: Connection, hold_id: str) -> list[KeptMessage]:
    """In the order they came."""
    brought = _brought(tx, hold_id)
    rows = _some(tx, hold_id, brought, CHOICES)
    counts = select(recipients.c.message, func.count()).where(recipients.c.message.in_([row.serial for row in rows]))
    found = {row.message: int(row[1]) for row in tx.execute(counts.group_by(recipients.c.message))}
    first = select(recipients.c.message, recipients.c.address).where(
        recipients.c.message.in_(found), recipients.c.position == 0
    )
    addresses = {row.message: row.address for row in tx.execute(first)}
    return [
        KeptMessage(row.id, row.received_at, found.get(row.serial, 0), addresses.get(row.serial, ""), row.id in brought)
        for row in rows
    ]


def chosen(tx: Connection, hold_id: str, message_id: str) -> list[Any]:
    """Rows of the message that was chosen; without a choice of the first ones, and of those that brought something new."""
    if message_id:
        mine = (messages.c.hold_id == hold_id, messages.c.id == message_id, contents.c.skeleton.is_not(None))
        return list(tx.execute(whole().where(*mine)).all())
    return _some(tx, hold_id, _brought(tx, hold_id), FIRST)


def _some(tx: Connection, hold_id: str, brought: Collection[str], most: int) -> list[Any]:
    kept = whole().where(messages.c.hold_id == hold_id, contents.c.skeleton.is_not(None))
    firsts = kept.order_by(messages.c.serial).limit(min(most, CHOICES - len(brought))).subquery()
    first = select(firsts.c.serial)
    wanted = or_(messages.c.serial.in_(first), messages.c.id.in_(brought))
    return list(tx.execute(kept.where(wanted).order_by(messages.c.serial).limit(CHOICES)).all())


def _brought(tx: Connection, hold_id: str) -> frozenset[str]:
    """Ids of the newest messages that brought something, by the record."""
    query = select(audit.c.detail).where(audit.c.subject == hold_id, audit.c.action.in_(_BROUGHT))
    rows = tx.execute(query.order_by(audit.c.seq.desc()).limit(CHOICES // 2)).scalars()
    return frozenset(str(msgspec.json.decode(detail).get("message", "")) for detail in rows) - {""}
