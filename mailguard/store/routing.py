"""What a hold needs before it is approved, as the hold keeps it: sealed, and only ever raised.

In: what more is known of a hold, and the routes in force then. Out: columns that change. A file of routes that changes later
makes no approval easier; a hold that was made without routes keeps NULL and needs what lifecycle.py says.
"""

import urllib.parse
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, case, func, select

from mailguard import lifecycle
from mailguard.lifecycle import HoldState, Sending
from mailguard.model import Inspection, SourceMode
from mailguard.routes import Facts, Missing, Needs, Ruling
from mailguard.store import pools
from mailguard.store.calendar import add_business_days
from mailguard.store.context import Context
from mailguard.store.people import organisation
from mailguard.store.reasons import reasons_of
from mailguard.store.register import CLAIM
from mailguard.store.schema import holds, pooled

_READ = ("id", "source_id", "declared", "persons", "recipients", "reasons", "approvals_needed", "route")


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """needs, and what was seen of the hold's mail so far: kinds of findings, and grounds of a report."""

    needs: Needs = Needs()
    mode: SourceMode = SourceMode.FINDINGS
    kinds: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()


def kept(context: Context, hold: Any) -> Kept:
    """Of a hold; of one without routes what everybody needs."""
    return Kept() if hold.route is None else context.vault.open_msgpack(hold.route, f"route:{hold.id}", Kept)


def opened(context: Context, hold: Any, inspection: Inspection, ruling: Ruling) -> dict[str, Any]:
    """Columns of a new hold that its routes decide."""
    values, needs = _raised(context, hold, inspection, ruling)
    if needs.business_days is not None:  # what a route says stands for the default, longer or shorter
        values["expires_at"] = add_business_days(context.clock(), needs.business_days)
    return values


