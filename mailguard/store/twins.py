"""What deciding one hold wrote, written for others that are alike: the hold, its decision, its messages, the record.

In: a class of holds and the first of them before and after. Out: the same of all, a few statements for thousands. Nobody is told
again: a notice of each class is enough.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from mailguard import lifecycle
from mailguard.lifecycle import HoldState, MessageState
from mailguard.store import pools
from mailguard.store.audit import Entry
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.proof import as_row
from mailguard.store.schema import audit, decisions, holds, messages
from mailguard.store.statement import Statement, chunks

_OWN = ("messages", "recipients", "persons")  # what the record says of each hold by itself
_SAID = tuple(column.name for column in decisions.c if column.name != "serial")
_EACH = frozenset({"serial", "hold_id", "reason", "cap"})  # what differs from hold to hold
_ADD = Statement(insert(decisions), _SAID)


class Twins(AtDesk):
    """The classes of one decision. caps_follow: the cap of each hold is its own recipients."""

    def __init__(self, desk: Desk, tx: Connection, *, caps_follow: bool) -> None:
        super().__init__(desk)
        self._tx, self._caps_follow = tx, caps_follow
        self._entries: list[Entry] = []
        self._said: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
        self._states: set[tuple[str, HoldState]] = set()  # campaign, and what holds of it became

    @contextmanager
    def like(self, alike: Sequence[Any]) -> Iterator[Any]:
        """Gives the first of a class to be decided; then does the same to the others."""
        first, others = alike[0], alike[1:]
        if not others:
            yield first
            return
        spoken = self._last(decisions.c.serial)
        recorded = self._last(audit.c.seq)
        whole = select(holds).where(holds.c.id == first.id)
        before = self._tx.execute(whole).one()._asdict()
        yield first
        after = self._tx.execute(whole).one()._asdict()
        changed = {name: value for name, value in after.items() if value != before[name]}
        self._change(first, others, changed)
        self._speak(first, others, spoken)
        self._record(first, others, recorded)
        if after["pool_id"] and not first.pool_id:
            recipients = sum(hold.recipients for hold in others)
            pools.share(self._tx, [hold.id for hold in others], recipients, pools.shared(self._tx, first.id))
        if after["state"] != first.state:
            self._states.add((first.campaign_id, HoldState(after["state"])))

    def write(self) -> None:
        """Write decisions, messages and the record of all classes."""
        for common, rows in self._said:
            _ADD.run(self._tx, rows, common)
        now, held = self._context.clock(), MessageState.HELD
        for campaign_id, state in sorted(self._states):
            if state is HoldState.APPROVED:
                self._follow(campaign_id, state, {"due_at": now})
            elif state in lifecycle.CLOSED:
                target = lifecycle.advance(held, MessageState(state.value))
                self._follow(campaign_id, state, {"state": target.value, "finished_at": now})
        self._desk.audit.extend(self._tx, self._entries)

    def _follow(self, campaign_id: str, state: HoldState, values: dict[str, Any]) -> None:
        """Held messages follow holds of this state: no other of them has any that are held and not due.

        In the order they lie in the database: each of its pages is written once.
        """
        mine = select(holds.c.id).where(holds.c.campaign_id == campaign_id, holds.c.state == state.value)
        serials = select(messages.c.serial).where(
            messages.c.hold_id.in_(mine), messages.c.state == MessageState.HELD.value
        )
        if state is HoldState.APPROVED:
            serials = serials.where(messages.c.due_at.is_(None))
        self._tx.execute(update(messages).where(messages.c.serial.in_(serials)).values(values))

    def _last(self, column: Any) -> int:
        return int(self._tx.execute(select(func.coalesce(func.max(column), 0))).scalar_one())

    def _change(self, first: Any, others: Sequence[Any], changed: dict[str, Any]) -> None:
        own = {
            name: first.recipients - value
            for name, value in changed.items()
            if name == "used" or (name == "cap" and self._caps_follow)
        }
        values: dict[str, Any] = {name: value for name, value in changed.items() if name not in own}
        # `used` is what the hold has; so is a cap of "only those received", or what others agreed to before.
        values |= {name: holds.c.recipients - less for name, less in own.items()}
        for some in chunks([hold.serial for hold in others]):
            self._tx.execute(update(holds).where(holds.c.serial.in_(some)).values(values))

    def _speak(self, first: Any, others: Sequence[Any], since: int) -> None:
        of = (decisions.c.hold_id == first.id, decisions.c.serial > since)
        for row in self._tx.execute(select(decisions).where(*of)).all():
            facts = {name: value for name, value in row._asdict().items() if name not in _EACH}
            reason = self._vault.open(row.reason, f"reason:{first.id}")
            more = -first.recipients if self._caps_follow and row.cap is not None else None
            sealed = self._vault.seal_each(reason, [f"reason:{hold.id}" for hold in others])
            rows = [
                {
                    "hold_id": hold.id, "reason": one,
                    "cap": row.cap if more is None else row.cap + more + hold.recipients,
                }
                for hold, one in zip(others, sealed, strict=True)
            ]  # fmt: skip
            self._said.append((facts, rows))

    def _record(self, first: Any, others: Sequence[Any], since: int) -> None:
        of = (audit.c.subject == first.id, audit.c.seq > since)
        for row in map(as_row, self._tx.execute(select(audit).where(*of).order_by(audit.c.seq)).all()):
            detail = msgspec.json.decode(row.detail, type=dict[str, Any])
            own = [name for name in _OWN if name in detail]
            cap = detail.get("cap") if self._caps_follow else None
            for hold in others:
                facts = detail | {name: getattr(hold, name) for name in own}
                if cap is not None:
                    facts["cap"] = cap - first.recipients + hold.recipients
                self._entries.append(Entry(row.at, row.actor, row.action, hold.id, facts))
