"""Whether an approval covers one more message: read inside the transaction that acts on the answer.

In: an approved hold and a message. Out: yes or no. What was not approved, not for these senders, or rejected since is
never covered.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, func, select

from mailguard.lifecycle import Choice, HoldState
from mailguard.store import standing
from mailguard.store.context import Context
from mailguard.store.joining import Approval, covers
from mailguard.store.schema import decisions, evidence, holds
from mailguard.store.standing import Sender

EVIDENCE = 10_000  # keys one statement can name; a message with more is held
_REFUSED_STATES = (HoldState.REJECTED.value, HoldState.WITHDRAWN.value)
_REFUSALS = (Choice.REJECT.value, Choice.WITHDRAW.value, Choice.STOP_REST.value)


@dataclass(frozen=True, slots=True)
class Later:
    """One more message: why it is held, for how many recipients, and who sends it."""

    source_id: str
    subject_key: bytes
    content_key: bytes
    keys: frozenset[bytes]
    recipients: int
    sender: Sender


def newest(tx: Connection, source_id: str, content_key: bytes, *, to_change: bool) -> Any:
    """The newest hold of a content key decides; None when there is none."""
    query = (
        select(holds)
        .where(holds.c.source_id == source_id, holds.c.content_key == content_key)
        .order_by(holds.c.serial.desc())
        .limit(1)
    )
    return tx.execute(query.with_for_update() if to_change else query).one_or_none()


def known_evidence(tx: Connection, hold_id: str, keys: frozenset[bytes]) -> set[bytes]:
    """Which of `keys` a hold has already."""
    wanted, found = sorted(keys), set[bytes]()
    for start in range(0, len(wanted), EVIDENCE):
        some = evidence.c.key.in_(wanted[start : start + EVIDENCE])
        found |= set(tx.execute(select(evidence.c.key).where(evidence.c.hold_id == hold_id, some)).scalars())
    return found


def covered(context: Context, tx: Connection, hold: Any, known: set[bytes], later: Later) -> bool:
    """Whether `hold`, approved, covers the message; `known` is what it has of the message's evidence."""
    approval = Approval(known, hold.cap or 0, hold.used, hold.expires_at)
    return (
        len(later.keys) <= EVIDENCE
        and covers(approval, later.keys, later.recipients, context.clock())
        and standing.vouched(context, tx, hold, later.sender)
        and not _rejected_since(tx, hold, later.keys)
    )


def _rejected_since(tx: Connection, hold: Any, keys: frozenset[bytes]) -> bool:
    """Whether a part of what the message carries was rejected or withdrawn after `hold` was approved.

    The order of decisions is that of their rows: clocks can be set back.
    """
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
    return tx.execute(query.limit(1)).first() is not None
