"""Sending systems: declared with their operators, recognised by login or network. Never changed by a mail.

A From header proves nothing: whoever it names is kept from approving, and the mail counts as undeclared.
"""

import ipaddress
from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from mailguard import normal
from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.model import Source, SourceMode
from mailguard.store import sight
from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.register import CLAIM, TITLE, Register
from mailguard.store.remembered import Remembered
from mailguard.store.schema import holds, operators, past_operators, people, sources, sources_version
from mailguard.store.statement import Statement

ID = 100  # characters of an id that the table takes
_VERSION = Statement(select(sources_version.c.version))


class _Signs(msgspec.Struct, frozen=True):
    organisation: str
    logins: tuple[str, ...]
    networks: tuple[str, ...]
    from_domains: tuple[str, ...]


class Sources:
    """The sources of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context = context
        self._audit = audit
        self._known: tuple[int, Register] | None = None
        self.register = Remembered(context.database, self._latest, seconds=1.0, announced=True)
        """All sources as they are now: one cheap read; the same object as long as nothing changed in any process."""

    def add(self, source: Source, actor: str) -> None:
        """Declare a source. Its id, logins and networks belong to it alone; its operators must be known."""
        with self._context.database.write(announced=True) as tx:
            self.put(tx, source, actor)

    def change(self, source: Source, actor: str) -> None:
        """Everything but its id may be another from now on. Raises NotFoundError, ConflictError, RefusedError."""
        with self._context.database.write(announced=True) as tx:
            self.replace(tx, source, actor)

    def remove(self, source_id: str, actor: str) -> None:
        """It recognises no mail any more; its holds stay, seen and decided by whom they were. Raises NotFoundError."""
        with self._context.database.write(announced=True) as tx:
            self.drop(tx, source_id, actor)

    # Within an announced transaction of somebody else

    def put(self, tx: Connection, source: Source, actor: str) -> None:
        """`add` within `tx`."""
        _check(source)
        self._alone(tx, source, self._read(tx))
        if tx.execute(select(sources.c.id).where(sources.c.id == source.id)).first():
            raise ConflictError(
                "A source that was removed had this id, and holds of it may be there. Choose another one."
            )
        tx.execute(insert(sources), {"id": source.id, **self._row(source)})
        self._staff(tx, source)
        self._note(tx, actor, "source.added", source)

    def replace(self, tx: Connection, source: Source, actor: str) -> None:
        """`change` within `tx`."""
        _check(source)
        self._known_as(tx, source.id)
        self._alone(tx, source, [other for other in self._read(tx) if other.id != source.id])
        tx.execute(update(sources).where(sources.c.id == source.id).values(**self._row(source)))
        self._remember_staff(tx, source)
        tx.execute(delete(operators).where(operators.c.source_id == source.id))
        self._staff(tx, source)
        self._note(tx, actor, "source.changed", source)

    def drop(self, tx: Connection, source_id: str, actor: str) -> None:
        """`remove` within `tx`."""
        self._known_as(tx, source_id)
        tx.execute(update(sources).where(sources.c.id == source_id).values(removed_at=self._context.clock()))
        self._changed(tx)
        self._audit.changed(tx, actor, "source.removed", source_id, ("source", source_id))

    def now(self, tx: Connection, source_id: str) -> Source:
        """As it is declared. Raises NotFoundError."""
        self._known_as(tx, source_id)
        return next(source for source in self._read(tx) if source.id == source_id)

    @staticmethod
    def _known_as(tx: Connection, source_id: str) -> None:
        there = (sources.c.id == source_id, sources.c.removed_at.is_(None))
        if tx.execute(select(sources.c.id).where(*there)).first() is None:
            raise NotFoundError("No such source. `mailguard source list` shows all of them.")

    @staticmethod
    def _alone(tx: Connection, source: Source, others: Collection[Source]) -> None:
        if any(clash(source, other) for other in others):
            raise ConflictError("Another source has this id, login or network. Each belongs to one source.")
        found = set(tx.execute(select(people.c.id).where(people.c.id.in_(source.operators))).scalars())
        if set(source.operators) - found:
            raise RefusedError("unknown_person", "An operator is not known. Add the person first.")

    def _row(self, source: Source) -> dict[str, Any]:
        signs = msgspec.json.encode(_Signs(source.organisation, source.logins, source.networks, source.from_domains))
        return {
            "title": source.title,
            "mode": source.mode.value,
            "sealed": self._context.vault.seal(signs, f"source:{source.id}"),
            "organisation_key": self._context.organisation_key(source.organisation),
        }

    @staticmethod
    def _staff(tx: Connection, source: Source) -> None:
        pairs = [{"source_id": source.id, "person_id": person} for person in dict.fromkeys(source.operators)]
        if pairs:
            tx.execute(insert(operators), pairs)

    @staticmethod
    def _remember_staff(tx: Connection, source: Source) -> None:
        """Whoever operates it no more is never the second person for what was held until now."""
        crew = select(operators.c.person_id).where(operators.c.source_id == source.id)
        gone = sorted(set(tx.execute(crew).scalars()) - set(source.operators))
        if not gone:
            return
        before = (past_operators.c.source_id == source.id, past_operators.c.person_id.in_(gone))
        tx.execute(delete(past_operators).where(*before))
        last = tx.execute(select(func.coalesce(func.max(holds.c.serial), 0))).scalar_one()
        tx.execute(
            insert(past_operators), [{"source_id": source.id, "person_id": one, "last_hold": last} for one in gone]
        )

    def _note(self, tx: Connection, actor: str, action: str, source: Source) -> None:
        self._changed(tx)
        staff = sorted(set(source.operators))
        self._audit.changed(
            tx, actor, action, source.id, ("source", source.id), operators=staff, mode=source.mode.value
        )

    def all(self, viewer: str | None = None) -> list[Source]:
        """Every declared source that `viewer` sees, the first added first."""
        with self._context.database.read() as tx:
            seen = sight.source_ids_seen(self._context, tx, viewer)
            return [source for source in self._read(tx) if seen is None or source.id in seen]

    def _latest(self) -> Register:
        with self._context.database.read() as tx:
            # The version first: a register is never taken for newer than it is.
            version = next((version for (version,) in _VERSION.rows(tx, {})), 0)
            if (known := self._known) and known[0] == version:
                return known[1]
            register = Register(self._read(tx))
        self._known = version, register
        return register

    def match(self, *, login: str | None, client: str, from_domains: Collection[str]) -> Source:
        """The source of one mail, as the register says now."""
        return self.register().match(login=login, client=client, from_domains=from_domains)

    @staticmethod
    def _changed(tx: Connection) -> None:
        """Whoever has a register reads it again."""
        if not tx.execute(update(sources_version).values(version=sources_version.c.version + 1)).rowcount:
            tx.execute(insert(sources_version), {"id": 1, "version": 1})

    def _read(self, tx: Connection) -> list[Source]:
        crew: dict[str, list[str]] = {}
        for pair in tx.execute(select(operators).order_by(operators.c.person_id)):
            crew.setdefault(pair.source_id, []).append(pair.person_id)
        rows = tx.execute(select(sources).where(sources.c.removed_at.is_(None)).order_by(sources.c.serial)).all()
        return [self._source(row, tuple(crew.get(row.id, ()))) for row in rows]

    def _source(self, row: Any, crew: tuple[str, ...]) -> Source:
        signs = self._context.vault.open_json(row.sealed, f"source:{row.id}", _Signs)
        return Source(
            row.id, row.title, crew, SourceMode(row.mode),
            signs.organisation, signs.logins, signs.networks, signs.from_domains,
        )  # fmt: skip


def clash(one: Source, other: Source) -> bool:
    """Whether two sources could not be told apart."""
    logins = {normal.login(login) for login in other.logins}
    return (
        one.id == other.id
        or any(normal.login(login) in logins for login in one.logins)
        or bool(set(map(ipaddress.ip_network, one.networks)) & set(map(ipaddress.ip_network, other.networks)))
    )


def _check(source: Source) -> None:
    if not source.id.strip() or not source.title.strip():
        raise RefusedError("bad_source", "A source needs an id and a title.")
    if len(source.id) > ID or len(source.title) > TITLE:
        raise RefusedError("bad_source", f"An id has at most {ID} characters, a title {TITLE}. Choose a shorter one.")
    if source.id.startswith(CLAIM):
        raise RefusedError("bad_source", f"The id of a source cannot begin with {CLAIM}. Choose another one.")
    for network in source.networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise RefusedError("bad_network", 'A network is written as in "10.0.0.0/8".') from None
