"""Which holds no rule of a decision can tell apart.

In: holds of one campaign. Out: classes of them. Two are alike when everything that a rule may look at is equal: each column but
those named here, sealed ones as they read, who took part in sending, what was decided at this revision, whether persons
are still being counted, and what kinds of data the hold shows. A column that is new counts until it is named here.
"""

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select

from mailguard.lifecycle import HoldState
from mailguard.store.context import Context
from mailguard.store.schema import claimed, counts, decisions, holds, participants
from mailguard.store.sealed import SEALED, Sealed
from mailguard.store.statement import Statement

# What no rule looks at by itself: of `serial` who operated the source while it opened, and the first of a class is its oldest; of `inspection` its likeness (shown.py; a hold without one is like no other), of `expires_at` whether it is over.
_APART = frozenset({
    "serial", "id", "content_key", "subject", "inspection", "likeness", "messages", "households", "late_messages", "folded",
    "first_seen", "last_seen", "expires_at", "changed_at", "changed_by",
})  # fmt: skip
_SEALED = [one for one in SEALED if one.table is holds and one.column not in _APART]
# What is compared as it stands comes first. Thousands of rows are read: no time is among them that nothing needs.
_PLAIN = [column for column in holds.c if column.name not in _APART.union(one.column for one in _SEALED)]
_BY_ITSELF = [holds.c[name] for name in ("serial", "id", "likeness", "messages", *[one.column for one in _SEALED])]
_HOLDS = Statement(
    select(*_PLAIN, *_BY_ITSELF, (holds.c.expires_at <= bindparam("now")).label("over"))
    .where(
        holds.c.campaign_id == bindparam("campaign"),
        or_(holds.c.state == HoldState.PENDING.value, holds.c.state == HoldState.RETURNED.value),
    )
    .order_by(holds.c.serial)
)
Row = namedtuple("Row", [*[column.name for column in (*_PLAIN, *_BY_ITSELF)], "over"])  # type: ignore[misc]  # noqa: PYI024 - its fields are those of the table


def _of_campaign(table: Any, *columns: Any) -> Statement:
    mine = select(table.c.hold_id, *columns).join(holds, holds.c.id == table.c.hold_id)
    return Statement(mine.where(holds.c.campaign_id == bindparam("campaign")).order_by(table.c.hold_id, *columns))


_MARKS = _of_campaign(participants, participants.c.role, participants.c.key)
_OF_SOME = Statement(
    select(participants.c.role, participants.c.key)
    .join(holds, holds.c.id == participants.c.hold_id)
    .where(holds.c.campaign_id == bindparam("campaign"))
    .group_by(participants.c.role, participants.c.key)
    .having(func.count() < bindparam("all"))
    .limit(1)
)
_ALL = Statement(select(func.count()).where(holds.c.campaign_id == bindparam("campaign")))
_BESIDE = (
    _of_campaign(claimed, claimed.c.person_id),
    _of_campaign(counts, counts.c.given_up),
)
_SPOKEN = Statement(
    select(decisions, holds.c.recipients.label("of"))
    .join(holds, holds.c.id == decisions.c.hold_id)
    .where(holds.c.campaign_id == bindparam("campaign"), decisions.c.revision == holds.c.revision)
    .order_by(decisions.c.serial)
)


class Likeness:
    """Compares the holds of one transaction."""

    def __init__(self, context: Context, tx: Connection) -> None:
        self._context, self._tx = context, tx

    def classes(self, campaign_id: str, ids: Sequence[str]) -> list[list[Any]]:
        """Rows of these holds, which wait for a decision or an answer, those alike together, each in the order they opened."""
        beside, wanted = self._beside(campaign_id), frozenset(ids)
        found: dict[tuple[Any, ...], list[Any]] = {}
        for values in _HOLDS.rows(self._tx, {"campaign": campaign_id, "now": self._context.clock()}):
            hold: Any = Row._make(values)
            if hold.id not in wanted:
                continue
            opened = [self._opened(hold, one) for one in _SEALED]
            apart = (*opened, hold.likeness or hold.serial, hold.over, *beside.get(hold.id, ()))
            found.setdefault((values[: len(_PLAIN)], apart), []).append(hold)
        return list(found.values())

    def _opened(self, hold: Any, one: Sealed) -> bytes | None:
        sealed = getattr(hold, one.column)
        return None if sealed is None else self._context.vault.open(sealed, one.place({"id": hold.id}))

    def _apart(self, campaign_id: str) -> tuple[Statement, ...]:
        """What tells who took part in sending, unless that is the same for all holds: what all have tells none apart."""
        ((total,),) = _ALL.rows(self._tx, {"campaign": campaign_id})
        return (_MARKS,) if _OF_SOME.rows(self._tx, {"campaign": campaign_id, "all": total}) else ()

    def _beside(self, campaign_id: str) -> dict[str, list[tuple[Any, ...]]]:
        """What stands of each hold in other tables."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        for place, statement in enumerate((*_BESIDE, *self._apart(campaign_id))):
            for row in statement.rows(self._tx, {"campaign": campaign_id}):
                found.setdefault(row[0], []).append((place, *row[1:]))
        left_out = {"serial", "hold_id", "reason", "at", "cap"}
        for row in _SPOKEN.rows(self._tx, {"campaign": campaign_id}):
            facts = dict(zip([*decisions.c.keys(), "of"], row, strict=True))
            # A cap of "only those received" differs from hold to hold and means the same.
            room = (facts["cap"] or 0) - facts.pop("of")
            said = tuple(value for name, value in facts.items() if name not in left_out)
            found.setdefault(facts["hold_id"], []).append(("said", room, *said))
        return found
