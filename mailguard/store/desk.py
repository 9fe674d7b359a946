"""What the parts of `Store.holds` and `Store.releases` share: the context, the record, the notices, the people."""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from mailguard.errors import DamagedError, NotFoundError
from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.notices import Notices
from mailguard.store.people import People
from mailguard.store.schema import holds
from mailguard.store.shelf import Shelf

# For update: on SQLite the writing transaction is alone anyway, PostgreSQL locks the row.
_HOLD = select(holds).where(holds.c.id == bindparam("key"))
_HOLD_TO_CHANGE = _HOLD.with_for_update()


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to each part; owns nothing."""

    context: Context
    audit: Audit
    notices: Notices
    people: People
    shelf: Shelf


class AtDesk:
    """Base of the parts that work on holds."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._context = desk.context
        self._database = desk.context.database
        self._vault = desk.context.vault

    def _hold(self, tx: Connection, hold_id: str, *, to_change: bool = False) -> Any:
        row = tx.execute(_HOLD_TO_CHANGE if to_change else _HOLD, {"key": hold_id}).one_or_none()
        if row is None:
            raise NotFoundError("No such hold. `mailguard hold list` shows what there is.")
        return row


def reasons_of(hold: Any) -> list[str]:
    """The reason codes of a hold; they stand in the clear, so anything may stand there."""
    try:
        return msgspec.json.decode(hold.reasons, type=list[str])
    except msgspec.DecodeError:
        raise DamagedError("database: the reasons of a hold were altered. Restore a backup.") from None
