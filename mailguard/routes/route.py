"""One route as it is written in routes.toml: when it holds, and what it asks for then. Every wrong value is refused."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mailguard import normal
from mailguard.model import Kind, SourceMode

APPROVALS = 9  # most that a route may ask for: more is a slip of the finger
Count = Annotated[int, Meta(ge=1, le=APPROVALS)]
Number = Annotated[int, Meta(ge=1, le=100_000_000)]
Words = Annotated[str, Meta(min_length=1, max_length=500)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Organisation = Annotated[str, Meta(max_length=100)]
Share = Annotated[float, Meta(gt=0, lt=1)]
Hours = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,2}h$")]
Code = Annotated[str, Meta(pattern=r"^[a-z_]{1,50}\*?$")]
GroundName = Literal["special_care", "financial_damage", "many_persons", "my_number", "unknown"]


def same(one: str, other: str) -> bool:
    """Whether two notations name one organisation: width, case and blanks do not count."""
    return _plain(one) == _plain(other)


def _plain(organisation: str) -> str:
    return "".join(normal.fold(organisation).casefold().split())


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many approvers, of one organisation; "" is who has none on record, without the key anybody counts."""

    role: Literal["approver"] = "approver"
    organisation: Organisation | None = None
    count: Count = 1

    def met_by(self, organisations: Sequence[str]) -> int:
        """How many of the approvers, by organisation, count."""
        wanted = self.organisation
        return len(organisations) if wanted is None else sum(same(wanted, one) for one in organisations)


class Escalation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told as well when much of the time is over: one login, or a role or organisation. at: share of the time."""

    at: Share = 0.8
    login: Name | None = None
    role: Literal["operator", "approver", "auditor", "administrator"] | None = None
    organisation: Organisation | None = None

    def __post_init__(self) -> None:
        if self.login is None and self.role is None and self.organisation is None:
            raise ValueError("names nobody: write login, role or organisation")
        if self.login is not None and (self.role is not None or self.organisation is not None):
            raise ValueError("login stands alone: leave role and organisation out")

    def reaches(self, login: str, role: str, organisation: str) -> bool:
        """Whether it means this person."""
        if self.login is not None:
            return normal.login(login) == normal.login(self.login)
        return self.role in (None, role) and (self.organisation is None or same(self.organisation, organisation))


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One point of a checklist (確認項目)."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}$")]
    ja: Words
    en: Words


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a hold must be; every key that is written must fit, of a list one entry. persons, recipients: so many at least.

    grounds: a leak would have to be reported for it (施行規則7条); unknown: nobody can say. reasons: codes, or "problem_*".
    """

    sources: frozenset[Name] | None = None
    modes: frozenset[SourceMode] | None = None
    declared: bool | None = None
    persons: Number | None = None
    recipients: Number | None = None
    kinds: frozenset[Kind] | None = None
    grounds: frozenset[GroundName] | None = None
    reasons: frozenset[Code] | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) == frozenset():
                raise ValueError(f"{name} is empty: this route would never hold. Name something, or leave {name} out")


class Then(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"of": "from"}):
    """What the route asks for. of (in the file: from): whom some of the approvals must come from.

    business_days: the hold expires after these. reminders: shares of that time, or hours before its end ("4h").
    """

    approvals: Count | None = None
    of: tuple[Requirement, ...] = ()
    business_days: Annotated[int, Meta(ge=1, le=60)] | None = None
    reminders: tuple[Share | Hours, ...] | None = None
    escalate_to: tuple[Escalation, ...] = ()
    checklist: tuple[Point, ...] = ()
    note: Words | None = None

    def __post_init__(self) -> None:
        said = (self.approvals, self.business_days, self.reminders, self.note)
        if not (self.of or self.escalate_to or self.checklist) and all(one is None for one in said):
            raise ValueError("asks for nothing: write approvals, from, business_days, …")
        _once("from", "organisation", [_plain(one.organisation) for one in self.of if one.organisation is not None])
        _once("checklist", "id", [point.id for point in self.checklist])
        if self.approvals is not None and self.least > self.approvals:
            raise ValueError(
                f"from asks for {self.least} approvals, approvals says {self.approvals}: nobody approves twice,"
                f" so this could never be met. Write approvals = {self.least}, or leave it out"
            )
        if self.least > APPROVALS:
            raise ValueError(f"from asks for {self.least} approvals; {APPROVALS} are the most")

    @property
    def least(self) -> int:
        """Approvals that `of` alone comes to: a person has one organisation."""
        anybody = max((one.count for one in self.of if one.organisation is None), default=0)
        return max(anybody, sum(one.count for one in self.of if one.organisation is not None))


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One [[route]]. name: shown to the approvers. Without `when` it holds always."""

    name: Name
    then: Then
    when: When = When()


def _once(key: str, what: str, values: Sequence[str]) -> None:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ValueError(f"{key} names the {what} {twice[0]!r} twice. Write it once, with a count")
