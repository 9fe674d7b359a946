"""What the store hands out: frozen rows for the edges. Times are aware UTC.

Addresses and replies in here are masked; clear text comes only from a `Claim`, which release/ needs to send.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from mailguard.lifecycle import Choice, HoldState, MessageState, RecipientState
from mailguard.model import Envelope, Inspection
from mailguard.routes import Missing, Needs


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in. role: operator | approver | auditor | administrator; language: ja | en.

    given: the password was made by somebody else: it opens only the page where a new one is chosen.
    """

    id: str
    login: str
    name: str
    email: str
    role: str
    organisation: str = ""
    language: str = "ja"
    enabled: bool = True
    given: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A login: who, and the token every form must carry."""

    person: Person
    csrf: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of an admitted message.

    outcome: opened (a new hold) | joined (a pending one) | closed (kept under a rejected, expired or withdrawn hold)
    | waiting (joined an approved hold whose release is still under way) | folded (a pending one has this mail already).
    """

    hold_id: str
    state: HoldState
    outcome: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """Recipients reserved under an approval, before the relay hears DATA."""

    hold_id: str
    message_id: str
    recipients: int


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One line of the list. messages 通数, recipients 宛先数 and persons 本人数 are three different numbers.

    asked_at: what was held by then waits for "deliver late". counting: long tables are still being read; until then
    `persons` is the most there may be and persons_least the least (0: not known). counted: such a count raised its revision last. rehearsal: only test mail has come so far.
    """

    id: str
    state: HoldState
    revision: int
    source_id: str
    source_title: str
    subject: str
    reasons: tuple[str, ...]
    messages: int
    recipients: int
    persons: int
    persons_exact: bool
    households: int
    first_seen: datetime
    last_seen: datetime
    expires_at: datetime
    approvals: int
    approvals_needed: int
    asked_at: datetime | None
    counting: bool = False
    persons_least: int = 0
    counted: bool = False
    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision on a hold, a first of two approvals included.

    code: the preset of its reason; checked: ids of ticked points; seconds: since the person was first shown that revision.
    acting_for: whose deputy decided.
    """

    choice: Choice
    person_id: str
    person_name: str
    reason: str
    cap: int | None
    revision: int
    at: datetime
    code: str = ""
    checked: tuple[str, ...] = ()
    seconds: int | None = None
    hasty: bool = False
    acting_for: str = ""
    acting_for_name: str = ""

    @property
    def who(self) -> str:
        """As a stamp says it: 佐藤(代 鈴木) was decided by 鈴木 for 佐藤."""
        return acted(self.person_name, self.acting_for_name)


def acted(name: str, absent: str) -> str:
    """Who decided: a name, or that of the absent approver with the deputy's."""
    return f"{absent}(代 {name})" if absent else name


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the release is: recipients by state, and messages by state."""

    recipients: dict[RecipientState, int]
    messages: dict[MessageState, int]


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """One recipient of a held message; `address` is masked, `reply` is the relay's own text with addresses masked."""

    message_id: str
    address: str
    state: RecipientState
    reply: str
    attempts: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Routed:
    """What the routes of a hold ask for; while it is pending who has approved it so far, and what is missing.

    approvals: how many there must be at least.
    """

    needs: Needs = Needs()  # noqa: RUF009 - frozen
    approvals: int = 1
    declared: bool = True
    approved: tuple[Person, ...] = ()
    missing: Missing = Missing(0)  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class HoldView:
    """Everything the page shows of one hold. `used` counts recipients sent or reserved under the approval."""

    row: HoldRow
    inspection: Inspection
    decisions: tuple[Decided, ...]
    progress: Progress
    operators: tuple[Person, ...]
    cap: int | None
    used: int
    late_messages: int
    routed: Routed = Routed()


