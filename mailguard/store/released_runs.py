"""Runs of what was held and then released: remembered as what passed is, so that a run is compared with all that left.

In: a message that the relay took, within the transaction that ends it. Out: rows of `runs`. Test mail is no run: a mistake in
it would look like what was always sent.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from mailguard.model import Envelope, Inspection, Source
from mailguard.store.context import Context
from mailguard.store.runs import Runs
from mailguard.store.schema import sources
from mailguard.traits import series, traits

_MOST = 64  # holds whose inspection is remembered: the messages of a mailing come out one after the other


class ReleasedRuns:
    """Of one database."""

    def __init__(self, context: Context) -> None:
        self._context, self._runs = context, Runs(context)
        self._known: OrderedDict[tuple[str, int], tuple[Sequence[bytes], Inspection]] = OrderedDict()

    def note(self, tx: Connection, hold: Any, envelope: Envelope, accepted: int) -> None:
        """A message of a hold (a row) was sent to so many recipients. Raises DamagedError."""
        if hold.rehearsal or not accepted:
            return
        keys, inspection = self._of(tx, hold)
        run = replace(traits(envelope, inspection, self._context.digester), recipients=accepted)
        self._runs.note(tx, {(hold.source_id, key): run for key in keys})

    def _of(self, tx: Connection, hold: Any) -> tuple[Sequence[bytes], Inspection]:
        which = hold.id, hold.revision
        known = self._known.get(which)
        if known is None:
            inspection = self._context.vault.open_msgpack(hold.inspection, f"inspection:{hold.id}", Inspection)
            declared = tx.execute(select(sources.c.id).where(sources.c.id == hold.source_id)).first() is not None
            source = Source(hold.source_id, "", declared=declared)
            known = self._known[which] = series(source, inspection, self._context.digester), inspection
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return known
