"""What an order is about, what it changes, and doing it: inside the transaction of whoever asks or agrees.

In: an order. Out: a subject, people, facts before and after; or the change itself with its own audit row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from mailguard.errors import NotFoundError
from mailguard.model import Source
from mailguard.store import masks
from mailguard.store import orders as of
from mailguard.store.orders import Fact, Order
from mailguard.store.people import People
from mailguard.store.schema import deputies, operators, people
from mailguard.store.settings import Settings
from mailguard.store.sources import Sources
from mailguard.store.standins import Deputies
from mailguard.store.stop_list import StopLists
from mailguard.store.views import Person


@dataclass(frozen=True, slots=True)
class Described:
    """What an order is about: the subject of its audit rows, and the people who cannot consent to it."""

    subject: str
    people: frozenset[str]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Applying:
    """The parts of the store that orders change."""

    people: People
    deputies: Deputies
    sources: Sources
    stop_list: StopLists
    settings: Settings

    def apply(self, tx: Connection, order: Order, actor: str) -> None:
        """Do it. Raises RefusedError, ConflictError, NotFoundError; then nothing must be committed."""
        made: dict[type, Callable[[Any], None]] = {
            of.AddPerson: lambda one: self.people.put(tx, _person(one), one.secret, actor),
            of.EnablePerson: lambda one: self.people.switch(tx, one.person_id, actor, enabled=True),
            of.DisablePerson: lambda one: self.people.switch(tx, one.person_id, actor, enabled=False),
            of.SetRole: lambda one: self.people.change_role(tx, one.person_id, one.role, actor),
            of.SetOrganisation: lambda one: self.people.change_organisation(tx, one.person_id, one.organisation, actor),
            of.GivePassword: lambda one: self.people.give_password(tx, one.person_id, one.secret, actor),
            of.AddDeputy: lambda one: self._add_deputy(tx, one, actor),
            of.EndDeputy: lambda one: self.deputies.call_off(tx, one.deputy, actor),
            of.AddSource: lambda one: self.sources.put(tx, one.source, actor),
            of.ChangeSource: lambda one: self.sources.replace(tx, one.source, actor),
            of.RemoveSource: lambda one: self.sources.drop(tx, one.source_id, actor),
            of.RemoveStopEntry: lambda one: self.stop_list.take_off(tx, actor, one.entry_id),
            of.LoseStopEntries: lambda one: self.stop_list.lose(tx, one, actor),
            of.TakeSettings: lambda one: self.settings.put(tx, one.content, actor),
        }
        made[type(order)](order)

    def describe(self, tx: Connection, order: Order) -> Described:
        """What it is about now. Raises NotFoundError."""
        made: dict[type, Callable[[Any], Described]] = {
            of.AddPerson: lambda one: Described(one.id, frozenset({one.id}), _added(one)),
            of.AddDeputy: lambda one: self._deputy(tx, one.absent_id, one.deputy_id, one.first_day, one.last_day),
            of.EndDeputy: lambda one: self._end_of_deputy(tx, one),
            of.AddSource: lambda one: self._of_source(tx, None, one.source),
            of.ChangeSource: lambda one: self._of_source(tx, self.sources.now(tx, one.id), one.source),
            of.RemoveSource: lambda one: self._of_source(tx, self.sources.now(tx, one.source_id), None),
            of.RemoveStopEntry: lambda one: self._of_entry(tx, one.entry_id),
            of.LoseStopEntries: lambda one: self._of_file(tx, one),
            of.TakeSettings: lambda one: Described(
                self.settings.named(one.content), frozenset(), self.settings.compared(tx, one.content)
            ),
        }
        return made.get(type(order), lambda one: self._of_person(tx, one))(order)

    def _add_deputy(self, tx: Connection, order: of.AddDeputy, actor: str) -> None:
        self.deputies.put(tx, order.absent_id, order.deputy_id, order.first_day, order.last_day, actor)

    def _one(self, tx: Connection, person_id: str) -> Person:
        row = tx.execute(select(people).where(people.c.id == person_id)).one_or_none()
        if row is None:
            raise NotFoundError("No such person. `mailguard person list` shows everybody.")
        return self.people.person(row)

    def _of_person(
        self,
        tx: Connection,
        order: of.EnablePerson | of.DisablePerson | of.SetRole | of.SetOrganisation | of.GivePassword,
    ) -> Described:
        person = self._one(tx, order.person_id)
        match order:
            case of.SetRole():
                fact = Fact("role", person.role, order.role)
            case of.SetOrganisation():
                fact = Fact("organisation", person.organisation, order.organisation)
            case of.GivePassword():
                fact = Fact("password", "", "given")
            case _:
                fact = Fact("enabled", _yes(person.enabled), _yes(isinstance(order, of.EnablePerson)))
        return Described(person.id, frozenset({person.id}), (Fact("person", person.name, person.name), fact))

    def _end_of_deputy(self, tx: Connection, order: of.EndDeputy) -> Described:
        row = tx.execute(select(deputies).where(deputies.c.id == order.deputy)).one_or_none()
        if row is None:
            raise NotFoundError("No such deputy. `mailguard person deputy list` shows who decides for whom.")
        return self._deputy(tx, row.absent_id, row.deputy_id, row.first_day, row.last_day, ends=True)

    def _of_entry(self, tx: Connection, entry_id: str) -> Described:
        entry = self.stop_list.now(tx, entry_id)
        return Described(entry.id, frozenset(), (Fact("entry", entry.shown, ""),))

    def _of_file(self, tx: Connection, order: of.LoseStopEntries) -> Described:
        file = self.stop_list.losing(tx, order)
        facts = (
            Fact("stop_list.file", file.path, file.path),
            Fact("stop_list.entries", str(file.entries), str(file.entries - file.kept)),
        )
        return Described(f"{order.file}:{order.digest}", frozenset(), facts)

    def _deputy(
        self, tx: Connection, absent_id: str, deputy_id: str, first_day: str, last_day: str, *, ends: bool = False
    ) -> Described:
        absent, deputy = (self._one(tx, key).name for key in (absent_id, deputy_id))
        shown = {"absent": absent, "deputy": deputy, "days": f"{first_day} – {last_day}"}
        facts = tuple(Fact(name, value, "") if ends else Fact(name, "", value) for name, value in shown.items())
        return Described(absent_id, frozenset({absent_id, deputy_id}), facts)

    def _of_source(self, tx: Connection, before: Source | None, after: Source | None) -> Described:
        one = after or before
        assert one is not None
        was, shall = (self._said(tx, source) if source else {} for source in (before, after))
        facts = tuple(
            Fact(name, was.get(name, ""), shall.get(name, ""))
            for name in was | shall
            if was.get(name, "") != shall.get(name, "") or name == "source"
        )
        concerned = {person for source in (before, after) if source for person in source.operators}
        concerned |= set(tx.execute(select(operators.c.person_id).where(operators.c.source_id == one.id)).scalars())
        return Described(one.id, frozenset(concerned), facts)

    def _said(self, tx: Connection, source: Source) -> dict[str, str]:
        rows = tx.execute(select(people).where(people.c.id.in_(source.operators)).order_by(people.c.id)).all()
        return {
            "source": source.id,
            "title": source.title,
            "operators": "、".join(self.people.person(row).name for row in rows),
            "mode": source.mode.value,
            "organisation": source.organisation,
            "signs": "、".join((*source.logins, *source.networks, *source.from_domains)),
        }


def _person(order: of.AddPerson) -> Person:
    given = order.secret is not None
    return Person(
        order.id, order.login, order.name, order.email, order.role, order.organisation, order.language, given=given
    )


def _added(order: of.AddPerson) -> tuple[Fact, ...]:
    shown = {
        "person": order.name,
        "login": order.login,
        "email": masks.address(order.email) if order.email else "",
        "role": order.role,
        "organisation": order.organisation,
    }
    return tuple(Fact(name, "", value) for name, value in shown.items() if value)


def _yes(there: bool) -> str:  # noqa: FBT001 - a word for a fact
    return "yes" if there else "no"
