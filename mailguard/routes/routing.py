"""Which routes fit a hold. In: facts. Out: what they ask for together: the strictest of all that fit. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from mailguard.model import SourceMode
from mailguard.routes.needs import Needs, Step
from mailguard.routes.route import Route, When


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a hold. sources: its id, or those that an unauthenticated From claims. persons: the most there may be."""

    sources: Collection[str] = ()
    mode: SourceMode = SourceMode.FINDINGS
    declared: bool = True
    persons: int = 0
    recipients: int = 0
    kinds: Collection[str] = ()
    grounds: Collection[str] = ()
    reasons: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is brought to a hold with an inspection. grounds: those of a report that it meets; mode: None is as before."""

    routes: "Routes"
    grounds: Collection[str] = ()
    mode: SourceMode | None = None


class Routes(msgspec.Struct, frozen=True):
    """All routes of a file, in its order. None: one approval, two where the source is undeclared (lifecycle.py)."""

    routes: tuple[Route, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.routes)

    def needs(self, facts: Facts) -> Needs:
        """What every route that fits asks for, together; those that only lack recipients or persons are steps."""
        needs = Needs()
        steps = []
        for route in self.routes:
            if not fits(route.when, facts):
                continue
            recipients, persons = route.when.recipients or 0, route.when.persons or 0
            if recipients <= facts.recipients and persons <= facts.persons:
                needs = needs.raised(Needs.of(route))
            else:
                steps.append(
                    Step(
                        recipients if recipients > facts.recipients else 0,
                        Needs.of(route),
                        persons if persons > facts.persons else 0,
                    )
                )
        return msgspec.structs.replace(needs, steps=tuple(steps))


NONE = Routes()
NO_RULING = Ruling(NONE)


def fits(when: When, facts: Facts) -> bool:
    """Whether a route holds for these facts, however many recipients and persons there are."""
    return (
        _any(when.sources, facts.sources)
        and (when.modes is None or facts.mode in when.modes)
        and (when.declared is None or when.declared is facts.declared)
        and _any(when.kinds, facts.kinds)
        and _any(when.grounds, facts.grounds)
        and (when.reasons is None or any(_names(code, reason) for code in when.reasons for reason in facts.reasons))
    )


def _any(wanted: Collection[str] | None, given: Collection[str]) -> bool:
    return wanted is None or any(one in wanted for one in given)


def _names(code: str, reason: str) -> bool:
    return reason.startswith(code[:-1]) if code.endswith("*") else reason == code
