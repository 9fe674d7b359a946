"""Who was reached and who was not, of a hold, a source or a mailing: exactly, at any time, also in mid-release.

In: what it is about, and who asks. Out: a row for each recipient and counts that add up, and an audit row that says who
took them. Addresses are masked; in clear only for approvers and auditors with a reason, as long as the bytes are there.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select

from mailguard.errors import DamagedError, NotFoundError, RefusedError
from mailguard.lifecycle import MessageState, RecipientState
from mailguard.model import Envelope
from mailguard.reachlist import Recipient, written
from mailguard.store import sight, standstill
from mailguard.store.audit import CLI, Audit
from mailguard.store.context import Context
from mailguard.store.doubt import HELD, IN_DOUBT
from mailguard.store.schema import (
    contents,
    handovers,
    holds,
    messages,
    people,
    reach_exports,
    recipients,
    reservations,
    suppressions,
)
from mailguard.store.statement import chunks

CLEAR = frozenset({"approver", "auditor"})
MASKED = CLEAR | {"administrator"}
PAGE = 200  # holds whose recipients are read together
UNKNOWN = "***"  # an address of which not even a mask was kept
WHY = {
    "not_reach": "Only approvers, auditors and administrators may take the list of who was reached.",
    "not_reach_clear": "Only approvers and auditors may see addresses in clear.",
    "reach_reason_missing": "Seeing addresses in clear needs a reason.",
}


class Reached(StrEnum):
    """What became of a recipient. IN_DOUBT: the final dot may have gone out, and no reply was heard."""

    ACCEPTED = "accepted"
    IN_DOUBT = "in_doubt"
    WAITING = "waiting"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class About:
    """One of these: holds, a source, or a mailing: a campaign, or what a stop made from a hold covers."""

    holds: tuple[str, ...] = ()
    source: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class ReachRow:
    """One recipient. clear: `address` is no mask."""

    hold_id: str
    message_id: str
    address: str
    state: Reached
    reply: str
    at: datetime
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """counts add up to the number of rows."""

    rows: tuple[ReachRow, ...]
    at: datetime

    @property
    def counts(self) -> Mapping[Reached, int]:
        """Recipients by state, those that are nobody's left out."""
        found = Counter(row.state for row in self.rows)
        return {state: found[state] for state in Reached if found[state]}

    def written(self, form: str) -> str:
        """As `csv` or `json`."""
        rows = [
            Recipient(row.hold_id, row.message_id, row.address, row.state.value, row.reply, row.at.isoformat())
            for row in self.rows
        ]
        counts = {state.value: count for state, count in self.counts.items()}
        return written(rows, counts, self.masked, self.at.isoformat(), form)

    @property
    def masked(self) -> int:
        """Rows without an address in clear."""
        return sum(not row.clear for row in self.rows)


