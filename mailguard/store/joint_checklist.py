"""The checklist of holds that are decided together: the points of all of them, each once, with the holds it stands for.

In: holds, at how far the decision goes. Out: points; and of what somebody ticked that which belongs to one hold. Whether all that
is required is ticked is judged hold by hold (saying.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from mailguard.errors import RefusedError
from mailguard.store import routing, saying
from mailguard.store.checklist import Point, points
from mailguard.store.context import Context
from mailguard.store.routing import Reach
from mailguard.store.saying import Said
from mailguard.store.schema import holds

NAMED = 3  # holds that are named for a point


@dataclass(frozen=True, slots=True)
class JointPoint:
    """One point, how many of the holds it stands for, and the first of them; required for one of these at least."""

    point: Point
    holds: int
    named: tuple[str, ...]


def joint(context: Context, rows: Iterable[Any], reach: Reach) -> tuple[JointPoint, ...]:
    """The points of these holds, in the order in which they come up."""
    found: dict[Point, tuple[bool, int, tuple[str, ...]]] = {}
    for hold in rows:
        for point in points(context, hold, reach):
            key = replace(point, required=False)
            required, count, named = found.get(key, (False, 0, ()))
            found[key] = required or point.required, count + 1, (*named, hold.id)[:NAMED]
    return tuple(
        JointPoint(replace(point, required=required), count, named) for point, (required, count, named) in found.items()
    )


def shown(context: Context, tx: Connection, campaign_id: str, ids: Sequence[str]) -> tuple[JointPoint, ...]:
    """Of holds of a campaign, before somebody says up to which cap."""
    columns = holds.c.id, holds.c.recipients, holds.c.persons, holds.c.route
    mine, wanted = select(*columns).where(holds.c.campaign_id == campaign_id), set(ids)
    rows = [row for row in tx.execute(mine.order_by(holds.c.serial)) if row.id in wanted]
    sums = sum(row.recipients for row in rows), sum(row.persons for row in rows)
    routed = [row for row in rows if row.route is not None]
    return joint(context, routed, routing.reach(tx, campaign_id, *sums)) if routed else ()


class Shares:
    """What somebody ticked for all of these holds, dealt out. Raises RefusedError for what none of them has."""

    def __init__(self, context: Context, rows: Iterable[Any], said: Said) -> None:
        self._said = said
        self._ids = {hold.id: frozenset(point.id for point in points(context, hold)) for hold in rows}
        if not set(said.checked) <= {one for ids in self._ids.values() for one in ids}:
            raise RefusedError("checklist_unknown", saying.WHY["checklist_unknown"])

    def of(self, hold: Any) -> Said:
        """What of it was said of this hold."""
        mine = self._ids[hold.id]
        return replace(self._said, checked=tuple(one for one in self._said.checked if one in mine))
