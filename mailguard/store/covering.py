"""Whether an approval covers one more message: read inside the transaction that acts on the answer.

In: an approved hold and a message. Out: yes or no. What was not approved, not for these senders, or rejected since is
never covered.
"""

from sqlalchemy import Connection, exists, func, select

from mailguard.lifecycle import Choice, HoldState
from mailguard.store import draft as drafts
from mailguard.store.arrival import Arrival
from mailguard.store.context import Context
from mailguard.store.draft import Draft
from mailguard.store.joining import Approval, covers
from mailguard.store.schema import decisions, evidence, holds
from mailguard.store.standing import Marks, vouchers

_REFUSED_STATES = (HoldState.REJECTED.value, HoldState.WITHDRAWN.value)
_REFUSALS = (Choice.REJECT.value, Choice.WITHDRAW.value, Choice.STOP_REST.value)


def covered(context: Context, tx: Connection, draft: Draft, arrival: Arrival, marks: Marks) -> bool:
    """Whether a hold, approved, covers the message, which has these marks of its sender."""
    hold, keys = draft.row, arrival.evidence
    if len(keys) > drafts.EVIDENCE:
        return False
    approval = Approval(draft.evidence(tx, keys), hold.cap or 0, hold.used, hold.expires_at)
    return (
        arrival.recipients <= draft.room
        and (hold.begins_at is None or hold.begins_at <= context.clock())
        and covers(approval, keys, arrival.recipients, context.clock())
        and _vouched(context, tx, draft, arrival, marks)
        and not _rejected_since(tx, draft, keys)
    )


def _vouched(context: Context, tx: Connection, draft: Draft, arrival: Arrival, marks: Marks) -> bool:
    if draft.vouchers is None:
        draft.vouchers = vouchers(context, tx, draft.row)
    staff = draft.staff | set(arrival.source.operators)
    return draft.vouchers.vouch(draft.marks | marks, staff, declared=arrival.source.declared)


def _rejected_since(tx: Connection, draft: Draft, keys: frozenset[bytes]) -> bool:
    """Whether a part of what the message carries was rejected or withdrawn after the hold was approved.

    The order of decisions is that of their rows: clocks can be set back.
    """
    if keys not in draft.refused:
        hold = draft.row
        approvals = (decisions.c.hold_id == hold.id, decisions.c.choice == Choice.APPROVE.value)
        approved = select(func.max(decisions.c.serial)).where(*approvals).scalar_subquery()
        later = exists().where(
            decisions.c.hold_id == holds.c.id, decisions.c.choice.in_(_REFUSALS), decisions.c.serial > approved
        )
        beyond = exists().where(evidence.c.hold_id == holds.c.id, evidence.c.key.not_in(keys))
        query = select(holds.c.id).where(
            holds.c.source_id == hold.source_id,
            holds.c.subject_key == hold.subject_key,
            holds.c.state.in_(_REFUSED_STATES),
            later,
            ~beyond,
        )
        draft.refused[keys] = tx.execute(query.limit(1)).first() is not None
    return draft.refused[keys]
