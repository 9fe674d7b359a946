"""What was read from files of the stop list, and what a file lost that stays on the list until a second person consents.

In: the entries of a file as it is now. Out: the list, at once for whatever is new. A few entries a day may go: people subscribe
again. What goes beyond that, and a file that is not named any more, is kept: an order asks for it. Each change is an audit row.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from mailguard.digest import SIZE
from mailguard.errors import ConflictError, NotFoundError
from mailguard.stoplist import Block, Scope
from mailguard.store.audit import CLI, Audit
from mailguard.store.context import Context
from mailguard.store.orders import LoseStopEntries
from mailguard.store.schema import stop_blocks, stop_files, stop_version

FEW = 20  # entries that a file may lose on a day in Japan
SHARE = 0.02  # of its entries, where that is more
_GONE = b""  # content of a file that the configuration does not name

_Entries = dict[Scope, set[bytes]]


class Facts(msgspec.Struct, frozen=True):
    """Of what an entry or a block is about, and why."""

    sources: list[str]
    from_domains: list[str]
    reason: str = ""

    @classmethod
    def of(cls, scope: Scope, reason: str = "") -> "Facts":
        """From a scope."""
        plain = scope.plain()
        return cls(plain["sources"], plain["from_domains"], reason)

    @property
    def scope(self) -> Scope:
        """The scope of these."""
        return Scope.of(self.sources, self.from_domains)


@dataclass(frozen=True, slots=True)
class StopFile:
    """A file of the stop list as it was read last. kept: of its entries, those that the file has lost, and that wait for consent."""

    path: str
    entries: int
    read_at: datetime
    kept: int = 0


class ListedFiles:
    """The files of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context, self._audit = context, audit

    def content_key(self, data: bytes) -> bytes:
        """By which `take_file` knows that nothing changed."""
        return self._context.digester.of("stop content", data)

    def has_file(self, path: str, content_key: bytes) -> bool:
        """Whether this is what was read from that path last."""
        query = select(stop_files.c.content_key).where(stop_files.c.path_key == self._path_key(path))
        with self._context.database.read() as tx:
            return bool(tx.execute(query).scalar_one_or_none() == content_key)

    def take_file(self, path: str, content_key: bytes, blocks: Sequence[Block]) -> int:
        """Put these entries in the place of what was read from that path before; how many stay though it has them no more."""
        with self._context.database.write(announced=True) as tx:
            return self._take(tx, self._path_key(path), path, content_key, blocks)

    def keep_files(self, paths: Collection[str]) -> int:
        """Files that the configuration does not name any more lose all their entries, with consent; how many such files."""
        wanted = {self._path_key(path) for path in paths}
        gone = stop_files.c.content_key != _GONE
        with self._context.database.read() as tx:
            rows = [row for row in tx.execute(select(stop_files).where(gone)).all() if row.path_key not in wanted]
        for row in rows:
            with self._context.database.write(announced=True) as tx:
                self._take(tx, row.path_key, self._path(row), _GONE, ())
        return len(rows)

    def to_lose(self) -> list[LoseStopEntries]:
        """What files have lost, and what stays until somebody consents."""
        kept = select(stop_blocks.c.path_key).where(stop_blocks.c.kept).distinct()
        with self._context.database.read() as tx:
            keys = sorted(tx.execute(kept).scalars())
            return [LoseStopEntries(key.hex(), self._digest(self._kept(tx, key))) for key in keys]

    # Within a transaction of somebody else

    def lose(self, tx: Connection, order: LoseStopEntries, actor: str) -> None:
        """What was kept goes. Raises NotFoundError, ConflictError when it is not what was asked for."""
        row, kept = self._file(tx, order.file), self._kept(tx, bytes.fromhex(order.file))
        if self._digest(kept) != order.digest:
            raise ConflictError("The file has changed since. What it asks for now is asked for by itself.")
        count = _count(kept)
        mine = stop_blocks.c.path_key == row.path_key
        tx.execute(delete(stop_blocks).where(mine, stop_blocks.c.kept))
        if row.content_key == _GONE:
            tx.execute(delete(stop_files).where(stop_files.c.path_key == row.path_key))
        else:
            left = {"entries": row.entries - count}
            tx.execute(update(stop_files).where(stop_files.c.path_key == row.path_key).values(left))
        changed(tx)
        self._audit.changed(
            tx, actor, "stop_list.lost", "", ("stop_file", row.path_key), file=order.file, entries=count
        )

    def losing(self, tx: Connection, order: LoseStopEntries) -> StopFile:
        """The file that an order is about. Raises NotFoundError."""
        return self._shown(tx, self._file(tx, order.file))

    # Inside

    def _take(self, tx: Connection, key: bytes, path: str, content_key: bytes, blocks: Sequence[Block]) -> int:
        row = tx.execute(select(stop_files).where(stop_files.c.path_key == key)).one_or_none()
        before = self._entries(tx.execute(select(stop_blocks).where(stop_blocks.c.path_key == key)).all())
        now = {block.scope: set(_keys(block.data)) for block in blocks}
        earlier, today = _without(self._kept(tx, key), now), self._context.today()
        spent = row.lost if row is not None and row.lost_day == today else 0
        gone = _without(_without(before, now), earlier)
        free = content_key != _GONE and spent + _count(gone) <= max(FEW, int(SHARE * _count(before)))
        kept = earlier if free else _without(before, now)
        lost = _count(gone) if free else 0
        for table in (stop_blocks, stop_files):
            tx.execute(delete(table).where(table.c.path_key == key))
        total = sum(map(len, blocks)) + _count(kept)
        if total or content_key != _GONE:
            tx.execute(
                insert(stop_files),
                {
                    "path_key": key, "path": self._sealed_path(key, path), "content_key": content_key, "entries": total,
                    "lost": spent + lost, "lost_day": today, "read_at": self._context.clock(),
                },
            )  # fmt: skip
        self._write(tx, key, [*blocks, *(Block.of(scope, keys) for scope, keys in kept.items())], len(blocks))
        changed(tx)
        action = "stop_list.read" if content_key != _GONE else "stop_list.dropped"
        counts = {"entries": total, "lost": lost, "kept": _count(kept)}
        self._audit.changed(tx, CLI, action, "", ("stop_file", key), file=key.hex(), **counts)
        return counts["kept"]

    def _write(self, tx: Connection, key: bytes, blocks: Sequence[Block], first_kept: int) -> None:
        for number, block in enumerate(blocks):
            name = f"{key.hex()}:{number:06}"
            scope = self._context.vault.seal(msgspec.json.encode(Facts.of(block.scope)), f"stop block:{name}")
            row = {"id": name, "path_key": key, "scope": scope, "keys": block.data, "kept": number >= first_kept}
            tx.execute(insert(stop_blocks), row)

    def _kept(self, tx: Connection, key: bytes) -> _Entries:
        mine = (stop_blocks.c.path_key == key, stop_blocks.c.kept)
        return self._entries(tx.execute(select(stop_blocks).where(*mine)).all())

    def _entries(self, rows: Iterable[Any]) -> _Entries:
        found: _Entries = {}
        for block in map(self._block, rows):
            found.setdefault(block.scope, set()).update(_keys(block.data))
        return found

    def _block(self, row: Any) -> Block:
        place = f"stop block:{row.id}"
        return Block(self._context.vault.open_json(row.scope, place, Facts).scope, row.keys)

    def _digest(self, entries: _Entries) -> str:
        parts = sorted((msgspec.json.encode(scope.plain()), b"".join(sorted(keys))) for scope, keys in entries.items())
        return self._context.digester.of("stop kept", b"\0".join(b"\0".join(part) for part in parts)).hex()

    @staticmethod
    def _file(tx: Connection, file: str) -> Any:
        row = tx.execute(select(stop_files).where(stop_files.c.path_key == bytes.fromhex(file))).one_or_none()
        if row is None:
            raise NotFoundError("No such file of the stop list.")
        return row

    def _shown(self, tx: Connection, row: Any) -> StopFile:
        return StopFile(self._path(row), row.entries, row.read_at, _count(self._kept(tx, row.path_key)))

    def _sealed_path(self, key: bytes, path: str) -> bytes:
        return self._context.vault.seal(path.encode("utf-8", "surrogateescape"), f"stop file:{key.hex()}")

    def _path(self, row: Any) -> str:
        sealed = self._context.vault.open(row.path, f"stop file:{row.path_key.hex()}")
        return sealed.decode("utf-8", "surrogateescape")

    def _path_key(self, path: str) -> bytes:
        return self._context.digester.of("stop file", path)


def changed(tx: Connection) -> None:
    """Whoever has the list reads it again."""
    if not tx.execute(update(stop_version).values(version=stop_version.c.version + 1)).rowcount:
        tx.execute(insert(stop_version), {"id": 1, "version": 1})


def _keys(data: bytes) -> Iterable[bytes]:
    return (data[place : place + SIZE] for place in range(0, len(data), SIZE))


def _without(entries: _Entries, others: _Entries) -> _Entries:
    left = {scope: keys - others.get(scope, set()) for scope, keys in entries.items()}
    return {scope: keys for scope, keys in left.items() if keys}


def _count(entries: _Entries) -> int:
    return sum(map(len, entries.values()))
