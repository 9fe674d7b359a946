"""Changes that take effect only with a second person's consent, as soon as there are two approvers.

In: an order of somebody. Out: done at once while there are fewer, else a change that waits. It is applied in the
transaction of the consent, which an enabled approver of the own company gives who neither asked nor is concerned. What is
refused or not decided within seven days is never applied. Each step is an audit row and a notice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.store import orders
from mailguard.store.applying import Applying, Described
from mailguard.store.audit import CLI, TIME, Audit
from mailguard.store.context import Context, fresh_id
from mailguard.store.notices import Notices
from mailguard.store.orders import Fact, Order
from mailguard.store.people import approvers, selves
from mailguard.store.remembered import Remembered
from mailguard.store.schema import changes, people

DAYS = timedelta(days=7)
ENOUGH = 2  # enabled approvers
MACHINE = frozenset({CLI, "config"})  # the actors of who runs the machine and of its configuration
READERS = frozenset({"approver", "auditor", "administrator"})
WAITING = "waiting"
SETTINGS = "settings.take"  # the kind of what files ask for
GIVEN = "person.password"
WHY = {
    "not_changes": "Changes are shown to approvers, auditors and administrators of the own company.",
    "not_asker": "Only an administrator of the own company may ask for this.",
    "not_consenter": "Only an enabled approver of the own company may consent.",
    "own_change": "Whoever asked for a change cannot consent to it. Another approver must.",
    "about_you": "This change concerns you. Another approver must consent.",
    "change_expired": "Nobody decided this within seven days. Ask for it again.",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was asked for. state: waiting | agreed | refused | expired."""

    id: str
    kind: str
    subject: str
    facts: tuple[Fact, ...]
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None


class _Sealed(msgspec.Struct, frozen=True):
    order: Order | None
    facts: tuple[Fact, ...]
    people: tuple[str, ...]


