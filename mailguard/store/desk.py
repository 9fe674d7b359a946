"""What the parts of `Store.holds` and `Store.releases` share: the context, the record, the notices, the people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, select

from mailguard.errors import NotFoundError, RefusedError, UnavailableError
from mailguard.store import sight
from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.notices import Notices
from mailguard.store.pending import Pending
from mailguard.store.people import People
from mailguard.store.schema import holds
from mailguard.store.shelf import Shelf
from mailguard.store.sight import HiddenError

# For update: on SQLite the writing transaction is alone anyway, PostgreSQL locks the row.
_HOLD = select(holds).where(holds.c.id == bindparam("key"))
_HOLD_TO_CHANGE = _HOLD.with_for_update()


Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to each part; owns nothing."""

    context: Context
    audit: Audit
    notices: Notices
    people: People
    shelf: Shelf
    pending: Pending


class AtDesk:
    """Base of the parts that work on holds."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._context = desk.context
        self._database = desk.context.database
        self._vault = desk.context.vault

    def _hold(self, tx: Connection, hold_id: str, *, to_change: bool = False, viewer: str | None = None) -> Any:
        """The row. viewer: the person who looks; raises NotFoundError when there is none for that person."""
        row = tx.execute(_HOLD_TO_CHANGE if to_change else _HOLD, {"key": hold_id}).one_or_none()
        if row is None:
            raise NotFoundError(sight.NO_HOLD)
        if viewer is not None:
            sight.check(tx, row, viewer, self._context.today())
        return row

    def _note_refused(self, hold_id: str, person_id: str, refused: RefusedError | HiddenError, **facts: object) -> None:
        """An attempt stands in the record, that of somebody who is not to know of the hold as well."""
        code = refused.code if isinstance(refused, RefusedError) else "hidden"
        with self._database.write() as tx:
            self._desk.audit.append(tx, person_id, "hold.refused", hold_id, code=code, **facts)


def each(call: Callable[[Sequence[Item]], Sequence[Answer]], items: Sequence[Item]) -> list[Answer | Exception]:
    """The answers of one call for all; when it fails, one call for each, so that a bad item does not spoil the others."""
    try:
        return list(call(items))
    except UnavailableError as error:  # no fault of an item: trying again would only take time
        return [UnavailableError(str(error)) for _ in items]
    except Exception as error:  # noqa: BLE001 - whatever it is, it may be the fault of one item
        if len(items) == 1:
            return [error]
    answers: list[Answer | Exception] = []
    for item in items:
        last = answers[-1] if answers else None
        answers += [UnavailableError(str(last))] if isinstance(last, UnavailableError) else each(call, [item])
    return answers
