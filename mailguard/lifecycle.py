"""The life of a hold and of a held message: two tables, and who may decide.

An unlisted pair is an error and changes nothing. Nothing here is ever reached by time-out alone except EXPIRED,
and EXPIRED never sends.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class HoldState(StrEnum):
    """States of a hold. PENDING, RETURNED and, until all is sent, APPROVED can still change."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class MessageState(StrEnum):
    """States of a held message."""

    HELD = "held"
    RELEASING = "releasing"
    RELEASED = "released"
    PARTLY = "partly"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class RecipientState(StrEnum):
    """States of one recipient of a held message. SUPPRESSED: on the stop list when it was to be sent to."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SUPPRESSED = "suppressed"


class Choice(StrEnum):
    """What a person, or time, does to a hold."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"
    ANSWER = "answer"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    DELIVER_LATE = "deliver_late"
    STOP_REST = "stop_rest"


HOLD: dict[tuple[HoldState, Choice], HoldState] = {
    (HoldState.PENDING, Choice.APPROVE): HoldState.APPROVED,
    (HoldState.PENDING, Choice.REJECT): HoldState.REJECTED,
    (HoldState.PENDING, Choice.RETURN): HoldState.RETURNED,
    (HoldState.PENDING, Choice.WITHDRAW): HoldState.WITHDRAWN,
    (HoldState.PENDING, Choice.EXPIRE): HoldState.EXPIRED,
    # What is not sent in time is asked about again: it goes on, or what is left never goes.
    (HoldState.APPROVED, Choice.DELIVER_LATE): HoldState.APPROVED,
    (HoldState.APPROVED, Choice.STOP_REST): HoldState.WITHDRAWN,
    # An answer asks again; it approves nothing.
    (HoldState.RETURNED, Choice.ANSWER): HoldState.PENDING,
    (HoldState.RETURNED, Choice.WITHDRAW): HoldState.WITHDRAWN,
    (HoldState.RETURNED, Choice.EXPIRE): HoldState.EXPIRED,
}

MESSAGE: dict[MessageState, frozenset[MessageState]] = {
    MessageState.HELD: frozenset(
        {MessageState.RELEASING, MessageState.REJECTED, MessageState.EXPIRED, MessageState.WITHDRAWN}
    ),
    MessageState.RELEASING: frozenset(
        {MessageState.RELEASED, MessageState.PARTLY, MessageState.FAILED, MessageState.WITHDRAWN}
    ),
}

CLOSED = frozenset({HoldState.REJECTED, HoldState.EXPIRED, HoldState.WITHDRAWN})
"""After these, later messages of the key are accepted, kept, counted and never sent."""


class IllegalTransitionError(Exception):
    """A state change that the table does not list."""


def decide(state: HoldState, choice: Choice) -> HoldState:
    """The state after `choice`; raises IllegalTransitionError for an unlisted pair."""
    try:
        return HOLD[state, choice]
    except KeyError:
        raise IllegalTransitionError(f"a hold that is {state} cannot be changed by {choice}") from None


def advance(state: MessageState, target: MessageState) -> MessageState:
    """`target` if the table lists it after `state`, else IllegalTransitionError."""
    if target not in MESSAGE.get(state, frozenset()):
        raise IllegalTransitionError(f"a message that is {state} cannot become {target}")
    return target


@dataclass(frozen=True, slots=True)
class Candidate:
    """The person who wants to decide. `mail` is the digest of the person's e-mail address."""

    id: str
    role: str
    login: str
    mail: bytes
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Sending:
    """Who took part in sending: operators' ids, SMTP logins, digests of envelope and From/Sender addresses.

    declared: the source is known, with operators; if not, two different approvers are needed.
    """

    operators: Collection[str]
    logins: Collection[str]
    authors: Collection[bytes]
    declared: bool


def refusal(person: Candidate, sending: Sending) -> str | None:
    """Why `person` is not a second person for this mail: a stable code, or None when the person may decide.

    Unauthenticated addresses can exclude an approver, never vouch for one.
    """
    if not person.enabled:
        return "disabled"
    if person.role != "approver":
        return "not_approver"
    if person.id in sending.operators:
        return "own_source"
    if person.login in sending.logins:
        return "own_login"
    if person.mail in sending.authors:
        return "own_address"
    return None


def approvals_needed(sending: Sending) -> int:
    """How many different approvers must agree before anything is sent."""
    return 1 if sending.declared else 2
