"""The points that an approver has to have looked at before a hold may be approved: those of its routes.

In: a hold's row, and how far somebody wants to approve. Out: its points. A hold without routes has none.
"""

from dataclasses import dataclass
from typing import Any

from mailguard.store import routing
from mailguard.store.context import Context
from mailguard.store.routing import Reach

NONE = Reach()


@dataclass(frozen=True, slots=True)
class Point:
    """One point. id: stable, in the record; text: in Japanese; english: "" where only that is written."""

    id: str
    text: str
    required: bool = True
    english: str = ""


def points(context: Context, hold: Any, reach: Reach = NONE) -> tuple[Point, ...]:
    """The checklist of a hold; what only a greater reach would ask for is there, and not required."""
    needs = routing.kept(context, hold).needs
    asked = {
        point.id
        for point in needs.at(max(reach.recipients, hold.recipients), max(reach.persons, hold.persons)).checklist
    }
    every = needs.checklist + tuple(point for step in needs.steps for point in step.needs.checklist)
    return tuple(Point(point.id, point.ja, point.id in asked, point.en) for point in dict.fromkeys(every))
