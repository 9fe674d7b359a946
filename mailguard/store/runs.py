"""The earlier runs of mailings: how many messages, to how many, with what. Only of what was sent.

In: sums of what passed, a few seconds at a time, and each message that was released. Out: the runs before a moment. Digests and counts; no address, no name.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from mailguard.model import TRAITS, Run
from mailguard.store.context import Context
from mailguard.store.grouping import APART
from mailguard.store.schema import runs
from mailguard.store.statement import Statement

Series = tuple[str, bytes]
"""Source, and a digest of what the runs of one mailing have in common."""

RUNS = 12  # earlier runs that are compared
KEPT = timedelta(days=400)  # a yearly mailing still has its last run
_NEWEST = Statement(
    select(runs)
    .where(runs.c.source_id == bindparam("source"), runs.c.series == bindparam("known_by"))
    .order_by(runs.c.serial.desc())
    .limit(1)
)
_COLUMNS = tuple(runs.c.keys())
_CHANGING = ("messages", "recipients", "traits", "last_seen")
_WRITE = Statement(update(runs).where(runs.c.serial == bindparam("which")), _CHANGING)
_ADDED = ("source_id", "series", "messages", "recipients", "traits", "first_seen", "last_seen")
_ADD = Statement(insert(runs), _ADDED)


class _Traits(msgspec.Struct, array_like=True):
    leaves: frozenset[bytes]
    shapes: frozenset[bytes]
    senders: frozenset[bytes]
    kinds: frozenset[str]


class Runs:
    """The runs of one database."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def note_all(self, seen: Mapping[Series, Run]) -> None:
        """Add what was sent to the run that goes on, or begin one; one transaction for all."""
        with self._context.database.write() as tx:
            self.note(tx, seen)

    def note(self, tx: Connection, seen: Mapping[Series, Run]) -> None:
        """The same within a transaction."""
        now = self._context.clock()
        changed: list[dict[str, Any]] = []
        fresh: list[dict[str, Any]] = []
        for series, added in seen.items():
            row = self._newest(tx, series)
            if row is None or now - row["last_seen"] > APART:
                facts = _facts(added) | {"source_id": series[0], "series": series[1], "first_seen": now}
                fresh.append(facts | {"last_seen": now})
            else:
                facts = _facts(united(_run(row), added))
                changed.append(facts | {"which": row["serial"], "last_seen": max(now, row["last_seen"])})
        if fresh:
            _ADD.run(tx, fresh)
        if changed:
            _WRITE.run(tx, changed)

    def earlier(self, source_id: str, series: Sequence[bytes], before: datetime | None = None) -> list[Run]:
        """The last runs of the first of `series` that has any, the newest first, without that which goes on at `before`."""
        end = (before or self._context.clock()) - APART
        with self._context.database.read() as tx:
            for key in series:
                query = select(runs).where(runs.c.source_id == source_id, runs.c.series == key, runs.c.last_seen < end)
                found = tx.execute(query.order_by(runs.c.serial.desc()).limit(RUNS)).all()
                if found:
                    return [_run(row._asdict()) for row in found]
        return []

    def forget(self) -> int:
        """Delete runs that are older than what is compared; how many."""
        with self._context.database.write() as tx:
            return tx.execute(delete(runs).where(runs.c.last_seen < self._context.clock() - KEPT)).rowcount

    @staticmethod
    def _newest(tx: Connection, series: Series) -> dict[str, Any] | None:
        found = _NEWEST.rows(tx, {"source": series[0], "known_by": series[1]})
        return dict(zip(_COLUMNS, found[0], strict=True)) if found else None


def united(one: Run, other: Run) -> Run:
    """What two stretches of a run add up to."""
    return Run(
        _most(one.leaves | other.leaves),
        _most(one.shapes | other.shapes),
        _most(one.senders | other.senders),
        frozenset(sorted(one.kinds | other.kinds)[:TRAITS]),
        one.messages + other.messages,
        one.recipients + other.recipients,
    )


def _most(keys: frozenset[bytes]) -> frozenset[bytes]:
    return keys if len(keys) <= TRAITS else frozenset(sorted(keys)[:TRAITS])


def _facts(run: Run) -> dict[str, Any]:
    packed = msgspec.msgpack.encode(_Traits(run.leaves, run.shapes, run.senders, run.kinds))
    return {"messages": run.messages, "recipients": run.recipients, "traits": packed}


def _run(row: Mapping[str, Any]) -> Run:
    packed = msgspec.msgpack.decode(bytes(row["traits"]), type=_Traits)
    return Run(
        packed.leaves, packed.shapes, packed.senders, packed.kinds, row["messages"], row["recipients"], row["last_seen"]
    )
