"""Who hears of an emergency stop: approvers who see it, and the operators of what stands still.

In: a stop, inside the transaction that changes it. Out: notices without any number and any reason; the page has those.
"""

from typing import Any

from sqlalchemy import Connection

from mailguard.store import stop_sight
from mailguard.store.context import Context
from mailguard.store.notices import Notices

BEGUN, ASKED, ENDED, LET_THROUGH = "stop_begun", "stop_end_asked", "stop_ended", "stop_let_through"


def tell(context: Context, tx: Connection, notices: Notices, stop: Any, event: str) -> None:
    """Put a notice in the queue for everybody whom a stop (a row of `stops`) concerns."""
    about = f"{stop.id} {stop.title}".strip()
    notices.say(tx, event, stop_sight.audience(context, tx, stop), path="/stops", about=about)
