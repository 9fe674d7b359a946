"""What mails told that may open others of the same submitter: bytes that workers sealed, sealed once more for their row.

In: candidates of a mail that was passed or held. Out: those of a submitter, the newest first, while they are kept. Holds of the
submitter that stayed encrypted are due again with each new one, in the same transaction. Nothing here can read a candidate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from mailguard.errors import DamagedError, StoreError
from mailguard.store.context import Context
from mailguard.store.schema import candidates, locked

MOST: Final = 50
"""Mails of one submitter whose candidates are kept; beyond it the oldest go."""

GIVEN: Final = 20
"""Of these, so many are tried."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one mail told. submitter: who sent it, as a digest; key: equal for equal candidates."""

    submitter: bytes
    key: bytes
    sealed: bytes


class PasswordCandidates:
    """The candidates of one database."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._vault = context.vault

    def keep_all(self, told: Sequence[Told]) -> Sequence[Exception | None]:
        """Keep what mails told, in one transaction."""
        try:
            with self._context.database.write() as tx:
                for one in told:
                    self._keep(tx, one)
        except StoreError as error:
            return [error] * len(told)
        return [None] * len(told)

    def of(self, submitter: bytes, keep: timedelta) -> tuple[bytes, ...]:
        """What the newest mails of a submitter told, as workers sealed it."""
        with self._context.database.read() as tx:
            return self.within(tx, submitter, keep)

    def within(self, tx: Connection, submitter: bytes, keep: timedelta) -> tuple[bytes, ...]:
        """As `of`, in a transaction."""
        query = (
            select(candidates)
            .where(candidates.c.submitter == submitter, candidates.c.kept_at > self._context.clock() - keep)
            .order_by(candidates.c.kept_at.desc(), candidates.c.key)
            .limit(GIVEN)
        )
        found = []
        for row in tx.execute(query):
            try:
                found.append(self._vault.open(row.sealed, _place(row.submitter, row.key)))
            except DamagedError:
                continue  # one that was altered opens nothing; the part stays a Problem, and held
        return tuple(found)

    def purge(self, keep: timedelta) -> int:
        """Delete what was kept long enough; how many."""
        old = candidates.c.kept_at <= self._context.clock() - keep
        with self._context.database.read() as tx:
            if tx.execute(select(candidates.c.key).where(old).limit(1)).first() is None:
                return 0
        with self._context.database.write() as tx:
            return tx.execute(delete(candidates).where(old)).rowcount

    def _keep(self, tx: Connection, told: Told) -> None:
        now = self._context.clock()
        one = (candidates.c.submitter == told.submitter, candidates.c.key == told.key)
        if tx.execute(update(candidates).where(*one).values(kept_at=now)).rowcount:
            return  # known: tried before on whatever was held then, and on whatever came since
        sealed = self._vault.seal(told.sealed, _place(told.submitter, told.key))
        tx.execute(insert(candidates).values(submitter=told.submitter, key=told.key, sealed=sealed, kept_at=now))
        tx.execute(update(locked).where(locked.c.submitter == told.submitter).values(asked=locked.c.asked + 1))
        newest = (
            select(candidates.c.key)
            .where(candidates.c.submitter == told.submitter)
            .order_by(candidates.c.kept_at.desc(), candidates.c.key)
        )
        beyond = tx.execute(newest.offset(MOST).limit(MOST)).scalars().all()
        if beyond:
            tx.execute(delete(candidates).where(candidates.c.submitter == told.submitter, candidates.c.key.in_(beyond)))


def _place(submitter: bytes, key: bytes) -> str:
    return f"candidates:{submitter.hex()}:{key.hex()}"
