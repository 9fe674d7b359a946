"""What a hold needs before it is approved, made of every route that fits it; and what of that is missing. Pure.

Needs are only ever raised: what two of them ask for together is never less than what one does. The hold keeps them, so that
a file which changes later does not make an approval easier.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from mailguard.routes.route import Escalation, Hours, Point, Requirement, Route, Share, same

_Item = TypeVar("_Item")


class Step(msgspec.Struct, frozen=True):
    """What a route asks for from so many recipients and persons on (0: there are enough); all else of it fits already."""

    recipients: int
    needs: "Needs"
    persons: int = 0


class Missing(msgspec.Struct, frozen=True):
    """Approvals that are missing, and how many of them must come from which organisation."""

    approvals: int
    organisations: tuple[tuple[str, int], ...] = ()

    def __bool__(self) -> bool:
        return self.approvals > 0


class Needs(msgspec.Struct, frozen=True, omit_defaults=True):
    """names: of the routes. business_days, reminders: None is the default. steps: what more recipients or persons would ask for."""

    names: tuple[str, ...] = ()
    approvals: int = 1
    requirements: tuple[Requirement, ...] = ()
    business_days: int | None = None
    reminders: tuple[Share | Hours, ...] | None = None
    escalations: tuple[Escalation, ...] = ()
    checklist: tuple[Point, ...] = ()
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    @classmethod
    def of(cls, route: Route) -> "Needs":
        """What one route asks for."""
        then = route.then
        return cls(
            (route.name,),
            max(then.approvals or 1, then.least),
            tuple(one for one in then.of if one.organisation is not None),
            then.business_days,
            then.reminders,
            then.escalate_to,
            then.checklist,
            (then.note,) if then.note else (),
        )

    @property
    def least(self) -> int:
        """How many approvals there must be at least: a person has one organisation."""
        return max(self.approvals, sum(one.count for one in self.requirements))

    def raised(self, other: "Needs") -> "Needs":
        """What both ask for together: most approvals, every requirement, the shortest time."""
        days = [given for given in (self.business_days, other.business_days) if given is not None]
        reminders = [given for given in (self.reminders, other.reminders) if given is not None]
        return Needs(
            _union(self.names, other.names),
            max(self.approvals, other.approvals),
            _requirements((*self.requirements, *other.requirements)),
            min(days, default=None),
            _union(*reminders) if reminders else None,
            _union(self.escalations, other.escalations),
            _union(self.checklist, other.checklist),
            _union(self.notes, other.notes),
            _union(self.steps, other.steps),
        )

    def at(self, recipients: int, persons: int = 0) -> "Needs":
        """With every step that so many recipients and persons reach."""
        reached = [one for one in self.steps if one.recipients <= recipients and one.persons <= persons]
        needs = msgspec.structs.replace(self, steps=tuple(one for one in self.steps if one not in reached))
        for step in reached:
            needs = needs.raised(step.needs)
        return needs

    def missing(self, organisations: Sequence[str], least: int = 0) -> Missing:
        """What is missing when people of these organisations have approved. least: approvals needed for another cause."""
        open_ = [
            (one.organisation or "", short)
            for one in self.requirements
            if (short := one.count - one.met_by(organisations)) > 0
        ]
        total = max(self.least, least) - len(organisations)
        return Missing(max(0, total, sum(short for _, short in open_)), tuple(open_))


def _requirements(given: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """One of each organisation, with the greatest count."""
    kept: list[Requirement] = []
    for one in given:
        for place, other in enumerate(kept):
            if same(one.organisation or "", other.organisation or ""):
                kept[place] = other if other.count >= one.count else one
                break
        else:
            kept.append(one)
    return tuple(kept)


def _union(*given: Sequence[_Item]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys(item for items in given for item in items))
