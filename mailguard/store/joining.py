"""Where a message belongs: pure rules over what is known of a hold. Touches no database.

In: the newest hold of a content key, and one more message. Out: open, join, keep under a closed hold, or wait for release.
"""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailguard.lifecycle import CLOSED, HoldState
from mailguard.model import Inspection

FINDINGS = 500  # findings that one hold shows


class Place(StrEnum):
    """What becomes of a message; the words of `Admission.outcome`."""

    OPENED = "opened"
    JOINED = "joined"
    CLOSED = "closed"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval, as far as one more message may pass under it."""

    evidence: Collection[bytes]
    cap: int
    used: int
    expires_at: datetime


def covers(approval: Approval, evidence: Collection[bytes], recipients: int, now: datetime) -> bool:
    """Whether every reason to hold lies inside the approval, within its cap and its time.

    A message that names no evidence proves nothing, and is not covered.
    """
    return (
        bool(evidence)
        and recipients > 0
        and set(evidence) <= set(approval.evidence)
        and approval.used + recipients <= approval.cap
        and now < approval.expires_at
    )


def place(state: HoldState | None, *, covered: bool) -> Place:
    """Where a message goes when the newest hold of its content key is in `state` (None: there is none)."""
    if state in {HoldState.PENDING, HoldState.RETURNED}:
        return Place.JOINED
    if state in CLOSED:
        return Place.CLOSED
    if state is HoldState.APPROVED and covered:
        return Place.WAITING
    return Place.OPENED


def enriched(first: Inspection, other: Inspection, fresh: Collection[bytes]) -> Inspection:
    """The inspection of a hold's first message with what a later one adds: nobody approves what was not shown."""
    findings = tuple(finding for finding in other.findings if finding.key in fresh)
    problems = tuple(problem for problem in other.problems if problem.key in fresh)
    return dataclasses.replace(
        first,
        findings=(first.findings + findings)[:FINDINGS],
        problems=(first.problems + problems)[:FINDINGS],
    )
