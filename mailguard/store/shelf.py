"""Large parts on disk: sealed, each stored once, kept while a message needs it.

In: pieces of mails. Out: their bytes. Sealing happens before the writing transaction, so that a big attachment does not
make other writers wait.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select

from mailguard.errors import DamagedError
from mailguard.pieces import Pieces
from mailguard.store.context import Context
from mailguard.store.schema import blobs, parts
from mailguard.store.statement import Lookup, Statement

_KNOWN = Lookup(lambda ids: select(blobs.c.id).where(blobs.c.id.in_(ids)))
_ADD_BLOBS = insert(blobs)
_ADD_PARTS = Statement(insert(parts), ("message", "blob_id"))

SEEN = 1_000  # ids remembered of parts that the database had when it was last asked


class Shelf:
    """The large parts of one database."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: dict[bytes, None] = {}

    def prepare(self, mails: Iterable[Pieces]) -> dict[bytes, bytes]:
        """Seal what the database does not have yet, as far as known."""
        wanted = {key: mail for mail in mails for key in _keys(mail) if key not in self._seen}
        if not wanted:
            return {}
        with self._context.database.read() as tx:
            known = self._known(tx, wanted)
        return {key: self._sealed(key, mail) for key, mail in wanted.items() if key not in known}

    def put(self, tx: Connection, mails: Mapping[int, Pieces], prepared: Mapping[bytes, bytes]) -> None:
        """Keep the parts of messages, which go by their serial."""
        wanted = {key: mail for mail in mails.values() for key in _keys(mail)}
        if not wanted:
            return
        known = self._known(tx, wanted)
        # A part that was there a moment ago may have been purged in between: seal it now.
        fresh = [
            {"id": key, "sealed": prepared.get(key) or self._sealed(key, mail)}
            for key, mail in wanted.items()
            if key not in known
        ]
        if fresh:
            tx.execute(_ADD_BLOBS, fresh)
        pairs = [{"message": serial, "blob_id": key} for serial, mail in mails.items() for key in _keys(mail)]
        _ADD_PARTS.run(tx, pairs)

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

    def _sealed(self, key: bytes, mail: Pieces) -> bytes:
        piece = next(piece for piece in mail.apart if piece.key == key)
        return self._context.vault.seal(mail.data(piece), f"blob:{key.hex()}")

    def _known(self, tx: Connection, wanted: Mapping[bytes, Any]) -> set[bytes]:
        known = {key for (key,) in _KNOWN.rows(tx, wanted)}
        if len(self._seen) > SEEN:
            self._seen = {}
        self._seen |= dict.fromkeys(known)
        return known


def _keys(mail: Pieces) -> Iterable[bytes]:
    return {piece.key: None for piece in mail.apart}
