"""Large parts on disk: sealed, each stored once, kept while a message needs it.

In: parts by id. Out: their bytes. Sealing happens before the writing transaction, so that a big attachment does not
make other writers wait.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, exists, insert, select

from mailguard.errors import DamagedError
from mailguard.store.context import Context
from mailguard.store.schema import blobs, parts


class Shelf:
    """The large parts of one database."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def prepare(self, wanted: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Seal what the database does not have yet."""
        if not wanted:
            return {}
        with self._context.database.read() as tx:
            known = self._known(tx, wanted)
        return {key: self._sealed(key, data) for key, data in wanted.items() if key not in known}

    def put(self, tx: Connection, message: int, wanted: Mapping[bytes, bytes], prepared: Mapping[bytes, bytes]) -> None:
        """Keep `wanted` for `message`."""
        if not wanted:
            return
        known = self._known(tx, wanted)
        # A part that was there a moment ago may have been purged in between: seal it now.
        fresh = [
            {"id": key, "sealed": prepared.get(key) or self._sealed(key, data)}
            for key, data in wanted.items()
            if key not in known
        ]
        if fresh:
            tx.execute(insert(blobs), fresh)
        tx.execute(insert(parts), [{"message": message, "blob_id": key} for key in wanted])

    def fetch(self, tx: Connection, message: int) -> dict[bytes, bytes]:
        """Sealed parts of a message by id."""
        query = select(blobs).join(parts, parts.c.blob_id == blobs.c.id).where(parts.c.message == message)
        return {row.id: row.sealed for row in tx.execute(query)}

    def assemble(self, skeleton: bytes, sealed: Mapping[bytes, bytes]) -> bytes:
        """The content of a message, byte for byte."""

        def part(key: bytes) -> bytes:
            if key not in sealed:
                raise DamagedError("database: a part of a held message is missing. Restore a backup.")
            return self._context.vault.open(sealed[key], f"blob:{key.hex()}")

        return self._context.vault.unpack(skeleton, part)

    @staticmethod
    def drop(tx: Connection, messages: Collection[int]) -> int:
        """Forget what only `messages` needed; the number of parts deleted."""
        released = set(tx.execute(select(parts.c.blob_id).where(parts.c.message.in_(messages))).scalars())
        tx.execute(delete(parts).where(parts.c.message.in_(messages)))
        unused = delete(blobs).where(blobs.c.id.in_(released), ~exists().where(parts.c.blob_id == blobs.c.id))
        return tx.execute(unused).rowcount if released else 0

    def _sealed(self, key: bytes, data: bytes) -> bytes:
        return self._context.vault.seal(data, f"blob:{key.hex()}")

    @staticmethod
    def _known(tx: Connection, wanted: Mapping[bytes, bytes]) -> set[bytes]:
        return set(tx.execute(select(blobs.c.id).where(blobs.c.id.in_(list(wanted)))).scalars())