def raised(
    context: Context, hold: Any, inspection: Inspection, ruling: Ruling, changes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Columns that change when this inspection joins; none where nothing asks for more. Time is only ever shortened.

    changes: what else changes of the hold at the same time.
    """
    before = hold.expires_at
    now = SimpleNamespace(**{name: (changes or {}).get(name, getattr(hold, name)) for name in _READ})
    values, needs = _raised(context, now, inspection, ruling)
    if values and needs.business_days is not None:
        until = add_business_days(context.clock(), needs.business_days)
        if until < before:
            values["expires_at"] = until
    if values and needs != kept(context, hold).needs:
        values["reminded"] = 0  # other moments: whoever is to hear of it by now hears of it once more
    return values


def told(context: Context, needs: Needs) -> Needs:
    """With the reminders of the configuration where no route says any."""
    return needs if needs.reminders is not None else replace(needs, reminders=tuple(context.notify.reminders))


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a decision goes: recipients up to its cap; of several holds together all of theirs, and their persons.

    before: recipients of what of the mailing was approved before, whose persons are among these: who decides a mailing hold by
    hold is asked for what the whole of it needs.
    """

    recipients: int = 0
    persons: int = 0
    before: int = 0

    def up_to(self, cap: int) -> "Reach":
        """With later mail up to a cap."""
        return Reach(max(cap, self.recipients) + self.before, self.persons)


def reach(tx: Connection, campaign_id: str | None, recipients: int, persons: int) -> Reach:
    """Of a decision on so many, after what was approved of their campaign before."""
    mine = (holds.c.campaign_id == campaign_id, holds.c.state == HoldState.APPROVED.value)
    sums = select(func.coalesce(func.sum(holds.c.recipients), 0), func.coalesce(func.sum(holds.c.persons), 0))
    before, known = tx.execute(sums.where(*mine)).one() if campaign_id else (0, 0)
    return Reach(recipients, persons + int(known), int(before))


def approved_reach(tx: Connection, hold: Any) -> Reach:
    """Of an approval that stands: recipients up to its cap and of what else of its campaign was approved; persons of all of it.

    Holds with which it shares its cap are within the cap.
    """
    cap, persons = max(hold.cap or 0, hold.recipients), int(hold.persons)
    if not hold.campaign_id:
        return Reach(cap, persons)
    mine = select(pooled.c.pool_id).where(pooled.c.hold_id == hold.id)
    recipients, more = _sums(tx, hold.campaign_id, pooled.c.pool_id.in_(mine), holds.c.id != hold.id)
    return Reach(cap + recipients, persons + more)


class ApprovedReaches:
    """`approved_reach` of many holds as the database has them: sums are read once for those that share the same caps."""

    def __init__(self, tx: Connection, hold_ids: Collection[str]) -> None:
        self._tx, self._pools = tx, pools.caps(tx, hold_ids)
        self._sums: dict[tuple[str, frozenset[str]], tuple[int, int]] = {}

    def of(self, hold: Any) -> Reach:
        """Of one of them that is approved."""
        cap, persons = max(hold.cap or 0, hold.recipients), int(hold.persons)
        if not hold.campaign_id:
            return Reach(cap, persons)
        shared = frozenset(self._pools.get(hold.id, ()))
        key = hold.campaign_id, shared
        if key not in self._sums:
            self._sums[key] = _sums(self._tx, hold.campaign_id, pooled.c.pool_id.in_(shared))
        recipients, known = self._sums[key]
        return Reach(cap + recipients - (0 if shared else int(hold.recipients)), known)


def _sums(tx: Connection, campaign_id: str, shared: Any, *but: Any) -> tuple[int, int]:
    """Of the approved holds of a campaign: recipients of those without a cap that is `shared`, persons of all."""
    beside = holds.c.id.not_in(select(pooled.c.hold_id).where(shared))
    own = case((beside, holds.c.recipients), else_=0)
    query = select(func.coalesce(func.sum(own), 0), func.coalesce(func.sum(holds.c.persons), 0))
    approved = (holds.c.campaign_id == campaign_id, holds.c.state == HoldState.APPROVED.value)
    recipients, persons = tx.execute(query.where(*approved, *but)).one()
    return int(recipients), int(persons)


def lacking(context: Context, hold: Any, approvers: Iterable[Any], sending: Sending, reach: Reach) -> Missing:
    """What is missing when these people (rows) have approved so far."""
    needs = kept(context, hold).needs.at(max(reach.recipients, hold.recipients), max(reach.persons, hold.persons))
    # Stored when the hold opened and counted again: a source that lost its operators needs two again.
    least = max(hold.approvals_needed, lifecycle.approvals_needed(sending))
    return needs.missing([organisation(context, row) for row in approvers], least)


def _raised(context: Context, hold: Any, inspection: Inspection, ruling: Ruling) -> tuple[dict[str, Any], Needs]:
    if not ruling.routes and hold.route is None:
        return {}, Needs()
    known = kept(context, hold)
    mode = known.mode if ruling.mode is None else ruling.mode
    # In order: what reads the same is the same to who compares holds.
    kinds = tuple(sorted({*known.kinds, *(str(finding.kind) for finding in inspection.findings)}))
    grounds = tuple(sorted({*known.grounds, *ruling.grounds}))
    facts = Facts(
        _sources(hold.source_id), mode, hold.declared, hold.persons, hold.recipients, kinds, grounds, reasons_of(hold)
    )
    needs = known.needs.raised(ruling.routes.needs(facts)).at(hold.recipients, hold.persons)
    fresh = Kept(needs, mode, kinds, grounds)
    if fresh == known and hold.route is not None:
        return {}, needs
    values: dict[str, Any] = {"route": context.vault.seal(msgspec.msgpack.encode(fresh), f"route:{hold.id}")}
    if needs.least > hold.approvals_needed:
        values["approvals_needed"] = needs.least
    return values, needs


def _sources(source_id: str) -> Collection[str]:
    """Its id, or of what only claims to be a source all that it names."""
    if not source_id.startswith(CLAIM):
        return (source_id,)
    return [urllib.parse.unquote(name) for name in source_id.removeprefix(CLAIM).split("+")]
