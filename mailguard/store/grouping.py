"""Which campaign a hold is of, and what its holds add up to: kept with them, in the transaction that changes them.

In: drafts of holds. Out: rows of `campaigns`. A mailing is known by what its tool says of it, else by its list and its
subject skeleton, of one source, and goes on while its mail comes in without a long break. A view: nothing is decided by it.
"""

import functools
from collections.abc import Collection
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from mailguard.digest import Digester
from mailguard.model import Inspection, Source
from mailguard.store.context import Context, fresh_id
from mailguard.store.reasons import reasons_of
from mailguard.store.schema import campaigns, holds
from mailguard.store.statement import Statement

APART = timedelta(hours=12)  # mail that comes so long after the last one is another run of the mailing
_ROW = select(campaigns)
_COLUMNS = tuple(campaigns.c.keys())
_BY_ID = Statement(_ROW.where(campaigns.c.id == bindparam("which")))
_NEWEST = Statement(
    _ROW.where(campaigns.c.source_id == bindparam("source"), campaigns.c.key == bindparam("known_by"))
    .order_by(campaigns.c.serial.desc())
    .limit(1)
)
_SUMS = ("holds", "messages", "recipients", "persons", "folded")
_CHANGING = (*_SUMS, "persons_exact", "reasons", "last_seen")
_WRITE = Statement(update(campaigns).where(campaigns.c.id == bindparam("which")), _CHANGING)
_ADD = insert(campaigns)


def campaign_key(digester: Digester, source: Source, inspection: Inspection) -> bytes:
    """By what a mailing of a source is known. Who sends undeclared mail is told by its From header as well."""
    named = inspection.mailing_key
    about = (b"named", named) if named else (b"", inspection.list_key, inspection.subject_key)
    senders = () if source.declared else tuple(domain.encode() for domain in sorted(inspection.from_domains))
    return digester.of("campaign", msgspec.msgpack.encode((*about, *senders)))


class Grouping:
    """The campaigns of one transaction."""

    def __init__(self, context: Context, tx: Connection) -> None:
        self._context, self._tx = context, tx
        self._known: dict[str, SimpleNamespace] = {}
        self._newest: dict[tuple[str, bytes], str] = {}
        self._fresh: set[str] = set()
        self._changed: set[str] = set()

    def of(self, source: Source, inspection: Inspection, hold_id: str, now: datetime) -> str:
        """The id of the campaign that a new hold is of; opens one when none goes on."""
        key = source.id, campaign_key(self._context.digester, source, inspection)
        if key not in self._newest:
            found = _NEWEST.rows(self._tx, {"source": key[0], "known_by": key[1]})
            row = self._keep(found[0]) if found else None
            if row is None or now - row.last_seen > APART:
                row = self._open(source, key[1], hold_id, now)
            self._newest[key] = row.id
        return self._newest[key]

    def add(self, hold: Any, before: tuple[int, ...]) -> None:
        """What a hold adds to its campaign. before: (holds, messages, recipients, persons, folded) that it added already."""
        if not hold.campaign_id:
            return
        row = self._row(hold.campaign_id)
        if row is None:
            return
        for name, had, has in zip(_SUMS, before, sums(hold), strict=True):
            setattr(row, name, getattr(row, name) + has - had)
        row.persons_exact = bool(row.persons_exact and hold.persons_exact)
        row.reasons = _joined(row.reasons, hold)
        row.last_seen = max(row.last_seen, hold.last_seen)
        self._changed.add(row.id)

    def write(self) -> None:
        """Write what changed."""
        for key in sorted(self._changed):
            row = self._known[key]
            if key in self._fresh:
                self._tx.execute(_ADD, {name: value for name, value in vars(row).items() if name != "serial"})
            else:
                _WRITE.run(self._tx, [{"which": key, **{name: getattr(row, name) for name in _CHANGING}}])
        self._fresh.clear()
        self._changed.clear()

    def _row(self, campaign_id: str) -> SimpleNamespace | None:
        if campaign_id not in self._known:
            found = _BY_ID.rows(self._tx, {"which": campaign_id})
            if not found:
                return None
            self._keep(found[0])
        return self._known[campaign_id]

    def _keep(self, values: tuple[Any, ...]) -> SimpleNamespace:
        row = SimpleNamespace(**dict(zip(_COLUMNS, values, strict=True)))
        return self._known.setdefault(row.id, row)

    def _open(self, source: Source, key: bytes, hold_id: str, now: datetime) -> SimpleNamespace:
        row = SimpleNamespace(
            serial=0, id=fresh_id("C"), source_id=source.id, source_title=source.title, key=key, first_hold=hold_id,
            reasons="[]", holds=0, messages=0, recipients=0, persons=0, persons_exact=True, folded=0,
            first_seen=now, last_seen=now,
        )  # fmt: skip
        self._known[row.id] = row
        self._fresh.add(row.id)
        return row


def sums(hold: Any) -> tuple[int, ...]:
    """What a hold counts for in its campaign, in the order of the columns."""
    return 1, hold.messages, hold.recipients, hold.persons, hold.folded


def counted_again(tx: Connection, hold: Any, persons: int, *, exact: bool) -> None:
    """The persons of a hold, a row as it was, are counted anew: its campaign takes over the difference."""
    if hold.campaign_id:
        values: dict[str, Any] = {"persons": campaigns.c.persons + (persons - hold.persons)}
        if not exact:
            values["persons_exact"] = False
        elif not hold.persons_exact:
            others = select(holds.c.id).where(
                holds.c.campaign_id == hold.campaign_id, holds.c.id != hold.id, holds.c.persons_exact.is_(False)
            )
            values["persons_exact"] = tx.execute(others.limit(1)).first() is None
        tx.execute(update(campaigns).where(campaigns.c.id == hold.campaign_id).values(values))


def _joined(reasons: str, hold: Any) -> str:
    return _united(reasons, hold.reasons) if reasons != hold.reasons else reasons


@functools.lru_cache(1_000)
def _united(known: str, other: str) -> str:
    both: Collection[str] = {*reasons_of(SimpleNamespace(reasons=known)), *reasons_of(SimpleNamespace(reasons=other))}
    return msgspec.json.encode(sorted(both)).decode()
