"""What emergency stops hold back now: read in one go, asked of mails and of holds.

In: a transaction. Out: a `Standstill`, which answers by itself and as a condition for statements. It never changes; an
empty one holds nothing back.
"""

import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, true

from mailguard.store.register import CLAIM
from mailguard.store.schema import campaigns, holds, pauses, stop_exceptions, stops
from mailguard.store.schema.emergency import Scope
from mailguard.store.statement import Statement

_IN_FORCE = Statement(
    select(stops.c.id, stops.c.scope, stops.c.source_id, stops.c.subject_key, stops.c.campaign_key)
    .where(~stops.c.ended)
    .order_by(stops.c.serial)
)
_LET_THROUGH = Statement(
    select(stop_exceptions.c.stop_id, stop_exceptions.c.hold_id)
    .join(stops, stops.c.id == stop_exceptions.c.stop_id)
    .where(~stops.c.ended, stop_exceptions.c.agreed_at.is_not(None))
)
_KEY = Statement(select(campaigns.c.key).where(campaigns.c.id == bindparam("which")))


@dataclass(frozen=True, slots=True)
class Halt:
    """One stop. let_through: approved holds that may go out in spite of it.

    campaign_key: of the mailing as grouping.py knows it, by what its tool says of it; b"" when only its subject is known.
    """

    id: str
    scope: Scope
    source_id: str = ""
    subject_key: bytes = b""
    campaign_key: bytes = b""
    let_through: frozenset[str] = frozenset()

    def covers(self, source_id: str, subject_key: bytes, campaign_key: bytes = b"") -> bool:
        """Whether this mail stands still. Mail that only claims a source in From is the source's, too.

        Of a mailing: what its tool calls the same mailing, whatever its subject; and, whatever it is called, what has the same
        subject: holds are joined by subject and content, and a mailing that is begun anew has another name.
        """
        if self.scope is Scope.SOURCE:
            return source_id == self.source_id or self._quoted in _claimed(source_id)
        if self.scope is Scope.CAMPAIGN:
            named = bool(self.campaign_key) and campaign_key == self.campaign_key
            return source_id == self.source_id and (named or subject_key == self.subject_key)
        return True

    def condition(self) -> ColumnElement[bool]:
        """The same for rows of `holds`, without those that are let through."""
        if not self.let_through:
            return self._within()
        return and_(self._within(), holds.c.id.not_in(sorted(self.let_through)))

    def _within(self) -> ColumnElement[bool]:
        if self.scope is Scope.ALL:
            return true()
        of_source = holds.c.source_id == self.source_id
        if self.scope is Scope.CAMPAIGN:
            return and_(of_source, mailing(self.source_id, self.subject_key, self.campaign_key))
        names = "+" + func.substr(holds.c.source_id, len(CLAIM) + 1) + "+"
        claims = holds.c.source_id.startswith(CLAIM, autoescape=True)
        return or_(of_source, and_(claims, names.contains(f"+{self._quoted}+", autoescape=True)))

    @property
    def _quoted(self) -> str:
        return urllib.parse.quote(self.source_id, safe="")


@dataclass(frozen=True, slots=True)
class Standstill:
    """All stops that are in force at one moment."""

    halts: tuple[Halt, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.halts)

    def over(self, source_id: str, subject_key: bytes, campaign_key: bytes = b"") -> tuple[Halt, ...]:
        """The stops that cover mail, or a hold."""
        return tuple(halt for halt in self.halts if halt.covers(source_id, subject_key, campaign_key))

    def holds_back(self, source_id: str, subject_key: bytes, hold_id: str = "", campaign_key: bytes = b"") -> bool:
        """Whether mail stands still; hold_id: of the approved hold that it would go out under."""
        return any(hold_id not in halt.let_through for halt in self.over(source_id, subject_key, campaign_key))

    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        """For a statement about `holds`: those that may go out."""
        return tuple(~halt.condition() for halt in self.halts)


NOTHING = Standstill()


def read(tx: Connection) -> Standstill:
    """The stops that are in force now."""
    found = _IN_FORCE.rows(tx, {})
    if not found:
        return NOTHING
    let: dict[str, set[str]] = {}
    for stop_id, hold_id in _LET_THROUGH.rows(tx, {}):
        let.setdefault(stop_id, set()).add(hold_id)
    return Standstill(
        tuple(
            Halt(
                stop_id,
                Scope(scope),
                source_id,
                bytes(subject),
                bytes(campaign or b""),
                frozenset(let.get(stop_id, ())),
            )
            for stop_id, scope, source_id, subject, campaign in found
        )
    )


def key_of(tx: Connection, campaign_id: str | None) -> bytes:
    """By what the mailing of a hold is known; b"" for a hold from before there were campaigns."""
    found = _KEY.rows(tx, {"which": campaign_id}) if campaign_id else []
    return bytes(found[0][0]) if found else b""


def over_hold(tx: Connection, hold: Any) -> tuple[Halt, ...]:
    """The stops in force that cover a hold (a row)."""
    found = read(tx)
    return found.over(hold.source_id, bytes(hold.subject_key), key_of(tx, hold.campaign_id)) if found else ()


def mailing(source_id: str, subject_key: bytes, campaign_key: bytes) -> ColumnElement[bool]:
    """A condition on `holds` of that source: those of one mailing, by what its tool says or by its subject."""
    by_subject = holds.c.subject_key == subject_key
    if not campaign_key:
        return by_subject
    named = select(campaigns.c.id).where(campaigns.c.source_id == source_id, campaigns.c.key == campaign_key)
    # Not NULL IN (…): what that says, and its opposite, is neither true nor false.
    return or_(by_subject, and_(holds.c.campaign_id.is_not(None), holds.c.campaign_id.in_(named)))


def covering(tx: Connection, hold: Any, rows: Iterable[Any]) -> frozenset[str]:
    """Ids of those stops (rows, in force or not) that cover a hold."""
    here = hold.source_id, bytes(hold.subject_key), key_of(tx, hold.campaign_id)
    halts = [
        Halt(row.id, Scope(row.scope), row.source_id, bytes(row.subject_key), bytes(row.campaign_key or b""))
        for row in rows
    ]
    return frozenset(halt.id for halt in halts if halt.covers(*here))


def ended_since(tx: Connection, hold: Any, since: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """When a hold stood still, by pauses and stops that ended after `since`: apart, in order, none begins earlier.

    hold: a row with its source_id, subject_key and campaign_id.
    """
    paused = select(pauses.c.paused_at, pauses.c.resumed_at).where(pauses.c.ended, pauses.c.resumed_at > since)
    spans = [(row.paused_at, row.resumed_at) for row in tx.execute(paused)]
    over = tx.execute(select(stops).where(stops.c.ended, stops.c.ended_at > since)).all()
    covered = covering(tx, hold, over)
    spans += [(row.stopped_at, row.ended_at) for row in over if row.id in covered]
    return tuple(_apart((max(begin, since), end) for begin, end in spans))


def _apart(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    apart: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(spans):
        if apart and begin <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((begin, end))
    return apart


def _claimed(source_id: str) -> list[str]:
    return source_id.removeprefix(CLAIM).split("+") if source_id.startswith(CLAIM) else []