class Reaches:
    """Tells it of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context, self._audit = context, audit

    def take(self, about: About, actor: str, *, clear: bool = False, reason: str = "") -> Reach:
        """The list, for `actor`. Raises RefusedError, NotFoundError."""
        reason, database = reason.strip(), self._context.database
        with database.write() as tx:
            _allowed(tx, actor, clear=clear)
            if clear and not reason:
                raise RefusedError("reach_reason_missing", WHY["reach_reason_missing"])
            ids = _holds(tx, about, sight.holds_seen(self._context, tx, None if actor == CLI else actor))
            found = Reach(tuple(self._rows(tx, ids, clear=clear)), self._context.clock())
            sealed = self._context.vault.seal(reason.encode("utf-8", "replace"), "reach")
            row = {"by": actor, "at": found.at, "clear": clear, "reason": sealed, "recipients": len(found.rows)}
            tx.execute(insert(reach_exports), row)
            counts = {state.value: count for state, count in found.counts.items()}
            subject = ids[0] if len(ids) == 1 else ""
            self._audit.append(tx, actor, "reach.exported", subject, clear=clear, holds=len(ids), **counts)
        return found

    def counts(self, about: About, viewer: str | None = None) -> Mapping[Reached, int]:
        """How many of the recipients that `viewer` sees became what; nobody is named."""
        with self._context.database.read() as tx:
            ids = _holds(tx, about, sight.holds_seen(self._context, tx, viewer))
            return Counter(row.state for row in self._rows(tx, ids, clear=False))

    def _rows(self, tx: Connection, ids: Sequence[str], *, clear: bool) -> Iterator[ReachRow]:
        """Hold by hold, a few statements for hundreds of them."""
        for some in chunks(ids, PAGE):
            found: dict[str, list[ReachRow]] = {hold_id: [] for hold_id in some}
            envelopes = _Envelopes(self._context, tx, some) if clear else None
            for read in (self._held, self._suppressed, self._under_approval):
                for row in read(tx, some, envelopes):
                    found[row.hold_id].append(row)
            yield from chain.from_iterable(found.values())

    def _held(self, tx: Connection, ids: Sequence[str], clear: "_Envelopes | None") -> Iterator[ReachRow]:
        query = (
            select(
                recipients, messages.c.id, messages.c.hold_id, messages.c.state.label("fate"), messages.c.finished_at,
                IN_DOUBT.label("in_doubt"),
            )
            .select_from(HELD)
            .where(messages.c.hold_id.in_(ids))
            .order_by(recipients.c.message, recipients.c.position)
        )  # fmt: skip
        for row in tx.execute(query):
            address = clear.address(row.message, row.position) if clear else None
            at = row.finished_at if row.state == RecipientState.WAITING.value and row.finished_at else row.changed_at
            yield ReachRow(
                row.hold_id, row.id, address or row.address, _state(row), row.reply, at, clear=address is not None
            )

    def _suppressed(self, tx: Connection, ids: Sequence[str], clear: "_Envelopes | None") -> Iterator[ReachRow]:
        """Who was on the stop list when the mail came: named by the envelope alone."""
        query = (
            select(messages.c.serial, messages.c.id, messages.c.hold_id, suppressions.c.at)
            .join(suppressions, suppressions.c.message_id == messages.c.id)
            .where(messages.c.hold_id.in_(ids), suppressions.c.stage == "intake")
            .order_by(messages.c.serial, suppressions.c.key)
        )
        spared: dict[int, Iterator[str]] = {}
        for row in tx.execute(query):
            left = spared.setdefault(row.serial, iter(clear.suppressed(row.serial) if clear else ()))
            address = next(left, None)
            yield ReachRow(
                row.hold_id, row.id, address or UNKNOWN, Reached.SUPPRESSED, "", row.at, clear=address is not None
            )

    def _under_approval(self, tx: Connection, ids: Sequence[str], clear: "_Envelopes | None") -> Iterator[ReachRow]:
        query = (
            select(reservations, handovers.c.masked, handovers.c.sealed)
            .outerjoin(handovers, handovers.c.message_id == reservations.c.message_id)
            .where(reservations.c.hold_id.in_(ids))
            .order_by(reservations.c.at, reservations.c.message_id)
        )
        for row in tx.execute(query):
            state = Reached.IN_DOUBT if row.accepted is None else Reached.ACCEPTED
            shown: Sequence[str] = json.loads(row.masked) if row.masked else [UNKNOWN] * row.recipients
            place = f"handover:{row.message_id}"
            known = (
                self._context.vault.open_msgpack(row.sealed, place, tuple[str, ...]) if clear and row.sealed else None
            )
            for address in known or shown:
                yield ReachRow(row.hold_id, row.message_id, address, state, "", row.at, clear=known is not None)


class _Envelopes:
    """Envelopes of messages of holds, opened when they are asked for; those that are purged name nobody."""

    def __init__(self, context: Context, tx: Connection, hold_ids: Sequence[str]) -> None:
        self._vault, self._tx, self._hold_ids = context.vault, tx, hold_ids
        self._known: dict[int, Envelope | None] | None = None

    def address(self, serial: int, position: int) -> str | None:
        """A recipient in clear."""
        envelope = self._of(serial)
        return envelope.rcpt_to[position] if envelope and position < len(envelope.rcpt_to) else None

    def suppressed(self, serial: int) -> Sequence[str]:
        """Recipients that were on the stop list."""
        envelope = self._of(serial)
        return envelope.suppressed if envelope else ()

    def _of(self, serial: int) -> Envelope | None:
        if self._known is None:
            query = (
                select(messages.c.serial, messages.c.id, contents.c.envelope)
                .join(contents, contents.c.message == messages.c.serial)
                .where(messages.c.hold_id.in_(self._hold_ids))
            )
            self._known = {row.serial: self._open(row) for row in self._tx.execute(query)}
        return self._known.get(serial)

    def _open(self, row: Any) -> Envelope | None:
        try:
            return self._vault.open_msgpack(row.envelope, f"envelope:{row.id}", Envelope)
        except DamagedError:
            return None  # the rest of the list is still true


def _state(row: Any) -> Reached:
    if row.in_doubt:
        return Reached.IN_DOUBT
    ended = row.state == RecipientState.WAITING.value and row.fate in _ENDED
    return Reached(row.fate if ended else row.state)


_ENDED = frozenset({MessageState.REJECTED.value, MessageState.EXPIRED.value, MessageState.WITHDRAWN.value})


def _holds(tx: Connection, about: About, seen: ColumnElement[bool]) -> list[str]:
    """Their ids, of those that are `seen`."""
    query = select(holds.c.id).where(seen).order_by(holds.c.serial)
    if about.campaign:
        if found := list(tx.execute(query.where(holds.c.campaign_id == about.campaign)).scalars()):
            return found
        one = tx.execute(select(holds).where(holds.c.id == about.campaign, seen)).one_or_none()
        if one is not None:
            key = standstill.key_of(tx, one.campaign_id)
            same = standstill.mailing(one.source_id, one.subject_key, key)
            return list(tx.execute(query.where(holds.c.source_id == one.source_id, same)).scalars())
    elif about.source:
        return list(tx.execute(query.where(holds.c.source_id == about.source)).scalars())
    found = list(tx.execute(query.where(holds.c.id.in_(about.holds))).scalars())
    if not found or len(found) < len(set(about.holds)):
        raise NotFoundError(sight.NO_HOLD)
    return found


def _allowed(tx: Connection, actor: str, *, clear: bool) -> None:
    if actor == CLI:
        return
    row = tx.execute(select(people.c.role, people.c.enabled).where(people.c.id == actor)).one_or_none()
    if row is None or not row.enabled or row.role not in MASKED:
        raise RefusedError("not_reach", WHY["not_reach"])
    if clear and row.role not in CLEAR:
        raise RefusedError("not_reach_clear", WHY["not_reach_clear"])