@dataclass(frozen=True, slots=True)
class Claim:
    """A held message that this process may send until `lease_until`. waiting: (position, raw address).

    first_attempt_at: since when it is tried, under the present approval; pauses: when it stood still since, by pauses and stops.
    """

    message_id: str
    hold_id: str
    token: str
    envelope: Envelope
    content: bytes
    waiting: tuple[tuple[int, str], ...]
    attempts: int
    first_attempt_at: datetime
    lease_until: datetime
    received_at: datetime
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    source_id: str = ""
    source_title: str = ""


@dataclass(frozen=True, slots=True)
class Unopened:
    """A held message with encrypted parts, and what its submitter told since, sealed. asked: how often so far."""

    hold_id: str
    message_id: str
    envelope: Envelope
    content: bytes
    secrets: tuple[bytes, ...]
    asked: int

    @property
    def about(self) -> str:
        """What it is read for."""
        return self.hold_id


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A held message whose long tables are to be read to their end."""

    hold_id: str
    message_id: str
    content: bytes

    @property
    def about(self) -> str:
        """What it is read for."""
        return self.hold_id


class Clearance(StrEnum):
    """Whether a claimed message may still go out. LOST: the lease is another's; STOPPED: its hold is not approved now.

    PAUSED: all releases are, or an emergency stop covers it.
    """

    GO = "go"
    PAUSED = "paused"
    STOPPED = "stopped"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Rest:
    """What of an approved hold is not sent yet.

    messages, recipients: still to be sent; under_way: messages being sent now. asked_at: they wait for an answer since then.
    agreed: who has said "deliver late" to this question. deferred: recipients that were tried and wait; reply: what the
    relay said last of one of them, masked; next_at: when the next one is due. room: recipients of later mail that may still pass.
    """

    messages: int
    recipients: int
    under_way: int = 0
    asked_at: datetime | None = None
    agreed: tuple[str, ...] = ()
    deferred: int = 0
    reply: str = ""
    next_at: datetime | None = None
    room: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """A stop of all releases. `name` is that of the person, or "cli"; an ended one has `ended_at`."""

    reason: str
    by: str
    name: str
    at: datetime
    ended_at: datetime | None = None
    ended_name: str = ""


@dataclass(frozen=True, slots=True)
class Bounced:
    """One recipient in a bounce: raw address, RCPT options, the relay's last word (masked)."""

    address: str
    options: tuple[str, ...]
    reply: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery status notification to be sent to `mail_from`; `header` is the header block of the message."""

    id: str
    message_id: str
    mail_from: str
    mail_options: tuple[str, ...]
    arrived_at: datetime
    recipients: tuple[Bounced, ...]
    header: bytes
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the relay said of one recipient. state WAITING means: try again. in_doubt: its reply to the final dot was lost."""

    position: int
    state: RecipientState
    reply: str
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to be sent to a person, or to a channel. event: a key of `notify/texts.py`; suppressed has a day as hold_id.

    path: of the page to look at, that of the hold where there is none. subject: masked. holds: so many of the mailing wait, and the numbers are those of all of them.
    """

    id: str
    event: str
    person: Person | None
    hold_id: str
    source_title: str
    messages: int
    recipients: int
    persons: int
    attempts: int
    path: str = ""
    subject: str = ""
    holds: int = 1
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Purgeable:
    """Messages of one state whose bytes are there: due to be deleted (older than `age`), or kept; the oldest end."""

    state: MessageState
    age: timedelta
    due: int
    kept: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One audit record: `hash` covers `previous` and everything else."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str

    @property
    def acting_for(self) -> str:
        """The id of the absent approver whose deputy did it, "" if nobody's."""
        try:
            found = msgspec.json.decode(self.detail).get("acting_for", "")
        except (msgspec.DecodeError, AttributeError):
            return ""  # the row was altered; `mailguard audit verify` says so
        return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class WatchedDay:
    """What would have been held of one source on one day in Japan; reasons: messages of each, which overlap."""

    day: str
    source_id: str
    messages: int
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class RuleCount:
    """Holds of one rule that were called a false positive, and when last."""

    rule: str
    holds: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Gauges:
    """What the database gauges show."""

    held_messages: int
    holds_pending: int
    oldest_pending: datetime | None
    approvers: int
