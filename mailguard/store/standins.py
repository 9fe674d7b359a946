"""Deputies: who decides for an approver who is away, from one day in Japan to another.

In: two people and two days. Out: on these days the deputy may decide what the absent one may, and sees what that one sees.
The right is the absent approver's own: nobody is the deputy of a deputy. Each change is an audit row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from mailguard.errors import NotFoundError, RefusedError
from mailguard.store.audit import Audit
from mailguard.store.context import Context, fresh_id
from mailguard.store.schema import deputies, people

WHY = {
    "deputy_self": "Nobody is their own deputy.",
    "deputy_role": "Only an approver has a deputy, and an auditor is none: auditors decide nothing.",
    "deputy_disabled": "Both people must be enabled.",
    "deputy_days": "The days are written as 2027-04-28, the first one not after the last, and the last not in the past.",
    "deputy_chain": "On some of these days the deputy is away or the absent approver is a deputy. There is no deputy of a deputy.",
    "deputy_twice": "On some of these days the approver has this deputy already.",
}


@dataclass(frozen=True, slots=True)
class Deputy:
    """Who decides for whom, on which days in Japan, both included. ended: called off."""

    id: str
    absent_id: str
    deputy_id: str
    first_day: str
    last_day: str
    added_by: str
    ended: bool = False


class Deputies:
    """The deputies of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context, self._audit = context, audit

    def all(self) -> list[Deputy]:
        """Everything that was ever agreed, the latest days first."""
        query = select(deputies).order_by(deputies.c.last_day.desc(), deputies.c.id)
        with self._context.database.read() as tx:
            return [_deputy(row) for row in tx.execute(query)]

    def current(self) -> list[Deputy]:
        """Those of today and later."""
        today = self._context.today()
        return [one for one in self.all() if not one.ended and one.last_day >= today]

    def add(self, absent_id: str, deputy_id: str, first_day: str, last_day: str, actor: str) -> Deputy:
        """From `first_day` to `last_day`. Raises RefusedError, NotFoundError."""
        with self._context.database.write() as tx:
            return self.put(tx, absent_id, deputy_id, first_day, last_day, actor)

    def end(self, deputy: str, actor: str) -> None:
        """Call it off from now on; what was decided stays. Raises NotFoundError."""
        with self._context.database.write() as tx:
            self.call_off(tx, deputy, actor)

    # Within a transaction of somebody else

    def put(self, tx: Connection, absent_id: str, deputy_id: str, first_day: str, last_day: str, actor: str) -> Deputy:
        """`add` within `tx`."""
        if code := self._refused(tx, absent_id, deputy_id, first_day, last_day):
            raise RefusedError(code, WHY[code])
        made = Deputy(fresh_id("D"), absent_id, deputy_id, first_day, last_day, actor)
        row = {
            "id": made.id, "absent_id": absent_id, "deputy_id": deputy_id, "first_day": first_day,
            "last_day": last_day, "added_by": actor, "added_at": self._context.clock(),
        }  # fmt: skip
        tx.execute(insert(deputies), row)
        days = {"first_day": first_day, "last_day": last_day}
        self._audit.changed(
            tx, actor, "deputy.added", absent_id, ("deputy", made.id), deputy=deputy_id, id=made.id, **days
        )
        return made

    def call_off(self, tx: Connection, deputy: str, actor: str) -> None:
        """`end` within `tx`."""
        row = tx.execute(select(deputies).where(deputies.c.id == deputy)).one_or_none()
        if row is None or row.ended_at is not None:
            raise NotFoundError("No such deputy. `mailguard person deputy list` shows who decides for whom.")
        tx.execute(update(deputies).where(deputies.c.id == deputy).values(ended_at=self._context.clock()))
        self._audit.changed(
            tx, actor, "deputy.ended", row.absent_id, ("deputy", deputy), deputy=row.deputy_id, id=deputy
        )

    def _refused(self, tx: Connection, absent_id: str, deputy_id: str, first_day: str, last_day: str) -> str | None:
        if absent_id == deputy_id:
            return "deputy_self"
        absent, deputy = (_person(tx, key) for key in (absent_id, deputy_id))
        if absent.role != "approver" or deputy.role == "auditor":
            return "deputy_role"
        if not (absent.enabled and deputy.enabled):
            return "deputy_disabled"
        if not (_is_day(first_day) and _is_day(last_day) and first_day <= last_day >= self._context.today()):
            return "deputy_days"
        then = (deputies.c.ended_at.is_(None), deputies.c.first_day <= last_day, deputies.c.last_day >= first_day)
        chained = or_(deputies.c.absent_id == deputy_id, deputies.c.deputy_id == absent_id)
        if tx.execute(select(deputies.c.id).where(*then, chained).limit(1)).first():
            return "deputy_chain"
        same = (deputies.c.absent_id == absent_id, deputies.c.deputy_id == deputy_id)
        return "deputy_twice" if tx.execute(select(deputies.c.id).where(*then, *same).limit(1)).first() else None


def absent(tx: Connection, person_id: str, day: str) -> Sequence[Any]:
    """Rows of the approvers whose deputy a person is on a day; their role and whether they are enabled is for lifecycle.py."""
    query = select(people).join(deputies, deputies.c.absent_id == people.c.id)
    return tx.execute(query.where(*_on(day), deputies.c.deputy_id == person_id).order_by(deputies.c.id)).all()


def on_duty(tx: Connection, day: str) -> Sequence[Any]:
    """Rows of everybody enabled who is a deputy on a day."""
    query = select(people).where(
        people.c.enabled.is_(True), people.c.id.in_(select(deputies.c.deputy_id).where(*_on(day)))
    )
    return tx.execute(query.order_by(people.c.added_at)).all()


def _on(day: str) -> tuple[Any, ...]:
    return deputies.c.ended_at.is_(None), deputies.c.first_day <= day, deputies.c.last_day >= day


def _person(tx: Connection, person_id: str) -> Any:
    row = tx.execute(select(people).where(people.c.id == person_id)).one_or_none()
    if row is None:
        raise NotFoundError("No such person. `mailguard person list` shows everybody.")
    return row


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _deputy(row: Any) -> Deputy:
    return Deputy(
        row.id, row.absent_id, row.deputy_id, row.first_day, row.last_day, row.added_by, row.ended_at is not None
    )