class Changes:
    """The changes of one database."""

    def __init__(self, context: Context, audit: Audit, applying: Applying, notices: Notices) -> None:
        self._context, self._audit = context, audit
        self._applying, self._notices = applying, notices
        self._waits = Remembered(context.database, self._settings_wait, seconds=1.0)

    def submit(self, actor: str, order: Order) -> Change | None:
        """Ask for it; None: it is done, for there are too few approvers to ask. Raises RefusedError, ConflictError."""
        with self._context.database.write(announced=True) as tx:
            self._may_ask(tx, actor, order)
            if not guarded(tx):
                self._applying.apply(tx, order, actor)
                if isinstance(order, orders.GivePassword):
                    self._warn(tx, order.person_id, "change_agreed")
                return None
            return self._change(self._ask(tx, actor, order))

    def agree(self, change_id: str, person_id: str) -> Change:
        """Apply it. Raises RefusedError, ConflictError, NotFoundError; then it waits as before, or is over."""
        with self._context.database.write(announced=True) as tx:
            row, sealed = self._to_decide(tx, change_id, person_id)
            if sealed.order is None:
                raise _decided()
            self._applying.apply(tx, sealed.order, row.asked_by)
            return self._close(tx, row, sealed, "agreed", person_id)

    def refuse(self, change_id: str, person_id: str) -> Change:
        """Never apply it; whoever asked may take it back like this."""
        with self._context.database.write(announced=True) as tx:
            row, sealed = self._to_decide(tx, change_id, person_id, refusing=True)
            return self._close(tx, row, sealed, "refused", person_id)

    def expire_due(self) -> int:
        """Close what nobody decided; how many."""
        late = select(changes).where(changes.c.state == WAITING, changes.c.asked_at <= self._context.clock() - DAYS)
        with self._context.database.read() as tx:
            if tx.execute(late.limit(1)).first() is None:
                return 0
        with self._context.database.write() as tx:
            rows = tx.execute(late).all()
            for row in rows:
                self._close(tx, row, self._open(row), "expired", TIME)
            return len(rows)

    def all(self, viewer: str | None = None, limit: int = 100) -> list[Change]:
        """What waits first, then the newest. Raises RefusedError for a `viewer` who is not to see them."""
        query = select(changes).order_by(changes.c.decided_at.is_not(None), changes.c.asked_at.desc(), changes.c.id)
        with self._context.database.read() as tx:
            if viewer is not None:
                person = _person(tx, viewer)
                if not _own(person) or person.role not in READERS:
                    raise RefusedError("not_changes", WHY["not_changes"])
            return [self._change(row) for row in tx.execute(query.limit(limit))]

    def settings_wait(self) -> bool:
        """Whether changed files wait for consent: from memory, a second old at most, as long as nothing announces a change."""
        known = self._waits.fresh()
        return self._waits() if known is None else known

    def _settings_wait(self) -> bool:
        query = select(changes.c.id).where(changes.c.kind == SETTINGS, changes.c.state == WAITING)
        with self._context.database.read() as tx:
            return tx.execute(query.limit(1)).first() is not None

    def get(self, change_id: str) -> Change:
        """One. Raises NotFoundError."""
        with self._context.database.read() as tx:
            return self._change(self._row(tx, change_id))

    def barred(self, change_id: str, person_id: str) -> str | None:
        """Why this person cannot consent, as a stable code; None who can."""
        with self._context.database.read() as tx:
            row = self._row(tx, change_id)
            return self._refusal(tx, row, self._open(row), _person(tx, person_id))

    # Inside

    def _ask(self, tx: Connection, actor: str, order: Order) -> Any:
        described = self._applying.describe(tx, order)
        same = (changes.c.kind == order.kind, changes.c.subject == described.subject, changes.c.state == WAITING)
        if (other := tx.execute(select(changes.c.id).where(*same)).scalar()) is not None:
            raise ConflictError(f"{other} asks for the like already. It must be agreed to or refused first.")
        if isinstance(order, orders.TakeSettings | orders.LoseStopEntries):
            self._in_place_of_others(tx, order.kind, described.subject)
        trial = tx.begin_nested()
        try:
            self._applying.apply(tx, order, actor)  # whether it can be done is said now, not only to who agrees
        finally:
            trial.rollback()
        key = fresh_id("C")
        row = {
            "id": key, "kind": order.kind, "subject": described.subject, "asked_by": actor,
            "asked_at": self._context.clock(), "state": WAITING, "sealed": self._seal(key, order, described),
        }  # fmt: skip
        tx.execute(insert(changes), row)
        self._audit.append(tx, actor, "change.asked", key, kind=order.kind, about=described.subject)
        self._tell(tx, key, order.kind, described.subject, "change_asked", actor)
        return self._row(tx, key)

    def _in_place_of_others(self, tx: Connection, kind: str, subject: str) -> None:
        """Of files only what they say now is asked for; what was refused is not asked for by itself again."""
        same = (changes.c.kind == kind, changes.c.subject == subject, changes.c.state == "refused")
        if (row := tx.execute(select(changes).where(*same).limit(1)).one_or_none()) is not None:
            raise ConflictError(f"{row.id} was refused. Write the files as they were, or ask for something else.")
        like = changes.c.subject.startswith(subject.partition(":")[0] + ":", autoescape=True)
        waiting = (changes.c.kind == kind, like, changes.c.state == WAITING)
        for other in tx.execute(select(changes).where(*waiting)).all():
            self._close(tx, other, self._open(other), "expired", "config")

    def _to_decide(
        self, tx: Connection, change_id: str, person_id: str, *, refusing: bool = False
    ) -> tuple[Any, _Sealed]:
        row = self._row(tx, change_id, to_change=True)
        sealed = self._open(row)
        if row.state != WAITING:
            raise _decided()
        if row.asked_at + DAYS <= self._context.clock():
            raise RefusedError("change_expired", WHY["change_expired"])
        person = _person(tx, person_id)
        taking_back = refusing and person.enabled and person_id == row.asked_by
        if not taking_back and (code := self._refusal(tx, row, sealed, person)):
            raise RefusedError(code, WHY[code])
        return row, sealed

    def _refusal(self, tx: Connection, row: Any, sealed: _Sealed, person: Any) -> str | None:
        if not person.enabled or person.role != "approver" or not _own(person):
            return "not_consenter"
        mine = selves(tx, {person.id})
        if row.asked_by in mine:
            return "own_change"
        concerned = set(sealed.people)
        if sealed.order is not None and row.state == WAITING:  # as it was asked for, and as it would be now
            concerned |= self._applying.describe(tx, sealed.order).people
        return "about_you" if mine & concerned else None

    def _close(self, tx: Connection, row: Any, sealed: _Sealed, state: str, actor: str) -> Change:
        done = msgspec.structs.replace(sealed, order=None)  # with it goes the hash of a password
        values = {
            "state": state, "decided_by": actor, "decided_at": self._context.clock(),
            "sealed": self._context.vault.seal(msgspec.json.encode(done), f"change:{row.id}"),
        }  # fmt: skip
        tx.execute(update(changes).where(changes.c.id == row.id, changes.c.state == WAITING).values(**values))
        self._audit.append(tx, actor, f"change.{state}", row.id, kind=row.kind, about=row.subject)
        self._tell(tx, row.id, row.kind, row.subject, f"change_{state}", row.asked_by)
        return self._change(self._row(tx, row.id))

    def _tell(self, tx: Connection, change_id: str, kind: str, subject: str, event: str, asker: str) -> None:
        own = [row for row in approvers(tx) if _own(row)]
        asked = [] if asker in MACHINE else [_person(tx, asker)]
        self._notices.say(tx, event, [*own, *asked], path="/changes", about=change_id)
        if kind == GIVEN:
            self._warn(tx, subject, event)

    def _warn(self, tx: Connection, person_id: str, event: str) -> None:
        """Whose password somebody else wants to make, or made, hears of it, reader of changes or not."""
        if said := {"change_asked": "password_asked", "change_agreed": "password_given"}.get(event):
            self._notices.say(tx, said, [_person(tx, person_id)], path="/password", channels=False)

    @staticmethod
    def _may_ask(tx: Connection, actor: str, order: Order) -> None:
        if actor in MACHINE:
            return
        person = _person(tx, actor)
        able = person.enabled and _own(person)
        of_the_machine = isinstance(order, orders.TakeSettings | orders.LoseStopEntries | orders.GivePassword)
        if able and person.role == "administrator" and not of_the_machine:
            return
        own_deputy = isinstance(order, orders.AddDeputy) and order.absent_id == person.id
        if able and person.role == "approver" and (own_deputy or isinstance(order, orders.RemoveStopEntry)):
            return
        if isinstance(order, orders.RemoveStopEntry):
            raise RefusedError("not_stop_list_remove", "Only approvers and administrators of the own company may.")
        raise RefusedError("not_asker", WHY["not_asker"])

    @staticmethod
    def _row(tx: Connection, change_id: str, *, to_change: bool = False) -> Any:
        query = select(changes).where(changes.c.id == change_id)
        row = tx.execute(query.with_for_update() if to_change else query).one_or_none()
        if row is None:
            raise NotFoundError("No such change. `mailguard change list` shows what waits.")
        return row

    def _seal(self, change_id: str, order: Order, described: Described) -> bytes:
        sealed = _Sealed(order, described.facts, tuple(sorted(described.people)))
        return self._context.vault.seal(msgspec.json.encode(sealed), f"change:{change_id}")

    def _open(self, row: Any) -> _Sealed:
        return self._context.vault.open_json(row.sealed, f"change:{row.id}", _Sealed)

    def _change(self, row: Any) -> Change:
        return Change(
            row.id, row.kind, row.subject, self._open(row).facts, row.asked_by, row.asked_at, row.asked_at + DAYS,
            row.state, row.decided_by or "", row.decided_at,
        )  # fmt: skip


def guarded(tx: Connection) -> bool:
    """Whether changes need consent: two approvers are enabled, and one of the own company can give it."""
    able = approvers(tx)
    return len(able) >= ENOUGH and any(_own(row) for row in able)


def _own(person: Any) -> bool:
    return bool(person.organisation_key == b"")


def _person(tx: Connection, person_id: str) -> Any:
    row = tx.execute(select(people).where(people.c.id == person_id)).one_or_none()
    if row is None:
        raise NotFoundError("No such person. `mailguard person list` shows everybody.")
    return row


def _decided() -> ConflictError:
    return ConflictError("This change has been decided. `mailguard change list --all` says how.")
