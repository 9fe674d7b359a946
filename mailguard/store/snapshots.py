"""Snapshots of a campaign: which of its holds, at which revisions, somebody decides together.

In: a transaction, a campaign and a person. Out: the holds that wait for this person's decision, or for the operators' answer,
and a token that names exactly these at these revisions. The token is computed again inside the transaction that decides; nothing is kept of it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select

from mailguard.errors import ConflictError
from mailguard.lifecycle import Choice, HoldState
from mailguard.store.campaign_views import Changes, Snapshot
from mailguard.store.desk import AtDesk
from mailguard.store.schema import decisions, holds, requests
from mailguard.store.statement import Statement

_COLUMNS = ("serial", "id", "revision", "messages", "recipients", "persons")
# Without what was asked for in advance: it has dates, and a number of its own.
_WAITING = Statement(
    select(*[holds.c[name] for name in _COLUMNS])
    .where(
        holds.c.campaign_id == bindparam("campaign"),
        holds.c.state == bindparam("state"),
        ~exists().where(requests.c.hold_id == holds.c.id),
    )
    .order_by(holds.c.serial)
)
# What a choice is about; of two the one that its token names.
_STATES = {Choice.ANSWER: (HoldState.RETURNED,), Choice.WITHDRAW: (HoldState.PENDING, HoldState.RETURNED)}
_AGREED = Statement(
    select(holds.c.serial)
    .join(
        decisions,
        and_(
            decisions.c.hold_id == holds.c.id,
            decisions.c.revision == holds.c.revision,
            decisions.c.choice == Choice.APPROVE.value,
            decisions.c.cap >= holds.c.recipients,
            decisions.c.person_id == bindparam("person"),
        ),
    )
    .where(holds.c.campaign_id == bindparam("campaign"), holds.c.state == HoldState.PENDING.value)
)


class ChangedError(ConflictError):
    """What the person looked at is not what is there now. Look at the campaign again."""

    def __init__(self, changes: Changes) -> None:
        said = f"{changes.opened} new, {changes.decided} decided, {changes.changed} changed"
        super().__init__(f"The campaign is not as it was: holds {said}. Look at it again.")
        self.changes = changes


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot, and the ids of its holds in the order they opened."""

    snapshot: Snapshot
    ids: tuple[str, ...]


class Snapshots(AtDesk):
    """Takes snapshots and compares them."""

    def take(self, tx: Connection, campaign_id: str, person_id: str, state: HoldState = HoldState.PENDING) -> Taken:
        """What waits for this person's decision now; of RETURNED: for an answer."""
        agreed = {serial for (serial,) in _AGREED.rows(tx, {"campaign": campaign_id, "person": person_id})}
        waiting = _WAITING.rows(tx, {"campaign": campaign_id, "state": state.value})
        rows = [row for row in waiting if row[0] not in agreed]
        agreed &= {row[0] for row in waiting}
        named = msgspec.msgpack.encode([row[:3:2] for row in rows])
        digest = self._context.digester.of("snapshot", f"{campaign_id}\0{state.value}\0".encode() + named).hex()
        last = max((row[0] for row in waiting), default=0)
        token = f"{digest}.{len(rows)}.{last}.{self._context.clock().isoformat()}"
        mail, recipients, persons = (sum(row[place] for row in rows) for place in (3, 4, 5))
        snapshot = Snapshot(token, len(rows), mail, recipients, persons, len(agreed))
        return Taken(snapshot, tuple(row[1] for row in rows))

    def check(self, tx: Connection, campaign_id: str, person_id: str, token: str, choice: Choice) -> Taken:
        """What is there now, if it is what `token` names; raises ChangedError."""
        for state in _STATES.get(choice, (HoldState.PENDING,)):
            taken = self.take(tx, campaign_id, person_id, state)
            if taken.ids and taken.snapshot.token.partition(".")[0] == token.partition(".")[0]:
                return taken
        raise ChangedError(self._changes(tx, campaign_id, token))

    def _changes(self, tx: Connection, campaign_id: str, token: str) -> Changes:
        """As the token tells them: what opened later, and what is of another revision or state since. At least one."""
        last, since = _read(token)
        mine, pending = holds.c.campaign_id == campaign_id, HoldState.PENDING.value

        def count(*where: Any) -> int:
            return tx.execute(select(func.count()).select_from(holds).where(mine, *where)).scalar_one()

        old = holds.c.serial <= last
        later = (old, holds.c.changed_at >= since) if since else (old, or_(False, holds.c.revision > 1))
        return Changes(
            count(holds.c.serial > last),
            count(*later, holds.c.state != pending),
            count(*later, holds.c.state == pending, holds.c.revision > 1),
        )


def _read(token: str) -> tuple[int, datetime | None]:
    """The last hold and the time of a token; what somebody wrote himself says that all is new."""
    parts = token.split(".", 3)
    try:
        at = datetime.fromisoformat(parts[3])
        return int(parts[2][:18]), at.astimezone(UTC) if at.tzinfo else None
    except (IndexError, ValueError, OverflowError):
        return 0, None
