"""The life of a hold and of a held message: two tables, and who may decide.

An unlisted pair is an error and changes nothing. Nothing here is ever reached by time-out alone except EXPIRED,
and EXPIRED never sends.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
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
    """The person who wants to decide. `mail` is the digest of the person's e-mail address, `organisation` that of hers.

    organisation b"": the own company. absent: whose deputy decides, with the role and organisation of the absent one.
    """

    id: str
    role: str
    login: str
    mail: bytes
    enabled: bool = True
    organisation: bytes = b""
    absent: "Candidate | None" = None

    @property
    def authority(self) -> str:
        """Whose right to decide is used: nobody's counts twice."""
        return self.absent.id if self.absent else self.id


@dataclass(frozen=True, slots=True)
class Sending:
    """Who took part in sending: operators' ids, SMTP logins, digests of envelope and From/Sender addresses.

    declared: the source is known, with operators; if not, two different approvers are needed. organisation: of the source.
    """

    operators: Collection[str]
    logins: Collection[str]
    authors: Collection[bytes]
    declared: bool
    organisation: bytes = b""


def refusal(person: Candidate, sending: Sending) -> str | None:
    """Why `person` is not a second person for this mail: a stable code, or None when the person may decide.

    Unauthenticated addresses can exclude an approver, never vouch for one. A deputy may what both may: the absent one by
    role and organisation, and neither took part in sending.
    """
    if absent := person.absent:
        deputy = replace(person, role=absent.role, organisation=absent.organisation, absent=None)
        return refusal(absent, sending) or refusal(deputy, sending)
    if not person.enabled:
        return "disabled"
    if person.role != "approver":
        return "not_approver"
    return _part(person, sending) or _stranger(person, sending)


def _part(person: Candidate, sending: Sending) -> str | None:
    """Which part the person took in sending."""
    if person.id in sending.operators:
        return "own_source"
    if person.login in sending.logins:
        return "own_login"
    return "own_address" if person.mail in sending.authors else None


def _stranger(person: Candidate, sending: Sending) -> str | None:
    return None if person.organisation in {b"", sending.organisation} else "other_organisation"


def approvals_needed(sending: Sending) -> int:
    """How many different approvers must agree before anything is sent."""
    return 1 if sending.declared else 2
