"""The points that an approver has to have looked at before a hold may be approved: those of its routes.

In: a hold's row, and the cap that somebody wants to approve. Out: its points. A hold without routes has none.
"""

from dataclasses import dataclass
from typing import Any

from mailguard.store import routing
from mailguard.store.context import Context


@dataclass(frozen=True, slots=True)
class Point:
    """One point. id: stable, in the record; text: in Japanese; english: "" where only that is written."""

    id: str
    text: str
    required: bool = True
    english: str = ""


def points(context: Context, hold: Any, cap: int | None = None) -> tuple[Point, ...]:
    """The checklist of a hold; what only a greater cap would ask for is there, and not required."""
    needs = routing.kept(context, hold).needs
    asked = {point.id for point in needs.at(max(cap or 0, hold.recipients)).checklist}
    every = needs.at(max((step.recipients for step in needs.steps), default=0)).checklist
    return tuple(Point(point.id, point.ja, point.id in asked, point.en) for point in every)
