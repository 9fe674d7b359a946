"""Recipients of mail that left under an approval: written with its reservation, gone when nothing was sent.

In: addresses. Out: masks, and clear text until a purge. Part of the transactions of reservations.py and retention.py.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select, update

from mailguard.store import masks
from mailguard.store.schema import handovers, reservations
from mailguard.store.vault import Vault


def row_of(vault: Vault, message_id: str, addresses: Sequence[str]) -> dict[str, Any]:
    """A row for one message."""
    return {
        "message_id": message_id,
        "masked": json.dumps([masks.address(address) for address in addresses]),
        "sealed": vault.seal(msgspec.msgpack.encode(tuple(addresses)), f"handover:{message_id}"),
    }


def drop(tx: Connection, message_id: str) -> None:
    """Nothing was sent."""
    tx.execute(delete(handovers).where(handovers.c.message_id == message_id))


def due(tx: Connection, before: datetime) -> bool:
    """Whether a purge has something to do."""
    return tx.execute(select(handovers.c.message_id).where(*_due(before)).limit(1)).first() is not None


def purge(tx: Connection, before: datetime) -> int:
    """Delete the clear text of what left before that; the masks stay."""
    return tx.execute(update(handovers).where(*_due(before)).values(sealed=None)).rowcount


def _due(before: datetime) -> tuple[Any, ...]:
    old = select(reservations.c.message_id).where(reservations.c.at <= before)
    return handovers.c.sealed.is_not(None), handovers.c.message_id.in_(old)
