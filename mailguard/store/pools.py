"""Caps that somebody gave to several holds of a campaign together: read once in a transaction, written at its end.

In: holds that share them. Out: what they leave. A hold shares one with each approver who gave it with others, and goes out
within all of them. The table refuses more than the cap as well.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update

from mailguard.errors import RefusedError
from mailguard.store.context import fresh_id
from mailguard.store.schema import holds, pooled, pools
from mailguard.store.statement import Lookup, Statement

TOO_LOW = "The cap must cover all recipients held now."
_OF_HOLDS = Lookup(
    lambda ids: (
        select(pooled.c.hold_id, pools.c.id, pools.c.cap, pools.c.used)
        .join(pools, pools.c.id == pooled.c.pool_id)
        .where(pooled.c.hold_id.in_(ids))
    )
)
_WRITE = Statement(update(pools).where(pools.c.id == bindparam("which")), ("used",))
_JOIN = Statement(insert(pooled), ("hold_id", "pool_id"))


@dataclass(slots=True)
class Pool:
    """One shared cap. used: recipients sent or reserved under it."""

    cap: int
    used: int
    changed: bool = False

    @property
    def room(self) -> int:
        """Recipients that are left."""
        return self.cap - self.used

    def use(self, recipients: int) -> None:
        """Take recipients."""
        self.used += recipients
        self.changed = True


class Pools:
    """The pools of one transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._known: dict[str, Pool] = {}

    def of(self, hold_ids: Collection[str]) -> dict[str, list[Pool]]:
        """Of holds, by id; none for a hold that shares no cap."""
        found: dict[str, list[Pool]] = {}
        for hold_id, pool_id, cap, used in set(_OF_HOLDS.rows(self._tx, hold_ids)) if hold_ids else ():
            found.setdefault(hold_id, []).append(self._known.setdefault(pool_id, Pool(cap, used)))
        return found

    def write(self) -> None:
        """Write what was taken."""
        rows = [{"which": key, "used": pool.used} for key, pool in self._known.items() if pool.changed]
        if rows:
            _WRITE.run(self._tx, rows)


def open_pool(tx: Connection, campaign_id: str, cap: int) -> str:
    """A cap that is given to holds together; its id."""
    pool_id = fresh_id("A")
    tx.execute(insert(pools), {"id": pool_id, "campaign_id": campaign_id, "cap": cap, "used": 0})
    return pool_id


def share(tx: Connection, hold_ids: Sequence[str], recipients: int, pool_ids: Collection[str]) -> None:
    """Holds become approved: `recipients` of them all are used of each of these caps. Raises RefusedError where one is too low."""
    for pool_id in sorted(pool_ids):
        room = (pools.c.id == pool_id, pools.c.used + recipients <= pools.c.cap)
        if tx.execute(update(pools).where(*room).values(used=pools.c.used + recipients)).rowcount != 1:
            raise RefusedError("cap_too_low", TOO_LOW)
        _JOIN.run(tx, [{"hold_id": hold_id, "pool_id": pool_id} for hold_id in hold_ids])


def shared(tx: Connection, hold_id: str) -> list[str]:
    """Ids of the caps that a hold shares."""
    return list(tx.execute(select(pooled.c.pool_id).where(pooled.c.hold_id == hold_id)).scalars())


def caps(tx: Connection, hold_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """The caps that holds share, by hold and pool."""
    found: dict[str, dict[str, int]] = {}
    for hold_id, pool_id, cap, _ in _OF_HOLDS.rows(tx, hold_ids) if hold_ids else ():
        found.setdefault(hold_id, {})[pool_id] = cap
    return found


def give_back(tx: Connection, hold_id: str, recipients: int) -> None:
    """Recipients that were not sent go back to the cap of their hold, and to those it shares."""
    tx.execute(update(holds).where(holds.c.id == hold_id).values(used=holds.c.used - recipients))
    mine = select(pooled.c.pool_id).where(pooled.c.hold_id == hold_id)
    tx.execute(update(pools).where(pools.c.id.in_(mine)).values(used=pools.c.used - recipients))
