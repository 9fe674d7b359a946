"""The stop list of one database: files that were read, and entries that people added one by one.

In: blocks of keyed digests, addresses, domains. Out: all of it as one `StopList`, read again when it changed. An address
is here only as its digest and its mask; each change is an audit row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from mailguard import stoplist
from mailguard.errors import NotFoundError, RefusedError
from mailguard.stoplist import Block, Scope, StopList
from mailguard.store import masks, sight
from mailguard.store.audit import CLI, Audit
from mailguard.store.context import Context, fresh_id
from mailguard.store.listed_files import Facts, ListedFiles, StopFile, changed
from mailguard.store.remembered import Remembered
from mailguard.store.schema import people, stop_blocks, stop_entries, stop_files, stop_version

ADDING = frozenset({"operator", "approver", "administrator"})
REMOVING = frozenset({"approver", "administrator"})
WHY = {
    "not_stop_list": "Only operators, approvers and administrators may add to the stop list.",
    "not_stop_list_remove": "Only approvers and administrators may take somebody off the stop list.",
    "stop_list_scope": "People of a client name the sources of that client that an entry is for.",
    "stop_list_bad": "An entry names an e-mail address or a mail domain, and one of them only.",
}


@dataclass(frozen=True, slots=True)
class StopEntry:
    """An entry that somebody added; `shown` is masked."""

    id: str
    shown: str
    scope: Scope
    reason: str
    added_by: str
    added_at: datetime


class StopLists(ListedFiles):
    """The stop list of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        super().__init__(context, audit)
        self._known: tuple[int, StopList] | None = None
        self.latest = Remembered(context.database, self._latest, seconds=1.0)
        """The list as it is now: one cheap read; the same object as long as nothing changed in any process."""

    # What stands on it

    def entries(self, viewer: str | None = None) -> list[StopEntry]:
        """What people added, the newest first. A `viewer` of a client sees those of the sources of that client only."""
        with self._context.database.read() as tx:
            rows = tx.execute(select(stop_entries).order_by(stop_entries.c.added_at.desc(), stop_entries.c.id)).all()
            bounds = self._bounds(tx, viewer)
        return [entry for entry in map(self._entry, rows) if within(entry.scope, bounds)]

    def files(self, viewer: str | None = None) -> list[StopFile]:
        """What was read from files; nothing for a `viewer` of a client."""
        with self._context.database.read() as tx:
            rows = [] if self._bounds(tx, viewer) is not None else tx.execute(select(stop_files)).all()
            return sorted((self._shown(tx, row) for row in rows), key=lambda file: file.path)

    # Changes by people

    def add(
        self,
        actor: str,
        *,
        address: str = "",
        domain: str = "",
        sources: Sequence[str] = (),
        from_domains: Sequence[str] = (),
        reason: str = "",
    ) -> StopEntry:
        """Add one entry; the same one again is the one that is there. Raises RefusedError."""
        key = self._key(address, domain)
        facts = Facts.of(Scope.of(sources, from_domains), reason.strip())
        shown = masks.address(address) if address else _masked(domain)
        entry = StopEntry(fresh_id("L"), shown, facts.scope, facts.reason, actor, self._context.clock())
        with self._context.database.write(announced=True) as tx:
            self._allowed(tx, actor, ADDING, "not_stop_list")
            if not within(entry.scope, self._bounds(tx, None if actor == CLI else actor)):
                raise RefusedError("stop_list_scope", WHY["stop_list_scope"])
            there = [self._entry(row) for row in tx.execute(select(stop_entries).where(stop_entries.c.key == key))]
            if same := next((other for other in there if other.scope == entry.scope), None):
                return same
            sealed = self._context.vault.seal(msgspec.json.encode(facts), f"stop entry:{entry.id}")
            row = {"id": entry.id, "key": key, "shown": shown, "sealed": sealed, "added_by": actor}
            tx.execute(insert(stop_entries), row | {"added_at": entry.added_at})
            changed(tx)
            self._audit.changed(
                tx, actor, "stop_list.added", entry.id, ("stop_entry", entry.id), scope=facts.scope.plain()
            )
        return entry

    def remove(self, actor: str, entry_id: str) -> None:
        """Take an entry off at once. Raises RefusedError, NotFoundError."""
        with self._context.database.write(announced=True) as tx:
            self._allowed(tx, actor, REMOVING, "not_stop_list_remove")
            self.take_off(tx, actor, entry_id)

    def take_off(self, tx: Connection, actor: str, entry_id: str) -> None:
        """`remove` within an announced transaction, whoever asked for it."""
        if not tx.execute(delete(stop_entries).where(stop_entries.c.id == entry_id)).rowcount:
            raise NotFoundError("No such entry of the stop list.")
        changed(tx)
        self._audit.changed(tx, actor, "stop_list.removed", entry_id, ("stop_entry", entry_id))

    def now(self, tx: Connection, entry_id: str) -> StopEntry:
        """One entry. Raises NotFoundError."""
        row = tx.execute(select(stop_entries).where(stop_entries.c.id == entry_id)).one_or_none()
        if row is None:
            raise NotFoundError("No such entry of the stop list.")
        return self._entry(row)

    # Inside

    def _bounds(self, tx: Connection, viewer: str | None) -> frozenset[str] | None:
        """The sources whose entries a person is to know of; None: all entries, as everybody of the own company."""
        if viewer is None or sight.viewer(tx, viewer).organisation_key == b"":
            return None
        return sight.source_ids_seen(self._context, tx, viewer)

    def _latest(self) -> StopList:
        with self._context.database.read() as tx:
            # The version first: a list is never taken for newer than it is.
            version = tx.execute(select(stop_version.c.version)).scalar_one_or_none() or 0
            if (known := self._known) and known[0] == version:
                return known[1]
            blocks = tx.execute(select(stop_blocks).order_by(stop_blocks.c.id)).all()
            rows = tx.execute(select(stop_entries)).all()
        added: dict[Scope, list[bytes]] = {}
        for row in rows:
            added.setdefault(self._entry(row).scope, []).append(row.key)
        found = StopList((*map(self._block, blocks), *(Block.of(scope, keys) for scope, keys in added.items())))
        self._known = version, found
        return found

    def _entry(self, row: Any) -> StopEntry:
        facts = self._context.vault.open_json(row.sealed, f"stop entry:{row.id}", Facts)
        return StopEntry(row.id, row.shown, facts.scope, facts.reason, row.added_by, row.added_at)

    def _key(self, address: str, domain: str) -> bytes:
        digester, bad = self._context.digester, RefusedError("stop_list_bad", WHY["stop_list_bad"])
        if bool(address) == bool(domain):
            raise bad
        try:
            return stoplist.address_key(address, digester) if address else stoplist.domain_key(domain, digester)
        except ValueError:
            raise bad from None

    @staticmethod
    def _allowed(tx: Connection, actor: str, roles: Collection[str], code: str) -> None:
        if actor == CLI:
            return
        person = tx.execute(select(people.c.role, people.c.enabled).where(people.c.id == actor)).one_or_none()
        if person is None or not person.enabled or person.role not in roles:
            raise RefusedError(code, WHY[code])


def within(scope: Scope, bounds: frozenset[str] | None) -> bool:
    """Whether an entry is for no other sources than these; None is no bound."""
    return bounds is None or (bool(scope.sources) and bounds.issuperset(scope.sources | scope.not_sources))


def _masked(domain: str) -> str:
    """@e***.jp, or .e***.jp with all below it."""
    bare = domain.strip().removeprefix("*").strip(".")
    sign = "." if domain.strip().startswith((".", "*")) else "@"
    return sign + masks.address(f"x@{bare}").rpartition("@")[2]
