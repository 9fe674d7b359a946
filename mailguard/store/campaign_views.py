"""What the store hands out of campaigns: frozen rows for the edges. Times are aware UTC."""

from dataclasses import dataclass, field
from datetime import datetime

from mailguard.lifecycle import HoldState


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One mailing (配信). holds, messages 通数, recipients 宛先数 and persons 本人数 add up its holds; a person in two counts twice.

    folded: messages that were submitted twice. states: holds by state; expires_at: when the first of those pending does.
    only: the id of its one hold, "" when there are several.
    """

    id: str
    source_id: str
    source_title: str
    subject: str
    reasons: tuple[str, ...]
    holds: int
    messages: int
    recipients: int
    persons: int
    persons_exact: bool
    folded: int
    first_seen: datetime
    last_seen: datetime
    states: dict[HoldState, int] = field(default_factory=dict)
    expires_at: datetime | None = None
    first_hold: str = ""
    key: bytes = b""

    @property
    def only(self) -> str:
        """The id of its one hold."""
        return self.first_hold if self.holds == 1 else ""

    @property
    def pending(self) -> int:
        """Holds that wait for a decision."""
        return self.states.get(HoldState.PENDING, 0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Exactly these holds at these revisions, as `token` names them; what one person may decide together.

    agreed: pending holds that this person has approved already and that wait for another one.
    """

    token: str
    holds: int
    messages: int
    recipients: int
    persons: int
    agreed: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What an approver asks the operators about so many returned holds."""

    person_name: str
    code: str
    reason: str
    holds: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What is not as it was in a snapshot. opened: new holds; decided: by whom; changed: of another revision now."""

    opened: int
    decided: int
    changed: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision on a campaign did: holds by the state they are in now."""

    states: dict[HoldState, int]
    cap: int | None
