"""Runs of what was held and then released: remembered as what passed is, so that a run is compared with all that left.

In: a message that the relay took, within the transaction that ends it. Out: rows of `runs`. Test mail is no run: a mistake in
it would look like what was always sent.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, select

from mailguard.model import Envelope, Inspection, Source
from mailguard.store.context import Context
from mailguard.store.runs import Runs
from mailguard.store.schema import holds, sources
from mailguard.store.statement import Statement
from mailguard.traits import series, traits

_MOST = 64  # holds whose inspection is remembered: the messages of a mailing come out one after the other
_KEY = holds.c.id == bindparam("key")
_HOLD = Statement(select(holds.c.revision, holds.c.rehearsal, holds.c.source_id).where(_KEY))
_INSPECTION = Statement(select(holds.c.inspection).where(_KEY))


class ReleasedRuns:
    """Of one database."""

    def __init__(self, context: Context) -> None:
        self._context, self._runs = context, Runs(context)
        self._known: OrderedDict[tuple[str, int], tuple[Sequence[bytes], Inspection]] = OrderedDict()

    def note(self, tx: Connection, hold_id: str, envelope: Envelope, accepted: int) -> None:
        """A message of a hold was sent to so many recipients. Raises DamagedError."""
        ((revision, rehearsal, source_id),) = _HOLD.rows(tx, {"key": hold_id})
        if rehearsal:
            return
        which = hold_id, revision
        if which not in self._known:
            self._known[which] = self._read(tx, hold_id, source_id)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        keys, inspection = self._known[which]
        run = replace(traits(envelope, inspection, self._context.digester), recipients=accepted)
        self._runs.note(tx, {(source_id, key): run for key in keys})

    def _read(self, tx: Connection, hold_id: str, source_id: str) -> tuple[Sequence[bytes], Inspection]:
        ((sealed,),) = _INSPECTION.rows(tx, {"key": hold_id})
        inspection = self._context.vault.open_msgpack(sealed, f"inspection:{hold_id}", Inspection)
        declared = tx.execute(select(sources.c.id).where(sources.c.id == source_id)).first() is not None
        return series(Source(source_id, "", declared=declared), inspection, self._context.digester), inspection
