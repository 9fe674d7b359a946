"""Who hears of an emergency stop: approvers, and the operators of what stands still.

In: a stop, inside the transaction that changes it. Out: notices without any number; the page has those.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from mailguard.store.notices import Notices
from mailguard.store.people import approvers
from mailguard.store.schema import operators, people
from mailguard.store.schema.emergency import Scope

BEGUN, ASKED, ENDED, LET_THROUGH = "stop_begun", "stop_end_asked", "stop_ended", "stop_let_through"


def tell(tx: Connection, notices: Notices, stop: Any, event: str) -> None:
    """Put a notice in the queue for everybody whom a stop (a row of `stops`) concerns."""
    about = f"{stop.id} {stop.title}".strip()
    notices.say(tx, event, _audience(tx, stop), path="/stops", about=about)


def _audience(tx: Connection, stop: Any) -> Sequence[Any]:
    crew = select(operators.c.person_id)
    if stop.scope != Scope.ALL.value:
        crew = crew.where(operators.c.source_id == stop.source_id)
    staff = tx.execute(select(people).where(people.c.id.in_(crew)).order_by(people.c.added_at)).all()
    return [*staff, *approvers(tx)]
