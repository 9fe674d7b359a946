"""The points that an approver has to have looked at before a hold may be approved.

In: a hold's row. Out: its points. A hold whose way of approval names none has none.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Point:
    """One point. id: stable, in the record; text: in the language of who wrote it."""

    id: str
    text: str
    required: bool = True


def points(hold: Any) -> tuple[Point, ...]:
    """The checklist of a hold."""
    del hold
    return ()
