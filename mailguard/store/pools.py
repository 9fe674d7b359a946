"""Caps that the holds of a campaign, approved together, share: read once in a transaction, written at its end.

In: the id of a pool. Out: what it leaves. The table refuses more than the cap as well.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from mailguard.store.schema import holds, pools
from mailguard.store.statement import Statement

_BY_ID = Statement(select(pools.c.cap, pools.c.used).where(pools.c.id == bindparam("which")))
_WRITE = Statement(update(pools).where(pools.c.id == bindparam("which")), ("used",))


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

    def of(self, pool_id: str | None) -> Pool | None:
        """None for a hold that shares no cap."""
        if not pool_id:
            return None
        if pool_id not in self._known:
            found = _BY_ID.rows(self._tx, {"which": pool_id})
            self._known[pool_id] = Pool(*found[0]) if found else Pool(0, 0)
        return self._known[pool_id]

    def write(self) -> None:
        """Write what was taken."""
        rows = [{"which": key, "used": pool.used} for key, pool in self._known.items() if pool.changed]
        if rows:
            _WRITE.run(self._tx, rows)


def give_back(tx: Connection, hold_id: str, recipients: int) -> None:
    """Recipients that were not sent go back to the cap of their hold, and to the one it shares."""
    tx.execute(update(holds).where(holds.c.id == hold_id).values(used=holds.c.used - recipients))
    shared = select(holds.c.pool_id).where(holds.c.id == hold_id).scalar_subquery()
    tx.execute(update(pools).where(pools.c.id == shared).values(used=pools.c.used - recipients))
