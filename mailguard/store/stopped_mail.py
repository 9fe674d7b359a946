"""What emergency stops mean for one mail beside a hold: the one that it would go out under, or be kept with.

In: stops in force, an arrival, a hold. Out: yes or no. A mail and its hold have one subject and may be of two mailings, as
their tool calls them; what holds back either holds back both.
"""

from sqlalchemy import Connection

from mailguard.lifecycle import CLOSED
from mailguard.store import standstill
from mailguard.store.arrival import Arrival
from mailguard.store.context import Context
from mailguard.store.draft import Draft
from mailguard.store.grouping import campaign_key
from mailguard.store.standstill import Halt, Standstill


def held_back(context: Context, tx: Connection, stopped: Standstill, arrival: Arrival, draft: Draft) -> bool:
    """Whether a mail may not go out under an approved hold: it stands still itself, or the hold does."""
    if not stopped:
        return False
    over = {*_over_mail(context, stopped, arrival), *_over_hold(tx, stopped, draft)}
    return any(draft.row.id not in halt.let_through for halt in over)


def apart(context: Context, tx: Connection, stopped: Standstill, arrival: Arrival, draft: Draft) -> bool:
    """Whether a mail is kept beside a hold with its content: a stop covers it, and would not cover it there."""
    if not stopped or draft.state in CLOSED:
        return False
    return not set(_over_mail(context, stopped, arrival)) <= set(_over_hold(tx, stopped, draft))


def _over_mail(context: Context, stopped: Standstill, arrival: Arrival) -> tuple[Halt, ...]:
    source, inspection = arrival.source, arrival.inspection
    key = campaign_key(context.digester, source, inspection)
    return stopped.over(source.id, inspection.subject_key, key)


def _over_hold(tx: Connection, stopped: Standstill, draft: Draft) -> tuple[Halt, ...]:
    hold = draft.row
    return stopped.over(hold.source_id, bytes(hold.subject_key), standstill.key_of(tx, hold.campaign_id))
