"""Which holds no rule of a decision can tell apart.

In: holds of one campaign. Out: classes of them. Two are alike when everything that a rule may look at is equal: each column but
those named here, sealed ones as they read, who took part in sending, what was decided at this revision, whether persons
are still being counted, and what kinds of data the hold shows. A column that is new counts until it is named here.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, select

from mailguard.store.context import Context
from mailguard.store.rotation import SEALED
from mailguard.store.schema import claimed, counts, decisions, holds, participants
from mailguard.store.statement import Lookup, Statement

# What no rule looks at by itself: of `inspection` its likeness (shown.py; a hold without one is like no other), of `expires_at` whether it is over.
_APART = frozenset({
    "serial", "id", "content_key", "subject", "inspection", "likeness", "messages", "households", "late_messages", "folded",
    "first_seen", "last_seen", "expires_at", "changed_at", "changed_by",
})  # fmt: skip
_READ = [column for column in holds.c if column.name not in {"inspection", "subject"}]
_NAMES = tuple(column.name for column in _READ)
_HOLDS = Lookup(lambda keys: select(*_READ).where(holds.c.campaign_id == bindparam("campaign"), holds.c.id.in_(keys)))


def _of_campaign(table: Any, *columns: Any) -> Statement:
    mine = select(table.c.hold_id, *columns).join(holds, holds.c.id == table.c.hold_id)
    return Statement(mine.where(holds.c.campaign_id == bindparam("campaign")).order_by(table.c.hold_id, *columns))


_BESIDE = (
    _of_campaign(participants, participants.c.role, participants.c.key),
    _of_campaign(claimed, claimed.c.person_id),
    _of_campaign(counts, counts.c.given_up),
)
_SPOKEN = Statement(
    select(decisions, holds.c.recipients.label("of"))
    .join(holds, holds.c.id == decisions.c.hold_id)
    .where(holds.c.campaign_id == bindparam("campaign"), decisions.c.revision == holds.c.revision)
    .order_by(decisions.c.serial)
)


class Row:
    """A row of `holds`."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.__dict__.update(zip(_NAMES, values, strict=True))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class Likeness:
    """Compares the holds of one transaction."""

    def __init__(self, context: Context, tx: Connection) -> None:
        self._context, self._tx = context, tx
        self._now = context.clock()
        self._sealed = [one for one in SEALED if one.table is holds and one.column not in _APART]
        named = _APART.union(one.column for one in self._sealed)
        self._plain = attrgetter(*[name for name in _NAMES if name not in named])

    def classes(self, campaign_id: str, ids: Sequence[str]) -> list[list[Any]]:
        """Rows of these holds, those alike together, each in the order they opened."""
        beside = self._beside(campaign_id)
        found: dict[tuple[Any, ...], list[Any]] = {}
        rows = sorted(_HOLDS.rows(self._tx, ids, campaign=campaign_id))
        for values in rows:
            hold = Row(values)
            found.setdefault((*self._columns(hold), tuple(beside.get(hold.id, ()))), []).append(hold)
        return list(found.values())

    def _columns(self, hold: Any) -> tuple[Any, ...]:
        facts = vars(hold)
        opened = tuple(
            self._context.vault.open(facts[one.column], one.place(facts)) if facts[one.column] is not None else None
            for one in self._sealed
        )
        return (*self._plain(hold), *opened, hold.likeness or hold.serial, hold.expires_at <= self._now)

    def _beside(self, campaign_id: str) -> dict[str, list[tuple[Any, ...]]]:
        """What stands of each hold in other tables."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        for place, statement in enumerate(_BESIDE):
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
