"""Who sees an emergency stop and its reason, who hears of it, and who may stop what.

In: a transaction, a person, a stop. Out: conditions, rows of people, errors. That all mail stands still is everybody's
business; why is that of the own company, who alone may stop all or let all go on. What somebody does not see is not there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from mailguard.errors import NotFoundError, RefusedError
from mailguard.store import sight, standing, standins
from mailguard.store.audit import CLI
from mailguard.store.context import Context
from mailguard.store.people import approvers
from mailguard.store.schema import holds, operators, people, sources, stops
from mailguard.store.schema.emergency import Scope

WHY = {
    "not_stopper": "Only an enabled approver may stop mail, or let it go on.",
    "stop_all_own": "Only an approver of the own company may stop all mail, or let it go on.",
    "stop_own_source": "An operator of the source cannot let its mail go on. Another approver must.",
}


def seen(context: Context, tx: Connection, viewer: str | None) -> ColumnElement[bool]:
    """A condition on `stops`: those that somebody sees."""
    of_source = sight.sources_seen(context, tx, viewer, stops.c.source_id)
    of_hold = stops.c.hold_id.in_(select(holds.c.id).where(sight.holds_seen(context, tx, viewer)))
    return or_(stops.c.scope == Scope.ALL.value, of_source, and_(stops.c.hold_id.is_not(None), of_hold))


def check_seen(context: Context, tx: Connection, scope: Scope, row: Mapping[str, Any], actor: str) -> None:
    """NotFoundError where a source or a hold is hidden from who would stop it, RefusedError where it is all mail."""
    if actor == CLI:
        return
    if scope is Scope.CAMPAIGN:
        hold = tx.execute(select(holds).where(holds.c.id == row["hold_id"])).one()
        sight.check(tx, hold, actor, context.today())
    elif scope is Scope.SOURCE:
        visible = sight.sources_seen(context, tx, actor, sources.c.id)
        if tx.execute(select(sources.c.id).where(sources.c.id == row["source_id"], visible)).first() is None:
            raise no_source()
    elif not own(context, tx, actor):
        raise RefusedError("stop_all_own", WHY["stop_all_own"])


def own(context: Context, tx: Connection, viewer: str | None) -> bool:
    """Whether somebody is of the own company, or the deputy of an approver who is."""
    return viewer in {None, CLI} or sight.of_own(tx, str(viewer), context.today())


def barred(context: Context, tx: Connection, stop: Any, person_id: str) -> str | None:
    """Why a person may not end a stop (a row), as a code of `WHY`."""
    if not is_approver(tx, person_id):
        return "not_stopper"
    if stop.scope == Scope.ALL.value:
        return None if own(context, tx, person_id) else "stop_all_own"
    return "stop_own_source" if standing.operates(tx, stop.source_id, person_id) else None


def is_approver(tx: Connection, person_id: str) -> bool:
    """Whether an enabled person has the role of an approver."""
    row = tx.execute(select(people.c.role, people.c.enabled).where(people.c.id == person_id)).one_or_none()
    return row is not None and row.enabled and row.role == "approver"


def audience(context: Context, tx: Connection, stop: Any) -> Sequence[Any]:
    """Rows of the people whom a stop (a row) concerns: operators of what stands still, and approvers who see it."""
    day = context.today()
    if stop.scope == Scope.CAMPAIGN.value:
        hold = tx.execute(select(holds).where(holds.c.id == stop.hold_id)).one()
        return [*standing.crew(tx, hold), *standing.watchers(tx, hold, day)]
    crew = select(operators.c.person_id)
    if stop.scope == Scope.ALL.value:
        return [*_people(tx, crew), *approvers(tx)]
    mine = crew.where(operators.c.source_id == stop.source_id)
    deciding = [*approvers(tx), *standins.on_duty(tx, day)]
    return [*_people(tx, mine), *(row for row in deciding if _sees(tx, row, stop.source_id, day))]


def no_source() -> NotFoundError:
    """There is no such source, for this person."""
    return NotFoundError("No such source. `mailguard source list` shows all of them.")


def _people(tx: Connection, ids: Any) -> Sequence[Any]:
    return tx.execute(select(people).where(people.c.id.in_(ids)).order_by(people.c.added_at)).all()


def _sees(tx: Connection, row: Any, source_id: str, day: str) -> bool:
    visible = sight.of_sources(tx, row, day, sources.c.id)
    return tx.execute(select(sources.c.id).where(sources.c.id == source_id, visible)).first() is not None
